//! Filters as clients write them, with what they find or why they are refused.

use std::collections::BTreeMap;

use scimitar_scim::filter::{Filter, Rules, Unknown};
use serde::Deserialize;

use crate::fixture;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

/// One filter. Either `finds` or `refused` is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    filter: String,
    /// Who satisfies it: `ada`, `grace`, `kim`.
    finds: Option<Vec<String>>,
    /// The whole text of the refusal.
    refused: Option<String>,
    /// How it is printed, where that is not as it was written.
    printed: Option<String>,
    /// Read by the grammar alone.
    #[serde(default)]
    strict: bool,
    /// What is unknown has no value.
    #[serde(default)]
    absent: bool,
}

const FILES: &[(&str, &str)] = &[
    ("operators", include_str!("../corpus/filters/operators.toml")),
    ("logic", include_str!("../corpus/filters/logic.toml")),
    ("paths", include_str!("../corpus/filters/paths.toml")),
    ("clients", include_str!("../corpus/filters/clients.toml")),
    ("refused", include_str!("../corpus/filters/refused.toml")),
];

#[test]
fn every_filter_finds_what_its_author_expects() {
    let mut wrong = Vec::new();
    let mut n_cases = 0;
    for (file, text) in FILES {
        let corpus: Corpus = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in corpus.case {
            n_cases += 1;
            let (got, expected) = (got(&case), expected(&case));
            if got != expected {
                wrong.push(format!("{file}: {}\n   expected {expected}\n   got      {got}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {n_cases} cases are wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(n_cases >= 120, "only {n_cases} cases");
}

/// Whom each filter finds, by the name of its case; `None` where it is refused.
pub(crate) fn answers() -> BTreeMap<String, Option<Vec<String>>> {
    let mut answers = BTreeMap::new();
    for (file, text) in FILES {
        let corpus: Corpus = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in corpus.case {
            let got = got(&case);
            let found = got.rsplit_once(" finds ");
            let found = found.map(|(_, names)| names.split_whitespace().map(str::to_owned).collect());
            answers.insert(format!("{file}: {}", case.name), found);
        }
    }
    answers
}

fn expected(case: &Case) -> String {
    match (&case.finds, &case.refused) {
        (Some(finds), None) => {
            format!("{} finds {}", case.printed.as_ref().unwrap_or(&case.filter), finds.join(" "))
        }
        (None, Some(refused)) => format!("refused: {refused}"),
        _ => panic!("{}: give one expectation", case.name),
    }
}

fn got(case: &Case) -> String {
    let rules = if case.strict { Rules::STRICT } else { Rules::LENIENT };
    let unknown = if case.absent { Unknown::Absent } else { Unknown::Refused };
    let filter = match Filter::parse(&case.filter, &rules) {
        Ok(filter) => filter,
        Err(error) => return format!("refused: {error}"),
    };
    let printed = filter.to_string();
    let read_back = Filter::parse(&printed, &Rules::STRICT);
    assert_eq!(read_back.as_ref(), Ok(&filter), "{}: {printed} reads back as something else", case.name);
    let users = fixture::users();
    let condition = match filter.check(&users, unknown) {
        Ok(condition) => condition,
        Err(error) => return format!("refused: {error}"),
    };
    let people = fixture::people();
    let found: Vec<_> =
        people.iter().filter(|(_, person)| condition.matches(person)).map(|(name, _)| *name).collect();
    format!("{printed} finds {}", found.join(" "))
}

/// RFC 7644 §3.4.2.2, Figure 1: every example that a user can answer is read.
#[test]
fn the_examples_of_the_rfc_are_read() {
    for example in [
        r#"userName eq "bjensen""#,
        r#"name.familyName co "O'Malley""#,
        r#"userName sw "J""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        "title pr",
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
    ] {
        let filter =
            Filter::parse(example, &Rules::STRICT).unwrap_or_else(|error| panic!("{example}: {error}"));
        filter
            .check(&fixture::users(), Unknown::Refused)
            .unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn length_depth_and_terms_are_bounded() {
    let deep = |n| format!("{}title pr{}", "(".repeat(n), ")".repeat(n));
    let wide = |n| vec!["title pr"; n].join(" and ");
    let nots = |n| format!("{}title pr{}", "not (".repeat(n), ")".repeat(n));
    for (filter, expected) in [
        (deep(32), None),
        (deep(33), Some("the filter has brackets more than 32 deep")),
        (nots(32), None),
        (nots(33), Some("the filter has brackets more than 32 deep")),
        (wide(200), None),
        (wide(201), Some("the filter has more than 200 terms")),
        (format!("title eq \"{}\"", "x".repeat(8 * 1024 - 11)), None),
        (
            format!("title eq \"{}\"", "x".repeat(8 * 1024 - 10)),
            Some("the filter is longer than 8192 octets"),
        ),
        ("(".repeat(1_000_000), Some("the filter is longer than 8192 octets")),
        ("[".repeat(8000), Some("`` at column 1 is no attribute")),
    ] {
        let error = Filter::parse(&filter, &Rules::LENIENT).err().map(|error| error.detail);
        assert_eq!(error.as_deref(), expected, "{}", filter.get(..40).unwrap_or(&filter));
    }
}

//! Expressions as users write them, with what comes of them.

use scimitar_mapping::{Answer, Engine, check};
use serde::Deserialize;
use serde_json::Value;

use crate::fixture;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

/// One expression. Exactly one of the last four fields is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `ada` (the default), `grace`, or `group`.
    #[serde(default)]
    subject: Option<String>,
    source: String,
    /// The result, as JSON.
    expect: Option<String>,
    /// The whole text of the error when it runs.
    error: Option<String>,
    /// The whole text of the refusal when it is saved.
    refused: Option<String>,
    #[serde(default)]
    skip: bool,
}

const FILES: &[(&str, &str)] = &[
    ("shipped", include_str!("../corpus/shipped.toml")),
    ("vendors", include_str!("../corpus/vendors.toml")),
    ("attributes", include_str!("../corpus/attributes.toml")),
    ("groups", include_str!("../corpus/groups.toml")),
    ("python", include_str!("../corpus/python.toml")),
    ("errors", include_str!("../corpus/errors.toml")),
    ("refused", include_str!("../corpus/refused.toml")),
];

#[tokio::test]
async fn every_expression_gives_what_its_author_expects() {
    let engine = fixture::engine();
    let mut wrong = Vec::new();
    let mut n_cases = 0;
    for (file, text) in FILES {
        let corpus: Corpus = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in corpus.case {
            n_cases += 1;
            let (got, expected) = (got(&engine, &case).await, expected(&case));
            if got != expected {
                wrong.push(format!("{file}: {}\n   expected {expected}\n   got      {got}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {n_cases} cases are wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(n_cases >= 60, "only {n_cases} cases");
}

fn expected(case: &Case) -> String {
    match (&case.expect, &case.error, &case.refused, case.skip) {
        (Some(json), None, None, false) => {
            let value: Value =
                serde_json::from_str(json).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            value.to_string()
        }
        (None, Some(error), None, false) => format!("error: {error}"),
        (None, None, Some(refusal), false) => format!("refused: {refusal}"),
        (None, None, None, true) => "skip".to_owned(),
        _ => panic!("{}: give one expectation", case.name),
    }
}

/// An expression that may get at everything comes to the same as one for which only a part is built.
#[tokio::test]
async fn what_is_built_for_an_expression_does_not_change_it() {
    let engine = fixture::engine();
    for (file, text) in FILES {
        let corpus: Corpus = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for mut case in corpus.case.into_iter().filter(|case| case.refused.is_none()) {
            let part = got(&engine, &case).await;
            case.source.push_str("\n# getattr");
            let all = got(&engine, &case).await;
            assert_eq!(part, all, "{file}: {}", case.name);
        }
    }
}

async fn got(engine: &Engine, case: &Case) -> String {
    if let Err(fault) = check(&case.source) {
        return format!("refused: {fault}");
    }
    let scope = match case.subject.as_deref() {
        None | Some("ada") => fixture::of_user(fixture::ada()),
        Some("grace") => fixture::of_user(fixture::grace()),
        Some("group") => fixture::of_group(fixture::engineers()),
        Some(other) => panic!("no subject `{other}`"),
    };
    match engine.evaluate_one(fixture::expression("test", &case.source), scope).await {
        Ok(Answer::Value(value)) => value.to_string(),
        Ok(Answer::Skip) => "skip".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

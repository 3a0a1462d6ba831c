//! Patches as clients send them, with what becomes of a resource or why they are refused.

use std::collections::BTreeMap;

use scimitar_scim::patch::Patched;
use scimitar_scim::resource::{Attributes, complete};
use scimitar_scim::schema::ResourceType;
use scimitar_scim::{Dialect, Reason, ScimError, patch};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixture;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

/// One request. Either `after`, `unchanged` or `refused` is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    kind: Kind,
    /// `generic` if it is not said.
    dialect: Option<String>,
    /// What is there, besides `userName` or `displayName`; nothing if it is not said.
    before: Option<String>,
    operations: String,
    after: Option<String>,
    #[serde(default)]
    unchanged: bool,
    /// The `scimType` and the text of the refusal.
    refused: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
enum Kind {
    #[default]
    User,
    Group,
}

const FILES: &[(&str, &str)] = &[
    ("add", include_str!("../corpus/patches/add.toml")),
    ("replace", include_str!("../corpus/patches/replace.toml")),
    ("remove", include_str!("../corpus/patches/remove.toml")),
    ("extensions", include_str!("../corpus/patches/extensions.toml")),
    ("vendors", include_str!("../corpus/patches/vendors.toml")),
    ("refused", include_str!("../corpus/patches/refused.toml")),
];

#[test]
fn every_patch_does_what_its_author_expects() {
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
    assert!(n_cases >= 100, "only {n_cases} cases");
}

/// What becomes of each resource, by the name of its case; `None` where the patch is refused.
pub(crate) fn answers() -> BTreeMap<String, Option<String>> {
    let mut answers = BTreeMap::new();
    for (file, text) in FILES {
        let corpus: Corpus = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in corpus.case {
            let after = match outcome(&case) {
                Ok(patched) => Some(comparable(patched.resource)),
                Err(_) => None,
            };
            answers.insert(format!("{file}: {}", case.name), after);
        }
    }
    answers
}

/// A resource without what each makes in its own way: the order, `schemas`, and what is nothing.
pub(crate) fn comparable(mut resource: Attributes) -> String {
    resource.retain(|name, value| {
        name != "schemas" && !value.is_null() && *value != json!([]) && *value != json!({})
    });
    sorted(resource)
}

fn expected(case: &Case) -> String {
    match (&case.after, case.unchanged, &case.refused) {
        (Some(after), false, None) => sorted(resource(case, Some(after))),
        (None, true, None) => "unchanged".to_owned(),
        (None, false, Some(refused)) => refused.clone(),
        _ => panic!("{}: give one expectation", case.name),
    }
}

fn outcome(case: &Case) -> Result<Patched, ScimError> {
    let dialect = Dialect::named(case.dialect.as_deref().unwrap_or("generic")).expect("a dialect");
    let before = resource(case, case.before.as_deref());
    let body =
        json!({"schemas": [scimitar_scim::urn::PATCH_OP], "Operations": parsed(case, &case.operations)});
    let operations = patch::read(body, &dialect, 100)?;
    patch::apply(&kind(case.kind), &before, operations, &dialect)
}

fn got(case: &Case) -> String {
    match outcome(case) {
        Ok(patched) if patched.changed => sorted(patched.resource),
        Ok(patched) => {
            assert_eq!(patched.resource, resource(case, case.before.as_deref()), "{}", case.name);
            "unchanged".to_owned()
        }
        Err(error) => format!("{}: {error}", error.reason.scim_type().unwrap_or("-")),
    }
}

/// Order is nothing in a JSON object.
fn sorted(resource: Attributes) -> String {
    fn sort(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.into_iter().collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                members.into_iter().map(|(name, value)| (name, sort(value))).collect()
            }
            Value::Array(elements) => elements.into_iter().map(sort).collect(),
            other => other,
        }
    }
    sort(Value::Object(resource)).to_string()
}

fn kind(kind: Kind) -> ResourceType {
    match kind {
        Kind::User => fixture::users(),
        Kind::Group => fixture::groups(),
    }
}

/// With the name that each must have, and with the schemas that follow from what is there.
fn resource(case: &Case, text: Option<&str>) -> Attributes {
    let mut resource = fixture::map(parsed(case, text.unwrap_or("{}")));
    let (name, value) = match case.kind {
        Kind::User => ("userName", "ada"),
        Kind::Group => ("displayName", "ops"),
    };
    resource.entry(name).or_insert_with(|| value.into());
    complete(&kind(case.kind), &mut resource).expect("a whole resource");
    resource
}

fn parsed(case: &Case, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}: {text}", case.name))
}

fn read(body: Value, dialect: &Dialect) -> Result<usize, ScimError> {
    patch::read(body, dialect, 3).map(|operations| operations.len())
}

#[test]
fn a_request_is_a_message_with_operations() {
    let strict = Dialect::STRICT;
    let one = json!({"op": "add", "value": {}});
    let schemas = [scimitar_scim::urn::PATCH_OP];
    assert_eq!(read(json!({"schemas": schemas, "Operations": [one]}), &strict), Ok(1));
    assert_eq!(read(json!({"schemas": schemas, "operations": [one]}), &strict), Ok(1));
    assert_eq!(read(json!({"Operations": [one]}), &Dialect::GENERIC), Ok(1));
    for (body, detail) in [
        (json!([]), "the body must be a JSON object"),
        (json!({"Operations": [one]}), "`schemas` must name `urn:ietf:params:scim:api:messages:2.0:PatchOp`"),
        (json!({"schemas": schemas}), "`Operations` must be an array"),
        (json!({"schemas": schemas, "Operations": []}), "`Operations` is empty"),
        (json!({"schemas": schemas, "Operations": [1]}), "operation 1 must be an object"),
        (
            json!({"schemas": schemas, "Operations": [one, {"op": "move"}]}),
            "`op` of operation 2 must be `add`, `remove` or `replace`",
        ),
        (
            json!({"schemas": schemas, "Operations": [{"op": "add", "path": 1}]}),
            "`path` of operation 1 must be a text",
        ),
        (
            json!({"schemas": schemas, "Operations": [{"op": "add", "path": "title"}]}),
            "operation 1 needs a `value` to add `title`",
        ),
        (
            json!({"schemas": schemas, "Operations": [{"op": "replace"}]}),
            "operation 1 needs a `value` to replace",
        ),
    ] {
        let error = read(body.clone(), &strict).expect_err("it is bad");
        assert_eq!((error.reason, &*error.detail), (Reason::InvalidSyntax, detail), "{body}");
    }
    let many = json!({"schemas": schemas, "Operations": [one, one, one, one]});
    assert_eq!(read(many, &strict).expect_err("too many").reason, Reason::TooLarge);
}

#[test]
fn an_error_leaves_the_resource_as_it_was() {
    let users = fixture::users();
    let ada = fixture::map(fixture::ada());
    let body = json!({"Operations": [
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": "id", "value": "7"},
    ]});
    let operations = patch::read(body, &Dialect::GENERIC, 10).expect("operations");
    let error = patch::apply(&users, &ada, operations, &Dialect::GENERIC).expect_err("id is read-only");
    assert_eq!(error.reason, Reason::Mutability);
    assert_eq!(error.detail, "operation 2: `id` is read-only");
    assert_eq!(ada, fixture::map(fixture::ada()));
}

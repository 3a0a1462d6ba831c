//! Tests of the comparison: each breaks a copy of the contract in one place and says what must be found, or
//! extends it and says that nothing is.

mod breaks;
mod extensions;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::contract::{Found, compare, compare_normal};
use super::newer;
use super::normal::normal;
use super::schema::Renamed;

const USERS: &str = "/paths/~1core~1users~1";
const SCHEMAS: &str = "/components/schemas";

/// What the tests change. The rest of the contract would only make them slow.
const EXCERPT: [&str; 6] = [
    "/core/applications/",
    "/core/tokens/{identifier}/view_key/",
    "/core/users/",
    "/providers/scim/",
    "/providers/scim_users/",
    "/sources/scim_users/",
];

static WHOLE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../openapi/contract/documented.json")).expect("our own file")
});
static DOCUMENTED: LazyLock<Value> = LazyLock::new(excerpt);
static NORMAL: LazyLock<Value> = LazyLock::new(|| normal(&DOCUMENTED));
static RENAMED: LazyLock<Renamed> = LazyLock::new(|| newer::ours().renamed);

/// The contract as it stands in the tree, in excerpts.
pub(crate) fn documented() -> Value {
    DOCUMENTED.clone()
}

/// Some paths, and the components that they lead to.
fn excerpt() -> Value {
    let mut document = WHOLE.clone();
    let paths = document["paths"].as_object_mut().expect("paths");
    paths.retain(|path, _| EXCERPT.iter().any(|start| path.starts_with(start)));
    let mut reached = BTreeSet::new();
    let mut waiting = vec![Value::Object(paths.clone())];
    while let Some(part) = waiting.pop() {
        let text = part.to_string();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            if reached.insert(name.to_owned()) {
                waiting.push(WHOLE["components"]["schemas"][name].clone());
            }
        }
    }
    let components = document["components"]["schemas"].as_object_mut().expect("components");
    components.retain(|name, _| reached.contains(name));
    document
}

/// The contract with another value in one place, which may be new in an object that is there.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut document = documented();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place in the contract");
    parent.as_object_mut().expect("an object").insert(name.replace("~1", "/"), value);
    document
}

/// The contract without one place.
pub(crate) fn without(pointer: &str) -> Value {
    let mut document = documented();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place in the contract");
    let gone = parent.as_object_mut().expect("an object").remove(&name.replace("~1", "/"));
    assert!(gone.is_some(), "{pointer} is not in the contract");
    document
}

/// A kind of change, the document that has it, and what must be reported of it.
type Planted = (&'static str, Value, &'static [&'static str]);

fn found(served: &Value) -> Found {
    compare_normal(&NORMAL, &normal(served), &RENAMED)
}

#[track_caller]
fn check((kind, served, expected): &Planted) {
    for (version, served) in [("3.0", served.clone()), ("3.1", in_3_1(served))] {
        let found = found(&served);
        let differences: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
        let missing = found.missing.iter().map(|id| format!("{id}: is not served"));
        let all: Vec<String> = missing.chain(differences).collect();
        assert_eq!(all, *expected, "{kind} in {version}");
    }
}

/// The same document as version 3.1 spells it.
pub(crate) fn in_3_1(document: &Value) -> Value {
    match document {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), in_3_1(value))).collect();
            spell_in_3_1(&mut fields);
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.iter().map(in_3_1).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => document.clone(),
    }
}

fn spell_in_3_1(schema: &mut Map<String, Value>) {
    if schema.get("nullable") == Some(&json!(true)) {
        if let Some(Value::String(kind)) = schema.get("type") {
            let both = json!([kind, "null"]);
            schema.insert("type".to_owned(), both);
            schema.shift_remove("nullable");
        } else if let Some(wrapped) = schema.shift_remove("allOf") {
            schema.shift_remove("nullable");
            schema.insert("anyOf".to_owned(), json!([wrapped[0], {"type": "null"}]));
        }
    }
    if let Some(Value::Array(wrapped)) = schema.get("allOf")
        && let [Value::Object(only)] = wrapped.as_slice()
    {
        let only = only.clone();
        schema.shift_remove("allOf");
        schema.extend(only);
    }
    if let Some(Value::Array(choices)) = schema.get("enum")
        && let [only] = choices.as_slice()
    {
        let only = only.clone();
        schema.shift_remove("enum");
        schema.insert("const".to_owned(), only);
    }
}

#[test]
fn the_contract_keeps_the_contract() {
    for served in [WHOLE.clone(), in_3_1(&WHOLE)] {
        let Found { missing, present, differences } = compare(&WHOLE, &served, &RENAMED);
        assert_eq!((missing.len(), present.len(), differences.len()), (0, 108, 0));
    }
    assert_ne!(in_3_1(&WHOLE), *WHOLE);
}

#[test]
fn every_break_is_found() {
    let breaks = breaks::all();
    let kinds: BTreeSet<&str> = breaks.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds.len(), breaks.len(), "each kind has a name of its own");
    assert!(breaks.len() >= 20, "{} kinds", breaks.len());
    for planted in &breaks {
        assert!(!planted.2.is_empty(), "{} is a break", planted.0);
        check(planted);
    }
}

#[test]
fn no_harmless_extension_is_reported() {
    let extensions = extensions::all();
    assert!(extensions.len() >= 10, "{} kinds", extensions.len());
    for (kind, served) in extensions {
        assert_ne!(served, documented(), "{kind} changes something");
        check(&(kind, served, &[]));
    }
}

/// The contract with what stands in one place in another one instead.
fn moved(from: &str, to: &str) -> Value {
    let mut document = documented();
    let (parent, name) = from.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place").as_object_mut().expect("an object");
    let part = parent.remove(&name.replace("~1", "/")).expect("a part");
    let (parent, name) = to.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place").as_object_mut().expect("an object");
    parent.insert(name.replace("~1", "/"), part);
    document
}

/// The contract with another name for a component, wherever it is spoken of.
fn renamed(from: &str, to: &str) -> Value {
    let document = moved(&format!("{SCHEMAS}/{from}"), &format!("{SCHEMAS}/{to}"));
    let text = document.to_string();
    let text = text.replace(&format!("schemas/{from}\""), &format!("schemas/{to}\""));
    serde_json::from_str(&text).expect("JSON as before")
}

//! Whole conversations of identity providers, from the test of the connection to the last deletion.
//!
//! The files say what goes over the wire and nothing of this crate, so that a served instance can be held to them as
//! well.

use std::collections::BTreeMap;

use scimitar_scim::Dialect;
use serde::Deserialize;
use serde_json::Value;

use crate::service::{Request, Service};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    dialect: String,
    step: Vec<Step>,
}

/// One request and what must come back. `${name}` stands for what an earlier step saved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    method: String,
    path: String,
    /// Decoded.
    #[serde(default)]
    query: BTreeMap<String, String>,
    if_match: Option<String>,
    body: Option<String>,
    status: u16,
    /// What the answer must hold: each member of an object, each element of an array.
    expect: Option<String>,
    /// JSON pointers to what the answer must not hold.
    #[serde(default)]
    absent: Vec<String>,
    /// JSON pointers to what later steps need, by name.
    #[serde(default)]
    save: BTreeMap<String, String>,
}

fn hold(text: &str) {
    let conversation: Conversation = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let dialect = Dialect::named(&conversation.dialect).expect("a dialect");
    let mut service = Service::new(dialect);
    let mut saved: BTreeMap<String, String> = BTreeMap::new();
    assert!(conversation.step.len() >= 8, "a whole conversation");
    for step in &conversation.step {
        let name = &step.name;
        let filled = |text: &str| fill(text, &saved);
        let parsed = |text: &String| -> Value {
            let text = filled(text);
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"))
        };
        let query = step.query.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        let (status, answer) = service.answer(Request {
            method: &step.method,
            path: &filled(&step.path),
            query: &query,
            if_match: step.if_match.as_deref(),
            body: step.body.as_ref().map_or(Value::Null, parsed),
        });
        assert_eq!(status, step.status, "{name}: {answer}");
        if let Some(expected) = &step.expect {
            let expected = parsed(expected);
            assert!(holds(&answer, &expected), "{name}\n expected {expected}\n      got {answer}");
        }
        for pointer in &step.absent {
            assert_eq!(answer.pointer(pointer), None, "{name}: {pointer}");
        }
        for (name, pointer) in &step.save {
            let value =
                answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}"));
            saved.insert(name.clone(), value.to_owned());
        }
    }
}

fn fill(text: &str, saved: &BTreeMap<String, String>) -> String {
    saved.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

fn holds(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| answer.get(name).is_some_and(|answer| holds(answer, value)))
        }
        (Value::Array(answer), Value::Array(expected)) => {
            answer.len() == expected.len() && answer.iter().zip(expected).all(|(a, b)| holds(a, b))
        }
        (answer, expected) => answer == expected,
    }
}

#[test]
fn entra_provisions_a_user_and_a_group() {
    hold(include_str!("../corpus/conversations/entra.toml"));
}

#[test]
fn entra_with_the_newer_flag_keeps_to_the_rfc() {
    hold(include_str!("../corpus/conversations/entra-scim062020.toml"));
}

#[test]
fn okta_imports_provisions_and_pushes_a_group() {
    hold(include_str!("../corpus/conversations/okta.toml"));
}

#[test]
fn onelogin_provisions_by_put() {
    hold(include_str!("../corpus/conversations/onelogin.toml"));
}

#[test]
fn jumpcloud_activates_and_binds() {
    hold(include_str!("../corpus/conversations/jumpcloud.toml"));
}

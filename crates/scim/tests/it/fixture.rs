//! The people and groups of the tests.

use scimitar_scim::schema::{Registry, ResourceType};
use serde_json::{Map, Value};

pub(crate) fn registry() -> Registry {
    Registry::standard()
}

pub(crate) fn users() -> ResourceType {
    registry().resource_type("User").expect("users are standard").clone()
}

pub(crate) fn map(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

/// Everybody by name: one who has everything, one who has little, one who has next to nothing.
pub(crate) fn people() -> Vec<(&'static str, Map<String, Value>)> {
    vec![("ada", map(ada())), ("grace", map(grace())), ("kim", map(kim()))]
}

pub(crate) fn ada() -> Value {
    person("ada")
}

pub(crate) fn grace() -> Value {
    person("grace")
}

pub(crate) fn kim() -> Value {
    person("kim")
}

fn person(name: &str) -> Value {
    let people: Value = serde_json::from_str(include_str!("../corpus/people.json")).expect("people");
    people.get(name).cloned().expect("a person")
}

pub(crate) fn groups() -> ResourceType {
    registry().resource_type("Group").expect("groups are standard").clone()
}

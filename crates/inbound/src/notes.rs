//! What the log of a source says of a request, apart from its outcome: the form of what came, what of it was
//! understood and what ignored, and what changed. Names only: no value that a client sent is in it.

use std::sync::{Arc, Mutex, PoisonError};

use scimitar_scim::resource::Attributes;
use serde_json::{Map, Value, json};

/// Operations of one request that are told, and names in one list.
const MOST: usize = 20;
/// Places in the form of one body.
const PLACES: usize = 150;
/// Brackets within each other that are told.
const DEPTH: usize = 6;
/// Characters of a name.
const LONGEST: usize = 100;
/// What a client sends to be kept by nobody.
const OURS: [&str; 4] = ["id", "meta", "groups", "schemas"];

/// The notes about one request. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<Map<String, Value>>>>);

impl Notes {
    /// Begin with an operation of the request.
    pub(crate) fn begin(&self, operation: &str, kind: &str, body: Option<&Value>) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() > MOST {
            return;
        }
        let mut note = Map::new();
        note.insert("operation".to_owned(), json!(operation));
        note.insert("kind".to_owned(), json!(kind));
        if let Some(body) = body {
            note.insert("body".to_owned(), form(body));
        }
        notes.push(note);
    }

    /// Say something about the operation that has begun.
    pub(crate) fn say(&self, what: &str, value: impl Into<Value>) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = notes.last_mut() {
            note.insert(what.to_owned(), value.into());
        }
    }

    /// All that was said.
    pub(crate) fn told(&self) -> Value {
        let mut notes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        match notes.len() {
            0 => json!({}),
            1 => Value::Object(notes.pop().unwrap_or_default()),
            _many => {
                let is_cut = notes.len() > MOST;
                notes.truncate(MOST);
                json!({"operations": notes, "is_cut": is_cut})
            }
        }
    }
}

/// The form of a body: the names in it, and of what type their values are.
pub(crate) fn form(body: &Value) -> Value {
    let mut places = PLACES;
    form_within(body, DEPTH, &mut places)
}

fn form_within(value: &Value, depth: usize, places: &mut usize) -> Value {
    let (Some(depth), Some(left)) = (depth.checked_sub(1), places.checked_sub(1)) else {
        return json!("…");
    };
    *places = left;
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(elements) => {
            let mut told: Vec<Value> =
                elements.iter().take(3).map(|element| form_within(element, depth, places)).collect();
            if elements.len() > told.len() {
                told.push(json!(format!("… {} in all", elements.len())));
            }
            Value::Array(told)
        }
        Value::Object(members) => {
            let mut told = Map::new();
            for (name, value) in members {
                if *places == 0 {
                    told.insert("…".to_owned(), json!(format!("{} in all", members.len())));
                    break;
                }
                told.insert(without_values(name), form_within(value, depth, places));
            }
            Value::Object(told)
        }
    }
}

/// The names in a resource, and of which it says that there is none: all that [`ignored`] asks of it.
pub(crate) fn outline(body: &Value) -> Value {
    let members = body.as_object().into_iter().flatten().map(|(name, value)| {
        let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        (name.clone(), if is_nothing { Value::Null } else { json!(true) })
    });
    Value::Object(members.collect())
}

/// What of a whole resource was left out, with why.
pub(crate) fn ignored(sent: &Value, read: &Attributes) -> Vec<Value> {
    let sent = sent.as_object().into_iter().flatten();
    let left_out = sent.filter_map(|(name, value)| {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        if is("schemas") || is("members") || read.keys().any(|key| is(key)) {
            return None;
        }
        let why = if is("password") {
            "a password is kept nowhere"
        } else if OURS.iter().any(|ours| is(ours)) {
            "the service says this itself"
        } else if value.is_null() {
            "it says that there is none"
        } else {
            "the schemas do not have it"
        };
        Some(json!({"attribute": without_values(name), "why": why}))
    });
    left_out.take(MOST).collect()
}

/// The operations of a PATCH, by what they do to what.
pub(crate) fn operations(body: &Value) -> Vec<Value> {
    let get = scimitar_scim::attribute::get;
    let told = get(body, "Operations").and_then(Value::as_array).into_iter().flatten().map(|operation| {
        let text = |name: &str| get(operation, name).and_then(Value::as_str).map(without_values);
        let names = get(operation, "value").and_then(Value::as_object).map(|value| {
            let names: Vec<String> = value.keys().take(MOST).map(|name| without_values(name)).collect();
            names
        });
        json!({"op": text("op"), "path": text("path"), "attributes": names})
    });
    told.take(MOST).collect()
}

/// The attributes that differ, but for the `externalId`, which is stored beside them.
pub(crate) fn changed(before: &Attributes, after: &Attributes) -> Vec<String> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let differ = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name);
    let mut names: Vec<String> = differ
        .chain(gone)
        .filter(|name| !matches!(name.as_str(), "id" | "externalId"))
        .map(|name| without_values(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST);
    names
}

/// A name, a path or a filter without the values in it.
///
/// What stands in quotes is a value, and so is the word behind an operator.
pub fn without_values(text: &str) -> String {
    let mut told = String::new();
    let mut is_behind_operator = false;
    for (n, part) in quoted(text).into_iter().enumerate() {
        if n % 2 == 1 {
            told.push_str("\"…\"");
            is_behind_operator = false;
            continue;
        }
        for word in part.split_inclusive(' ') {
            let bare = word.trim_matches([' ', '(', ')', '[', ']']);
            if is_behind_operator && !bare.is_empty() {
                told.push_str(&word.replace(bare, "…"));
                is_behind_operator = false;
            } else {
                told.push_str(word);
                let operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
                is_behind_operator = operators.iter().any(|operator| operator.eq_ignore_ascii_case(bare))
                    || (is_behind_operator && bare.is_empty());
            }
        }
    }
    told.chars().take(LONGEST).collect()
}

/// The parts of a text that stand outside and inside of quotes, in turn. A quote behind `\` is none.
fn quoted(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        if c == '"' && !is_escaped {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(without_values(text), expected, "{text}");
    }

    #[test]
    fn no_value_of_a_filter_is_told() {
        check("userName", "userName");
        check("userName eq \"ada\"", "userName eq \"…\"");
        check("userName eq \"a\\\"d a\" and active eq true", "userName eq \"…\" and active eq …");
        check("emails[type eq work and value co x].value", "emails[type eq … and value co …");
        check("externalId eq jyoung", "externalId eq …");
        check("not (title pr) or id EQ \"7", "not (title pr) or id EQ \"…\"");
        check("emails[type eq \"work\"].value", "emails[type eq \"…\"].value");
        check(&"x".repeat(500), &"x".repeat(LONGEST));
    }

    #[test]
    fn a_form_has_names_and_types_and_is_bounded() {
        let body =
            json!({"userName": "ada", "active": true, "n": 1, "no": null, "emails": [{"value": "canary"}]});
        assert_eq!(
            form(&body),
            json!({"userName": "string", "active": "boolean", "n": "number", "no": "null",
                   "emails": [{"value": "string"}]})
        );
        let wide: Map<String, Value> =
            (0..10_000).map(|n| (format!("a{n}"), json!(vec!["canary"; 50]))).collect();
        let told = form(&Value::Object(wide)).to_string();
        assert!(told.len() < 20_000 && !told.contains("canary"), "{}", told.len());
        let deep = (0..50).fold(json!("canary"), |inner, _| json!({"a": inner}));
        assert!(!form(&deep).to_string().contains("canary"));
    }

    #[test]
    fn what_is_left_out_is_told_with_why() {
        let sent = json!({"schemas": [], "id": "7", "password": "canary", "shoe": 44, "title": null, "userName": "a"});
        let read = json!({"userName": "a"}).as_object().unwrap().clone();
        let told = Value::from(ignored(&outline(&sent), &read));
        assert_eq!(told.as_array().unwrap().len(), 4, "{told}");
        assert!(!told.to_string().contains("canary"));
    }
}

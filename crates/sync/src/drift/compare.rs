//! Whether a resource is as it was sent.

use serde_json::Value;

use scimitar_domain::{Difference, Link};
use scimitar_scim::attribute;

use crate::foresee::shown;

/// What is not ours, what is compared by itself, and what nobody shows.
const NOT_COMPARED: [&str; 6] = ["schemas", "id", "meta", "members", "groups", "password"];

/// The attributes that the remote holds otherwise than they were sent.
///
/// A remote that made something else of an attribute in its own answer has not drifted, and neither has one that
/// answered nothing and does not show the attribute: nobody can tell.
pub(super) fn attributes(link: &Link, there: &Value) -> Vec<Difference> {
    let answered = Value::Object(link.attributes.clone());
    let mut differences = Vec::new();
    for (name, sent) in link.sent.iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str())) {
        let found = attribute::get(there, name);
        let is_as_answered = attribute::get(&answered, name) == found;
        if holds(sent, found) || is_as_answered {
            continue;
        }
        differences.push(Difference {
            attribute: name.clone(),
            sent: shown(name, sent),
            found: found.map_or(Value::Null, |found| shown(name, found)),
        });
    }
    differences
}

/// Whether what was sent is there, whatever is there besides. Case and order do not count.
fn holds(sent: &Value, found: Option<&Value>) -> bool {
    let Some(found) = found else { return is_nothing(sent) };
    match (sent, found) {
        (Value::Object(sent), found) => {
            sent.iter().all(|(name, value)| holds(value, attribute::get(found, name)))
        }
        (Value::Array(sent), Value::Array(found)) => {
            sent.len() == found.len()
                && sent.iter().all(|item| found.iter().any(|there| holds(item, Some(there))))
        }
        (Value::String(sent), Value::String(found)) => sent.to_lowercase() == found.to_lowercase(),
        (Value::Bool(sent), Value::String(found)) => found.eq_ignore_ascii_case(&sent.to_string()),
        (Value::Number(sent), Value::Number(found)) => sent.as_f64() == found.as_f64(),
        (sent, found) => sent == found,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(sent: &Value, found: &Value, expected: bool) {
        assert_eq!(holds(sent, Some(found)), expected, "{sent} {found}");
    }

    #[test]
    fn what_was_sent_is_there_whatever_is_there_besides() {
        check(&json!({"a": 1}), &json!({"A": 1.0, "b": 2}), true);
        check(&json!({"a": ""}), &json!({}), true);
        check(&json!({"a": false}), &json!({}), false);
        check(
            &json!([{"value": "x"}, {"value": "y"}]),
            &json!([{"value": "Y"}, {"value": "x", "p": 1}]),
            true,
        );
        check(&json!([{"value": "x"}]), &json!([{"value": "x"}, {"value": "z"}]), false);
        check(&json!(true), &json!("True"), true);
        check(&json!("a"), &json!("b"), false);
        check(&json!("a"), &json!(["a"]), false);
    }
}

//! Reading single attributes of a resource that somebody else wrote.

use serde_json::{Map, Value};

/// The attribute `name` of `object`; names are not case-sensitive (RFC 7643 §2.1), an exact hit wins.
///
/// `null` is the same as absent (RFC 7643 §2.5).
pub fn get<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    member(object.as_object()?, name)
}

/// The same for a map.
pub fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = members
        .get(name)
        .or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))?;
    (!found.is_null()).then_some(found)
}

/// Set the attribute `name`, under the name that it has there already, whatever its case.
pub(crate) fn put(members: &mut Map<String, Value>, name: String, value: Value) {
    if let Some(slot) = members.get_mut(&name) {
        *slot = value;
        return;
    }
    let found = members.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
    members.insert(found.unwrap_or(name), value);
}

/// Take the attribute `name` away, whatever its case.
pub(crate) fn drop(members: &mut Map<String, Value>, name: &str) {
    let found = members.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    if let Some(found) = found {
        members.shift_remove(&found);
    }
}

/// The attribute `name` as text. Numbers count as text, because some services write ids as integers.
pub fn text(object: &Value, name: &str) -> Option<String> {
    match get(object, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A count that should be a number and may be written as a string. Negative and fractional ones are none.
pub fn count(object: &Value, name: &str) -> Option<u64> {
    match get(object, name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A truth value that may be written as a string.
pub fn truth(object: &Value, name: &str) -> Option<bool> {
    match get(object, name)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `schemas` of `object` names `urn`; URNs are not case-sensitive (RFC 8141 §3.1 for the prefix, and
/// services that fold the rest).
pub fn has_schema(object: &Value, urn: &str) -> bool {
    get(object, "schemas").and_then(Value::as_array).is_some_and(|schemas| {
        schemas.iter().filter_map(Value::as_str).any(|it| it.eq_ignore_ascii_case(urn))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_folded_and_an_exact_hit_wins() {
        let object = json!({"USERNAME": "folded", "userName": "exact", "ID": 7, "gone": null});
        assert_eq!(text(&object, "userName").as_deref(), Some("exact"));
        assert_eq!(text(&object, "id").as_deref(), Some("7"));
        assert_eq!(get(&object, "gone"), None);
        assert_eq!(get(&json!("text"), "id"), None);
    }

    #[test]
    fn counts_and_truths_may_be_strings() {
        let object = json!({"a": "12", "b": 3, "c": -1, "d": 1.5, "e": "x", "f": "True", "g": false, "h": 1});
        let counts: Vec<_> = ["a", "b", "c", "d", "e", "z"].map(|name| count(&object, name)).into();
        assert_eq!(counts, [Some(12), Some(3), None, None, None, None]);
        let truths: Vec<_> = ["f", "g", "h", "e", "z"].map(|name| truth(&object, name)).into();
        assert_eq!(truths, [Some(true), Some(false), None, None, None]);
    }

    #[test]
    fn schemas_are_searched_without_case() {
        assert!(has_schema(&json!({"schemas": ["URN:a"]}), "urn:a"));
        assert!(!has_schema(&json!({"schemas": "urn:a"}), "urn:a"));
        assert!(!has_schema(&json!({"schemas": [1, null]}), "urn:a"));
    }
}

//! Whether a document is the OpenAPI 3.0.3 that client generators read, and not a later one in its clothes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::contract::operation_ids;
use super::normal;

pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let version = document.get("openapi").and_then(Value::as_str);
    if version != Some("3.0.3") {
        faults.push(format!("openapi: `{}` instead of `3.0.3`", version.unwrap_or_default()));
    }
    let mut seen = BTreeSet::new();
    for id in operation_ids(document) {
        if id.is_empty() {
            faults.push("an operation has no operationId".to_owned());
        } else if !seen.insert(id) {
            faults.push(format!("{id}: two operations have this id"));
        }
    }
    walk(document, document, "", &mut faults);
    faults
}

/// Whether both versions of the document say the same. Whatever the older one could not say is a loss.
pub(crate) fn faults_of_pair(older: &Value, newer: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let version = newer.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with("3.1.") {
        faults.push(format!("openapi: `{version}` instead of 3.1"));
    }
    let part = |document: &Value| {
        let mut document = normal::normal(document);
        document.as_object_mut().map(|fields| fields.shift_remove("openapi"));
        document
    };
    differences("", &part(older), &part(newer), &mut faults);
    faults
}

fn differences(at: &str, older: &Value, newer: &Value, faults: &mut Vec<String>) {
    match (older, newer) {
        (Value::Object(older), Value::Object(newer)) => {
            let names: BTreeSet<&String> = older.keys().chain(newer.keys()).collect();
            for name in names {
                let at = format!("{at}/{name}");
                let nothing = Value::Null;
                let of = |fields: &'_ Map<String, Value>| fields.get(name).unwrap_or(&nothing).clone();
                differences(&at, &of(older), &of(newer), faults);
            }
        }
        (Value::Array(older), Value::Array(newer)) if older.len() == newer.len() => {
            for (index, (older, newer)) in older.iter().zip(newer).enumerate() {
                differences(&format!("{at}/{index}"), older, newer, faults);
            }
        }
        (older, newer) if older != newer => {
            faults.push(format!("{at}: 3.0 says {older} where 3.1 says {newer}"));
        }
        (_, _) => {}
    }
}

fn walk(document: &Value, node: &Value, at: &str, faults: &mut Vec<String>) {
    match node {
        Value::Object(fields) => {
            // The names below `properties` are those of the data, not of the schema language.
            if !at.ends_with("/properties") {
                check_object(document, fields, at, faults);
            }
            for (name, inner) in fields {
                walk(document, inner, &format!("{at}/{name}"), faults);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(document, inner, &format!("{at}/{index}"), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_object(document: &Value, fields: &Map<String, Value>, at: &str, faults: &mut Vec<String>) {
    if fields.get("type").is_some_and(|kind| kind.is_array() || kind == "null") {
        faults.push(format!("{at}: `type` is a list or null: say `nullable`"));
    }
    if fields.contains_key("const") {
        faults.push(format!("{at}: `const` is not of 3.0: say `enum`"));
    }
    if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
        if fields.len() > 1 {
            faults.push(format!("{at}: `$ref` has siblings, which 3.0 ignores: wrap it in `allOf`"));
        }
        if target.strip_prefix('#').and_then(|pointer| document.pointer(pointer)).is_none() {
            faults.push(format!("{at}: `{target}` leads nowhere"));
        }
    }
    if at.ends_with("/responses") {
        for (status, answer) in fields {
            if answer.get("description").is_none() && answer.get("$ref").is_none() {
                faults.push(format!("{at}/{status}: an answer needs a description, if only an empty one"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::{documented, in_3_1, with};
    use super::*;

    #[track_caller]
    fn check(pointer: &str, value: Value, expected: &str) {
        let found = faults(&with(pointer, value));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.concat().contains(expected), "{found:?}");
    }

    #[test]
    fn the_contract_itself_is_well_formed() {
        assert_eq!(faults(&documented()), Vec::<String>::new());
    }

    #[test]
    fn what_3_0_does_not_know_is_found() {
        let name = "/components/schemas/User/properties/name";
        check("/openapi", "3.1.0".into(), "instead of `3.0.3`");
        check(&format!("{name}/type"), serde_json::json!(["string", "null"]), "say `nullable`");
        check(name, serde_json::json!({"const": 1}), "say `enum`");
        check(name, serde_json::json!({"$ref": "#/components/schemas/Nothing"}), "leads nowhere");
        let siblings = serde_json::json!({"$ref": "#/components/schemas/User", "nullable": true});
        check(name, siblings, "wrap it in `allOf`");
        let users = "/paths/~1core~1users~1";
        check(&format!("{users}/get/responses/403"), serde_json::json!({}), "needs a description");
        check(&format!("{users}/get/operationId"), "core_users_create".into(), "two operations");
    }

    #[test]
    fn both_versions_say_the_same() {
        let mut newer = in_3_1(&documented());
        newer["openapi"] = "3.1.0".into();
        assert_eq!(faults_of_pair(&documented(), &newer), Vec::<String>::new());
        let email = "/components/schemas/User/properties/email";
        let lossy = with(&format!("{email}/maxLength"), Value::Null);
        let expected = format!("{email}/maxLength: 3.0 says null where 3.1 says 254");
        assert_eq!(faults_of_pair(&lossy, &newer), [expected]);
        assert_eq!(faults_of_pair(&documented(), &documented()), ["openapi: `3.0.3` instead of 3.1"]);
    }
}

//! Whether a document is the OpenAPI 3.0.3 that client generators read, and not a later one in its clothes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::contract::operation_ids;

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
    use super::super::planted::{documented, with};
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
}

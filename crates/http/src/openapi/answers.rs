//! Answers that no handler tells of, because they come from what all of them share.
//!
//! The documented API leaves them out and gives them all the same. Clients that were generated from ours know
//! them.

use serde_json::{Map, Value, json};

use super::walk::operations;

/// Adds the answer that nothing was found to every operation that can give it.
pub(super) fn tell_of_nothing_found(document: &mut Value) {
    for operation in operations(document) {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let can = parameters.into_iter().flatten().any(looks_for_something);
        if can && let Some(Value::Object(answers)) = operation.get_mut("responses") {
            add(answers);
        }
    }
}

/// A key in the path, or a page, which may be out of range.
fn looks_for_something(parameter: &Value) -> bool {
    let says = |field: &str, value: &str| parameter.get(field).is_some_and(|it| it == value);
    says("in", "path") || (says("in", "query") && says("name", "page"))
}

/// In the order of their statuses. One that a handler tells of says more.
fn add(answers: &mut Map<String, Value>) {
    answers.entry("404").or_insert_with(|| {
        json!({
            "description": "Nothing was found there",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GenericError"}}},
        })
    });
    answers.sort_keys();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_a_page_may_lead_nowhere() {
        let answers = || json!({"responses": {"200": {}, "500": {}}});
        let with = |parameter: Value| {
            let mut operation = answers();
            operation["parameters"] = json!([parameter]);
            operation
        };
        let mut document = json!({"paths": {
            "/a/{id}/": {"get": with(json!({"in": "path", "name": "id"}))},
            "/a/": {"get": with(json!({"in": "query", "name": "page"})), "post": answers()},
        }});
        tell_of_nothing_found(&mut document);
        let statuses = |path: &str, method: &str| {
            let answers =
                document["paths"][path][method]["responses"].as_object().cloned().unwrap_or_default();
            answers.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(statuses("/a/{id}/", "get"), ["200", "404", "500"]);
        assert_eq!(statuses("/a/", "get"), ["200", "404", "500"]);
        assert_eq!(statuses("/a/", "post"), ["200", "500"]);
    }
}

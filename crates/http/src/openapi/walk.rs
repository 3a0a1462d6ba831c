//! Every schema of a document, wherever it stands.

use serde_json::{Map, Value};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Calls `act` for every schema; for those inside a schema before the schema itself.
pub(super) fn each_schema(document: &mut Value, act: fn(&mut Value)) {
    for schema in children(document.pointer_mut("/components/schemas")) {
        each_schema_within(schema, act);
    }
    for operation in operations(document) {
        for parameter in items(operation.get_mut("parameters")) {
            in_holder(parameter, act);
        }
        in_content(operation.get_mut("requestBody"), act);
        for response in children(operation.get_mut("responses")) {
            in_content(Some(response), act);
        }
    }
}

pub(super) fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let fields = children(document.get_mut("paths")).filter_map(Value::as_object_mut).flatten();
    fields.filter(|(method, _)| METHODS.contains(&method.as_str())).map(|(_, operation)| operation)
}

/// Calls `act` for a schema and all schemas inside it.
pub(super) fn each_schema_within(schema: &mut Value, act: fn(&mut Value)) {
    for child in children(schema.get_mut("properties")) {
        each_schema_within(child, act);
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(child) = schema.get_mut(keyword) {
            each_schema_within(child, act);
        }
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for child in items(schema.get_mut(keyword)) {
            each_schema_within(child, act);
        }
    }
    act(schema);
}

pub(super) fn children(holder: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    holder.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn in_content(holder: Option<&mut Value>, act: fn(&mut Value)) {
    for media in children(holder.and_then(|holder| holder.get_mut("content"))) {
        in_holder(media, act);
    }
}

fn in_holder(holder: &mut Value, act: fn(&mut Value)) {
    if let Some(schema) = holder.get_mut("schema") {
        each_schema_within(schema, act);
    }
}

fn items(holder: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    holder.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_found_in_components_parameters_bodies_and_answers() {
        let mut document = json!({
            "components": {"schemas": {"A": {"items": {}}}},
            "paths": {"/a/": {"summary": "untouched", "get": {
                "parameters": [{"schema": {}}],
                "requestBody": {"content": {"application/json": {"schema": {}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"anyOf": [{}]}}}}},
            }}},
        });
        each_schema(&mut document, |schema| schema["seen"] = json!(true));
        assert_eq!(document.to_string().matches("seen").count(), 6);
        assert_eq!(document["paths"]["/a/"]["summary"], "untouched");
    }
}

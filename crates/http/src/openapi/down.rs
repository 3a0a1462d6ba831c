//! The document in OpenAPI 3.0.3: the version that the documented API has, and that most generators read.
//!
//! Version 3.1 says `type: [string, "null"]` where 3.0 says `nullable: true`, allows siblings beside `$ref`,
//! and knows `const` and `examples`. What is rewritten here is what our own types give rise to.

use serde_json::{Map, Value, json};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Rewrites a document of version 3.1.
pub(super) fn to_3_0(document: &mut Value) {
    if let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!("3.0.3"));
    }
    for schema in children(document.pointer_mut("/components/schemas")) {
        rewrite(schema);
    }
    for path in children(document.get_mut("paths")) {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                rewrite_operation(operation);
            }
        }
    }
}

fn rewrite_operation(operation: &mut Value) {
    for parameter in items(operation.get_mut("parameters")) {
        rewrite_in(parameter);
    }
    rewrite_content(operation.get_mut("requestBody"));
    for response in children(operation.get_mut("responses")) {
        if let Some(response) = response.as_object_mut() {
            // Required in 3.0, and left out by the generator when it is empty.
            response.entry("description").or_insert_with(|| json!(""));
        }
        rewrite_content(Some(response));
    }
}

fn rewrite_content(holder: Option<&mut Value>) {
    for media in children(holder.and_then(|holder| holder.get_mut("content"))) {
        rewrite_in(media);
    }
}

fn rewrite_in(holder: &mut Value) {
    if let Some(schema) = holder.get_mut("schema") {
        rewrite(schema);
    }
}

/// Rewrites a schema and all schemas inside it.
fn rewrite(schema: &mut Value) {
    read_only_list(schema);
    for child in children(schema.get_mut("properties")) {
        rewrite(child);
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(child) = schema.get_mut(keyword) {
            rewrite(child);
        }
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for child in items(schema.get_mut(keyword)) {
            rewrite(child);
        }
    }
    let Some(schema) = schema.as_object_mut() else { return };
    type_list(schema);
    choice_with_null(schema);
    reference_with_siblings(schema);
    integer_format(schema);
    schema.shift_remove("propertyNames");
    if let Some(only) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), json!([only]));
    }
    if let Some(first) = schema.shift_remove("examples").as_mut().and_then(|it| it.get_mut(0)) {
        schema.insert("example".to_owned(), first.take());
    }
}

/// The generator says of the items of a list that they are read-only, and means the list.
fn read_only_list(schema: &mut Value) {
    let items = schema.get_mut("items").and_then(Value::as_object_mut);
    if let Some(flag) = items.and_then(|items| items.shift_remove("readOnly"))
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("readOnly".to_owned(), flag);
    }
}

/// `type: [string, "null"]` becomes `type: string` and `nullable: true`.
fn type_list(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get("type") else { return };
    let kept: Vec<Value> = types.iter().filter(|it| *it != "null").cloned().collect();
    if kept.len() < types.len() {
        schema.insert("nullable".to_owned(), json!(true));
    }
    match <[Value; 1]>::try_from(kept) {
        Ok([only]) => schema.insert("type".to_owned(), only),
        // Several types at once cannot be said; none says the same as all.
        Err(_several) => schema.shift_remove("type"),
    };
}

/// `oneOf: [X, {type: "null"}]` becomes `X` and `nullable: true`.
fn choice_with_null(schema: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = schema.get(keyword) else { continue };
        let is_null = |choice: &&Value| choice.get("type").is_some_and(|it| it == "null");
        let kept: Vec<Value> = choices.iter().filter(|it| !is_null(it)).cloned().collect();
        if kept.len() == choices.len() {
            continue;
        }
        schema.shift_remove(keyword);
        match <[Value; 1]>::try_from(kept) {
            Ok([Value::Object(only)]) => schema.extend(only),
            Ok([only]) => drop(schema.insert("allOf".to_owned(), json!([only]))),
            Err(several) => drop(schema.insert(keyword.to_owned(), Value::Array(several))),
        }
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Version 3.0 ignores what stands beside `$ref`, so the reference moves into an `allOf`.
fn reference_with_siblings(schema: &mut Map<String, Value>) {
    if schema.len() > 1
        && let Some(reference) = schema.shift_remove("$ref")
    {
        schema.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

/// The documented API does not say how wide its integers are, and clients were generated without.
fn integer_format(schema: &mut Map<String, Value>) {
    if schema.get("type") == Some(&json!("integer")) {
        schema.shift_remove("format");
    }
}

fn children(holder: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    holder.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn items(holder: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    holder.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &Value, expected: &Value) {
        let mut got = schema.clone();
        rewrite(&mut got);
        assert_eq!(got.to_string(), expected.to_string());
    }

    #[test]
    fn null_is_said_by_nullable() {
        check(&json!({"type": ["string", "null"]}), &json!({"type": "string", "nullable": true}));
        check(&json!({"type": ["null"]}), &json!({"nullable": true}));
        check(
            &json!({"oneOf": [{"$ref": "#/a"}, {"type": "null"}]}),
            &json!({"nullable": true, "allOf": [{"$ref": "#/a"}]}),
        );
        check(
            &json!({"oneOf": [{"type": "null"}, {"$ref": "#/a", "description": "why"}], "readOnly": true}),
            &json!({"readOnly": true, "description": "why", "allOf": [{"$ref": "#/a"}], "nullable": true}),
        );
        check(
            &json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}]}),
            &json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}]}),
        );
    }

    #[test]
    fn a_reference_stands_alone() {
        check(&json!({"$ref": "#/a"}), &json!({"$ref": "#/a"}));
        check(
            &json!({"$ref": "#/a", "description": "why"}),
            &json!({"description": "why", "allOf": [{"$ref": "#/a"}]}),
        );
    }

    #[test]
    fn a_list_is_read_only_and_not_its_items() {
        check(
            &json!({"type": "array", "items": {"$ref": "#/a", "readOnly": true}}),
            &json!({"type": "array", "items": {"$ref": "#/a"}, "readOnly": true}),
        );
    }

    #[test]
    fn the_width_of_an_integer_is_not_said() {
        check(&json!({"type": "integer", "format": "int32"}), &json!({"type": "integer"}));
        check(&json!({"type": "number", "format": "double"}), &json!({"type": "number", "format": "double"}));
    }

    #[test]
    fn constants_and_examples_get_their_older_names() {
        check(&json!({"const": "a", "examples": ["x", "y"]}), &json!({"enum": ["a"], "example": "x"}));
    }

    #[test]
    fn schemas_inside_schemas_are_rewritten_and_names_of_fields_are_not() {
        check(
            &json!({"properties": {"type": {"type": ["string", "null"]}, "const": {"type": "string"}},
                    "items": {"additionalProperties": {"type": ["integer"], "format": "int64"}}}),
            &json!({"properties": {"type": {"type": "string", "nullable": true}, "const": {"type": "string"}},
                    "items": {"additionalProperties": {"type": "integer"}}}),
        );
    }

    #[test]
    fn operations_are_rewritten() {
        let mut document = json!({
            "openapi": "3.1.0",
            "paths": {"/a/": {"summary": "untouched", "get": {
                "parameters": [{"schema": {"type": ["string", "null"]}}],
                "responses": {"204": {}},
            }}},
        });
        to_3_0(&mut document);
        insta::assert_json_snapshot!(document, @r#"
        {
          "openapi": "3.0.3",
          "paths": {
            "/a/": {
              "summary": "untouched",
              "get": {
                "parameters": [
                  {
                    "schema": {
                      "type": "string",
                      "nullable": true
                    }
                  }
                ],
                "responses": {
                  "204": {
                    "description": ""
                  }
                }
              }
            }
          }
        }
        "#);
    }
}

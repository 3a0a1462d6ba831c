//! The document in OpenAPI 3.0.3: the version that the documented API has, and that most generators read.
//!
//! Version 3.1 says `type: [string, "null"]` where 3.0 says `nullable: true`, allows siblings beside `$ref`,
//! and knows `const` and `examples`. What is rewritten here is what our own types give rise to.

use serde_json::{Map, Value, json};

use super::walk::each_schema;

/// Rewrites a document of version 3.1.
pub(super) fn to_3_0(document: &mut Value) {
    each_schema(document, rewrite_one);
    if let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!("3.0.3"));
    }
}

/// Rewrites a schema; those inside it have been.
fn rewrite_one(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    type_list(schema);
    choice_with_null(schema);
    reference_with_siblings(schema);
    if let Some(only) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), json!([only]));
    }
    if let Some(first) = schema.shift_remove("examples").as_mut().and_then(|it| it.get_mut(0)) {
        schema.insert("example".to_owned(), first.take());
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

#[cfg(test)]
mod tests {
    use super::super::walk::each_schema_within;
    use super::*;

    #[track_caller]
    fn check(schema: &Value, expected: &Value) {
        let mut got = schema.clone();
        each_schema_within(&mut got, rewrite_one);
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
    fn constants_and_examples_get_their_older_names() {
        check(&json!({"const": "a", "examples": ["x", "y"]}), &json!({"enum": ["a"], "example": "x"}));
    }

    #[test]
    fn schemas_inside_schemas_are_rewritten_and_names_of_fields_are_not() {
        check(
            &json!({"properties": {"type": {"type": ["string", "null"]}, "const": {"type": "string"}},
                    "items": {"additionalProperties": {"type": ["integer"]}}}),
            &json!({"properties": {"type": {"type": "string", "nullable": true}, "const": {"type": "string"}},
                    "items": {"additionalProperties": {"type": "integer"}}}),
        );
    }
}

//! One form for both versions of OpenAPI, so that a comparison sees meaning and not spelling.
//!
//! Version 3.1 says `type: [string, "null"]`, `const` and `exclusiveMinimum: 3` where 3.0 says `nullable`, an
//! `enum` of one, and `minimum: 3` with `exclusiveMinimum: true`. Both wrap a reference in an `allOf` of one
//! where something stands beside it. What is left out here is for people: titles, descriptions, examples.

use serde_json::{Map, Value, json};

use super::contract::METHODS;

const FOR_PEOPLE: [&str; 6] = ["title", "description", "example", "examples", "deprecated", "externalDocs"];
const CHOICES: [&str; 3] = ["allOf", "oneOf", "anyOf"];
const COMPONENTS: &str = "#/components/schemas/";

/// The document in the common form. References to parameters, bodies and answers are followed.
pub(crate) fn normal(document: &Value) -> Value {
    let mut normal = document.clone();
    for component in children(normal.pointer_mut("/components/schemas")) {
        *component = schema(component);
    }
    for scheme in children(normal.pointer_mut("/components/securitySchemes")) {
        if let Some(scheme) = scheme.as_object_mut() {
            scheme.shift_remove("description");
        }
    }
    for path in children(normal.get_mut("paths")) {
        let shared = path.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        for method in METHODS {
            if let Some(operation) = path.get_mut(method) {
                operation_in(document, &shared, operation);
            }
        }
    }
    normal
}

/// The same, with every reference to a component replaced by the component.
pub(crate) fn without_references(document: &Value) -> Value {
    let normal = normal(document);
    let mut open = normal.clone();
    for path in children(open.get_mut("paths")) {
        for method in METHODS {
            if let Some(operation) = path.get_mut(method) {
                each_schema(operation, &mut |schema| *schema = opened(&normal, schema, &[]));
            }
        }
    }
    open
}

fn operation_in(document: &Value, shared: &[Value], operation: &mut Value) {
    let own = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let own: Vec<Value> = own.iter().map(|it| followed(document, it)).collect();
    let key = |parameter: &Value| (parameter.get("in").cloned(), parameter.get("name").cloned());
    let inherited = shared.iter().map(|it| followed(document, it));
    let inherited = inherited.filter(|theirs| !own.iter().any(|ours| key(ours) == key(theirs)));
    let parameters: Vec<Value> = inherited.chain(own.iter().cloned()).collect();
    if let Some(operation) = operation.as_object_mut() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(body) = operation.get_mut("requestBody") {
        *body = followed(document, body);
    }
    for answer in children(operation.get_mut("responses")) {
        *answer = followed(document, answer);
    }
    each_schema(operation, &mut |it| *it = schema(it));
}

/// Every schema that an operation speaks of directly.
fn each_schema(operation: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    let mut holders: Vec<&mut Value> = Vec::new();
    let mut answers: Vec<&mut Value> = Vec::new();
    for (name, part) in operation.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "parameters" => holders.extend(part.as_array_mut().into_iter().flatten()),
            "requestBody" => answers.push(part),
            "responses" => answers.extend(children(Some(part))),
            _other => {}
        }
    }
    for answer in answers {
        holders.extend(children(answer.get_mut("content")));
    }
    for holder in holders {
        if let Some(schema) = holder.get_mut("schema") {
            act(schema);
        }
    }
}

/// What a reference outside schemas stands for.
fn followed(document: &Value, node: &Value) -> Value {
    let target = node.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(node).clone()
}

/// One schema and all inside it.
fn schema(node: &Value) -> Value {
    let Some(fields) = node.as_object() else {
        // In 3.1 `true` is a schema, and says as much as the empty one.
        return if node == &json!(true) { json!({}) } else { node.clone() };
    };
    let mut normal = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "properties" => each_value(value, schema),
            "items" | "not" => schema(value),
            "additionalProperties" if value.is_object() => schema(value),
            "allOf" | "oneOf" | "anyOf" => each_item(value, schema),
            "const" => json!([value]),
            name if FOR_PEOPLE.contains(&name) || name.starts_with("x-") => continue,
            _other => value.clone(),
        };
        let keyword = if keyword == "const" { "enum" } else { keyword };
        normal.insert(keyword.to_owned(), value);
    }
    null_in_type(&mut normal);
    null_in_choices(&mut normal);
    exclusive_bounds(&mut normal);
    for keyword in CHOICES {
        choice_of_one(&mut normal, keyword);
    }
    Value::Object(normal)
}

fn null_in_type(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get("type") else { return };
    let mut kept: Vec<Value> = types.iter().filter(|it| *it != "null").cloned().collect();
    if kept.len() < types.len() {
        schema.insert("nullable".to_owned(), json!(true));
    }
    let only = if kept.len() == 1 { kept.pop() } else { Some(Value::Array(kept)) };
    schema.insert("type".to_owned(), only.unwrap_or_default());
}

fn null_in_choices(schema: &mut Map<String, Value>) {
    for (keyword, null) in
        [("enum", json!(null)), ("oneOf", json!({"type": "null"})), ("anyOf", json!({"type": "null"}))]
    {
        let Some(Value::Array(choices)) = schema.get_mut(keyword) else { continue };
        let before = choices.len();
        choices.retain(|choice| *choice != null);
        if choices.len() < before {
            schema.insert("nullable".to_owned(), json!(true));
        }
    }
}

/// `allOf: [X]` is `X`, with what stands beside it.
fn choice_of_one(schema: &mut Map<String, Value>, keyword: &str) {
    let Some(Value::Array(choices)) = schema.get(keyword) else { return };
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        schema.shift_remove(keyword);
        for (keyword, value) in only {
            schema.entry(keyword).or_insert(value);
        }
    }
}

fn exclusive_bounds(schema: &mut Map<String, Value>) {
    let is_whole = schema.get("type").is_some_and(|it| it == "integer");
    for (exclusive, inclusive, step) in
        [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)]
    {
        match schema.get(exclusive) {
            Some(Value::Bool(true)) => {
                let bound = schema.shift_remove(inclusive).unwrap_or_default();
                schema.insert(exclusive.to_owned(), bound);
            }
            Some(Value::Bool(false)) => drop(schema.shift_remove(exclusive)),
            _number_or_nothing => {}
        }
        if is_whole && let Some(bound) = schema.get(exclusive).and_then(Value::as_i64) {
            schema.shift_remove(exclusive);
            schema.insert(inclusive.to_owned(), json!(bound + step));
        }
    }
}

/// A schema with what its references stand for; one that leads back to itself stays.
fn opened(document: &Value, node: &Value, within: &[&str]) -> Value {
    let Some(fields) = node.as_object() else { return node.clone() };
    let mut whole = Map::new();
    for (keyword, value) in fields {
        let value = match keyword.as_str() {
            "properties" => each_value(value, |it| opened(document, it, within)),
            "items" | "not" | "additionalProperties" => opened(document, value, within),
            "allOf" | "oneOf" | "anyOf" => each_item(value, |it| opened(document, it, within)),
            _other => value.clone(),
        };
        whole.insert(keyword.clone(), value);
    }
    let name = fields.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(COMPONENTS));
    if let Some(name) = name.filter(|name| !within.contains(name))
        && let Some(target) = document.pointer(&format!("/components/schemas/{name}"))
    {
        whole.shift_remove("$ref");
        let target = opened(document, target, &[within, &[name]].concat());
        for (keyword, value) in target.as_object().cloned().unwrap_or_default() {
            whole.entry(keyword).or_insert(value);
        }
    }
    Value::Object(whole)
}

fn children(node: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    node.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn each_value(node: &Value, act: impl Fn(&Value) -> Value) -> Value {
    let fields = node.as_object().into_iter().flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), act(value))).collect())
}

fn each_item(node: &Value, act: impl Fn(&Value) -> Value) -> Value {
    Value::Array(node.as_array().into_iter().flatten().map(act).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(newer: &Value, older: &Value) {
        assert_eq!(schema(newer), schema(older));
    }

    #[test]
    fn both_versions_come_to_the_same() {
        check(&json!({"type": ["string", "null"]}), &json!({"type": "string", "nullable": true}));
        check(
            &json!({"oneOf": [{"type": "null"}, {"$ref": "#/a"}], "readOnly": true}),
            &json!({"allOf": [{"$ref": "#/a"}], "readOnly": true, "nullable": true}),
        );
        check(
            &json!({"$ref": "#/a", "description": "why"}),
            &json!({"allOf": [{"$ref": "#/a"}], "title": "A"}),
        );
        check(&json!({"const": "a"}), &json!({"enum": ["a"]}));
        check(&json!({"enum": ["a", null]}), &json!({"enum": ["a"], "nullable": true}));
        check(&json!({"exclusiveMinimum": 1.5}), &json!({"minimum": 1.5, "exclusiveMinimum": true}));
        check(&json!({"type": "integer", "exclusiveMaximum": 5}), &json!({"type": "integer", "maximum": 4}));
        check(
            &json!({"items": true, "maximum": 1, "exclusiveMaximum": false}),
            &json!({"items": {}, "maximum": 1}),
        );
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            (json!({"type": "string"}), json!({"type": ["string", "null"]})),
            (json!({"type": ["string", "integer"]}), json!({"type": "string"})),
            (json!({"allOf": [{"$ref": "#/a"}, {"$ref": "#/b"}]}), json!({"allOf": [{"$ref": "#/a"}]})),
            (json!({"properties": {"title": {}}}), json!({"properties": {}})),
        ] {
            assert_ne!(schema(&one), schema(&other));
        }
    }

    #[test]
    fn references_are_opened_once() {
        let document = json!({"components": {"schemas": {
            "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
        }}});
        let tree = json!({"allOf": [{"$ref": "#/components/schemas/Tree"}], "readOnly": true});
        let expected = json!({
            "readOnly": true, "type": "object",
            "properties": {"left": {"$ref": "#/components/schemas/Tree"}},
        });
        assert_eq!(opened(&document, &schema(&tree), &[]), expected);
    }

    #[test]
    fn parameters_of_a_path_are_those_of_its_operations() {
        let document = json!({
            "components": {"parameters": {"id": {"in": "path", "name": "id", "required": true}}},
            "paths": {"/a/{id}/": {"parameters": [{"$ref": "#/components/parameters/id"}], "get": {}}},
        });
        assert_eq!(
            normal(&document).pointer("/paths/~1a~1{id}~1/get/parameters"),
            Some(&json!([{"in": "path", "name": "id", "required": true}])),
        );
    }
}

//! What the generator says of our types and does not mean, put right in its own version of the format.

use serde_json::{Value, json};

use super::walk::{children, each_schema, operations};

pub(super) fn put_right(document: &mut Value) {
    each_schema(document, put_right_one);
    for operation in operations(document) {
        for response in children(operation.get_mut("responses")) {
            if let Some(response) = response.as_object_mut() {
                // Required, and left out when it is empty.
                response.entry("description").or_insert_with(|| json!(""));
            }
        }
    }
}

fn put_right_one(schema: &mut Value) {
    read_only_list(schema);
    let Some(schema) = schema.as_object_mut() else { return };
    // The documented API does not say how wide its integers are, and clients were generated without.
    let is_integer = |kind: &Value| kind == "integer" || kind.get(0).is_some_and(|first| first == "integer");
    if schema.get("type").is_some_and(is_integer) {
        schema.shift_remove("format");
    }
    // The names of fields are strings.
    schema.shift_remove("propertyNames");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &Value, expected: &Value) {
        let mut got = schema.clone();
        put_right_one(&mut got);
        assert_eq!(got.to_string(), expected.to_string());
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
        check(
            &json!({"type": ["integer", "null"], "format": "int64"}),
            &json!({"type": ["integer", "null"]}),
        );
        check(&json!({"type": "number", "format": "double"}), &json!({"type": "number", "format": "double"}));
    }

    #[test]
    fn an_answer_has_a_description() {
        let mut document = json!({"paths": {"/a/": {"delete": {"responses": {"204": {}}}}}});
        put_right(&mut document);
        assert_eq!(document["paths"]["/a/"]["delete"]["responses"]["204"], json!({"description": ""}));
    }
}

//! Whether a JSON value is what a schema of OpenAPI 3.0 says.
//!
//! It knows the keywords of our documents and no others: a new one ends the test that meets it.

use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

/// What is said about a schema and asks nothing of a value.
const WITHOUT_EFFECT: [&str; 9] = [
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "format",
];

/// A document to judge values by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge {
    pub(super) document: &'static Value,
    /// Whether it is the documented API. That one may be exceeded, and has known faults.
    pub(super) is_law: bool,
}

impl Judge {
    /// What is wrong with a value, each with its place.
    pub(super) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.judge("", schema, value, &mut faults);
        faults
    }

    fn judge(&self, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix('#').expect("a reference into the document");
            let target = self.document.pointer(name).expect("a reference leads somewhere");
            return self.judge(at, target, value, faults);
        }
        if value.is_null() && (schema["nullable"] == true || says_nothing(schema)) {
            return;
        }
        // Nothing honest can stand there for an application that has only backchannel providers.
        if self.is_law && value.is_null() && at.ends_with(".provider_obj") {
            return;
        }
        for (keyword, said) in schema.as_object().expect("a schema is an object") {
            let fault = match keyword.as_str() {
                "type" => is_not_of(said, value),
                // Later versions added choices. Our own document tells which.
                "enum" if self.is_law => None,
                "enum" => {
                    (!said.as_array().expect("choices").contains(value)).then(|| "is no choice".to_owned())
                }
                "minLength" | "maxLength" => length(keyword, said, value),
                "minimum" | "maximum" => bound(keyword, said, value),
                "pattern" => pattern(at, said, value),
                "properties" | "required" | "additionalProperties" => None,
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.judge(&format!("{at}[{index}]"), said, item, faults);
                    }
                    None
                }
                "allOf" => {
                    said.as_array()
                        .into_iter()
                        .flatten()
                        .for_each(|part| self.judge(at, part, value, faults));
                    None
                }
                "oneOf" => self.one_of(said, value),
                known if WITHOUT_EFFECT.contains(&known) => None,
                other => panic!("{at}: `{other}` is a keyword that this test does not know"),
            };
            faults.extend(fault.map(|fault| format!("{at} {fault}: {value}")));
        }
        faults.extend(format(schema, value).map(|fault| format!("{at} {fault}: {value}")));
        self.fields(at, schema, value, faults);
    }

    fn one_of(&self, choices: &Value, value: &Value) -> Option<String> {
        let choices = choices.as_array().expect("choices");
        let fitting = choices.iter().filter(|choice| self.faults(choice, value).is_empty()).count();
        (fitting != 1).then(|| format!("is {fitting} of the choices and not one"))
    }

    fn fields(&self, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
        let Some(fields) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("a name");
            if !fields.contains_key(name) {
                faults.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(known), _) => self.judge(&at, known, value, faults),
                (None, Value::Object(other)) if !other.is_empty() => {
                    self.judge(&at, &schema["additionalProperties"], value, faults);
                }
                (None, Value::Object(_) | Value::Bool(true)) => {}
                (None, _) if self.is_law || !schema["properties"].is_object() => {}
                (None, _) => faults.push(format!("{at} is not in the document")),
            }
        }
    }
}

fn says_nothing(schema: &Value) -> bool {
    ["type", "enum", "allOf", "oneOf"].iter().all(|keyword| schema[keyword].is_null())
}

fn is_not_of(kind: &Value, value: &Value) -> Option<String> {
    let kind = kind.as_str().expect("a type has one name");
    let fits = match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    };
    (!fits).then(|| format!("is no {kind}"))
}

fn length(keyword: &str, said: &Value, value: &Value) -> Option<String> {
    let (limit, text) = (said.as_u64().expect("a length"), value.as_str()?);
    let length = text.chars().count() as u64;
    let fits = if keyword == "minLength" { length >= limit } else { length <= limit };
    (!fits).then(|| format!("breaks {keyword} {limit}"))
}

fn bound(keyword: &str, said: &Value, value: &Value) -> Option<String> {
    let (limit, number) = (said.as_f64().expect("a number"), value.as_f64()?);
    let fits = if keyword == "minimum" { number >= limit } else { number <= limit };
    (!fits).then(|| format!("breaks {keyword} {limit}"))
}

fn pattern(at: &str, said: &Value, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let among =
        |more: &str| text.chars().all(|it| it.is_alphanumeric() || more.contains(it)) && !text.is_empty();
    let fits = match said.as_str().expect("a pattern") {
        "^[-a-zA-Z0-9_]+$" => among("-_") && text.is_ascii(),
        // Names are free where users are made, and only documented otherwise where they are shown.
        r"^[\w.@+-]+$" => at.ends_with(".username") || among("_.@+-"),
        other => panic!("{at}: `{other}` is a pattern that this test does not know"),
    };
    (!fits).then(|| "does not fit the pattern".to_owned())
}

/// Addresses that were not given are sent as empty texts, as the documented API does.
fn format(schema: &Value, value: &Value) -> Option<String> {
    let (format, text) = (schema["format"].as_str()?, value.as_str()?);
    let fits = match format {
        "uuid" => Uuid::try_parse(text).is_ok() && text.len() == 36,
        "date-time" => DateTime::parse_from_rfc3339(text).is_ok(),
        "email" => text.is_empty() || text.contains('@'),
        "uri" => text.is_empty() || text.contains(':'),
        other => panic!("`{other}` is a format that this test does not know"),
    };
    (!fits).then(|| format!("is no {format}"))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;

    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        json!({"components": {"schemas": {"Tree": {
            "type": "object", "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 3},
                "id": {"type": "string", "format": "uuid"},
                "at": {"type": "string", "format": "date-time", "nullable": true},
                "kind": {"enum": ["a", "b"]},
                "left": {"allOf": [{"$ref": "#/components/schemas/Tree"}], "nullable": true},
                "tags": {"type": "array", "items": {"type": "integer", "minimum": 2}},
                "attributes": {"type": "object", "additionalProperties": {}},
                "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
            },
        }}}})
    });

    #[track_caller]
    fn check(value: &Value, expected: &[&str]) {
        let schema = json!({"$ref": "#/components/schemas/Tree"});
        let faults = Judge { document: &DOCUMENT, is_law: false }.faults(&schema, value);
        assert_eq!(faults, expected, "{value}");
    }

    #[test]
    fn what_fits_has_no_faults() {
        check(&json!({"name": "äöü", "at": null, "left": null, "kind": "a", "tags": [2, 3]}), &[]);
        check(
            &json!({"name": "a", "left": {"name": "b"}, "attributes": {"any": [null]}, "slug": "a-b_C1",
                    "at": "2025-05-15T10:00:00.123456Z", "id": "00000000-0000-4000-8000-00000000dead"}),
            &[],
        );
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        check(&json!([]), &[" is no object: []"]);
        check(&json!({}), &[".name is missing"]);
        check(&json!({"name": null}), &[".name is no string: null"]);
        check(&json!({"name": ""}), &[".name breaks minLength 1: \"\""]);
        check(&json!({"name": "abcd"}), &[".name breaks maxLength 3: \"abcd\""]);
        check(&json!({"name": "a", "id": "7"}), &[".id is no uuid: \"7\""]);
        check(&json!({"name": "a", "at": "now"}), &[".at is no date-time: \"now\""]);
        check(&json!({"name": "a", "kind": "c"}), &[".kind is no choice: \"c\""]);
        check(&json!({"name": "a", "left": {"name": 1}}), &[".left.name is no string: 1"]);
        check(
            &json!({"name": "a", "tags": [1, 2.5]}),
            &[".tags[0] breaks minimum 2: 1", ".tags[1] is no integer: 2.5"],
        );
        check(&json!({"name": "a", "slug": "a b"}), &[".slug does not fit the pattern: \"a b\""]);
        check(&json!({"name": "a", "more": 1}), &[".more is not in the document"]);
    }
}

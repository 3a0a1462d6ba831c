//! JSON values as YAML 1.2 in block style, for people to read.
//!
//! Strings are always quoted, so nothing turns into a number, a date or `false`.

use std::fmt::Write as _;

use serde_json::Value;

/// Plain keys that YAML 1.1 readers take for something else than text.
const NOT_TEXT: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// The value as a YAML document.
pub(super) fn render(value: &Value) -> String {
    let mut out = String::new();
    if is_nested(value) {
        nested(&mut out, value, 0);
    } else {
        flat(&mut out, value);
        out.push('\n');
    }
    out
}

/// Whether a value has lines of its own.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The lines of a value, of which the first is already indented.
fn nested(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) => {
            for (index, (name, value)) in fields.iter().enumerate() {
                indent_after_first(out, index, depth);
                key(out, name);
                out.push(':');
                if is_nested(value) {
                    out.push('\n');
                    indent(out, depth + 1);
                    nested(out, value, depth + 1);
                } else {
                    out.push(' ');
                    flat(out, value);
                    out.push('\n');
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                indent_after_first(out, index, depth);
                out.push_str("- ");
                if is_nested(item) {
                    nested(out, item, depth + 1);
                } else {
                    flat(out, item);
                    out.push('\n');
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => flat(out, value),
    }
}

/// A value on the line where it begins.
fn flat(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => quoted(out, text),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

fn key(out: &mut String, name: &str) {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let is_text = !NOT_TEXT.contains(&name.to_ascii_lowercase().as_str());
    if starts_well && goes_on_well && is_text {
        out.push_str(name);
    } else {
        quoted(out, name);
    }
}

/// A string as JSON writes it, which YAML reads alike (YAML 1.2 §1.2), but for characters that YAML does not
/// count as printable (§5.1) or breaks lines at in its older version.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                // Writing to a string does not fail.
                let _written = write!(out, "\\u{:04x}", u32::from(c));
            }
            _printable => out.push(c),
        }
    }
    out.push('"');
}

fn indent_after_first(out: &mut String, index: usize, depth: usize) {
    if index > 0 {
        indent(out, depth);
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, expected: &str) {
        assert_eq!(render(value), format!("{expected}\n"));
    }

    #[test]
    fn what_has_no_lines_of_its_own_stays_on_the_line() {
        check(&json!(null), "null");
        check(&json!(-1.5), "-1.5");
        check(&json!([]), "[]");
        check(&json!({"empty": {}, "none": [], "flag": true}), "empty: {}\nnone: []\nflag: true");
    }

    #[test]
    fn strings_stay_strings() {
        check(&json!("no"), "\"no\"");
        check(&json!("2025-01-01"), "\"2025-01-01\"");
        check(&json!("a \"b\"\\c\n\u{7}\u{85}\u{2028}ü€"), r#""a \"b\"\\c\n\u0007\u0085\u2028ü€""#);
    }

    #[test]
    fn keys_are_quoted_where_they_could_be_read_as_something_else() {
        let value = json!({"$ref": 1, "/a/{id}/": 1, "200": 1, "no": 1, "": 1, "a b": 1, "x-a": 1, "_": 1});
        insta::assert_snapshot!(render(&value), @r#"
        "$ref": 1
        "/a/{id}/": 1
        "200": 1
        "no": 1
        "": 1
        "a b": 1
        x-a: 1
        _: 1
        "#);
    }

    #[test]
    fn maps_and_lists_nest() {
        let value = json!({
            "paths": {"/users/": {"get": {"tags": ["core"], "parameters": [
                {"in": "query", "schema": {"enum": ["a", null]}},
                {"in": "path"},
            ]}}},
            "matrix": [[1, 2], [[]], [{"a": [{"b": 1}], "c": 2}]],
        });
        insta::assert_snapshot!(render(&value), @r#"
        paths:
          "/users/":
            get:
              tags:
                - "core"
              parameters:
                - in: "query"
                  schema:
                    enum:
                      - "a"
                      - null
                - in: "path"
        matrix:
          - - 1
            - 2
          - - []
          - - a:
                - b: 1
              c: 2
        "#);
    }
}

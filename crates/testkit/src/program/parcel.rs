//! Reading what came as JSON: a value that is not there is an error that says which.

use anyhow::{Context as _, Result};
use serde_json::Value;

pub fn number(value: &Value, name: &str) -> Result<i64> {
    value.get(name).and_then(Value::as_i64).with_context(|| format!("no number `{name}` in {value}"))
}

pub fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no text `{name}` in {value}"))
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value.get(name).and_then(Value::as_array).with_context(|| format!("no list `{name}` in {value}"))
}

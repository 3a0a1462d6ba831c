//! One value in the type of its attribute (RFC 7643 §2.3).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::element::keep_one_primary_or_refuse;
use crate::Dialect;
use crate::attribute::put;
use crate::dialect::UnknownAttributes;
use crate::error::{Reason, ScimError, shown};
use crate::filter::instant;
use crate::schema::{Attribute, DataType};

/// Where a value stands, for the words of a refusal.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'s> {
    pub(crate) attribute: &'s Attribute,
    pub(crate) parent: Option<&'s Attribute>,
}

impl<'s> Shape<'s> {
    pub(crate) fn of(attribute: &'s Attribute) -> Self {
        Self { attribute, parent: None }
    }

    pub(crate) fn sub(parent: &'s Attribute, attribute: &'s Attribute) -> Self {
        Self { attribute, parent: Some(parent) }
    }
}

/// The name of a value.
pub(crate) fn named(shape: Shape<'_>) -> String {
    match shape.parent {
        Some(parent) => format!("`{}.{}`", parent.name, shape.attribute.name),
        None => format!("`{}`", shape.attribute.name),
    }
}

/// All values of an attribute. `None` is unassigned: null, no element, no sub-attribute.
pub(crate) fn whole(shape: Shape<'_>, value: Value, dialect: &Dialect) -> Result<Option<Value>, ScimError> {
    if !shape.attribute.multi_valued {
        return single(shape, value, dialect);
    }
    let elements = match value {
        Value::Null => return Ok(None),
        Value::Array(elements) => elements,
        // JumpCloud and others send one object where a list of one is meant.
        other if dialect.loose_values => vec![other],
        _ => return Err(wrong(shape, "an array")),
    };
    let mut kept = Vec::with_capacity(elements.len());
    let mut seen = HashSet::new();
    for element in elements {
        if let Some(element) = single(shape, element, dialect)?
            && seen.insert(element.to_string())
        {
            kept.push(element);
        }
    }
    keep_one_primary_or_refuse(shape, &kept)?;
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

/// One value, or one element of several.
pub(crate) fn single(shape: Shape<'_>, value: Value, dialect: &Dialect) -> Result<Option<Value>, ScimError> {
    let value = if dialect.loose_values { unpacked(shape.attribute, value) } else { value };
    if value.is_null() {
        return Ok(None);
    }
    let loose = dialect.loose_values;
    let kept = match shape.attribute.data_type {
        DataType::Complex => return complex(shape, value, dialect),
        DataType::String => text(value, loose).ok_or("a text"),
        DataType::Reference => text(value, false).ok_or("a text"),
        DataType::Boolean => boolean(value, loose).ok_or("`true` or `false`"),
        DataType::Integer => number(value, loose, |it| !it.is_f64()).ok_or("a whole number"),
        DataType::Decimal => number(value, loose, |_| true).ok_or("a number"),
        DataType::DateTime => {
            text(value, false).filter(is_instant).ok_or("an instant such as \"2011-05-13T04:42:34Z\"")
        }
        DataType::Binary => text(value, false).filter(is_base64).ok_or("base64"),
    };
    kept.map(Some).map_err(|wanted| wrong(shape, wanted))
}

/// What Entra wraps: `[{"$ref": null, "value": "x"}]` for the single value `x`, and a list of one for one object.
fn unpacked(attribute: &Attribute, value: Value) -> Value {
    let value = match value {
        Value::Array(mut elements) if elements.len() <= 1 => elements.pop().unwrap_or(Value::Null),
        other => other,
    };
    match value {
        Value::Object(mut parts) if !attribute.is_complex() => match parts.remove("value") {
            Some(inner) => inner,
            None => Value::Object(parts),
        },
        other => other,
    }
}

/// No schema has as many sub-attributes. What is unknown is looked for one by one.
const MAX_PARTS: usize = 200;

fn complex(shape: Shape<'_>, value: Value, dialect: &Dialect) -> Result<Option<Value>, ScimError> {
    let parts = match value {
        Value::Object(parts) => parts,
        bare if dialect.loose_values => match self::bare(shape.attribute, bare) {
            Some(parts) => parts,
            None => return Err(wrong(shape, "an object")),
        },
        _ => return Err(wrong(shape, "an object")),
    };
    if parts.len() > MAX_PARTS {
        return Err(wrong(shape, "an object with fewer parts"));
    }
    let parts = without_json_in_text(shape.attribute, parts, dialect);
    let mut kept = Map::with_capacity(parts.len());
    for (name, value) in parts {
        let Some(sub) = shape.attribute.sub(&name) else {
            match dialect.unknown {
                UnknownAttributes::Ignored => {}
                UnknownAttributes::Stored if value.is_null() => {}
                UnknownAttributes::Stored => put(&mut kept, name, value),
                UnknownAttributes::Refused => {
                    let detail = format!("{} has no part {}", named(shape), shown(&name));
                    return Err(Reason::InvalidValue.because(detail));
                }
            }
            continue;
        };
        if sub.is_read_only() {
            continue;
        }
        let inner = Shape::sub(shape.attribute, sub);
        if kept.contains_key(&*sub.name) {
            return Err(Reason::InvalidSyntax.because(format!("{} is there twice", named(inner))));
        }
        if let Some(value) = whole(inner, value, dialect)? {
            kept.insert(sub.name.to_string(), value);
        }
    }
    Ok((!kept.is_empty()).then_some(Value::Object(kept)))
}

/// A text where an object should be: `manager: "26"`, `roles: ["admin"]`. The empty text is nobody.
pub(crate) fn bare(attribute: &Attribute, value: Value) -> Option<Map<String, Value>> {
    let sub = attribute.default_sub()?;
    match value {
        Value::String(text) if text.is_empty() => Some(Map::new()),
        Value::String(_) | Value::Number(_) => Some(Map::from_iter([(sub.name.to_string(), value)])),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole role in the text of its `value`, taken apart.
pub(crate) fn without_json_in_text(
    attribute: &Attribute,
    mut parts: Map<String, Value>,
    dialect: &Dialect,
) -> Map<String, Value> {
    let is_packed = dialect.packed.contains(&&*attribute.name);
    let text = parts.get("value").and_then(Value::as_str).filter(|text| is_packed && text.starts_with('{'));
    let Some(Ok(Value::Object(mut role))) = text.map(serde_json::from_str) else { return parts };
    let Some(value) = role.remove("value").filter(Value::is_string) else { return parts };
    parts.insert("value".to_owned(), value);
    if let Some(display) = role.remove("displayName").filter(Value::is_string) {
        parts.insert("display".to_owned(), display);
    }
    parts
}

fn text(value: Value, loose: bool) -> Option<Value> {
    match value {
        Value::String(_) => Some(value),
        // An employee number that somebody wrote as a number.
        Value::Number(number) if loose => Some(Value::String(number.to_string())),
        Value::Bool(truth) if loose => Some(Value::String(truth.to_string())),
        _ => None,
    }
}

fn boolean(value: Value, loose: bool) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value),
        Value::String(text) if loose && text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Value::String(text) if loose && text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        _ => None,
    }
}

fn number(value: Value, loose: bool, is_good: fn(&serde_json::Number) -> bool) -> Option<Value> {
    let number = match value {
        Value::Number(number) => number,
        Value::String(text) if loose => serde_json::from_str(&text).ok()?,
        _ => return None,
    };
    is_good(&number).then_some(Value::Number(number))
}

fn is_instant(value: &Value) -> bool {
    value.as_str().is_some_and(|text| instant(text).is_some())
}

/// The alphabet and the padding of RFC 4648 §4, with the line breaks that PEM tools leave.
fn is_base64(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let n_padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = digits.get(..digits.len() - n_padding).unwrap_or_default();
    n_padding <= 2
        && digits.len().is_multiple_of(4)
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
}

fn wrong(shape: Shape<'_>, wanted: &str) -> ScimError {
    Reason::InvalidValue.because(format!("{} must be {wanted}", named(shape)))
}

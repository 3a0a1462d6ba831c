//! Comparing one value with an operand.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Number, Value};

use super::condition::{Operand, Text};
use super::syntax::Operator;

/// Text as it is compared where case makes no difference. The directory folds its keys the same way.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// An instant with its offset (RFC 7643 §2.3.5).
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
}

/// Whether one value, which is there, satisfies the comparison.
pub(super) fn satisfies(value: &Value, operator: Operator, operand: &Operand) -> bool {
    if let Value::Array(values) = value {
        return values.iter().any(|value| satisfies(value, operator, operand));
    }
    match operand {
        Operand::Boolean(wanted) => (truth(value) == Some(*wanted)) == (operator == Operator::Equal),
        Operand::Number(wanted) => match value {
            Value::Number(found) => ordered(operator, compare(found, wanted)),
            _ => operator == Operator::NotEqual,
        },
        Operand::Instant(wanted) => {
            let found = value.as_str().and_then(instant);
            ordered(operator, found.map(|found| found.cmp(wanted)))
        }
        Operand::Text(wanted) => match value {
            Value::String(found) => text(found, operator, wanted),
            Value::Number(found) => text(&found.to_string(), operator, wanted),
            _ => operator == Operator::NotEqual,
        },
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(found: &str, operator: Operator, wanted: &Text) -> bool {
    match &wanted.folded {
        Some(folded) => part(&fold(found), operator, folded),
        None => part(found, operator, &wanted.written),
    }
}

fn part(found: &str, operator: Operator, wanted: &str) -> bool {
    match operator {
        Operator::Contains => found.contains(wanted),
        Operator::StartsWith => found.starts_with(wanted),
        Operator::EndsWith => found.ends_with(wanted),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => ordered(operator, Some(found.cmp(wanted))),
    }
}

/// What cannot be compared is not equal, and neither before nor after.
fn ordered(operator: Operator, found: Option<Ordering>) -> bool {
    match operator {
        Operator::Equal => found == Some(Ordering::Equal),
        Operator::NotEqual => found != Some(Ordering::Equal),
        Operator::Greater => found == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(found, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Less => found == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(found, Some(Ordering::Less | Ordering::Equal)),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// Integers exactly, everything else as fractions.
pub(crate) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    if let (Some(a), Some(b)) = (a.as_u64(), b.as_u64()) {
        return Some(a.cmp(&b));
    }
    a.as_f64()?.partial_cmp(&b.as_f64()?)
}

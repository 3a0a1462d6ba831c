//! Elements of multi-valued attributes: which are the same, and which is the primary one (RFC 7643 §2.4).

use serde_json::Value;

use super::value::{Shape, named};
use crate::attribute::{get, truth};
use crate::error::{Reason, ScimError};
use crate::filter::fold;
use crate::schema::Attribute;

/// Whether an element is the one to prefer.
pub(crate) fn is_primary(element: &Value) -> bool {
    truth(element, "primary") == Some(true)
}

/// The primary one is unique within a list that somebody sends as a whole.
pub(super) fn keep_one_primary_or_refuse(shape: Shape<'_>, elements: &[Value]) -> Result<(), ScimError> {
    if elements.iter().filter(|element| is_primary(element)).count() > 1 {
        let detail = format!("{} has more than one element with `primary`", named(shape));
        return Err(Reason::InvalidValue.because(detail));
    }
    Ok(())
}

/// A new primary element turns the others off (RFC 7644 §3.5.2).
pub(crate) fn keep_one_primary(elements: &mut [Value], n_primary: usize) {
    for (n, element) in elements.iter_mut().enumerate() {
        if n != n_primary
            && is_primary(element)
            && let Value::Object(parts) = element
        {
            parts.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

/// Whether two elements stand for the same thing: the same `value`, and the same `type` where both have one.
///
/// Elements without `value`, such as addresses, are the same when everything in them is.
pub(crate) fn is_same(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    match (get(a, "value"), get(b, "value")) {
        (Some(a_value), Some(b_value)) => {
            let is_exact = attribute.default_sub().is_none_or(|sub| sub.case_exact);
            let types = (get(a, "type"), get(b, "type"));
            equal(a_value, b_value, is_exact)
                && match types {
                    (Some(a), Some(b)) => equal(a, b, false),
                    (None, _) | (_, None) => true,
                }
        }
        (None, _) | (_, None) => a == b,
    }
}

/// What two elements that are the same have in common: the `value` as it is compared, or else everything.
pub(crate) fn key(attribute: &Attribute, element: &Value) -> String {
    match get(element, "value") {
        Some(Value::String(text)) if attribute.default_sub().is_none_or(|sub| sub.case_exact) => text.clone(),
        Some(Value::String(text)) => fold(text).into_owned(),
        Some(other) => other.to_string(),
        None => element.to_string(),
    }
}

fn equal(a: &Value, b: &Value, is_exact: bool) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) if !is_exact => fold(a) == fold(b),
        (a, b) => a == b,
    }
}

//! What neither database can keep, or nobody should.

use scimitar_scim::message::SearchRequest;
use scimitar_scim::{Reason, ScimError};
use serde_json::Value;

/// Brackets within each other.
const DEPTH: usize = 64;
/// Octets of one text.
const TEXT: usize = 256 * 1024;
/// Elements of one list.
const ELEMENTS: usize = 200_000;
/// Octets of a name.
const NAME: usize = 1024;

/// The body of a search, judged as every other body is.
pub fn search_request(body: &Value) -> Result<SearchRequest, ScimError> {
    check(body)?;
    SearchRequest::from_body(body)
}

/// Refuse what is too deep or too long, and the character that PostgreSQL cannot keep in a text.
pub(crate) fn check(body: &Value) -> Result<(), ScimError> {
    within(body, DEPTH)
}

fn within(value: &Value, depth: usize) -> Result<(), ScimError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(bad(format!("the body has more than {DEPTH} brackets within each other")));
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) if text.len() > TEXT => {
            Err(bad(format!("a text in the body is longer than {TEXT} octets")))
        }
        Value::String(text) => without_nul(text),
        Value::Array(elements) if elements.len() > ELEMENTS => {
            Err(bad(format!("a list in the body has more than {ELEMENTS} elements")))
        }
        Value::Array(elements) => elements.iter().try_for_each(|element| within(element, depth)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            if name.len() > NAME {
                return Err(bad(format!("a name in the body is longer than {NAME} octets")));
            }
            without_nul(name)?;
            within(value, depth)
        }),
    }
}

/// The same for a text of a query.
pub(crate) fn without_nul(text: &str) -> Result<(), ScimError> {
    if text.contains('\0') { Err(bad("the character U+0000 cannot be kept")) } else { Ok(()) }
}

fn bad(detail: impl Into<String>) -> ScimError {
    Reason::InvalidValue.because(detail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_body(body: &Value, is_sound: bool) {
        assert_eq!(
            check(body).is_ok(),
            is_sound,
            "{}",
            body.to_string().chars().take(80).collect::<String>()
        );
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        check_body(&json!({"userName": "ada", "emails": [{"value": "a"}]}), true);
        check_body(&json!({"userName": "a\0da"}), false);
        check_body(&json!({"user\0Name": "ada"}), false);
        check_body(&json!({"userName": "x".repeat(TEXT + 1)}), false);
        check_body(&json!({"x".repeat(NAME + 1): 1}), false);
        let deep = |n| (0..n).fold(json!(1), |inner, _| json!([inner]));
        check_body(&deep(DEPTH - 1), true);
        check_body(&deep(DEPTH), false);
    }
}

//! Why a request is refused: the conditions of RFC 7644 §3.12 and RFC 9865 §2, and the body that says so.

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::urn;

/// A refusal, in words for whoever sent the request.
///
/// The detail names attributes and operations, and never repeats a value: a value may be a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct ScimError {
    pub reason: Reason,
    pub detail: String,
}

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The filter cannot be read, or asks what the attribute cannot answer.
    InvalidFilter,
    /// More results than the service is willing to work through.
    TooMany,
    /// Another resource has the value already.
    Uniqueness,
    /// The attribute may not be changed, or not any more.
    Mutability,
    /// The body is not what the message's schema says.
    InvalidSyntax,
    /// The path of a PATCH operation cannot be read or names nothing.
    InvalidPath,
    /// The path of a PATCH operation selects nothing.
    NoTarget,
    /// A value is missing, or of the wrong type.
    InvalidValue,
    /// The version of the protocol is not spoken here.
    InvalidVers,
    /// The request would put personal data where it does not belong.
    Sensitive,
    /// The cursor was not made by us, or not for this query (RFC 9865 §2.1).
    InvalidCursor,
    /// The cursor was good once.
    ExpiredCursor,
    /// The page size is out of range, or changed between pages.
    InvalidCount,
    /// More operations or octets than allowed in one request.
    TooLarge,
    /// The request cannot be done in the present state, and no better word exists: circular bulk references.
    Conflict,
    /// The resource is not in the version that the request was made for.
    VersionMismatch,
}

impl Reason {
    /// The HTTP status (RFC 7644 §3.12, Table 8).
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidFilter
            | Self::TooMany
            | Self::Mutability
            | Self::InvalidSyntax
            | Self::InvalidPath
            | Self::NoTarget
            | Self::InvalidValue
            | Self::InvalidVers
            | Self::InvalidCursor
            | Self::ExpiredCursor
            | Self::InvalidCount => 400,
            Self::Sensitive => 403,
            Self::Uniqueness | Self::Conflict => 409,
            Self::VersionMismatch => 412,
            Self::TooLarge => 413,
        }
    }

    /// The `scimType` (RFC 7644 §3.12, Table 9), for the conditions that have one.
    pub fn scim_type(self) -> Option<&'static str> {
        match self {
            Self::InvalidFilter => Some("invalidFilter"),
            Self::TooMany => Some("tooMany"),
            Self::Uniqueness => Some("uniqueness"),
            Self::Mutability => Some("mutability"),
            Self::InvalidSyntax => Some("invalidSyntax"),
            Self::InvalidPath => Some("invalidPath"),
            Self::NoTarget => Some("noTarget"),
            Self::InvalidValue => Some("invalidValue"),
            Self::InvalidVers => Some("invalidVers"),
            Self::Sensitive => Some("sensitive"),
            Self::InvalidCursor => Some("invalidCursor"),
            Self::ExpiredCursor => Some("expiredCursor"),
            Self::InvalidCount => Some("invalidCount"),
            Self::TooLarge | Self::Conflict | Self::VersionMismatch => None,
        }
    }

    /// A refusal of this kind.
    pub fn because(self, detail: impl Into<String>) -> ScimError {
        ScimError { reason: self, detail: detail.into() }
    }
}

impl ScimError {
    pub fn status(&self) -> u16 {
        self.reason.status()
    }

    /// The response body.
    pub fn body(&self) -> Value {
        error_body(self.status(), self.reason.scim_type(), &self.detail)
    }
}

/// The body of any refusal, also of those that are no [`ScimError`]: 401, 404, 405, 501.
///
/// `status` is a string, because RFC 7644 §3.12 says so and strict clients refuse a number.
pub fn error_body(status: u16, scim_type: Option<&str>, detail: &str) -> Value {
    let mut body = Map::new();
    body.insert("schemas".to_owned(), json!([urn::ERROR]));
    body.insert("status".to_owned(), Value::from(status.to_string()));
    if let Some(scim_type) = scim_type {
        body.insert("scimType".to_owned(), Value::from(scim_type));
    }
    body.insert("detail".to_owned(), Value::from(detail));
    Value::Object(body)
}

/// A name from a request, short enough to stand in a sentence.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", name.get(..end).unwrap_or_default()),
        None => format!("`{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_a_string_and_the_type_is_there_when_it_exists() {
        for (error, expected) in [
            (
                Reason::InvalidFilter.because("no"),
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidFilter","detail":"no"}"#,
            ),
            (
                Reason::TooLarge.because("much"),
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"413","detail":"much"}"#,
            ),
        ] {
            assert_eq!(error.body().to_string(), expected);
        }
    }

    #[test]
    fn what_we_write_is_what_we_read() {
        let body = error_body(409, Some("uniqueness"), "taken");
        let read = crate::ScimErrorBody::read(&body);
        assert_eq!((read.status, read.scim_type.as_deref()), (Some(409), Some("uniqueness")));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shown("ü"), "`ü`");
        assert_eq!(shown(&"ü".repeat(200)).chars().count(), 83);
    }
}

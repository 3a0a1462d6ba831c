//! Reading the body of a refusal (RFC 7644 §3.12).

use serde_json::Value;

use crate::{attribute, urn};

/// What a remote says about why it refused. Everything in it is the remote's word and optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScimErrorBody {
    /// The status as the body gives it: a string by the RFC, an integer at some services.
    pub status: Option<u16>,
    pub scim_type: Option<String>,
    pub detail: Option<String>,
}

impl ScimErrorBody {
    /// Read a SCIM error, or what services send in its place.
    pub fn read(document: &Value) -> Self {
        Self {
            status: attribute::count(document, "status").and_then(|status| u16::try_from(status).ok()),
            scim_type: filled(document, "scimType"),
            detail: filled(document, "detail").or_else(|| loose_detail(document)),
        }
    }

    /// The status of a SCIM error that came in disguise: with a 2xx on the outside.
    pub fn disguised(document: &Value) -> Option<u16> {
        if !attribute::has_schema(document, urn::ERROR) {
            return None;
        }
        Self::read(document).status.filter(|status| (300..600).contains(status))
    }
}

/// OAuth middleware says `error_description`, API gateways `message`, and SCIM 1.1 has `Errors` as a list of
/// (Salesforce) or a single (Slack) `description`.
fn loose_detail(document: &Value) -> Option<String> {
    let old = attribute::get(document, "Errors").and_then(|errors| match errors {
        Value::Array(errors) => errors.first(),
        Value::Object(_) => Some(errors),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    });
    old.and_then(|error| filled(error, "description"))
        .or_else(|| ["error_description", "message", "error"].iter().find_map(|name| filled(document, name)))
}

fn filled(document: &Value, name: &str) -> Option<String> {
    attribute::text(document, name).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_are_read_as_services_write_them() {
        for (document, status, scim_type, detail) in [
            (
                json!({"status": "409", "scimType": "uniqueness", "detail": "taken"}),
                Some(409),
                Some("uniqueness"),
                Some("taken"),
            ),
            (json!({"status": 400, "scimType": "", "detail": " "}), Some(400), None, None),
            (json!({"Status": "4xx", "Detail": "odd"}), None, None, Some("odd")),
            (json!({"status": 99999, "message": "no"}), None, None, Some("no")),
            (json!({"error": "invalid_token", "error_description": "expired"}), None, None, Some("expired")),
            (json!({"error": "invalid_token"}), None, None, Some("invalid_token")),
            (json!({"error": {"code": 1}}), None, None, None),
            (json!({"Errors": [{"description": "old list", "code": "409"}]}), None, None, Some("old list")),
            (json!({"Errors": {"description": "old single", "code": 409}}), None, None, Some("old single")),
            (json!({}), None, None, None),
            (json!(null), None, None, None),
            (json!("text"), None, None, None),
        ] {
            let read = ScimErrorBody::read(&document);
            assert_eq!(read.status, status, "{document}");
            assert_eq!(read.scim_type.as_deref(), scim_type, "{document}");
            assert_eq!(read.detail.as_deref(), detail, "{document}");
        }
    }

    #[test]
    fn only_a_scim_error_with_a_status_is_a_disguise() {
        assert_eq!(ScimErrorBody::disguised(&json!({"schemas": [urn::ERROR], "status": "404"})), Some(404));
        assert_eq!(ScimErrorBody::disguised(&json!({"schemas": [urn::ERROR], "status": "200"})), None);
        assert_eq!(ScimErrorBody::disguised(&json!({"schemas": [urn::ERROR]})), None);
        assert_eq!(ScimErrorBody::disguised(&json!({"schemas": [urn::USER], "status": "404"})), None);
    }
}

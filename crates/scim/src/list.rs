//! Reading `ListResponse` (RFC 7644 §3.4.2).

use serde_json::Value;

use crate::{attribute, urn};

/// One page of a remote's resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListResponse {
    /// How many there are in all pages, if the remote says so.
    pub total_results: Option<u64>,
    pub resources: Vec<Value>,
    /// Where the next page begins, if the remote pages by cursors (RFC 9865 §2).
    pub next_cursor: Option<String>,
}

impl ListResponse {
    /// Read a page. `None` when the document is not a list at all, so that a stray error document is not taken
    /// for "there is no such user".
    pub fn read(document: Value) -> Option<Self> {
        if attribute::get(&document, "totalResults").is_none()
            && attribute::get(&document, "Resources").is_none()
            && !attribute::has_schema(&document, urn::LIST_RESPONSE)
        {
            return None;
        }
        let total_results = attribute::count(&document, "totalResults");
        let next_cursor = attribute::text(&document, "nextCursor").filter(|cursor| !cursor.is_empty());
        Some(Self { total_results, resources: resources(document), next_cursor })
    }
}

/// `Resources` may be missing or null when there are none (RFC 7644 §3.4.2), and what is no object is no
/// resource.
fn resources(document: Value) -> Vec<Value> {
    let Value::Object(members) = document else { return Vec::new() };
    members
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Resources"))
        .map(|(_, value)| match value {
            Value::Array(resources) => resources.into_iter().filter(Value::is_object).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Vec::new()
            }
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Total and number of resources, or `None` when it is no list.
    #[track_caller]
    fn check(document: Value, expected: Option<(Option<u64>, usize)>) {
        let text = document.to_string();
        let read = ListResponse::read(document).map(|list| (list.total_results, list.resources.len()));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn pages_are_read_as_services_write_them() {
        check(json!({"totalResults": 1, "Resources": [{"id": "1"}]}), Some((Some(1), 1)));
        check(json!({"totalResults": "2", "resources": [{}, {}]}), Some((Some(2), 2)));
        check(json!({"totalResults": 0}), Some((Some(0), 0)));
        check(json!({"totalResults": 0, "Resources": null}), Some((Some(0), 0)));
        check(json!({"totalResults": "many", "Resources": [{}]}), Some((None, 1)));
        check(json!({"totalResults": -1, "Resources": []}), Some((None, 0)));
        check(json!({"Resources": [{"id": 1}, null, "x"]}), Some((None, 1)));
        check(json!({"Resources": {"id": 1}}), Some((None, 0)));
        check(json!({"schemas": [urn::LIST_RESPONSE]}), Some((None, 0)));
    }

    #[test]
    fn what_is_no_list_is_not_taken_for_an_empty_one() {
        check(json!({}), None);
        check(json!(null), None);
        check(json!([{"id": "1"}]), None);
        check(json!({"schemas": [urn::ERROR], "status": "401"}), None);
        check(json!({"error": "invalid_token"}), None);
    }
}

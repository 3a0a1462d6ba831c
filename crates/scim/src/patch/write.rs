//! Building PATCH requests for a remote service.
//!
//! The functions make single operations; [`request`] wraps them into the message, always with its `schemas`.
//! Read-only attributes (`id`, `meta`) and `schemas` never become operations: services that keep to
//! mutability refuse the whole request because of them.

use serde_json::{Map, Value, json};

use crate::{filter, urn};

/// What nobody may change by PATCH (RFC 7643 §3.1, §7).
const NEVER_SENT: [&str; 3] = ["id", "meta", "schemas"];

/// The message around the operations.
pub fn request(operations: Vec<Value>) -> Value {
    object([("schemas", json!([urn::PATCH_OP])), ("Operations", Value::Array(operations))])
}

/// A member as it stands in `members`, with the least that a service needs.
pub fn member(remote_id: &str) -> Value {
    json!({ "value": remote_id })
}

/// A member that also says what it is, for services that refuse members without `type` (Webex sends and wants
/// `"user"`).
pub fn typed_member(remote_id: &str, kind: &str) -> Value {
    json!({ "value": remote_id, "type": kind })
}

/// Add all of `members` in one operation. Members that are there already do no harm (RFC 7644 §3.5.2.1).
pub fn add_members(members: Vec<Value>) -> Value {
    operation("add", "members", Value::Array(members))
}

/// Remove one member by a value path (RFC 7644 §3.5.2.2).
///
/// One operation for each member: `path: "members"` without a filter means all of them.
pub fn remove_member(remote_id: &str) -> Value {
    json!({ "op": "remove", "path": filter::element("members", "value", remote_id) })
}

/// Remove members in the older form, where `value` lists them.
///
/// Not in the RFC, and a service that keeps to it removes *every* member. Only for services known to want it
/// (the form that Entra sends by default).
pub fn remove_members_legacy(members: Vec<Value>) -> Value {
    operation("remove", "members", Value::Array(members))
}

/// Replace the whole membership by `members`.
pub fn replace_members(members: Vec<Value>) -> Value {
    replace("members", Value::Array(members))
}

/// Set one attribute. `null` removes it, because null and absent are the same (RFC 7643 §2.5) and services
/// differ in whether they take a null value.
pub fn replace(path: &str, value: Value) -> Value {
    if value.is_null() { json!({ "op": "remove", "path": path }) } else { operation("replace", path, value) }
}

/// One operation with a path for each attribute. Attributes of an extension get the extension's URN as prefix
/// (RFC 7644 §3.10).
pub fn replace_each(attributes: &Map<String, Value>) -> Vec<Value> {
    let mut operations = Vec::with_capacity(attributes.len());
    for (name, value) in sendable(attributes) {
        match value {
            Value::Object(extension) if urn::is_urn(name) => operations.extend(
                extension.iter().map(|(inner, value)| replace(&format!("{name}:{inner}"), value.clone())),
            ),
            _ => operations.push(replace(name, value.clone())),
        }
    }
    operations
}

/// One operation without a path that carries all attributes (RFC 7644 §3.5.2.3). Nulls stay as they are.
pub fn replace_at_once(attributes: &Map<String, Value>) -> Value {
    let value: Map<_, _> = sendable(attributes).map(|(name, value)| (name.clone(), value.clone())).collect();
    object([("op", Value::from("replace")), ("value", Value::Object(value))])
}

fn operation(op: &str, path: &str, value: Value) -> Value {
    object([("op", Value::from(op)), ("path", Value::from(path)), ("value", value)])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn sendable(attributes: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    attributes.iter().filter(|(name, _)| !NEVER_SENT.iter().any(|it| it.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attributes(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).expect("an object")
    }

    #[test]
    fn a_request_names_its_schema() {
        assert_eq!(
            request(vec![add_members(vec![member("1"), typed_member("2", "user")])]).to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"1"},{"value":"2","type":"user"}]}]}"#,
        );
    }

    #[test]
    fn members_leave_by_value_path_or_in_the_legacy_form() {
        for (operation, expected) in [
            (remove_member("1"), r#"{"op":"remove","path":"members[value eq \"1\"]"}"#),
            (remove_member("a\"b"), r#"{"op":"remove","path":"members[value eq \"a\\\"b\"]"}"#),
            (
                remove_members_legacy(vec![member("1")]),
                r#"{"op":"remove","path":"members","value":[{"value":"1"}]}"#,
            ),
            (replace_members(vec![]), r#"{"op":"replace","path":"members","value":[]}"#),
        ] {
            assert_eq!(operation.to_string(), expected);
        }
    }

    #[test]
    fn attributes_become_operations_with_paths() {
        let changed = attributes(json!({
            "schemas": [urn::USER],
            "id": "7",
            "Meta": {},
            "active": false,
            "nickName": null,
            "name": {"givenName": "Ada"},
            urn::ENTERPRISE_USER: {"department": "R", "manager": null},
            "urn:example:flag": true,
        }));
        let lines: Vec<_> = replace_each(&changed).iter().map(Value::to_string).collect();
        assert_eq!(
            lines,
            [
                r#"{"op":"replace","path":"active","value":false}"#,
                r#"{"op":"remove","path":"nickName"}"#,
                r#"{"op":"replace","path":"name","value":{"givenName":"Ada"}}"#,
                r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"R"}"#,
                r#"{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}"#,
                r#"{"op":"replace","path":"urn:example:flag","value":true}"#,
            ],
        );
    }

    #[test]
    fn attributes_go_at_once_without_a_path() {
        let changed = attributes(json!({"id": "7", "schemas": [], "displayName": "ops", "externalId": null}));
        assert_eq!(
            replace_at_once(&changed).to_string(),
            r#"{"op":"replace","value":{"displayName":"ops","externalId":null}}"#,
        );
    }

    proptest! {
        #[test]
        fn no_operation_on_a_read_only_attribute(names in prop::collection::vec("(?i:id|meta|schemas|[a-z]{1,4})", 0..8)) {
            let changed: Map<_, _> = names.into_iter().map(|name| (name, json!(1))).collect();
            for operation in replace_each(&changed) {
                let path = operation["path"].as_str().unwrap().to_ascii_lowercase();
                prop_assert!(!NEVER_SENT.contains(&path.as_str()), "{}", path);
            }
        }
    }
}

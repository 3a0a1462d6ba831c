//! Tests of the comparison: each breaks a copy of the contract in one place and says what must be found.

use serde_json::{Value, json};

use super::contract::{Found, compare};

const USERS: &str = "/paths/~1core~1users~1";
const SCHEMAS: &str = "/components/schemas";

/// The contract as it stands in the tree.
pub(crate) fn documented() -> Value {
    serde_json::from_str(include_str!("../../../openapi/contract/documented.json")).expect("our own file")
}

/// The contract with another value in one place, which may be new in an object that is there.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut document = documented();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place in the contract");
    parent.as_object_mut().expect("an object").insert(name.replace("~1", "/"), value);
    document
}

/// The contract without one place.
fn without(pointer: &str) -> Value {
    let mut document = documented();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a place in the contract");
    let gone = parent.as_object_mut().expect("an object").remove(&name.replace("~1", "/"));
    assert!(gone.is_some(), "{pointer} is not in the contract");
    document
}

fn differences(served: &Value) -> Vec<String> {
    compare(&documented(), served).differences.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(served: &Value, expected: &[&str]) {
    assert_eq!(differences(served), expected);
}

#[test]
fn the_contract_keeps_the_contract() {
    let Found { missing, present, differences } = compare(&documented(), &documented());
    assert_eq!((missing.len(), present.len(), differences.len()), (0, 108, 0));
}

#[test]
fn a_missing_operation_is_reported_by_its_id() {
    let found = compare(&documented(), &without(&format!("{USERS}/post")));
    assert_eq!(found.missing.into_iter().collect::<Vec<_>>(), ["core_users_create"]);
    assert!(found.differences.is_empty(), "{:?}", found.differences);
}

#[test]
fn id_tags_and_security_are_the_documented_ones() {
    check(
        &with(&format!("{USERS}/get/operationId"), json!("list_users")),
        &["core_users_list: operationId: `list_users` instead of `core_users_list`"],
    );
    check(&with(&format!("{USERS}/get/tags"), json!(["users"])), &["core_users_list: tag `core` is gone"]);
    check(&with(&format!("{USERS}/get/tags"), json!(["users", "core"])), &[]);
    check(
        &with(&format!("{USERS}/get/security"), json!([{}])),
        &["core_users_list: security: not the documented alternatives"],
    );
}

/// `GET /core/users/{id}/` has one parameter; `PUT /core/users/` does not exist.
#[test]
fn parameters_stay_and_new_ones_are_voluntary() {
    let at = "/paths/~1core~1users~1{id}~1/get/parameters";
    let id = json!({"in": "path", "name": "id", "required": true, "schema": {"type": "integer"}});
    let extra = |required: bool| json!([id, {"in": "query", "name": "x", "required": required, "schema": {"type": "string"}}]);
    check(&with(at, json!([id])), &[]);
    check(&with(at, json!([])), &["core_users_retrieve: path parameter `id` is gone"]);
    check(&with(at, extra(false)), &[]);
    check(&with(at, extra(true)), &["core_users_retrieve: query parameter `x` is new and required"]);
    let voluntary = json!([{"in": "path", "name": "id", "schema": {"type": "integer"}}]);
    check(&with(at, voluntary), &["core_users_retrieve: path parameter `id` has another `required`"]);
    let text = json!([{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}]);
    check(&with(at, text), &["core_users_retrieve.path.id: type: \"string\" instead of \"integer\""]);
}

#[test]
fn requests_in_the_documented_form_are_accepted() {
    let content = format!("{USERS}/post/requestBody/content");
    check(
        &without(&format!("{content}/application~1json")),
        &["core_users_create: a request in `application/json` is not accepted"],
    );
    check(
        &with(
            &format!("{content}/application~1json"),
            json!({"schema": {"$ref": "#/components/schemas/User"}}),
        ),
        &["core_users_create.request: does not refer to `UserRequest`"],
    );
    let patch = "/paths/~1core~1users~1{id}~1/patch/requestBody";
    check(
        &with(&format!("{patch}/required"), json!(true)),
        &["core_users_partial_update: the request body became required"],
    );
}

#[test]
fn documented_answers_stay() {
    let answers = format!("{USERS}/get/responses");
    check(&without(&format!("{answers}/403")), &["core_users_list: answer 403 is gone"]);
    check(&with(&format!("{answers}/418"), json!({"description": ""})), &[]);
    check(
        &without(&format!("{answers}/200/content")),
        &["core_users_list: answer 200 in `application/json` is gone"],
    );
    let deleted = "/paths/~1core~1users~1{id}~1/delete/responses/204/content";
    check(
        &with(deleted, json!({"application/json": {"schema": {"type": "object"}}})),
        &["core_users_destroy: answer 204 has a body"],
    );
}

#[test]
fn fields_stay_in_both_directions() {
    check(&without(&format!("{SCHEMAS}/User/properties/email")), &["User.email: is gone"]);
    check(&without(&format!("{SCHEMAS}/UserRequest/properties/email")), &["UserRequest.email: is gone"]);
    check(&with(&format!("{SCHEMAS}/User/properties/shoe_size"), json!({"type": "integer"})), &[]);
    check(
        &with(&format!("{SCHEMAS}/User/properties/email"), json!({"$ref": "#/components/schemas/Group"})),
        &[
            "User.email: format: nothing instead of \"email\"",
            "User.email: maxLength: nothing instead of 254",
            "User.email: refers to `Group`, and should not",
            "User.email: type: nothing instead of \"string\"",
        ],
    );
    check(&without(&format!("{SCHEMAS}/Pagination")), &["Pagination: is gone"]);
}

#[test]
fn required_may_shrink_for_input_and_grow_for_output() {
    let request = format!("{SCHEMAS}/UserRequest/required");
    check(&with(&request, json!([])), &[]);
    check(&with(&request, json!(["name", "username", "email"])), &["UserRequest.email: became required"]);
    let answer = format!("{SCHEMAS}/GenericError/required");
    check(&with(&answer, json!(["detail", "code"])), &[]);
    check(&with(&answer, json!([])), &["GenericError.detail: is not required any more"]);
}

#[test]
fn null_may_be_accepted_but_not_sent() {
    check(
        &with(&format!("{SCHEMAS}/User/properties/email/nullable"), json!(true)),
        &["User.email: became nullable"],
    );
    check(&with(&format!("{SCHEMAS}/UserRequest/properties/email/nullable"), json!(true)), &[]);
    check(
        &without(&format!("{SCHEMAS}/UserRequest/properties/last_login/nullable")),
        &["UserRequest.last_login: null is not accepted any more"],
    );
    check(&without(&format!("{SCHEMAS}/User/properties/last_login/nullable")), &[]);
}

#[test]
fn bounds_are_not_tighter_for_input_nor_looser_for_output() {
    let sent = format!("{SCHEMAS}/UserRequest/properties/username");
    check(&with(&format!("{sent}/maxLength"), json!(200)), &[]);
    check(&with(&format!("{sent}/minLength"), json!(0)), &[]);
    check(
        &with(&format!("{sent}/maxLength"), json!(100)),
        &["UserRequest.username: maxLength: 100 instead of 150"],
    );
    check(
        &with(&format!("{sent}/minLength"), json!(2)),
        &["UserRequest.username: minLength: 2 instead of 1"],
    );
    check(
        &with(&format!("{SCHEMAS}/UserRequest/properties/name/maxLength"), json!(9)),
        &["UserRequest.name: maxLength: 9 instead of nothing"],
    );
    let received = format!("{SCHEMAS}/User/properties/username");
    check(&with(&format!("{received}/maxLength"), json!(100)), &[]);
    check(
        &with(&format!("{received}/maxLength"), json!(200)),
        &["User.username: maxLength: 200 instead of 150"],
    );
    check(&without(&format!("{received}/maxLength")), &["User.username: maxLength: nothing instead of 150"]);
}

#[test]
fn choices_may_only_be_added() {
    let modes = format!("{SCHEMAS}/CompatibilityModeEnum/enum");
    check(&with(&modes, json!(["default", "aws", "slack", "vcenter"])), &[]);
    check(&with(&modes, json!(["default", "aws"])), &["CompatibilityModeEnum: enum: \"slack\" is gone"]);
    check(&without(&modes), &["CompatibilityModeEnum: enum is gone"]);
    let name = "properties/name/enum";
    check(
        &with(&format!("{SCHEMAS}/UserRequest/{name}"), json!(["ada"])),
        &["UserRequest.name: enum is new"],
    );
    check(&with(&format!("{SCHEMAS}/User/{name}"), json!(["ada"])), &[]);
}

#[test]
fn type_format_pattern_default_and_read_only_are_the_same() {
    let user = format!("{SCHEMAS}/User/properties");
    check(
        &with(&format!("{user}/email/type"), json!("object")),
        &["User.email: type: \"object\" instead of \"string\""],
    );
    check(
        &with(&format!("{user}/pk/format"), json!("int64")),
        &["User.pk: format: \"int64\" instead of nothing"],
    );
    check(&without(&format!("{user}/pk/readOnly")), &["User.pk: readOnly: nothing instead of true"]);
    check(
        &with(&format!("{SCHEMAS}/SyncObjectRequest/properties/override_dry_run/default"), json!(true)),
        &["SyncObjectRequest.override_dry_run: default: true instead of false"],
    );
    check(
        &with(&format!("{SCHEMAS}/ApplicationRequest/properties/slug/pattern"), json!(".*")),
        &["ApplicationRequest.slug: pattern: \".*\" instead of \"^[-a-zA-Z0-9_]+$\""],
    );
}

#[test]
fn what_lists_and_maps_hold_is_compared() {
    let groups = format!("{SCHEMAS}/UserRequest/properties/groups");
    check(
        &with(&format!("{groups}/items"), json!({"type": "string"})),
        &["UserRequest.groups[]: format: nothing instead of \"uuid\""],
    );
    check(&without(&format!("{groups}/items")), &["UserRequest.groups: items are gone"]);
    let attributes = format!("{SCHEMAS}/UserRequest/properties/attributes/additionalProperties");
    check(&with(&attributes, json!(true)), &[]);
    check(&with(&attributes, json!(false)), &["UserRequest.attributes: additionalProperties differ"]);
    check(&without(&attributes), &["UserRequest.attributes: additionalProperties differ"]);
    check(
        &with(&format!("{SCHEMAS}/UserRequest/additionalProperties"), json!(false)),
        &["UserRequest: additionalProperties are refused"],
    );
}

#[test]
fn a_reference_and_an_all_of_with_only_that_reference_are_the_same() {
    let kind = format!("{SCHEMAS}/User/properties/type");
    check(&with(&kind, json!({"allOf": [{"$ref": "#/components/schemas/UserTypeEnum"}], "title": "T"})), &[]);
}

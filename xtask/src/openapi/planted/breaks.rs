//! What must be found: one of every kind of break.

use serde_json::{Value, json};

use super::{Planted, SCHEMAS, USERS, documented, moved, renamed, with, without};

pub(super) fn all() -> Vec<Planted> {
    [operations(), parameters(), bodies(), fields(), values(), bounds_and_choices(), parts()]
        .into_iter()
        .flatten()
        .collect()
}

fn operations() -> Vec<Planted> {
    let at = |part: &str| format!("{USERS}/get/{part}");
    vec![
        ("an operation is gone", without(&format!("{USERS}/post")), &["core_users_create: is not served"]),
        (
            "an operation moved",
            moved(USERS, "/paths/~1core~1people~1"),
            &["core_users_create: is not served", "core_users_list: is not served"],
        ),
        (
            "another operation id",
            with(&at("operationId"), json!("list_users")),
            &["core_users_list: operationId: `list_users` instead of `core_users_list`"],
        ),
        ("another tag", with(&at("tags"), json!(["users"])), &["core_users_list: tag `core` is gone"]),
        (
            "an open door",
            with(&at("security"), json!([{}])),
            &["core_users_list: security: not the documented alternatives"],
        ),
        (
            "another lock",
            with("/components/securitySchemes/authentik/scheme", json!("basic")),
            &["authentik: is not the documented way in"],
        ),
        ("another address", with("/servers", json!([{"url": "/api/v4/"}])), &["servers: `/api/v3/` is gone"]),
    ]
}

/// `GET /core/users/{id}/` has one parameter.
fn parameters() -> Vec<Planted> {
    const AT: &str = "/paths/~1core~1users~1{id}~1/get/parameters";
    let id = |schema: Value| json!({"in": "path", "name": "id", "required": true, "schema": schema});
    let integer = || id(json!({"type": "integer"}));
    let wanted = json!({"in": "query", "name": "x", "required": true, "schema": {"type": "string"}});
    let header = json!({"in": "header", "name": "id", "required": true, "schema": {"type": "integer"}});
    vec![
        ("a parameter is gone", with(AT, json!([])), &["core_users_retrieve: path parameter `id` is gone"]),
        (
            "a new required parameter",
            with(AT, json!([integer(), wanted])),
            &["core_users_retrieve: query parameter `x` is new and required"],
        ),
        (
            "a parameter in another place",
            with(AT, json!([header])),
            &[
                "core_users_retrieve: header parameter `id` is new and required",
                "core_users_retrieve: path parameter `id` is gone",
            ],
        ),
        (
            "a parameter became voluntary",
            with(AT, json!([{"in": "path", "name": "id", "schema": {"type": "integer"}}])),
            &["core_users_retrieve: path parameter `id` has another `required`"],
        ),
        (
            "a parameter of another type",
            with(AT, json!([id(json!({"type": "string"}))])),
            &["core_users_retrieve.path.id: type: \"string\" instead of \"integer\""],
        ),
        (
            "a bound on a parameter",
            with(AT, json!([id(json!({"type": "integer", "minimum": 1}))])),
            &["core_users_retrieve.path.id: minimum: 1 instead of nothing"],
        ),
        (
            "values of a parameter in one",
            with(&format!("{USERS}/get/parameters"), with_commas()),
            &["core_users_list: query parameter `groups_by_name` is written in another way"],
        ),
    ]
}

/// The parameters of the list of users, where one that is repeated is a list with commas instead.
fn with_commas() -> Value {
    let mut parameters =
        documented().pointer(&format!("{USERS}/get/parameters")).expect("parameters").clone();
    for parameter in parameters.as_array_mut().expect("a list") {
        if parameter["name"] == "groups_by_name" {
            parameter["explode"] = json!(false);
        }
    }
    parameters
}

fn bodies() -> Vec<Planted> {
    let content = format!("{USERS}/post/requestBody/content");
    let patch = "/paths/~1core~1users~1{id}~1/patch/requestBody";
    let answers = format!("{USERS}/get/responses");
    let deleted = "/paths/~1core~1users~1{id}~1/delete/responses/204/content";
    vec![
        (
            "a request type is gone",
            without(&format!("{content}/application~1json")),
            &["core_users_create: a request in `application/json` is not accepted"],
        ),
        (
            "a request of another component",
            with(
                &format!("{content}/application~1json"),
                json!({"schema": {"$ref": format!("#{}/User", &SCHEMAS)}}),
            ),
            &["core_users_create.request: does not refer to `UserRequest`"],
        ),
        (
            "a body became required",
            with(&format!("{patch}/required"), json!(true)),
            &["core_users_partial_update: the request body became required"],
        ),
        ("a status is gone", without(&format!("{answers}/403")), &["core_users_list: answer 403 is gone"]),
        (
            "another success",
            moved(&format!("{USERS}/post/responses/201"), &format!("{USERS}/post/responses/200")),
            &["core_users_create: answer 201 is gone"],
        ),
        (
            "an answer lost its body",
            without(&format!("{answers}/200/content")),
            &["core_users_list: answer 200 in `application/json` is gone"],
        ),
        (
            "an answer in another type",
            moved(
                &format!("{answers}/200/content/application~1json"),
                &format!("{answers}/200/content/application~1xml"),
            ),
            &["core_users_list: answer 200 in `application/json` is gone"],
        ),
        (
            "an empty answer got a body",
            with(deleted, json!({"application/json": {"schema": {"type": "object"}}})),
            &["core_users_destroy: answer 204 has a body"],
        ),
    ]
}

fn fields() -> Vec<Planted> {
    let property = |component: &str, name: &str| format!("{SCHEMAS}/{component}/properties/{name}");
    vec![
        ("a field is not sent", without(&property("User", "email")), &["User.email: is gone"]),
        ("a field is not taken", without(&property("UserRequest", "email")), &["UserRequest.email: is gone"]),
        ("a component is gone", without(&format!("{SCHEMAS}/Pagination")), &["Pagination: is gone"]),
        (
            "a component has an unknown name",
            renamed("TokenView", "Key"),
            &["core_tokens_view_key_retrieve.200: does not refer to `TokenView`"],
        ),
        (
            "a field became required",
            with(&format!("{SCHEMAS}/UserRequest/required"), json!(["name", "username", "email"])),
            &["UserRequest.email: became required"],
        ),
        (
            "a field may be missing",
            with(&format!("{SCHEMAS}/GenericError/required"), json!([])),
            &["GenericError.detail: is not required any more"],
        ),
        (
            "null may be sent",
            with(&format!("{}/nullable", property("User", "email")), json!(true)),
            &["User.email: became nullable"],
        ),
        (
            "null is not taken",
            without(&format!("{}/nullable", property("UserRequest", "last_login"))),
            &["UserRequest.last_login: null is not accepted any more"],
        ),
        (
            "a component may be null",
            with(
                &property("SCIMProviderUser", "user_obj"),
                json!({"allOf": [{"$ref": format!("#{SCHEMAS}/GroupMember")}], "readOnly": true, "nullable": true}),
            ),
            &["SCIMProviderUser.user_obj: became nullable"],
        ),
        (
            "a field is not read-only",
            without(&format!("{}/readOnly", property("User", "pk"))),
            &["User.pk: readOnly: nothing instead of true"],
        ),
        (
            "a field is only written",
            with(&format!("{}/writeOnly", property("User", "email")), json!(true)),
            &["User.email: writeOnly: true instead of nothing"],
        ),
    ]
}

fn values() -> Vec<Planted> {
    let user = |name: &str| format!("{SCHEMAS}/User/properties/{name}");
    vec![
        (
            "another type",
            with(&user("email/type"), json!("object")),
            &["User.email: type: \"object\" instead of \"string\""],
        ),
        (
            "another format",
            with(&user("pk/format"), json!("int64")),
            &["User.pk: format: \"int64\" instead of nothing"],
        ),
        (
            "another default",
            with(&format!("{SCHEMAS}/SyncObjectRequest/properties/override_dry_run/default"), json!(true)),
            &["SyncObjectRequest.override_dry_run: default: true instead of false"],
        ),
        (
            "another pattern",
            with(&format!("{SCHEMAS}/ApplicationRequest/properties/slug/pattern"), json!(".*")),
            &["ApplicationRequest.slug: pattern: \".*\" instead of \"^[-a-zA-Z0-9_]+$\""],
        ),
    ]
}

fn bounds_and_choices() -> Vec<Planted> {
    let user = |name: &str| format!("{SCHEMAS}/User/properties/{name}");
    let sent = |name: &str| format!("{SCHEMAS}/UserRequest/properties/{name}");
    let modes = format!("{SCHEMAS}/CompatibilityModeEnum/enum");
    vec![
        (
            "shorter texts are taken",
            with(&sent("username/maxLength"), json!(100)),
            &["UserRequest.username: maxLength: 100 instead of 150"],
        ),
        (
            "short texts are refused",
            with(&sent("username/minLength"), json!(2)),
            &["UserRequest.username: minLength: 2 instead of 1"],
        ),
        (
            "a new bound",
            with(&sent("name/maxLength"), json!(9)),
            &["UserRequest.name: maxLength: 9 instead of nothing"],
        ),
        (
            "an exclusive bound",
            with(&sent("name/exclusiveMinimum"), json!(3)),
            &["UserRequest.name: exclusiveMinimum: 3 instead of nothing"],
        ),
        (
            "lists must not be empty",
            with(&sent("groups/minItems"), json!(1)),
            &["UserRequest.groups: minItems: 1 instead of nothing"],
        ),
        (
            "longer texts are sent",
            with(&user("username/maxLength"), json!(200)),
            &["User.username: maxLength: 200 instead of 150"],
        ),
        (
            "endless texts are sent",
            without(&user("username/maxLength")),
            &["User.username: maxLength: nothing instead of 150"],
        ),
        (
            "a choice is gone",
            with(&modes, json!(["default", "aws"])),
            &["CompatibilityModeEnum: enum: \"slack\" is gone"],
        ),
        ("choices are gone", without(&modes), &["CompatibilityModeEnum: enum is gone"]),
        (
            "a text became a choice",
            with(&sent("name/enum"), json!(["ada"])),
            &["UserRequest.name: enum is new"],
        ),
        (
            "values must differ",
            with(&sent("groups/uniqueItems"), json!(true)),
            &["UserRequest.groups: uniqueItems: true instead of nothing"],
        ),
    ]
}

fn parts() -> Vec<Planted> {
    let groups = format!("{SCHEMAS}/UserRequest/properties/groups");
    let attributes = format!("{SCHEMAS}/UserRequest/properties/attributes/additionalProperties");
    vec![
        (
            "items of another kind",
            with(&format!("{groups}/items"), json!({"type": "string"})),
            &["UserRequest.groups[]: format: nothing instead of \"uuid\""],
        ),
        ("items are not told", without(&format!("{groups}/items")), &["UserRequest.groups: items are gone"]),
        (
            "unknown fields are refused",
            with(&format!("{SCHEMAS}/UserRequest/additionalProperties"), json!(false)),
            &["UserRequest: additionalProperties are refused"],
        ),
        (
            "a map is empty",
            with(&attributes, json!(false)),
            &["UserRequest.attributes: additionalProperties differ"],
        ),
        ("a map is not told", without(&attributes), &["UserRequest.attributes: additionalProperties differ"]),
        (
            "one of several",
            with(
                &format!("{SCHEMAS}/UserRequest/properties/name/oneOf"),
                json!([{"maxLength": 3}, {"minLength": 5}]),
            ),
            &["UserRequest.name: oneOf is new"],
        ),
        (
            "some values are not taken",
            with(&format!("{SCHEMAS}/UserRequest/properties/name/not"), json!({"enum": ["root"]})),
            &["UserRequest.name: not is new"],
        ),
        (
            "a component instead of a text",
            with(&format!("{SCHEMAS}/User/properties/email"), json!({"$ref": format!("#{SCHEMAS}/Group")})),
            &[
                "User.email: format: nothing instead of \"email\"",
                "User.email: maxLength: nothing instead of 254",
                "User.email: refers to `Group`, and should not",
                "User.email: type: nothing instead of \"string\"",
            ],
        ),
    ]
}

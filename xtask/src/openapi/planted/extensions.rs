//! What must not be reported: one of every kind of harmless extension.

use serde_json::{Value, json};

use super::{SCHEMAS, USERS, renamed, with, without};

pub(super) fn all() -> Vec<(&'static str, Value)> {
    let user = |name: &str| format!("{SCHEMAS}/User/properties/{name}");
    let sent = |name: &str| format!("{SCHEMAS}/UserRequest/properties/{name}");
    let id = json!({"in": "path", "name": "id", "required": true, "schema": {"type": "integer"}});
    let voluntary = json!({"in": "query", "name": "x", "schema": {"type": "string"}});
    let answers = format!("{USERS}/get/responses");
    vec![
        ("a new operation", with(&format!("{USERS}/delete"), json!({"operationId": "x", "responses": {}}))),
        ("one more tag", with(&format!("{USERS}/get/tags"), json!(["users", "core"]))),
        (
            "a new voluntary parameter",
            with("/paths/~1core~1users~1{id}~1/get/parameters", json!([id, voluntary])),
        ),
        ("a style that is the usual one", with(&format!("{USERS}/get/parameters/0/style"), json!("form"))),
        ("a new status", with(&format!("{answers}/418"), json!({"description": ""}))),
        (
            "a new answer type",
            with(&format!("{answers}/200/content/text~1csv"), json!({"schema": {"type": "string"}})),
        ),
        ("a new field of an answer", with(&user("shoe_size"), json!({"type": "integer"}))),
        ("a new field of a request", with(&sent("shoe_size"), json!({"type": "integer"}))),
        ("less is required of a request", with(&format!("{SCHEMAS}/UserRequest/required"), json!([]))),
        (
            "more is promised of an answer",
            with(&format!("{SCHEMAS}/GenericError/required"), json!(["detail", "code"])),
        ),
        ("null is taken", with(&sent("email/nullable"), json!(true))),
        ("null is not sent any more", without(&user("last_login/nullable"))),
        ("longer texts are taken", with(&sent("username/maxLength"), json!(200))),
        ("texts of any length are taken", without(&sent("username/maxLength"))),
        ("only shorter texts are sent", with(&user("username/maxLength"), json!(100))),
        (
            "one more choice",
            with(
                &format!("{SCHEMAS}/CompatibilityModeEnum/enum"),
                json!(["default", "aws", "slack", "vcenter"]),
            ),
        ),
        ("fewer texts are sent", with(&user("name/enum"), json!(["ada"]))),
        ("a title", with(&user("name/title"), json!("Name"))),
        ("a description", with(&format!("{USERS}/get/description"), json!("Who there is."))),
        (
            "a wrapped reference",
            with(
                &user("type"),
                json!({"allOf": [{"$ref": format!("#{SCHEMAS}/UserTypeEnum")}], "title": "T"}),
            ),
        ),
        ("a component under its newer name", renamed("GroupMember", "PartialUser")),
        ("a map of anything, in other words", with(&sent("attributes/additionalProperties"), json!(true))),
    ]
}

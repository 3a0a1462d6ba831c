//! Who may do what: every operation of the document, asked for by everybody.

use reqwest::Method;
use scimitar_http::document;
use utoipa::openapi::PathItem;

use crate::harness::{Api, Client};

const NOT_AUTHENTICATED: &str = r#"403 {"detail":"Authentication credentials were not provided."}"#;
const NOT_PERMITTED: &str = r#"403 {"detail":"You do not have permission to perform this action."}"#;
const INVALID: &str = r#"403 {"detail":"Token invalid/expired"}"#;
const UNSUPPORTED: &str = r#"403 {"detail":"Unsupported authentication type"}"#;

/// Operations that anybody may use. This list only shrinks.
const PUBLIC: [&str; 2] = ["root_config_retrieve", "schema_retrieve"];

/// Operations that users without rights may use: on themselves, and to learn the version.
const OWN: [&str; 11] = [
    "admin_version_retrieve",
    "core_tokens_create",
    "core_tokens_destroy",
    "core_tokens_list",
    "core_tokens_partial_update",
    "core_tokens_retrieve",
    "core_tokens_set_key_create",
    "core_tokens_update",
    "core_tokens_used_by_list",
    "core_tokens_view_key_retrieve",
    "core_users_me_retrieve",
];

struct Operation {
    id: String,
    method: Method,
    path: String,
}

/// Every operation, with keys in the path that no object has.
fn operations() -> Vec<Operation> {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        let path = path
            .replace("{id}", if path.contains("scim_") { NOBODY } else { "999999" })
            .replace("{group_uuid}", NOBODY)
            .replace("{pm_uuid}", NOBODY)
            .replace("{identifier}", "nothing")
            .replace("{slug}", "nothing");
        assert!(!path.contains('{'), "{path} has a key that this test does not know");
        for (method, operation) in methods(item) {
            let id = operation.operation_id.clone().expect("an operation has an id");
            found.push(Operation { id, method, path: path.clone() });
        }
    }
    assert!(found.len() > 20, "the document lists the operations");
    found
}

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn methods(item: &PathItem) -> impl Iterator<Item = (Method, &utoipa::openapi::path::Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}

async fn ask(client: &Client, operation: &Operation) -> String {
    client.send(operation.method.clone(), &operation.path, None).await.line()
}

#[tokio::test]
async fn strangers_get_nothing_but_what_is_public() {
    let api = Api::start().await;
    for operation in operations() {
        let id = operation.id.as_str();
        let one_object = operation.path.contains(NOBODY)
            || operation.path.contains("999999")
            || operation.path.contains("nothing");
        let refused = if one_object { NOT_PERMITTED } else { NOT_AUTHENTICATED };
        for (who, expected) in [
            (api.anonymous(), refused),
            (api.with_header("nospace"), refused),
            (api.with_header("Basic YTpi"), UNSUPPORTED),
            (api.with_key("unknown"), INVALID),
        ] {
            let got = ask(&who, &operation).await;
            if PUBLIC.contains(&id) {
                assert!(got.starts_with("200 "), "{id}: {got}");
            } else {
                assert_eq!(got, expected, "{id}");
            }
        }
    }
}

#[tokio::test]
async fn users_without_rights_get_only_what_is_theirs() {
    let api = Api::start().await;
    let (_, ada) = api.ordinary("ada").await;
    for operation in operations() {
        let id = operation.id.as_str();
        let got = ask(&ada, &operation).await;
        if PUBLIC.contains(&id) || OWN.contains(&id) {
            assert_ne!(got, NOT_PERMITTED, "{id}");
        } else {
            assert_eq!(got, NOT_PERMITTED, "{id}");
        }
    }
}

#[tokio::test]
async fn administrators_are_never_refused() {
    let api = Api::start().await;
    for operation in operations() {
        let got = ask(&api.admin(), &operation).await;
        assert!(!got.starts_with("403") && !got.starts_with('5'), "{}: {got}", operation.id);
    }
}

#[tokio::test]
async fn only_good_tokens_open_the_door() {
    use chrono::TimeDelta;
    use scimitar_domain::{Clock, Intent};

    let api = Api::start().await;
    let now = api.clock.now();
    let ada = api.user("ada").await;
    let gone = api.user_with("gone", |user| user.is_active = false).await;
    api.token(ada, "old", "old-key", |token| token.expires = Some(now)).await;
    api.token(ada, "eternal", "eternal-key", |token| {
        token.expires = Some(now - TimeDelta::days(1));
        token.expiring = false;
    })
    .await;
    api.token(ada, "password", "password-key", |token| token.intent = Intent::AppPassword).await;
    api.token(gone, "gone", "gone-key", |_| {}).await;
    api.token(ada, "soon-old", "soon-old-key", |token| token.expires = Some(now + TimeDelta::hours(1))).await;

    let me = "/core/users/me/";
    assert_eq!(api.with_key("old-key").get(me).await.line(), INVALID);
    assert_eq!(api.with_key("password-key").get(me).await.line(), INVALID);
    assert_eq!(api.with_key("gone-key").get(me).await.line(), INVALID);
    assert_eq!(api.with_key("eternal-key").get(me).await.status, 200);
    assert_eq!(api.with_header("bEaReR eternal-key").get(me).await.status, 200);
    assert_eq!(api.with_key("soon-old-key").get(me).await.status, 200);
    api.clock.advance(TimeDelta::hours(1));
    assert_eq!(api.with_key("soon-old-key").get(me).await.line(), INVALID);
}

#[tokio::test]
async fn rights_end_at_once() {
    let api = Api::start().await;
    let (pk, ada) = api.ordinary("ada").await;
    let top = api.group_with("top", &[], |group| group.is_superuser = true).await;
    let below = api.group_with("below", &[pk], |group| group.parent = Some(top)).await;
    let admin = api.admin();

    // A member of a group below a superuser group is a superuser.
    assert_eq!(ada.get("/core/users/").await.status, 200);
    let body = serde_json::json!({"pk": pk.0});
    admin.post(&format!("/core/groups/{below}/remove_user/"), &body).await.expect(204);
    assert_eq!(ada.get("/core/users/").await.line(), NOT_PERMITTED);
    admin.delete("/core/tokens/ada-token/").await.expect(204);
    assert_eq!(ada.get("/core/users/me/").await.line(), INVALID);
}

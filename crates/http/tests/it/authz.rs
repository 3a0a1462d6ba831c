//! Who may do what: every operation that is served, asked for by everybody.

mod matrix;

use chrono::TimeDelta;
use reqwest::Method;
use scimitar_domain::{Clock, Intent};

use crate::harness::contract::{Operation, served};
use crate::harness::objects::Objects;
use crate::harness::{Api, Client};
use matrix::{INVALID, NOT_PERMITTED, Role};

/// What somebody gets who asks for an object that is not there, with a request that says nothing.
async fn ask(client: &Client, operation: &Operation) -> String {
    let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).expect("a method");
    client.send(method, &Objects::path_to_nobody(operation), None).await.line()
}

/// Asks for every operation in these roles, and compares with the table.
async fn check(roles: &[Role]) {
    let api = Api::start().await;
    let callers = matrix::callers(&api).await;
    for operation in served() {
        let id = operation.id();
        let audience = matrix::audience(id).unwrap_or_else(|| panic!("{id} has no row: say who may use it"));
        for (role, client) in callers.iter().filter(|(role, _)| roles.contains(role)) {
            let got = ask(client, &operation).await;
            match matrix::expected(audience, *role, operation.has_key()) {
                Some(refusal) => assert_eq!(got, refusal, "{id} for {role:?}"),
                None => assert!(!got.starts_with("403") && !got.starts_with('5'), "{id} for {role:?}: {got}"),
            }
        }
    }
}

#[tokio::test]
async fn strangers_get_nothing_but_what_is_public() {
    check(&[Role::Anonymous, Role::Unreadable, Role::OtherScheme, Role::InvalidToken]).await;
    check(&[Role::ExpiredToken, Role::OtherIntent, Role::InactiveUser]).await;
}

#[tokio::test]
async fn users_without_rights_get_only_what_is_theirs() {
    check(&[Role::OrdinaryUser, Role::Source]).await;
}

#[tokio::test]
async fn administrators_are_never_refused() {
    check(&[Role::Administrator]).await;
}

#[tokio::test]
async fn only_good_tokens_open_the_door() {
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
    let below = api.group_with("below", &[pk], |group| group.parents = vec![top]).await;
    let admin = api.admin();

    // A member of a group below a superuser group is a superuser.
    assert_eq!(ada.get("/core/users/").await.status, 200);
    let body = serde_json::json!({"pk": pk.0});
    admin.post(&format!("/core/groups/{below}/remove_user/"), &body).await.expect(204);
    assert_eq!(ada.get("/core/users/").await.line(), NOT_PERMITTED);
    admin.delete("/core/tokens/ada-token/").await.expect(204);
    assert_eq!(ada.get("/core/users/me/").await.line(), INVALID);
}

//! The conversations of identity providers, held with a served instance. After each step the directory is compared,
//! through the API of its administrators, with what the step says.

#[path = "../../../../scim/tests/it/conversation.rs"]
mod conversation;

use std::collections::BTreeMap;

use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use self::conversation::{Conversation, Request, Story};
use super::source;
use crate::harness::{Answer, Api, Client};

async fn hold(text: &str) {
    let conversation = Conversation::read(text);
    let api = Api::start().await;
    let (_, client) = source(&api, "idp").await;
    let client = client
        .with("accept", "application/scim+json")
        .with("content-type", "application/scim+json; charset=utf-8")
        .with("user-agent", &conversation.agent);
    let (mut story, mut expected) = (Story::default(), json!({"users": {}, "groups": {}}));
    for step in &conversation.step {
        let answer = send(&client, story.request(step)).await;
        let body = if answer.text.is_empty() { Value::Null } else { answer.json() };
        story.judge(step, answer.status, &body);
        if let Some(change) = step.change() {
            let before = expected.clone();
            merge(&mut expected, change);
            assert_ne!(expected, before, "{}: no change", step.name);
        }
        assert_eq!(directory(&api).await, expected, "{}", step.name);
    }
    assert_eq!(expected["groups"], json!({}), "it goes on to the last deletion");
}

async fn send(client: &Client, request: Request) -> Answer {
    let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
    let path = format!("{}{}", request.path, query(&request.query));
    let client = match &request.if_match {
        Some(version) => &client.with("if-match", version),
        None => client,
    };
    client.send(method, &path, (!request.body.is_null()).then(|| request.body.to_string())).await
}

/// As it stands on the wire: what has no value has no sign of equality, and what has no name leaves an ampersand at
/// the end.
fn query(pairs: &BTreeMap<String, String>) -> String {
    let encoded = |(name, value): (&String, &String)| {
        let pair = Url::parse_with_params("http://x", [(name, value)]).expect("an address");
        pair.query().unwrap_or_default().trim_end_matches('=').to_owned()
    };
    let query = pairs.iter().rev().map(encoded).collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

/// Who is there besides the administrator and the account of the source.
async fn directory(api: &Api) -> Value {
    let users =
        api.admin().get("/core/users/?path=goauthentik.io/sources/idp&page_size=100").await.expect(200);
    let groups = api.admin().get("/core/groups/?page_size=100").await.expect(200);
    let (mut people, mut teams) = (Map::new(), Map::new());
    for user in users["results"].as_array().expect("results") {
        let shown = json!({"name": user["name"], "email": user["email"], "active": user["is_active"]});
        people.insert(text(&user["username"]), shown);
    }
    for group in groups["results"].as_array().expect("results").iter().filter(|it| it["name"] != "admins") {
        let members = group["users_obj"].as_array().expect("members");
        let mut names: Vec<String> = members.iter().map(|member| text(&member["username"])).collect();
        names.sort_unstable();
        teams.insert(text(&group["name"]), json!(names));
    }
    json!({"users": people, "groups": teams})
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// RFC 7396.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[tokio::test]
async fn entra_provisions_a_served_instance() {
    hold(include_str!("../../../../scim/tests/corpus/conversations/entra.toml")).await;
}

#[tokio::test]
async fn entra_with_the_newer_flag_provisions_a_served_instance() {
    hold(include_str!("../../../../scim/tests/corpus/conversations/entra-scim062020.toml")).await;
}

#[tokio::test]
async fn okta_provisions_a_served_instance() {
    hold(include_str!("../../../../scim/tests/corpus/conversations/okta.toml")).await;
}

#[tokio::test]
async fn onelogin_provisions_a_served_instance() {
    hold(include_str!("../../../../scim/tests/corpus/conversations/onelogin.toml")).await;
}

#[tokio::test]
async fn jumpcloud_provisions_a_served_instance() {
    hold(include_str!("../../../../scim/tests/corpus/conversations/jumpcloud.toml")).await;
}

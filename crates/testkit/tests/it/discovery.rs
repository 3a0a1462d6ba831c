//! What the service says of itself, truly or not.

use serde_json::{Value, json};

use scimitar_testkit::remote::{Behaviour, Discovery, FakeRemote};

use crate::wire::{call, patch, user};

#[tokio::test]
async fn the_configuration_tells_its_capabilities() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    let config = call(&remote, "GET /ServiceProviderConfig", Value::Null).await.json();
    assert_eq!(config["patch"], json!({"supported": true}));
    assert_eq!(config["filter"], json!({"supported": true, "maxResults": 200}));
    assert_eq!(config["bulk"]["supported"], json!(false));
    remote.set_behaviour(Behaviour::without_patch());
    let config = call(&remote, "GET /ServiceProviderConfig", Value::Null).await.json();
    assert_eq!(config["patch"], json!({"supported": false}));
}

#[tokio::test]
async fn the_configuration_fails_in_each_way() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    for (discovery, status, body) in [
        (Discovery::Missing, 404, None),
        (Discovery::Empty, 200, Some(json!({}))),
        (Discovery::Exactly(json!({"patch": true})), 200, Some(json!({"patch": true}))),
        (Discovery::Html, 200, None),
        (Discovery::Status(503), 503, None),
    ] {
        remote.alter(|behaviour| behaviour.discovery = discovery.clone());
        let reply = call(&remote, "GET /ServiceProviderConfig", Value::Null).await;
        assert_eq!(reply.status, status, "{discovery:?}");
        if let Some(body) = body {
            assert_eq!(reply.json(), body);
        }
        assert_eq!(
            reply.header("content-type") == Some("text/html; charset=utf-8"),
            discovery == Discovery::Html
        );
    }
    remote.alter(|behaviour| behaviour.discovery = Discovery::Without("sort".to_owned()));
    let config = call(&remote, "GET /ServiceProviderConfig", Value::Null).await.json();
    assert!(config.get("sort").is_none() && config.get("patch").is_some());
}

#[tokio::test]
async fn the_configuration_may_live_elsewhere() {
    let behaviour =
        Behaviour { discovery_path: "/ServiceProviderConfigs".to_owned(), ..Behaviour::default() };
    let remote = FakeRemote::start(behaviour).await;
    assert_eq!(call(&remote, "GET /ServiceProviderConfig", Value::Null).await.status, 404);
    assert_eq!(call(&remote, "GET /ServiceProviderConfigs", Value::Null).await.status, 200);
}

#[tokio::test]
async fn resource_types_and_schemas_are_listed() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    let types = call(&remote, "GET /ResourceTypes", Value::Null).await.json();
    assert_eq!(types["Resources"][1]["endpoint"], "/Groups");
    let schemas = call(&remote, "GET /Schemas", Value::Null).await.json();
    assert_eq!(schemas["totalResults"], 2);
}

#[tokio::test]
async fn a_verb_that_is_off_is_refused_whatever_is_claimed() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.seed_user(user("ada"));
    remote.seed_group(json!({"displayName": "staff"}));
    remote.alter(|behaviour| {
        behaviour.users.patch = false;
        behaviour.users.delete = false;
        behaviour.groups.put = false;
    });
    let change = || patch(json!([{"op": "replace", "value": {"displayName": "x"}}]));
    assert_eq!(call(&remote, "PATCH /Users/u1", change()).await.status, 405);
    assert_eq!(call(&remote, "PUT /Users/u1", user("ada")).await.status, 200);
    assert_eq!(call(&remote, "DELETE /Users/u1", Value::Null).await.status, 405);
    assert_eq!(call(&remote, "PATCH /Groups/g1", change()).await.status, 204);
    remote.alter(|behaviour| behaviour.refused_verb_status = 501);
    assert_eq!(call(&remote, "PUT /Groups/g1", json!({})).await.status, 501);
}

//! Without faults the fake follows RFC 7644 §3.

use serde_json::{Value, json};

use scimitar_testkit::remote::{Behaviour, Echo, FakeRemote, IdStyle};

use crate::wire::{USER, Wire, call, group, patch, user};

/// `expected` is the status, with the `scimType` of an error.
#[track_caller]
fn check(request: &str, body: Value, expected: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let got = runtime.block_on(async {
        let remote = FakeRemote::start(Behaviour::default()).await;
        remote.seed_user(json!({"userName": "ada", "externalId": "x"}));
        remote.seed_group(json!({"displayName": "staff", "members": [{"value": "u1"}]}));
        let reply = call(&remote, request, body).await;
        if reply.status >= 400 {
            let body = reply.json();
            assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
            assert_eq!(body["status"], reply.status.to_string(), "a string (RFC 7644 §3.12)");
            assert!(body["detail"].is_string());
        }
        reply.summary()
    });
    assert_eq!(got, expected, "{request}");
}

#[test]
fn every_request_gets_the_status_of_the_rfc() {
    check("POST /Users", user("bob"), "201");
    check("POST /Users", user("ADA"), "409 uniqueness");
    check("POST /Users", json!({"schemas": [USER]}), "400 invalidValue");
    check("POST /Users", json!({"schemas": [USER], "userName": ""}), "400 invalidValue");
    check("POST /Users", json!({"userName": "bob"}), "400 invalidSyntax");
    check("POST /Users", json!([]), "400 invalidSyntax");
    check("POST /Users", Value::Null, "400 invalidSyntax");
    check("POST /Groups", group("staff", &["u1"]), "201");
    check("POST /Groups", group("other", &["nobody"]), "400 invalidValue");
    check("GET /Users/u1", Value::Null, "200");
    check("GET /Users/u2", Value::Null, "404");
    check("GET /Users", Value::Null, "200");
    check("PUT /Users/u1", user("ada"), "200");
    check("PUT /Users/u1", json!({"schemas": [USER]}), "400 invalidValue");
    check("PUT /Users/u2", user("bob"), "404");
    check("PATCH /Users/u2", patch(json!([{"op": "remove", "path": "title"}])), "404");
    check("DELETE /Users/u1", Value::Null, "204");
    check("DELETE /Users/u2", Value::Null, "404");
    check("DELETE /Groups/g1", Value::Null, "204");
    check("DELETE /Users", Value::Null, "405");
    check("POST /Users/u1", user("bob"), "405");
    check("GET /Users/u1/x", Value::Null, "404");
    check("GET /Nothing", Value::Null, "404");
    check("POST /Bulk", json!({}), "501");
}

#[tokio::test]
async fn a_created_resource_is_shown_and_addressed() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    let mut body = user("ada");
    body["password"] = "hunter2".into();
    body["id"] = "mine".into();
    let reply = call(&remote, "POST /Users", body).await;
    let shown = reply.json();
    assert_eq!(reply.header("content-type"), Some("application/scim+json"));
    assert_eq!(reply.header("location"), Some(format!("{}/Users/u1", remote.url()).as_str()));
    assert!(reply.header("date").unwrap().ends_with("GMT"));
    assert_eq!(
        (&shown["id"], &shown["userName"], &shown["meta"]["resourceType"]),
        (&json!("u1"), &json!("ada"), &json!("User"))
    );
    assert!(shown.get("password").is_none());
    assert_eq!(call(&remote, "GET /Users/u1", Value::Null).await.json(), shown);
}

#[tokio::test]
async fn a_put_replaces_everything_members_too() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    let ada = remote.seed_user(json!({"userName": "ada", "title": "Countess"}));
    let staff = remote.seed_group(json!({"displayName": "staff", "members": [{"value": ada}]}));
    call(&remote, "PUT /Users/u1", user("lovelace")).await;
    assert_eq!(remote.users()[0].user_name(), Some("lovelace"));
    assert_eq!(remote.users()[0].get("title"), None);
    call(&remote, "PUT /Groups/g1", json!({"schemas": [crate::wire::GROUP], "displayName": "all"})).await;
    assert_eq!(remote.groups()[0].display_name(), Some("all"));
    assert!(remote.members(&staff).is_empty());
}

#[tokio::test]
async fn a_deleted_user_leaves_its_groups() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    for name in ["ada", "bob"] {
        call(&remote, "POST /Users", user(name)).await;
    }
    call(&remote, "POST /Groups", group("staff", &["u1", "u2"])).await;
    call(&remote, "DELETE /Users/u1", Value::Null).await;
    assert_eq!(remote.members("g1"), ["u2".to_owned()].into());
    assert_eq!(
        call(&remote, "GET /Groups/g1", Value::Null).await.json()["members"],
        json!([{"value": "u2"}])
    );
}

#[tokio::test]
async fn a_name_is_free_again_after_a_rename_or_delete() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    call(&remote, "POST /Users", user("ada")).await;
    assert_eq!(call(&remote, "PUT /Users/u1", user("ADA")).await.status, 200, "a user is no rival of itself");
    call(&remote, "PUT /Users/u1", user("eve")).await;
    assert_eq!(call(&remote, "POST /Users", user("ada")).await.status, 201);
    call(&remote, "DELETE /Users/u2", Value::Null).await;
    assert_eq!(call(&remote, "POST /Users", user("ada")).await.id(), "u3", "ids are not given twice");
}

#[tokio::test]
async fn only_the_right_token_opens() {
    let behaviour = Behaviour { token: Some("secret".to_owned()), ..Behaviour::default() };
    let remote = FakeRemote::start(behaviour).await;
    let mut wire = Wire::connect(&remote).await.unwrap();
    for wrong in [None, Some("Bearer wrong"), Some("Basic secret"), Some("secret")] {
        let headers: Vec<_> = wrong.iter().map(|value| ("Authorization", *value)).collect();
        let reply = wire.send("GET", "/scim/v2/Users", &headers, b"").await.unwrap();
        assert_eq!(reply.status, 401, "{wrong:?}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, 200);
    let authorized: Vec<bool> = remote.requests().iter().map(|request| request.authorized).collect();
    assert_eq!(authorized, [false, false, false, false, true]);
}

#[tokio::test]
async fn a_body_needs_its_media_type_and_must_be_json() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    let mut wire = Wire::connect(&remote).await.unwrap();
    let body = serde_json::to_vec(&user("ada")).unwrap();
    let form = [("Content-Type", "text/plain")];
    assert_eq!(wire.send("POST", "/scim/v2/Users", &form, &body).await.unwrap().status, 415);
    let json = [("Content-Type", "application/json; charset=utf-8")];
    assert_eq!(wire.send("POST", "/scim/v2/Users", &json, &body).await.unwrap().status, 201);
    let broken = wire.send("POST", "/scim/v2/Users", &json, b"{\"userName\"").await.unwrap();
    assert_eq!(broken.summary(), "400 invalidSyntax");
}

#[tokio::test]
async fn each_id_style_can_be_addressed() {
    for (ids, expected) in [(IdStyle::Text, json!("u1")), (IdStyle::Integer, json!(1))] {
        let remote = FakeRemote::start(Behaviour { ids, ..Behaviour::default() }).await;
        let reply = call(&remote, "POST /Users", user("ada")).await;
        assert_eq!(reply.json()["id"], expected);
        let location = reply.header("location").unwrap().strip_prefix(remote.url()).unwrap().to_owned();
        assert_eq!(call(&remote, &format!("GET {location}"), Value::Null).await.status, 200);
    }
    for ids in [IdStyle::Uuid, IdStyle::Awkward] {
        let remote = FakeRemote::start(Behaviour { ids, ..Behaviour::default() }).await;
        let reply = call(&remote, "POST /Users", user("ada")).await;
        let location = reply.header("location").unwrap().strip_prefix(remote.url()).unwrap().to_owned();
        assert_eq!(call(&remote, &format!("GET {location}"), Value::Null).await.id(), reply.id());
        let staff = call(&remote, "POST /Groups", group("staff", &[&reply.id()])).await;
        assert_eq!(remote.members(&staff.id()), [reply.id()].into());
    }
}

#[tokio::test]
async fn answers_echo_as_much_as_they_are_told() {
    let title = || patch(json!([{"op": "add", "path": "title", "value": "Dr"}]));
    for (echo, statuses) in [
        (Echo::Full, [201, 200, 200, 201, 204]),
        (Echo::OnlyId, [201, 200, 200, 201, 200]),
        (Echo::NoContent, [201, 204, 204, 201, 204]),
    ] {
        let remote = FakeRemote::start(Behaviour { echo, ..Behaviour::default() }).await;
        let replies = [
            call(&remote, "POST /Users", user("ada")).await,
            call(&remote, "PUT /Users/u1", user("ada")).await,
            call(&remote, "PATCH /Users/u1", title()).await,
            call(&remote, "POST /Groups", group("staff", &["u1"])).await,
            call(&remote, "PATCH /Groups/g1", title()).await,
        ];
        assert_eq!(replies.each_ref().map(|reply| reply.status), statuses, "{echo:?}");
        assert_eq!(replies[0].id(), "u1");
        assert_eq!(replies[0].json().get("userName").is_some(), echo != Echo::OnlyId);
    }
}

#[tokio::test]
async fn a_stopped_remote_refuses_and_comes_back_with_its_state() {
    for remote in
        [FakeRemote::start(Behaviour::default()).await, FakeRemote::start_on_thread(Behaviour::default())]
    {
        let mut idle = Wire::connect(&remote).await.unwrap();
        call(&remote, "POST /Users", user("ada")).await;
        remote.stop().await;
        assert!(Wire::connect(&remote).await.is_err());
        assert!(idle.send("GET", "/scim/v2/Users", &[], b"").await.is_err());
        remote.restart().await.unwrap();
        assert_eq!(call(&remote, "GET /Users/u1", Value::Null).await.json()["userName"], "ada");
    }
}

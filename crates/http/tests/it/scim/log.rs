//! The log of a source: what came, what was understood, ignored and changed, and never a value.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{ada, below, id_of, make_user, patch, source};
use crate::harness::Api;

/// What the log of the source says, the newest first.
async fn told(api: &Api, query: &str) -> Vec<Value> {
    api.inbound.write_log().await.expect("the log is written");
    let page = api.admin().get(&format!("/sources/scim/entra/log/?{query}")).await.expect(200);
    page["results"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn requirement_132_each_request_is_told_with_what_came_of_it() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let client = client.with("user-agent", "canary-agent/1");
    let mut body = ada();
    body["shoeSize"] = json!(44);
    body["id"] = json!("7");
    let user = id_of(&client.post("/Users", &body).await.expect(201));
    let group = id_of(&client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201));
    let title = patch(json!({"op": "Replace", "path": "title", "value": "Countess"}));
    client.patch(&format!("/Users/{user}"), &title).await.expect(200);
    client.patch(&format!("/Users/{user}"), &title).await.expect(200);
    let add = patch(json!({"op": "add", "path": "members", "value": [{"value": user}]}));
    client.patch(&format!("/Groups/{group}"), &add).await.expect(204);
    client.delete(&format!("/Groups/{group}")).await.expect(204);

    let log = told(&api, "").await;
    let lines: Vec<String> =
        log.iter().map(|it| format!("{} {} {}", it["method"], it["path"], it["status"])).collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert!(log.iter().all(|it| it["client"] == "canary-agent/1" && it["duration"].is_number()));
    let [deleted, members, same, changed, _, created] = &*log else { panic!("{lines:?}") };
    assert_eq!((&deleted["object"], &deleted["detail"]["outcome"]), (&json!(group), &json!("delete")));
    assert_eq!(members["detail"]["members"], "1 to add, 0 to remove, 0 steps by filter or of all");
    assert_eq!(same["detail"]["outcome"], "nothing differs from what is there");
    assert_eq!(changed["detail"]["changed"], json!(["title"]));
    assert_eq!(changed["detail"]["understood"][0]["path"], "title");
    assert_eq!(changed["detail"]["dialect"], "entra");
    assert_eq!((&created["object"], &created["detail"]["outcome"]), (&json!(user), &json!("created")));
    let ignored = created["detail"]["ignored"].to_string();
    assert!(ignored.contains("shoeSize") && ignored.contains("the service says this itself"), "{ignored}");
    assert_eq!(created["detail"]["body"]["emails"][0]["type"], "string");
}

#[tokio::test]
async fn no_value_is_in_it_and_least_of_all_a_credential() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = ada();
    body["password"] = json!("secret-password");
    body["displayName"] = json!("secret-name");
    let user = id_of(&client.post("/Users", &body).await.expect(201));
    let filtered = patch(json!({
        "op": "replace", "path": "emails[value eq \"secret-address\"].type", "value": "secret-type",
    }));
    client.patch(&format!("/Users/{user}"), &filtered).await.expect(400);
    let pathless =
        patch(json!({"op": "replace", "value": {"password": "secret-password", "title": "secret"}}));
    client.patch(&format!("/Users/{user}"), &pathless).await.expect(200);
    client.get("/Users?filter=userName%20eq%20%22secret-name%22&access_token=secret-token").await.expect(200);
    client.get("/Users?filter=secret%20is%20wrong").await.expect(400);
    api.with_key("secret-key").below(&below("entra")).get("/Users").await.expect(401);
    client.post("/Users", &body).await.expect(409);
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "secret-bulk"}},
                       {"method": "DELETE", "path": "/Users/secret"}],
    });
    client.post("/Bulk", &bulk).await.expect(200);
    let log = told(&api, "").await;
    assert_eq!(log.len(), 8);
    let text = Value::from(log.clone()).to_string();
    for secret in ["secret-", "canary-entra-key", "ada@example.com", "Lovelace"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert_eq!(log[0]["detail"]["operations"].as_array().unwrap().len(), 2);
    assert_eq!((&log[2]["status"], &log[2]["path"]), (&json!(401), &json!("/Users")));
    assert_eq!(log[4]["path"], "/Users?filter=userName eq \"…\"&access_token=…");
    assert!(log[1]["detail"]["error"].as_str().unwrap().contains("taken"), "{}", log[1]);
}

#[tokio::test]
async fn it_is_paged_and_narrowed_and_each_source_has_its_own() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (_, other) = source(&api, "okta").await;
    make_user(&other, "theirs").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(make_user(&client, &format!("u{n}")).await);
    }
    client.get("/Users/7").await.expect(404);
    client.get(&format!("/Users/{}", ids[0])).await.expect(200);
    assert_eq!(told(&api, "").await.len(), 7);
    assert_eq!(told(&api, "status=404").await.len(), 1);
    assert_eq!(told(&api, &format!("object={}", ids[0])).await.len(), 2);
    assert_eq!(told(&api, &format!("object={}&status=201", ids[0])).await.len(), 1);
    let (first, second) = (told(&api, "page_size=4").await, told(&api, "page_size=4&page=2").await);
    assert_eq!((first.len(), second.len()), (4, 3));
    assert!(first[3]["pk"].as_i64() > second[0]["pk"].as_i64());
    api.admin().get("/sources/scim/entra/log/?status=x").await.expect(400);
    api.admin().get("/sources/scim/nobody/log/").await.expect(404);
    // A slug that nobody has costs nothing and leaves nothing.
    api.with_key("x").below(&below("nobody")).get("/Users").await.expect(401);
    assert_eq!(told(&api, "").await.len(), 7);
}

#[tokio::test]
async fn what_is_old_goes() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    make_user(&client, "old").await;
    assert_eq!(told(&api, "").await.len(), 1);
    api.clock.advance(TimeDelta::days(29));
    make_user(&client, "new").await;
    assert_eq!(told(&api, "").await.len(), 2);
    api.clock.advance(TimeDelta::days(2));
    make_user(&client, "newer").await;
    assert_eq!(told(&api, "").await.len(), 2);
    // Also where nobody asks any more.
    api.clock.advance(TimeDelta::days(31));
    api.inbound.catch_up().await.unwrap();
    assert!(told(&api, "").await.is_empty());
}

//! The tokens of a source: several at once, and what each opens.

use chrono::TimeDelta;
use scimitar_domain::Clock as _;
use serde_json::{Value, json};

use super::{ada, below, id_of, patch, source};
use crate::harness::{Api, Client};

const TOKENS: &str = "/sources/scim/entra/tokens/";

/// Another token of the source, and the client that uses it.
async fn token(api: &Api, body: &Value) -> (Value, Client) {
    let made = api.admin().post(TOKENS, body).await.expect(201);
    let key = made["key"].as_str().expect("a key");
    (made["token"].clone(), api.with_key(key).below(&below("entra")))
}

#[tokio::test]
async fn a_token_replaces_another_while_both_work() {
    let api = Api::start().await;
    let (_, documented) = source(&api, "entra").await;
    let (old, first) = token(&api, &json!({"name": "old"})).await;
    let made = id_of(&first.post("/Users", &ada()).await.expect(201));
    let (new, second) = token(&api, &json!({"name": "new"})).await;
    for client in [&documented, &first, &second] {
        assert_eq!(id_of(&client.get(&format!("/Users/{made}")).await.expect(200)), made);
    }
    api.admin().delete(&format!("{TOKENS}{}/", old["pk"].as_str().unwrap())).await.expect(204);
    let refused = first.get("/Users").await;
    assert_eq!((refused.status, refused.expect(401)["status"].clone()), (401, json!("401")));
    second.get("/Users").await.expect(200);
    documented.get("/Users").await.expect(200);
    let listed = api.admin().get(TOKENS).await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["pk"], new["pk"]);
    let gone = api.admin().delete(&format!("{TOKENS}{}/", old["pk"].as_str().unwrap())).await;
    assert_eq!(gone.line(), r#"404 {"detail":"No SCIMSourceToken matches the given query."}"#);
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_nowhere() {
    let api = Api::start().await;
    source(&api, "entra").await;
    let made = api.admin().post(TOKENS, &json!({"name": "wiki"})).await.expect(201);
    let key = made["key"].as_str().unwrap().to_owned();
    assert!(key.len() >= 32, "{key}");
    let listed = api.admin().get(TOKENS).await.expect(200);
    assert_eq!(listed, json!([made["token"]]));
    assert!(!listed.to_string().contains(&key));
    // It opens the service of its source and nothing else.
    assert_eq!(api.with_key(&key).get("/core/users/me/").await.status, 403);
    source(&api, "okta").await;
    api.with_key(&key).below(&below("okta")).get("/Users").await.expect(401);
}

#[tokio::test]
async fn each_opens_what_its_scope_says() {
    let api = Api::start().await;
    let (_, all) = source(&api, "entra").await;
    let user = id_of(&all.post("/Users", &ada()).await.expect(201));
    let group = id_of(&all.post("/Groups", &json!({"displayName": "staff"})).await.expect(201));
    let (_, users) = token(&api, &json!({"name": "u", "groups": false})).await;
    let (_, groups) = token(&api, &json!({"name": "g", "users": false})).await;
    let (_, reads) = token(&api, &json!({"name": "r", "read_only": true})).await;
    let (user, group) = (format!("/Users/{user}"), format!("/Groups/{group}"));
    let change = patch(json!({"op": "replace", "path": "displayName", "value": "new"}));
    for (client, path, may_read, may_change) in [
        (&users, &user, true, true),
        (&users, &group, false, false),
        (&groups, &user, false, false),
        (&groups, &group, true, true),
        (&reads, &user, true, false),
        (&reads, &group, true, false),
    ] {
        let list = path.rsplit_once('/').unwrap().0;
        let (read, change) = (if may_read { 200 } else { 403 }, client.patch(path, &change).await.status);
        assert_eq!(client.get(path).await.status, read, "{path}");
        assert_eq!(client.get(list).await.status, read, "{path}");
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
        assert_eq!(client.post(&format!("{list}/.search"), &search).await.status, read, "{path}");
        assert_eq!(matches!(change, 200 | 204), may_change, "{path}: {change}");
        if !may_change {
            assert_eq!(client.delete(path).await.status, 403, "{path}");
            assert_eq!(client.put(path, &json!({"userName": "x", "displayName": "x"})).await.status, 403);
            let made = client.post(list, &json!({"userName": "x", "displayName": "x"})).await;
            let body = made.expect(403);
            assert_eq!(
                (&body["status"], &body["schemas"][0]),
                (&json!("403"), &json!("urn:ietf:params:scim:api:messages:2.0:Error"))
            );
            let bulk = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                "Operations": [{"method": "DELETE", "path": path}],
            });
            let done = client.post("/Bulk", &bulk).await.expect(200);
            assert_eq!(done["Operations"][0]["status"], "403", "{done}");
        }
        client.get("/ServiceProviderConfig").await.expect(200);
    }
    // A search of everything finds what the token opens.
    let kinds = |page: Value| page["Resources"].as_array().unwrap().len();
    assert_eq!(kinds(users.get("").await.expect(200)), 1);
    assert_eq!(kinds(reads.get("").await.expect(200)), 2);
    all.get(&user).await.expect(200);
}

#[tokio::test]
async fn tokens_expire_and_tell_when_they_were_used() {
    let api = Api::start().await;
    source(&api, "entra").await;
    let expires = api.clock.now() + TimeDelta::hours(1);
    let (made, client) = token(&api, &json!({"name": "short", "expires": expires.to_rfc3339()})).await;
    assert_eq!((&made["last_used"], made["expires"].is_string()), (&Value::Null, true));
    client.get("/Users").await.expect(200);
    api.clock.advance(TimeDelta::seconds(59));
    client.get("/Users").await.expect(200);
    api.inbound.catch_up().await.unwrap();
    let used = api.admin().get(TOKENS).await.expect(200)[0]["last_used"].clone();
    assert!(used.is_string(), "{used}");
    // Within a minute nothing is written again.
    client.get("/Users").await.expect(200);
    api.inbound.catch_up().await.unwrap();
    assert_eq!(api.admin().get(TOKENS).await.expect(200)[0]["last_used"], used);
    api.clock.advance(TimeDelta::minutes(2));
    client.get("/Users").await.expect(200);
    api.inbound.catch_up().await.unwrap();
    assert_ne!(api.admin().get(TOKENS).await.expect(200)[0]["last_used"], used);
    api.clock.advance(TimeDelta::hours(1));
    client.get("/Users").await.expect(401);
}

#[tokio::test]
async fn what_speaks_against_a_token_is_said_and_they_are_few() {
    let api = Api::start().await;
    let (entra, _) = source(&api, "entra").await;
    let past = api.clock.now().to_rfc3339();
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x", "users": false, "groups": false}), "non_field_errors"),
        (json!({"name": "x", "expires": past}), "expires"),
        (json!({"name": "x", "read_only": "perhaps"}), "read_only"),
    ] {
        let faults = api.admin().post(TOKENS, &body).await.expect(400);
        assert!(faults[field].is_array(), "{body}: {faults}");
    }
    token(&api, &json!({"name": "0"})).await;
    let twin = api.admin().post(TOKENS, &json!({"name": "0"})).await.expect(400);
    assert_eq!(twin, json!({"name": ["This source has a token with this name already."]}));
    for n in 1..20 {
        token(&api, &json!({"name": n.to_string()})).await;
    }
    api.admin().post(TOKENS, &json!({"name": "20"})).await.expect(400);
    // Whoever deactivates the source's account closes them all.
    let (_, client) = {
        let listed = api.admin().get(TOKENS).await.expect(200);
        api.admin().delete(&format!("{TOKENS}{}/", listed[0]["pk"].as_str().unwrap())).await.expect(204);
        token(&api, &json!({"name": "last"})).await
    };
    client.get("/Users").await.expect(200);
    let account = format!("/core/users/{}/", entra.account);
    api.admin().patch(&account, &json!({"is_active": false})).await.expect(200);
    client.get("/Users").await.expect(401);
}

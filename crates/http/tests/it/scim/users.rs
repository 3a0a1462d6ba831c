//! Users: made, read, replaced, changed, deleted (requirements 19 to 44, 73 to 89, 90 to 108).

use serde_json::{Value, json};

use super::{ENTERPRISE, ada, id_of, make_user, patch, source};
use crate::harness::{Answer, Api};

#[track_caller]
fn scim_type(answer: &Answer, status: u16) -> Value {
    answer.expect(status)["scimType"].clone()
}

#[tokio::test]
async fn requirements_32_to_36_a_user_is_made_and_found_again() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let client = client.with("host", "id.example.com");
    let answer = client.post("/Users", &ada()).await;
    let made = answer.expect(201);
    let location = format!("http://id.example.com/source/scim/entra/v2/Users/{}", id_of(&made));
    assert_eq!(answer.header("location"), Some(&*location));
    assert_eq!(answer.header("etag"), made["meta"]["version"].as_str());
    assert_eq!(made["meta"]["location"], json!(location));
    assert_eq!(made["meta"]["created"], made["meta"]["lastModified"]);
    assert_eq!(made["meta"]["resourceType"], "User");
    for name in ["userName", "externalId", "name", "emails", "schemas"] {
        assert_eq!(made[name], ada()[name], "{name}");
    }
    assert_eq!(made["active"], json!(true));
    let found = client.get(&format!("/Users/{}", id_of(&made))).await;
    assert_eq!(found.expect(200), made);
    assert_eq!(found.header("content-location"), Some(&*location));
}

#[tokio::test]
async fn requirements_33_to_39_what_is_not_the_client_s_is_ignored_and_what_is_taken_is_refused() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = ada();
    body["id"] = json!("00000000-0000-0000-0000-000000000001");
    body["meta"] = json!({"version": "mine"});
    body["groups"] = json!([{"value": "x"}]);
    body["roles"] = json!([]);
    body["title"] = Value::Null;
    let made = client.post("/Users", &body).await.expect(201);
    assert_ne!(made["id"], body["id"]);
    assert_eq!((&made["groups"], &made["roles"], &made["title"]), (&Value::Null, &Value::Null, &Value::Null));

    let again = client.post("/Users", &ada()).await;
    assert_eq!(scim_type(&again, 409), "uniqueness");
    assert!(again.text.contains(&id_of(&made)), "{}", again.text);
    let shouted = json!({"userName": "ADA@example.com", "externalId": "a-2"});
    assert_eq!(scim_type(&client.post("/Users", &shouted).await, 409), "uniqueness");
    let other = json!({"userName": "other", "externalId": "a-1"});
    assert_eq!(scim_type(&client.post("/Users", &other).await, 409), "uniqueness");
    for body in
        [json!({}), json!({"userName": " "}), json!({"userName": null}), json!({"userName": "x".repeat(151)})]
    {
        assert_eq!(scim_type(&client.post("/Users", &body).await, 400), "invalidValue", "{body}");
    }
}

#[tokio::test]
async fn requirement_26_a_password_goes_nowhere() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = ada();
    body["password"] = json!("canary-password");
    let answer = client.post("/Users?attributes=password,userName", &body).await;
    let id = id_of(&answer.expect(201));
    assert!(!answer.text.contains("assword"), "{}", answer.text);
    let changed = client
        .patch(
            &format!("/Users/{id}"),
            &patch(json!({"op": "replace", "path": "password", "value": "canary-2"})),
        )
        .await;
    assert!(!changed.text.contains("canary"), "{}", changed.text);
    let links = api.admin().get("/sources/scim_users/").await;
    assert!(!links.text.contains("canary-password") && !links.text.contains("canary-2"), "{}", links.text);
}

#[tokio::test]
async fn requirements_74_to_79_a_put_replaces_everything_that_is_the_client_s() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let body = json!({"id": "ignored", "userName": "ada@example.com", "title": "Countess", ENTERPRISE: {"department": "Maths"}});
    let replaced = client.put(&path, &body).await.expect(200);
    assert_eq!(
        (&replaced["title"], &replaced["emails"], &replaced["externalId"]),
        (&json!("Countess"), &Value::Null, &Value::Null)
    );
    assert_eq!(replaced["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]));
    assert_ne!(replaced["meta"]["version"], made["meta"]["version"]);
    assert_ne!(replaced["meta"]["lastModified"], made["meta"]["lastModified"]);
    assert_eq!(client.get(&path).await.expect(200), replaced);

    make_user(&client, "grace").await;
    let taken = client.put(&path, &json!({"userName": "Grace"})).await;
    assert_eq!(scim_type(&taken, 409), "uniqueness");
    assert_eq!(scim_type(&client.put(&path, &json!({"title": "x"})).await, 400), "invalidValue");
    assert_eq!(client.get(&path).await.expect(200), replaced);
    let unknown = format!("/Users/{}", uuid::Uuid::nil());
    client.put(&unknown, &ada()).await.expect(404);
}

#[tokio::test]
async fn requirement_80_what_is_deleted_is_gone_and_its_name_is_free() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    let gone = client.delete(&path).await;
    assert_eq!((gone.status, &*gone.text), (204, ""));
    client.get(&path).await.expect(404);
    client.delete(&path).await.expect(404);
    client.patch(&path, &patch(json!({"op": "replace", "path": "active", "value": false}))).await.expect(404);
    let again = client.post("/Users", &ada()).await.expect(201);
    assert_ne!(again["id"], made["id"]);
    assert_eq!(
        api.admin().get("/core/users/?username=ada@example.com").await.column("username"),
        ["ada@example.com"]
    );
}

#[tokio::test]
async fn requirements_82_to_89_a_projection_shows_what_is_asked_for() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users?excludedAttributes=emails", &ada()).await.expect(201);
    assert_eq!(made["emails"], Value::Null);
    let path = format!("/Users/{}", id_of(&made));
    let shown = client.get(&format!("{path}?attributes=USERNAME,name.givenName,nonsense")).await.expect(200);
    let mut names: Vec<_> = shown.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    assert_eq!(names, ["id", "name", "schemas", "userName"]);
    assert_eq!(shown["name"], json!({"givenName": "Ada"}));
    client.get(&format!("{path}?attributes=emails[type%20eq%20%22work%22]")).await.expect(200);
}

#[tokio::test]
async fn requirements_90_to_103_a_patch_is_all_or_nothing() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    let operations = json!({"Operations": [
        {"op": "Replace", "path": "name.givenName", "value": "Augusta"},
        {"op": "Add", "path": "emails[type eq \"home\"].value", "value": "ada@home.example"},
        {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "26"},
        {"op": "Replace", "value": {"active": "False", "name.familyName": "King"}},
    ]});
    let changed = client.patch(&path, &operations).await.expect(200);
    assert_eq!(changed["name"], json!({"givenName": "Augusta", "familyName": "King"}));
    assert_eq!(changed["emails"][1], json!({"type": "home", "value": "ada@home.example"}));
    assert_eq!(changed[ENTERPRISE], json!({"manager": {"value": "26"}}));
    assert_eq!(changed["active"], json!(false));
    assert_eq!(client.get(&path).await.expect(200), changed);

    for (operation, expected) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "id", "value": "7"}), "mutability"),
        (json!({"op": "replace", "path": "meta.version", "value": "7"}), "mutability"),
        (json!({"op": "replace", "path": "groups", "value": []}), "mutability"),
        (json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}), "noTarget"),
        (json!({"op": "replace", "path": "nonsense", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "name.a.b", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "name]", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "__proto__.x", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "constructor.prototype", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq", "value": "x"}), "invalidFilter"),
        (json!({"op": "jump", "path": "title", "value": "x"}), "invalidSyntax"),
    ] {
        let both = json!({"Operations": [{"op": "add", "path": "title", "value": "Lost"}, operation]});
        assert_eq!(scim_type(&client.patch(&path, &both).await, 400), expected, "{both}");
    }
    for body in [json!({"Operations": []}), json!({}), json!({"Operations": {"op": "add"}})] {
        assert_eq!(scim_type(&client.patch(&path, &body).await, 400), "invalidSyntax");
    }
    assert_eq!(client.get(&path).await.expect(200), changed);
}

#[tokio::test]
async fn requirement_95_what_is_so_already_is_no_change() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let path = format!("/Users/{}", id_of(&made));
    let same = patch(json!({"op": "replace", "path": "name.givenName", "value": "Ada"}));
    assert_eq!(client.patch(&path, &same).await.expect(200), made);
    assert_eq!(client.put(&path, &ada()).await.expect(200), made);
}

#[tokio::test]
async fn requirements_107_and_108_versions_hold_back_who_is_late() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let (path, old) =
        (format!("/Users/{}", id_of(&made)), made["meta"]["version"].as_str().unwrap().to_owned());
    let not_modified = client.with("if-none-match", &old).get(&path).await;
    assert_eq!((not_modified.status, not_modified.header("etag")), (304, Some(&*old)));
    let retire = patch(json!({"op": "replace", "path": "active", "value": false}));
    let changed = client.with("if-match", &old).patch(&path, &retire).await;
    let new = changed.header("etag").unwrap().to_owned();
    assert_ne!(new, old);
    client.with("if-none-match", &old).get(&path).await.expect(200);
    let late = client.with("if-match", &old);
    late.patch(&path, &retire).await.expect(412);
    late.put(&path, &ada()).await.expect(412);
    late.delete(&path).await.expect(412);
    client.with("if-match", "*").put(&path, &ada()).await.expect(200);
    client.with("if-match", &format!("{new}, \"x\"")).delete(&path).await.expect(412);
}

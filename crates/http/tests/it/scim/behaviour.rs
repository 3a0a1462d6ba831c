//! What whoever moves here from authentik may rely on, where no other test shows it: `docs/inbound-behaviour.md` has
//! the rows.

use scimitar_scim::schema::Registry;
use scimitar_scim::{Dialect, resource};
use serde_json::{Value, json};

use super::{ENTERPRISE, ada, id_of, make_user, members, patch, source};
use crate::harness::{Api, Client};

/// As a strict client reads it.
#[track_caller]
fn is_valid(kind: &str, shown: &Value) {
    let registry = Registry::standard();
    let schema = registry.resource_type(kind).expect("a kind");
    if let Err(refusal) = resource::read(schema, shown.clone(), &Dialect::STRICT) {
        panic!("{refusal}: {shown}");
    }
}

#[tokio::test]
async fn whom_people_have_linked_is_shown_as_the_schema_has_it() {
    let api = Api::start().await;
    let (source, client) = source(&api, "entra").await;
    let user = api.user("grace").await;
    let group = api.group("crew", &[user]).await;
    let source = source.id.to_string();
    let link = json!({"external_id": "g-1", "user": user.0, "source": source});
    api.admin().post("/sources/scim_users/", &link).await.expect(201);
    let link = json!({"external_id": "c-1", "group": group.to_string(), "source": source});
    api.admin().post("/sources/scim_groups/", &link).await.expect(201);
    let uuid = api.admin().get("/core/users/?username=grace").await.column("uuid")[0].clone();
    let shown = client.get(&format!("/Users/{}", uuid.as_str().unwrap())).await.expect(200);
    is_valid("User", &shown);
    assert_eq!((&shown["userName"], &shown["active"]), (&json!("grace"), &json!(true)));
    assert_eq!((&shown["id"], &shown["externalId"]), (&uuid, &json!("g-1")));
    let shown = client.get(&format!("/Groups/{group}")).await.expect(200);
    is_valid("Group", &shown);
    assert_eq!((&shown["displayName"], &shown["members"][0]["value"]), (&json!("crew"), &uuid));
}

#[tokio::test]
async fn a_user_that_is_made_is_known_to_the_source() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    is_valid("User", &made);
    let links = api.admin().get("/sources/scim_users/?source__slug=entra").await.expect(200);
    let link = &links["results"][0];
    assert_eq!(
        (&link["external_id"], &link["user_obj"]["username"]),
        (&json!("a-1"), &json!("ada@example.com"))
    );
    assert_eq!(link["attributes"]["userName"], "ada@example.com");
}

#[tokio::test]
async fn an_empty_list_of_members_puts_nobody_in() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    make_user(&client, "ada").await;
    api.user("grace").await;
    let made = client.post("/Groups", &json!({"displayName": "staff", "members": []})).await.expect(201);
    is_valid("Group", &made);
    assert!(members(&client, &id_of(&made)).await.is_empty());
    assert_eq!(api.admin().get("/core/groups/?name=staff").await.column("users"), [json!([])]);
}

#[tokio::test]
async fn the_id_in_the_body_of_a_new_group_means_nothing() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let staff = client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201);
    let crew = json!({"displayName": "crew", "id": staff["id"]});
    assert_ne!(client.post("/Groups", &crew).await.expect(201)["id"], staff["id"]);
    let again = client.post("/Groups", &json!({"displayName": "staff"})).await;
    assert_eq!(again.expect(409)["scimType"], "uniqueness");
}

#[tokio::test]
async fn a_group_that_is_missing_is_told_in_scim() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let path = format!("/Groups/{}", uuid::Uuid::nil());
    let body = client.put(&path, &json!({"displayName": "staff"})).await.expect(404);
    assert_eq!(
        body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "404",
            "detail": "there is no Group with this id",
        })
    );
}

/// The user after each operation, without what the service adds.
async fn after(client: &Client, path: &str, operations: Value) -> Value {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let changed = client.patch(path, &body).await.expect(200);
    assert_eq!(client.get(path).await.expect(200), changed);
    changed
}

#[tokio::test]
async fn parts_of_a_name_an_external_id_and_a_manager_are_added_as_entra_does() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let path = format!("/Users/{}", make_user(&client, "ada").await);
    let shown = after(
        &client,
        &path,
        json!([
            {"op": "Add", "path": "name.givenName", "value": "Ada"},
            {"op": "Add", "path": "name.familyName", "value": "Lovelace"},
            {"op": "Add", "path": "name.formatted", "value": "Ada Lovelace"},
            {"op": "Add", "value": {"externalId": "a-1"}},
            {"op": "Add", "value": {format!("{ENTERPRISE}:manager"): "foo"}},
        ]),
    )
    .await;
    assert_eq!(
        shown["name"],
        json!({"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"})
    );
    assert_eq!(
        (&shown["externalId"], &shown[ENTERPRISE]),
        (&json!("a-1"), &json!({"manager": {"value": "foo"}}))
    );

    let shown = after(&client, &path, json!([{"op": "Replace", "value": {"externalId": "a-2"}}])).await;
    assert_eq!(shown["externalId"], "a-2");
    // The value of a removal means nothing.
    let shown =
        after(&client, &path, json!([{"op": "Remove", "path": "name", "value": {"givenName": "x"}}])).await;
    assert_eq!(shown.get("name"), None);
    let shown =
        after(&client, &path, json!([{"op": "Replace", "path": "name", "value": {"givenName": "Ada"}}]))
            .await;
    assert_eq!(shown["name"], json!({"givenName": "Ada"}));
}

#[tokio::test]
async fn truths_as_text_are_truths_before_a_filter_asks() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let body = json!({
        "userName": "ada", "emails": [{"value": "a@x.example", "primary": "true"}],
        "phoneNumbers": [{"value": "1", "primary": "True"}], ENTERPRISE: {"manager": "old"},
    });
    let path = format!("/Users/{}", id_of(&client.post("/Users", &body).await.expect(201)));
    let shown = after(&client, &path, json!([
        {"op": "Replace", "path": "emails[primary eq true].value", "value": "b@x.example"},
        {"op": "Replace", "path": "phoneNumbers[primary eq \"True\"].value", "value": "2"},
        {"op": "Replace", "value": {"title": "Countess", "name.givenName": "Ada", format!("{ENTERPRISE}:department"): "R"}},
    ])).await;
    assert_eq!(shown["emails"], json!([{"value": "b@x.example", "primary": true}]));
    assert_eq!(shown["phoneNumbers"], json!([{"value": "2", "primary": true}]));
    assert_eq!((&shown["title"], &shown["name"]), (&json!("Countess"), &json!({"givenName": "Ada"})));
    assert_eq!(shown[ENTERPRISE], json!({"manager": {"value": "old"}, "department": "R"}));
}

#[tokio::test]
async fn operations_of_every_shape_are_done_one_after_the_other() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = ada();
    body["phoneNumbers"] =
        json!([{"value": "1", "type": "work", "primary": true}, {"value": "2", "type": "home"}]);
    let path = format!("/Users/{}", id_of(&client.post("/Users", &body).await.expect(201)));
    let shown = after(
        &client,
        &path,
        json!([
            {"op": "replace", "path": "phoneNumbers[primary eq true].value", "value": "3"},
            {"op": "add", "path": "emails", "value": {"value": "ada@home.example", "type": "home"}},
            {"op": "replace", "path": "name.givenName", "value": "Augusta"},
            {"op": "remove", "path": "emails[type eq \"work\"]"},
            {"op": "add", "value": {"nickName": "Ada"}},
            {"op": "add", "value": {"name.formatted": "Augusta Ada"}},
        ]),
    )
    .await;
    assert_eq!(shown["phoneNumbers"][0]["value"], "3");
    assert_eq!(shown["phoneNumbers"][1]["value"], "2");
    assert_eq!(shown["emails"], json!([{"value": "ada@home.example", "type": "home"}]));
    assert_eq!(
        shown["name"],
        json!({"givenName": "Augusta", "familyName": "Lovelace", "formatted": "Augusta Ada"})
    );
    assert_eq!(shown["nickName"], "Ada");
    // What is missing is gone already.
    for gone in ["title", "name.middleName", "addresses[type eq \"work\"]", "emails[type eq \"x\"].display"] {
        let same = client.patch(&path, &patch(json!({"op": "remove", "path": gone}))).await;
        assert_eq!(same.expect(200), shown, "{gone}");
    }
}

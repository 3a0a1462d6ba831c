//! A source sees and changes what it owns, and nothing else.

use serde_json::{Value, json};

use super::{ada, id_of, make_user, members, patch, source};
use crate::harness::Api;

#[tokio::test]
async fn what_people_or_other_sources_have_made_is_taken() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (_, other) = source(&api, "okta").await;
    make_user(&other, "grace").await;
    other.post("/Groups", &json!({"displayName": "theirs"})).await.expect(201);
    // 25: in another case of letters it is the same name.
    for name in ["admin", "grace", "ADMIN", "Grace"] {
        let answer = client.post("/Users", &json!({"userName": name, "displayName": "Mallory"})).await;
        assert_eq!(answer.expect(409)["scimType"], "uniqueness");
    }
    for name in ["admins", "theirs"] {
        let answer = client.post("/Groups", &json!({"displayName": name, "members": []})).await;
        assert_eq!(answer.expect(409)["scimType"], "uniqueness");
    }
    let id = make_user(&client, "mallory").await;
    let rename = patch(json!({"op": "replace", "path": "userName", "value": "admin"}));
    client.patch(&format!("/Users/{id}"), &rename).await.expect(409);
    client.put(&format!("/Users/{id}"), &json!({"userName": "Admin"})).await.expect(409);
    client.put(&format!("/Users/{id}"), &json!({"userName": "MALLORY"})).await.expect(200);
    client.put(&format!("/Users/{id}"), &json!({"userName": "admin"})).await.expect(409);
    let admins = api.admin().get("/core/groups/?name=admins").await.column("users");
    assert_eq!(admins.len(), 1);
    let admin = api.admin().get("/core/users/?username=admin").await.column("name");
    assert_eq!(admin, ["admin Example"]);
}

#[tokio::test]
async fn what_is_another_s_is_not_there() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (_, other) = source(&api, "okta").await;
    let theirs = other.post("/Users", &ada()).await.expect(201);
    let group = id_of(&other.post("/Groups", &json!({"displayName": "theirs"})).await.expect(201));
    let local = api.admin().get("/core/users/?username=admin").await.expect(200);
    let local = local["results"][0]["uuid"].as_str().unwrap().to_owned();
    for path in [format!("/Users/{}", id_of(&theirs)), format!("/Users/{local}"), format!("/Groups/{group}")]
    {
        client.get(&path).await.expect(404);
        client.put(&path, &json!({"userName": "x", "displayName": "x"})).await.expect(404);
        client
            .patch(&path, &patch(json!({"op": "replace", "value": {"displayName": "x"}})))
            .await
            .expect(404);
        client.delete(&path).await.expect(404);
    }
    let own = id_of(&client.post("/Groups", &json!({"displayName": "own"})).await.expect(201));
    for stranger in [id_of(&theirs), local, "7".to_owned()] {
        let add = patch(json!({"op": "add", "path": "members", "value": [{"value": stranger}]}));
        let answer = client.patch(&format!("/Groups/{own}"), &add).await;
        assert_eq!(answer.expect(400)["scimType"], "invalidValue");
    }
    assert!(members(&client, &own).await.is_empty());
    assert_eq!(other.get(&format!("/Users/{}", id_of(&theirs))).await.expect(200), theirs);
}

#[tokio::test]
async fn requirement_22_an_external_id_is_the_source_s_own() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (_, other) = source(&api, "okta").await;
    let theirs = other.post("/Users", &ada()).await.expect(201);
    let own = json!({"userName": "own", "externalId": "a-1"});
    let made = client.post("/Users", &own).await.expect(201);
    assert_eq!(made["externalId"], theirs["externalId"]);
    for (client, expected) in [(&client, &made), (&other, &theirs)] {
        let found = client.get("/Users?filter=externalId%20eq%20%22a-1%22").await.expect(200);
        assert_eq!(found["Resources"], json!([expected]));
        // It is told apart by case.
        let shouted = client.get("/Users?filter=externalId%20eq%20%22A-1%22").await.expect(200);
        assert_eq!(shouted["totalResults"], 0);
    }
}

#[tokio::test]
async fn requirement_81_what_two_sources_have_goes_with_the_last() {
    let api = Api::start().await;
    let (one, client) = source(&api, "entra").await;
    let (two, other) = source(&api, "okta").await;
    let local = api.user("grace").await;
    for source in [&one, &two] {
        let link = json!({"external_id": "g-1", "user": local.0, "source": source.id.to_string()});
        api.admin().post("/sources/scim_users/", &link).await.expect(201);
    }
    let shown = client.get("/Users").await.expect(200)["Resources"][0].clone();
    let path = format!("/Users/{}", id_of(&shown));
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
    assert_eq!(other.get(&path).await.expect(200)["userName"], "grace");
    other.delete(&path).await.expect(204);
    assert!(api.admin().get("/core/users/?username=grace").await.column("pk").is_empty());
}

#[tokio::test]
async fn whom_people_have_put_into_a_group_stays() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let ada = make_user(&client, "ada").await;
    let body = json!({"displayName": "staff", "members": [{"value": ada}]});
    let group = id_of(&client.post("/Groups", &body).await.expect(201));
    let grace = api.user("grace").await;
    let before = client.get(&format!("/Groups/{group}")).await.expect(200);
    api.admin().post(&format!("/core/groups/{group}/add_user/"), &json!({"pk": grace.0})).await.expect(204);
    let after = client.get(&format!("/Groups/{group}")).await.expect(200);
    assert_eq!(after["members"], before["members"]);
    client.put(&format!("/Groups/{group}"), &json!({"displayName": "staff"})).await.expect(200);
    assert!(members(&client, &group).await.is_empty());
    let left = api.admin().get("/core/groups/?name=staff").await.column("users");
    assert_eq!(left, [json!([grace.0])]);
}

#[tokio::test]
async fn client_ids_are_no_ids_of_ours() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let admins = api.admin().get("/core/users/?username=admin").await.expect(200)["results"][0].clone();
    for (n, external_id) in ["1", "0", "../1", admins["uuid"].as_str().unwrap()].into_iter().enumerate() {
        let body = json!({"userName": format!("u{n}"), "externalId": external_id, "id": admins["uuid"]});
        let made = client.post("/Users", &body).await.expect(201);
        assert_eq!(made["externalId"], json!(external_id));
        assert_ne!(made["id"], admins["uuid"]);
    }
    let now: Value = api.admin().get("/core/users/?username=admin").await.expect(200)["results"][0].clone();
    assert_eq!(now["name"], admins["name"]);
}

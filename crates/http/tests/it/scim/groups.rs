//! Groups and their members (requirements 27, 29, 79, 88, 94, 104).

use serde_json::{Value, json};

use super::{id_of, make_user, members, patch, source};
use crate::harness::{Api, Client};

async fn group(client: &Client, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    id_of(&client.post("/Groups", &json!({"displayName": "staff", "members": members})).await.expect(201))
}

#[tokio::test]
async fn requirements_27_and_29_who_is_in_it_is_shown_on_both_sides() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let client = client.with("host", "id.example.com");
    let base = "http://id.example.com/source/scim/entra/v2";
    let ada =
        id_of(&client.post("/Users", &json!({"userName": "ada", "displayName": "Ada"})).await.expect(201));
    let staff = group(&client, &[&ada]).await;
    let shown = client.get(&format!("/Groups/{staff}")).await.expect(200);
    assert_eq!(
        shown["members"],
        json!([{"value": ada, "$ref": format!("{base}/Users/{ada}"), "type": "User", "display": "Ada"}])
    );
    let shown = client.get(&format!("/Users/{ada}")).await.expect(200);
    assert_eq!(
        shown["groups"],
        json!([{"value": staff, "$ref": format!("{base}/Groups/{staff}"), "type": "direct", "display": "staff"}])
    );
    let without = client.get(&format!("/Groups/{staff}?excludedAttributes=members")).await.expect(200);
    assert_eq!(without["members"], Value::Null);
    client.delete(&format!("/Groups/{staff}")).await.expect(204);
    assert_eq!(client.get(&format!("/Users/{ada}")).await.expect(200)["groups"], Value::Null);
}

#[tokio::test]
async fn requirement_104_members_come_and_go_in_every_shape() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (a, b, c) =
        (make_user(&client, "a").await, make_user(&client, "b").await, make_user(&client, "c").await);
    let staff = group(&client, &[]).await;
    let path = format!("/Groups/{staff}");
    for (operation, expected) in [
        (json!({"op": "add", "path": "members", "value": [{"value": a}, {"value": b}]}), vec![&a, &b]),
        (json!({"op": "Add", "path": "members", "value": [{"value": b, "$ref": null}]}), vec![&a, &b]),
        (json!({"op": "add", "value": {"members": [{"value": c}]}}), vec![&a, &b, &c]),
        (json!({"op": "remove", "path": format!("members[value eq \"{b}\"]")}), vec![&a, &c]),
        (json!({"op": "Remove", "path": "members", "value": [{"value": c}]}), vec![&a]),
        (json!({"op": "remove", "path": "members", "value": [{"value": "unknown"}]}), vec![&a]),
        (json!({"op": "replace", "path": "members", "value": [{"value": b}]}), vec![&b]),
        (json!({"op": "remove", "path": "members[type eq \"Group\"]"}), vec![&b]),
        (json!({"op": "remove", "path": "members[type eq \"User\"]"}), vec![]),
        (json!({"op": "add", "path": "members", "value": a}), vec![&a]),
        (json!({"op": "remove", "path": "members"}), vec![]),
    ] {
        let before = client.get(&path).await.expect(200);
        let answer = client.patch(&path, &patch(operation.clone())).await;
        assert_eq!((answer.status, &*answer.text), (204, ""), "{operation}");
        let after = client.get(&path).await.expect(200);
        let shown = after["members"].as_array().cloned().unwrap_or_default();
        let shown: Vec<&str> = shown.iter().filter_map(|member| member["value"].as_str()).collect();
        assert_eq!(shown, expected, "{operation}");
        let is_same = before["members"] == after["members"];
        assert_eq!(before["meta"]["version"] == after["meta"]["version"], is_same, "{operation}");
    }
}

#[tokio::test]
async fn requirement_94_a_group_is_renamed_with_a_body_and_members_are_asked_for() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let ada = make_user(&client, "ada").await;
    let staff = group(&client, &[&ada]).await;
    let path = format!("/Groups/{staff}");
    let renamed = client
        .patch(&path, &patch(json!({"op": "replace", "value": {"id": staff, "displayName": "crew"}})))
        .await;
    assert_eq!(renamed.expect(200)["displayName"], "crew");
    let add = patch(json!({"op": "add", "path": "members", "value": [{"value": ada}]}));
    let asked = client.patch(&format!("{path}?attributes=members"), &add).await.expect(200);
    assert_eq!(asked["members"][0]["value"], json!(ada));
    let local = api.admin().get("/core/groups/?name=crew").await.column("pk");
    assert_eq!(local, [json!(staff)]);
    let steal = patch(json!({"op": "replace", "path": "displayName", "value": "admins"}));
    assert_eq!(client.patch(&path, &steal).await.expect(409)["scimType"], "uniqueness");
}

#[tokio::test]
async fn requirement_79_a_put_says_who_is_in_it() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (a, b) = (make_user(&client, "a").await, make_user(&client, "b").await);
    let staff = group(&client, &[&a]).await;
    let path = format!("/Groups/{staff}");
    let put = |members: Value| json!({"displayName": "staff", "externalId": "g-1", "members": members});
    let shown = client.put(&path, &put(json!([{"value": b}]))).await.expect(200);
    assert_eq!((&shown["members"][0]["value"], &shown["externalId"]), (&json!(b), &json!("g-1")));
    client.put(&path, &put(json!([]))).await.expect(200);
    assert!(members(&client, &staff).await.is_empty());
    // 29: nested groups are not dropped in silence.
    let nested = put(json!([{"value": staff, "type": "Group"}]));
    assert_eq!(client.put(&path, &nested).await.expect(400)["scimType"], "invalidValue");
    for body in [json!({"members": []}), json!({"displayName": ""})] {
        assert_eq!(client.post("/Groups", &body).await.expect(400)["scimType"], "invalidValue");
    }
}

//! What a source's DELETE does, by its policy. The client sees the same each time (80).

use chrono::TimeDelta;
use scimitar_domain::{DeletePolicy, SourceFields};
use serde_json::{Value, json};

use super::{ada, id_of, make_user, members, patch, source_with};
use crate::harness::{Api, Client};

fn by(policy: DeletePolicy) -> impl FnOnce(&mut SourceFields) {
    move |fields| fields.delete_policy = policy
}

/// The directory's users of this name: whether each is active.
async fn active(api: &Api, name: &str) -> Vec<Value> {
    api.admin().get(&format!("/core/users/?username={name}")).await.column("is_active")
}

async fn make_group(client: &Client, name: &str, member: &str) -> String {
    let body = json!({"displayName": name, "externalId": "g-1", "members": [{"value": member}]});
    id_of(&client.post("/Groups", &body).await.expect(201))
}

/// Ada in a group, both deleted over the wire.
async fn deleted(client: &Client) -> (String, String) {
    let user = id_of(&client.post("/Users", &ada()).await.expect(201));
    let group = make_group(client, "staff", &user).await;
    for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
        assert_eq!(client.delete(&path).await.line(), "204 ");
        client.get(&path).await.expect(404);
        client
            .patch(&path, &patch(json!({"op": "replace", "value": {"displayName": "x"}})))
            .await
            .expect(404);
        client.delete(&path).await.expect(404);
    }
    for list in ["/Users", "/Groups", "/Users?filter=externalId%20eq%20%22a-1%22"] {
        let listed = client.get(list).await.expect(200)["Resources"].to_string();
        assert!(!listed.contains(&user) && !listed.contains(&group), "{list}: {listed}");
    }
    (user, group)
}

#[tokio::test]
async fn each_policy_leaves_of_a_user_and_a_group_what_it_says() {
    let api = Api::start().await;
    for (policy, left, n_groups, n_members) in
        [(DeletePolicy::Delete, vec![], 0, 0), (DeletePolicy::Unlink, vec![json!(true)], 1, 1)]
    {
        let (_, client) = source_with(&api, policy.as_str(), by(policy)).await;
        deleted(&client).await;
        assert_eq!(active(&api, "ada@example.com").await, left, "{policy:?}");
        let groups = api.admin().get("/core/groups/?name=staff").await.column("users");
        assert_eq!(groups.len(), n_groups, "{policy:?}");
        assert_eq!(groups.iter().map(|it| it.as_array().unwrap().len()).sum::<usize>(), n_members);
    }
    // What is unlinked is people's own from then on.
    let (_, client) = source_with(&api, "next", by(DeletePolicy::Deactivate)).await;
    client.post("/Users", &ada()).await.expect(409);
    client.post("/Users", &json!({"userName": "bea", "externalId": "a-1"})).await.expect(201);
}

#[tokio::test]
async fn what_is_deactivated_comes_back_under_its_id_when_it_is_made_again() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(DeletePolicy::Deactivate)).await;
    let made = client.post("/Users", &ada()).await.expect(201);
    client.delete(&format!("/Users/{}", id_of(&made))).await.expect(204);
    assert_eq!(active(&api, "ada@example.com").await, [json!(false)]);
    api.clock.advance(TimeDelta::days(300));
    assert_eq!(api.inbound.catch_up().await.unwrap(), 0, "this policy deletes nothing, ever");

    let mut again = ada();
    again["userName"] = json!("ada.king@example.com");
    let back = client.post("/Users", &again).await.expect(201);
    assert_eq!((id_of(&back), &back["meta"]["created"]), (id_of(&made), &made["meta"]["created"]));
    assert_ne!(back["meta"]["version"], made["meta"]["version"]);
    assert_eq!(client.get(&format!("/Users/{}", id_of(&back))).await.expect(200), back);
    assert_eq!(active(&api, "ada.king@example.com").await, [json!(true)]);
    assert_eq!(active(&api, "ada@example.com").await, [Value::Null; 0]);
    client.post("/Users", &again).await.expect(409);
    // And once more, as inactive as the client says.
    client.delete(&format!("/Users/{}", id_of(&back))).await.expect(204);
    again["active"] = json!(false);
    assert_eq!(id_of(&client.post("/Users", &again).await.expect(201)), id_of(&made));
    assert_eq!(active(&api, "ada.king@example.com").await, [json!(false)]);
}

#[tokio::test]
async fn who_comes_back_is_in_no_group_of_the_source_and_a_group_without_its_users() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(DeletePolicy::Deactivate)).await;
    let (user, group) = deleted(&client).await;
    let local = api.group("local", &[]).await;
    let back = client.post("/Users", &ada()).await.expect(201);
    assert_eq!((id_of(&back), back.get("groups")), (user.clone(), None));
    let body = json!({"displayName": "staff", "externalId": "g-1"});
    assert_eq!(id_of(&client.post("/Groups", &body).await.expect(201)), group);
    assert!(members(&client, &group).await.is_empty());

    // What people have done stays: a group of theirs, and their members of the source's group.
    let pk = api.admin().get("/core/users/?username=ada@example.com").await.column("pk").remove(0);
    let grace = api.user("grace").await;
    for (group, pk) in [(local.to_string(), pk.clone()), (group.clone(), json!(grace.0))] {
        api.admin().post(&format!("/core/groups/{group}/add_user/"), &json!({"pk": pk})).await.expect(204);
    }
    let add = patch(json!({"op": "add", "path": "members", "value": [{"value": user}]}));
    client.patch(&format!("/Groups/{group}"), &add).await.expect(204);
    client.delete(&format!("/Users/{user}")).await.expect(204);
    let groups = api.admin().get("/core/users/?username=ada@example.com").await.column("groups");
    assert_eq!(groups, [json!([local.to_string()])]);
    client.delete(&format!("/Groups/{group}")).await.expect(204);
    let left = api.admin().get("/core/groups/?name=staff").await.column("users");
    assert_eq!(left, [json!([grace.0])]);
}

#[tokio::test]
async fn a_name_alone_brings_back_and_with_another_id_goes_to_somebody_else() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "okta", by(DeletePolicy::Deactivate)).await;
    let (_, other) = source_with(&api, "entra", by(DeletePolicy::Deactivate)).await;
    let bea = make_user(&client, "bea").await;
    client.delete(&format!("/Users/{bea}")).await.expect(204);
    // 37: what is deleted stands in nobody's way, but another source's is none of this one's business.
    other.post("/Users", &json!({"userName": "bea"})).await.expect(409);
    assert_eq!(make_user(&client, "bea").await, bea);

    let (user, group) = deleted(&client).await;
    let mut second = ada();
    second["externalId"] = json!("a-2");
    let second = client.post("/Users", &second).await.expect(201);
    assert_ne!(id_of(&second), user);
    assert_eq!(active(&api, "ada@example.com").await, [json!(true)]);
    let first = format!("ada@example.com~{}", user.replace('-', ""));
    assert_eq!(active(&api, &first).await, [json!(false)]);
    let body = json!({"displayName": "staff", "externalId": "g-2"});
    assert_ne!(id_of(&client.post("/Groups", &body).await.expect(201)), group);

    // The same for a change of name.
    client.delete(&format!("/Users/{}", id_of(&second))).await.expect(204);
    let rename = patch(json!({"op": "replace", "path": "userName", "value": "ada@example.com"}));
    client.patch(&format!("/Users/{bea}"), &rename).await.expect(200);
    // The first one still comes back by its id, under a name that is free.
    let back = json!({"userName": "ada-1", "externalId": "a-1"});
    assert_eq!(id_of(&client.post("/Users", &back).await.expect(201)), user);
}

#[tokio::test]
async fn after_its_days_and_not_before_it_is_deleted_unless_somebody_wants_it() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(DeletePolicy::DeactivateThenDelete)).await;
    let (user, _) = deleted(&client).await;
    let kept = make_user(&client, "kept").await;
    client.delete(&format!("/Users/{kept}")).await.expect(204);
    let pk = api.admin().get("/core/users/?username=kept").await.column("pk").remove(0);
    api.admin().patch(&format!("/core/users/{pk}/"), &json!({"is_active": true})).await.expect(200);

    api.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(api.inbound.catch_up().await.unwrap(), 0);
    // The days are those of the policy as it is, not as it was.
    let days = |days: i32| json!({"delete_after_days": days});
    api.admin().patch("/sources/scim/entra/", &days(40)).await.expect(200);
    api.clock.advance(TimeDelta::days(5) + TimeDelta::seconds(1));
    assert_eq!(api.inbound.catch_up().await.unwrap(), 0);
    api.admin().patch("/sources/scim/entra/", &days(35)).await.expect(200);
    assert_eq!(api.inbound.catch_up().await.unwrap(), 2, "a user and a group");
    assert_eq!(api.inbound.catch_up().await.unwrap(), 0);
    assert_eq!(active(&api, "ada@example.com").await, [Value::Null; 0]);
    assert_eq!(active(&api, "kept").await, [json!(true)]);
    assert_eq!(api.admin().get("/core/groups/?name=staff").await.column("users").len(), 0);
    assert_ne!(id_of(&client.post("/Users", &ada()).await.expect(201)), user);
}

#[tokio::test]
async fn a_policy_is_one_of_four_and_days_are_bounded() {
    let api = Api::start().await;
    let (_, _client) = source_with(&api, "entra", by(DeletePolicy::Delete)).await;
    let wrong = json!({"delete_policy": "burn", "delete_after_days": 0});
    let faults = api.admin().patch("/sources/scim/entra/", &wrong).await.expect(400);
    assert_eq!(faults["delete_policy"], json!(["\"burn\" is not a valid choice."]));
    assert!(faults["delete_after_days"].is_array(), "{faults}");
    for policy in DeletePolicy::ALL {
        let body = json!({"delete_policy": policy.as_str(), "delete_after_days": 3650});
        let shown = api.admin().patch("/sources/scim/entra/", &body).await.expect(200);
        assert_eq!(shown["delete_policy"], policy.as_str());
    }
}

#[tokio::test]
async fn of_many_who_bring_one_back_at_once_one_does() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(DeletePolicy::Deactivate)).await;
    let (user, _) = deleted(&client).await;
    let body = ada();
    let all = futures_util::future::join_all((0..20).map(|_| client.post("/Users", &body))).await;
    let made: Vec<_> = all.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    assert!(all.iter().all(|answer| matches!(answer.status, 201 | 409)));
    assert_eq!(client.get("/Users").await.expect(200)["Resources"][0]["id"], json!(user));
}

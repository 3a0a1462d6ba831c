//! What of the directory a source takes as its own, by its link policy, and what it never takes.

use scimitar_domain::{DeletePolicy, LinkPolicy, SourceFields, UserKind};
use serde_json::{Value, json};

use super::{ada, id_of, source, source_with};
use crate::harness::{Api, Client};

fn by(policy: LinkPolicy) -> impl FnOnce(&mut SourceFields) {
    move |fields| fields.link_policy = policy
}

/// The one user of the directory with this name.
async fn user(api: &Api, name: &str) -> Value {
    let found = api.admin().get(&format!("/core/users/?username={name}")).await.expect(200);
    assert_eq!(found["results"].as_array().expect("a list").len(), 1, "{name}");
    found["results"][0].clone()
}

async fn post(client: &Client, body: &Value) -> Value {
    client.post("/Users", body).await.expect(201)
}

#[tokio::test]
async fn by_name_a_local_user_and_a_local_group_become_the_source_s() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(LinkPolicy::UserName)).await;
    api.user("grace").await;
    let local = user(&api, "grace").await;
    let group = api.group("staff", &[]).await;
    let made = post(&client, &json!({"userName": "grace", "externalId": "g-1"})).await;
    assert_eq!(json!(id_of(&made)), local["uuid"]);
    let after = user(&api, "grace").await;
    // Of what the client says nothing, the directory knows more.
    for field in ["pk", "name", "email", "path"] {
        assert_eq!(after[field], local[field], "{field}");
    }
    let body = json!({"displayName": "staff", "members": [{"value": id_of(&made)}]});
    assert_eq!(id_of(&client.post("/Groups", &body).await.expect(201)), group.to_string());
    assert_eq!(user(&api, "grace").await["groups"], json!([group.to_string()]));

    // It is the source's own from now on, and a second request of the same kind meets it.
    client.post("/Users", &json!({"userName": "grace", "externalId": "g-2"})).await.expect(409);
    let path = format!("/Users/{}", id_of(&made));
    client.put(&path, &json!({"userName": "grace", "displayName": "G. H."})).await.expect(200);
    assert_eq!(user(&api, "grace").await["name"], "G. H.");
    client.delete(&path).await.expect(204);
    assert_eq!(api.admin().get("/core/users/?username=grace").await.column("pk").len(), 0);
}

#[tokio::test]
async fn nothing_is_taken_unless_the_policy_says_so() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    api.user_with("grace", |user| {
        user.attributes.insert("external_id".to_owned(), json!("g-1"));
    })
    .await;
    api.group("staff", &[]).await;
    let email = json!([{"value": "grace@example.com"}]);
    client
        .post("/Users", &json!({"userName": "grace", "externalId": "g-1", "emails": email}))
        .await
        .expect(409);
    client.post("/Groups", &json!({"displayName": "staff"})).await.expect(409);
    let made = post(&client, &json!({"userName": "g2", "externalId": "g-1", "emails": email})).await;
    assert_ne!(json!(id_of(&made)), user(&api, "grace").await["uuid"]);
}

#[tokio::test]
async fn by_address_the_only_user_with_it_is_meant_and_no_group() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(LinkPolicy::Email)).await;
    api.user("grace").await;
    for twin in ["twin1", "twin2"] {
        api.user_with(twin, |user| user.email = "twin@example.com".to_owned()).await;
    }
    api.group("staff", &[]).await;
    let with = |name: &str, email: &str| json!({"userName": name, "emails": [{"value": email}]});
    let local = user(&api, "grace").await;
    let made = post(&client, &with("hopper", "Grace@Example.com")).await;
    assert_eq!(
        (json!(id_of(&made)), &user(&api, "hopper").await["pk"]),
        (local["uuid"].clone(), &local["pk"])
    );
    // Two fit, so none is meant; nor is anybody by no address.
    post(&client, &with("third", "twin@example.com")).await;
    assert_eq!(user(&api, "twin1").await["email"], "twin@example.com");
    api.user_with("mute", |user| user.email = String::new()).await;
    post(&client, &json!({"userName": "loud"})).await;
    assert_eq!(user(&api, "mute").await["username"], "mute");
    client.post("/Groups", &json!({"displayName": "staff"})).await.expect(409);
}

#[tokio::test]
async fn by_external_id_whoever_bears_it_is_meant() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(LinkPolicy::ExternalId)).await;
    let bears = |id: Value| {
        move |attributes: &mut scimitar_domain::JsonObject| {
            attributes.insert("external_id".to_owned(), id);
        }
    };
    api.user_with("grace", |user| bears(json!("g-1"))(&mut user.attributes)).await;
    api.user_with("number", |user| bears(json!(7))(&mut user.attributes)).await;
    let group = api.group_with("staff", &[], |group| bears(json!("s-1"))(&mut group.attributes)).await;
    let made = post(&client, &json!({"userName": "hopper", "externalId": "g-1"})).await;
    assert_eq!(json!(id_of(&made)), user(&api, "hopper").await["uuid"]);
    assert_eq!(user(&api, "hopper").await["attributes"]["external_id"], "g-1");
    let body = json!({"displayName": "all staff", "externalId": "s-1"});
    assert_eq!(id_of(&client.post("/Groups", &body).await.expect(201)), group.to_string());
    // A number is no text, and nobody is meant without an id, by a name or by another id.
    post(&client, &json!({"userName": "seven", "externalId": "7"})).await;
    client.post("/Users", &json!({"userName": "number"})).await.expect(409);
    client.post("/Users", &json!({"userName": "number", "externalId": "n-1"})).await.expect(409);
}

#[tokio::test]
async fn who_administers_the_service_is_not_taken_unless_that_is_said_too() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(LinkPolicy::UserName)).await;
    let top = api.group_with("top", &[], |group| group.is_superuser = true).await;
    let member = api.user("member").await;
    api.group_with("below", &[member], |group| group.parents = vec![top]).await;
    for name in ["admin", "member"] {
        let answer = client.post("/Users", &json!({"userName": name, "displayName": "Mallory"})).await;
        assert_eq!(answer.expect(409)["scimType"], "uniqueness", "{name}");
        assert_eq!(user(&api, name).await["name"], format!("{name} Example"));
    }
    for name in ["admins", "top", "below"] {
        client.post("/Groups", &json!({"displayName": name})).await.expect(409);
    }
    api.admin().patch("/sources/scim/entra/", &json!({"link_superusers": true})).await.expect(200);
    let made = post(&client, &json!({"userName": "member"})).await;
    assert_eq!(json!(id_of(&made)), user(&api, "member").await["uuid"]);
    let body = json!({"displayName": "top", "members": [{"value": id_of(&made)}]});
    assert_eq!(id_of(&client.post("/Groups", &body).await.expect(201)), top.to_string());
}

#[tokio::test]
async fn what_a_source_has_or_keeps_and_what_is_no_person_is_not_taken() {
    let api = Api::start().await;
    let (first, client) = source_with(&api, "entra", by(LinkPolicy::UserName)).await;
    let (_, other) = source_with(&api, "okta", |fields| {
        fields.link_policy = LinkPolicy::UserName;
        fields.delete_policy = DeletePolicy::Deactivate;
    })
    .await;
    let theirs = post(&other, &ada()).await;
    client.post("/Users", &ada()).await.expect(409);
    other.delete(&format!("/Users/{}", id_of(&theirs))).await.expect(204);
    client.post("/Users", &ada()).await.expect(409);
    assert_eq!(id_of(&post(&other, &ada()).await), id_of(&theirs));

    api.user_with("robot", |user| user.kind = UserKind::ServiceAccount).await;
    for name in ["robot".to_owned(), first.id.account_name()] {
        client.post("/Users", &json!({"userName": name})).await.expect(409);
    }
}

#[tokio::test]
async fn of_many_who_want_the_same_one_at_once_one_gets_it() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", by(LinkPolicy::UserName)).await;
    let (_, other) = source_with(&api, "okta", by(LinkPolicy::UserName)).await;
    api.user("grace").await;
    let body = json!({"userName": "grace"});
    let all =
        (0..20).map(|n| if n % 2 == 0 { client.post("/Users", &body) } else { other.post("/Users", &body) });
    let all = futures_util::future::join_all(all).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(all.iter().all(|answer| matches!(answer.status, 201 | 409)));
}

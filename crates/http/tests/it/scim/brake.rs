//! The brake: many deactivations or deletions at once are held until somebody agrees.

use chrono::TimeDelta;
use scimitar_domain::{DeletePolicy, SourceFields};
use serde_json::{Value, json};

use super::{make_user, patch, source_with};
use crate::harness::{Api, Client};

/// A source with so many users, of which `floor` may go in an hour, or a fifth.
async fn filled(api: &Api, n: usize, floor: i32, policy: DeletePolicy) -> (Client, Vec<String>) {
    let change = |fields: &mut SourceFields| {
        (fields.guard_floor, fields.guard_percent, fields.delete_policy) = (floor, 20, policy);
    };
    let (_, client) = source_with(api, "entra", change).await;
    let mut users = Vec::new();
    for n in 0..n {
        users.push(format!("/Users/{}", make_user(&client, &format!("u{n}")).await));
    }
    (client, users)
}

fn off() -> Value {
    patch(json!({"op": "replace", "path": "active", "value": false}))
}

async fn held_since(api: &Api) -> Value {
    api.admin().get("/sources/scim/entra/").await.expect(200)["guard_held_since"].clone()
}

#[tokio::test]
async fn more_than_the_measure_is_held_until_it_is_released() {
    let api = Api::start().await;
    let (client, users) = filled(&api, 10, 1, DeletePolicy::Delete).await;
    client.patch(&users[0], &off()).await.expect(200);
    client.delete(&users[1]).await.expect(204);
    assert_eq!(held_since(&api).await, Value::Null);
    // A fifth of ten has gone. Neither way goes any further, and nothing else is in the way of anybody.
    let refused = client.patch(&users[2], &off()).await;
    assert_eq!(refused.header("retry-after"), Some("600"));
    let body = refused.expect(429);
    assert_eq!(
        (&body["status"], &body["schemas"][0]),
        (&json!("429"), &json!("urn:ietf:params:scim:api:messages:2.0:Error"))
    );
    assert!(body["detail"].as_str().unwrap().contains("2 of this source's 10 users"), "{body}");
    client.put(&users[2], &json!({"userName": "u2", "active": false})).await.expect(429);
    client.delete(&users[3]).await.expect(429);
    client.delete(&users[0]).await.expect(429);
    assert_eq!(client.get(&users[2]).await.expect(200)["active"], true);
    assert!(held_since(&api).await.is_string());
    client
        .patch(&users[2], &patch(json!({"op": "replace", "path": "title", "value": "x"})))
        .await
        .expect(200);
    client
        .patch(&users[0], &patch(json!({"op": "replace", "path": "active", "value": true})))
        .await
        .expect(200);
    make_user(&client, "new").await;
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "DELETE", "path": users[4]}, {"method": "POST", "path": "/Users", "bulkId": "a",
                        "data": {"userName": "newer"}}],
    });
    let done = client.post("/Bulk", &bulk).await.expect(200);
    assert_eq!(
        (&done["Operations"][0]["status"], &done["Operations"][1]["status"]),
        (&json!("429"), &json!("201"))
    );

    // What is held does not trickle through, a window at a time.
    api.clock.advance(TimeDelta::hours(5));
    client.delete(&users[3]).await.expect(429);
    api.admin().post("/sources/scim/entra/release/", &json!({})).await.expect(204);
    assert_eq!(held_since(&api).await, Value::Null);
    for path in &users[2..8] {
        client.delete(path).await.expect(204);
    }
    // An hour later it counts again.
    api.clock.advance(TimeDelta::hours(1));
    let left = client.get("/Users").await.expect(200)["Resources"].as_array().unwrap().clone();
    let mut statuses = Vec::new();
    for user in &left {
        let path = format!("/Users/{}", user["id"].as_str().unwrap());
        statuses.push(client.delete(&path).await.status);
    }
    assert_eq!(statuses, [204, 429, 429, 429, 429]);
}

#[tokio::test]
async fn the_floor_always_passes_and_an_hour_begins_anew() {
    let api = Api::start().await;
    let (client, users) = filled(&api, 6, 3, DeletePolicy::Deactivate).await;
    for path in &users[..3] {
        client.delete(path).await.expect(204);
    }
    api.clock.advance(TimeDelta::hours(1));
    client.delete(&users[3]).await.expect(204);
    client.patch(&users[4], &off()).await.expect(200);
    // Who is deactivated already is not lost a second time, and what is refused for another reason does not count.
    client.delete(&users[4]).await.expect(204);
    client
        .patch(&users[5], &patch(json!({"op": "replace", "value": {"active": false, "userName": null}})))
        .await
        .expect(400);
    client.patch(&users[5], &off()).await.expect(200);
    assert_eq!(held_since(&api).await, Value::Null);
}

#[tokio::test]
async fn groups_are_not_counted_and_the_brake_can_be_off() {
    let api = Api::start().await;
    let (client, users) = filled(&api, 3, 0, DeletePolicy::Delete).await;
    for n in 0..3 {
        let group = client.post("/Groups", &json!({"displayName": format!("g{n}")})).await.expect(201);
        client.delete(&format!("/Groups/{}", group["id"].as_str().unwrap())).await.expect(204);
    }
    client.delete(&users[0]).await.expect(429);
    api.admin().patch("/sources/scim/entra/", &json!({"guard_percent": 100})).await.expect(200);
    for path in &users {
        client.delete(path).await.expect(204);
    }
    let faults =
        api.admin().patch("/sources/scim/entra/", &json!({"guard_percent": 101, "guard_floor": -1})).await;
    let faults = faults.expect(400);
    assert!(faults["guard_percent"].is_array() && faults["guard_floor"].is_array(), "{faults}");
    api.admin().post("/sources/scim/nobody/release/", &json!({})).await.expect(404);
}

#[tokio::test]
async fn of_many_at_once_no_more_pass_than_may() {
    let api = Api::start().await;
    let (client, users) = filled(&api, 20, 2, DeletePolicy::Delete).await;
    let all = futures_util::future::join_all(users.iter().map(|path| client.delete(path))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 204).count(), 4);
    assert!(all.iter().all(|answer| matches!(answer.status, 204 | 429)));
}

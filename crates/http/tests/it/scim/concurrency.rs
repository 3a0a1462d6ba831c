//! Many at the same time (requirement 129).

use futures_util::future::join_all;
use serde_json::json;

use super::{ada, id_of, make_user, members, patch, source};
use crate::harness::Api;

#[tokio::test]
async fn requirement_129_a_hundred_patches_lose_no_member() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let names: Vec<String> = (0..100).map(|n| format!("user{n:03}")).collect();
    let mut ids = join_all(names.iter().map(|name| make_user(&client, name))).await;
    let group = id_of(&client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201));
    let path = format!("/Groups/{group}");
    let bodies: Vec<_> = ids
        .iter()
        .map(|id| patch(json!({"op": "add", "path": "members", "value": [{"value": id}]})))
        .collect();
    for answer in join_all(bodies.iter().map(|body| client.patch(&path, body))).await {
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    let mut found = members(&client, &group).await;
    ids.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, ids);
}

#[tokio::test]
async fn of_two_hundred_equal_creates_one_succeeds() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let body = ada();
    let answers = join_all((0..200).map(|_| client.post("/Users", &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    let mut expected = vec![409; 200];
    expected[0] = 201;
    assert_eq!(statuses, expected);
}

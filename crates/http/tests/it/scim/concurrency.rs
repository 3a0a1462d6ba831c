//! Many at the same time (requirement 129), a few rounds of it in every run and many at length.

use futures_util::future::join_all;
use scimitar_testkit::tier;
use serde_json::json;

use super::{id_of, make_user, members, patch, source};
use crate::harness::Api;

#[tokio::test]
async fn requirement_129_a_hundred_patches_lose_no_member() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let names: Vec<String> = (0..100).map(|n| format!("user{n:03}")).collect();
    let mut ids = join_all(names.iter().map(|name| make_user(&client, name))).await;
    ids.sort_unstable();
    for round in 0..tier::either(3, 300) {
        let body = json!({"displayName": format!("staff{round}")});
        let group = id_of(&client.post("/Groups", &body).await.expect(201));
        let path = format!("/Groups/{group}");
        let bodies: Vec<_> = ids
            .iter()
            .map(|id| patch(json!({"op": "add", "path": "members", "value": [{"value": id}]})))
            .collect();
        for answer in join_all(bodies.iter().map(|body| client.patch(&path, body))).await {
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        let mut found = members(&client, &group).await;
        found.sort_unstable();
        assert_eq!(found, ids);
    }
}

#[tokio::test]
async fn of_two_hundred_equal_creates_one_succeeds() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut expected = vec![409; 200];
    expected[0] = 201;
    for round in 0..tier::either(3, 1_000) {
        let body = json!({"userName": format!("ada{round}"), "externalId": format!("entra-{round}")});
        let answers = join_all((0..200).map(|_| client.post("/Users", &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, expected, "round {round}");
    }
}

/// Who names the version that he has seen (RFC 7644 §3.14) overwrites nobody else's change.
#[tokio::test]
async fn of_fifty_changes_of_one_version_one_succeeds() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let path = format!("/Users/{}", make_user(&client, "ada").await);
    let mut expected = vec![412; 50];
    expected[0] = 200;
    for round in 0..tier::either(5, 2_000) {
        let seen = client.get(&path).await;
        let version = seen.header("etag").unwrap().to_owned();
        let with_version = client.with("if-match", &version);
        let bodies: Vec<_> = (0..50)
            .map(|n| {
                patch(json!({"op": "replace", "path": "displayName", "value": format!("Ada {round}.{n}")}))
            })
            .collect();
        let answers = join_all(bodies.iter().map(|body| with_version.patch(&path, body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, expected, "round {round}");
        let won = answers.iter().find(|answer| answer.status == 200).unwrap().json();
        assert_eq!(client.get(&path).await.json()["displayName"], won["displayName"]);
    }
}

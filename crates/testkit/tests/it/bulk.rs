//! Many requests in one: each is served in order, and fares as though it had come by itself.

use serde_json::{Value, json};

use scimitar_testkit::remote::{Behaviour, Bulk, Etag, FakeRemote, FaultKind, Scripted};

use crate::wire::{call, patch, user};

fn request(operations: &[Value]) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})
}

fn create(bulk_id: &str, name: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": user(name)})
}

/// `bulkId method status location`, one for each result.
fn lines(answer: &Value) -> Vec<String> {
    let text = |result: &Value, name: &str| result[name].as_str().unwrap_or("-").to_owned();
    let line = |result: &Value| {
        let location = text(result, "location");
        let id = location.rsplit('/').next().unwrap_or_default();
        format!("{} {} {} {id}", text(result, "bulkId"), text(result, "method"), text(result, "status"))
    };
    answer["Operations"].as_array().expect("results").iter().map(line).collect()
}

#[tokio::test]
async fn each_operation_has_its_result() {
    let remote = FakeRemote::start(Behaviour { etag: Etag::Kept, ..Behaviour::with_bulk() }).await;
    let operations = [
        create("a", "ada"),
        create("b", "ADA"),
        json!({"method": "PATCH", "path": "/Users/u1", "bulkId": "c", "version": "W/\"1\"",
               "data": patch(json!([{"op": "replace", "path": "title", "value": "Dr"}]))}),
        json!({"method": "PATCH", "path": "/Users/u1", "bulkId": "d", "version": "W/\"1\"",
               "data": patch(json!([{"op": "remove", "path": "title"}]))}),
        json!({"method": "DELETE", "path": "/Users/u7", "bulkId": "e"}),
        json!({"method": "POST", "path": "/Users", "data": user("bob")}),
        json!({"method": "POST", "path": "/Bulk", "bulkId": "f", "data": {}}),
    ];
    let answer = call(&remote, "POST /Bulk", request(&operations)).await.json();
    let expected = [
        "a POST 201 u1",
        "b POST 409 -",
        "c PATCH 200 u1",
        "d PATCH 412 u1",
        "e DELETE 404 u7",
        "- POST 400 -",
        "f POST 400 -",
    ];
    assert_eq!(lines(&answer), expected);
    let results = answer["Operations"].as_array().expect("results");
    assert_eq!((&results[0]["version"], &results[2]["version"]), (&json!("W/\"1\""), &json!("W/\"2\"")));
    assert_eq!(results[0]["response"]["userName"], "ada");
    assert_eq!(results[1]["response"]["scimType"], "uniqueness");
    assert_eq!(remote.transcript(), "POST /Bulk -> 200\n");
}

#[tokio::test]
async fn faults_of_single_operations_are_their_results_or_the_lack_of_one() {
    let remote = FakeRemote::start(Behaviour::with_bulk()).await;
    remote.next_answers([
        Scripted::new(FaultKind::Status(500)).on("POST", "/Users").containing("\"bob\""),
        Scripted::new(FaultKind::ResetAfterCommit).on("POST", "/Users").containing("\"cyd\""),
        Scripted::new(FaultKind::ResetBeforeCommit).on("POST", "/Users").containing("\"dan\""),
    ]);
    let operations = [create("a", "ada"), create("b", "bob"), create("c", "cyd"), create("d", "dan")];
    let answer = call(&remote, "POST /Bulk", request(&operations)).await.json();
    assert_eq!(lines(&answer), ["a POST 201 u1", "b POST 500 -"]);
    let names: Vec<_> =
        remote.users().iter().map(|it| it.user_name().unwrap_or_default().to_owned()).collect();
    assert_eq!(names, ["ada", "cyd"]);
}

#[tokio::test]
async fn results_come_in_the_form_that_was_asked_for() {
    let delete = |id: &str| json!({"method": "DELETE", "path": format!("/Users/{id}"), "bulkId": id});
    for (bulk, expected) in [
        (Bulk::Served, vec!["a POST 201 u2", "u1 DELETE 204 u1"]),
        (Bulk::Reversed, vec!["u1 DELETE 204 u1", "a POST 201 u2"]),
        (Bulk::Unnamed, vec!["a POST 201 u2", "- DELETE 204 u1"]),
        (Bulk::Halved, vec!["a POST 201 u2"]),
    ] {
        let remote = FakeRemote::start(Behaviour { bulk, ..Behaviour::with_bulk() }).await;
        remote.seed_user(json!({"userName": "eve"}));
        let answer = call(&remote, "POST /Bulk", request(&[create("a", "ada"), delete("u1")])).await;
        assert_eq!(lines(&answer.json()), expected, "{bulk:?}");
        assert_eq!(remote.users().len(), 1, "{bulk:?}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_no_request_is_refused_as_a_whole() {
    let mut behaviour = Behaviour { max_bulk_operations: Some(2), ..Behaviour::with_bulk() };
    behaviour.capabilities.bulk_max_payload = 1_000;
    let remote = FakeRemote::start(behaviour).await;
    let three = [create("a", "ada"), create("b", "bob"), create("c", "cyd")];
    let long = [create("a", &"a".repeat(1_000))];
    for (body, status) in [
        (request(&three), 413),
        (request(&long), 413),
        (request(&[create("a", "ada"), create("a", "bob")]), 400),
        (json!({"Operations": []}), 400),
        (Value::Null, 400),
    ] {
        assert_eq!(call(&remote, "POST /Bulk", body).await.status, status);
    }
    assert_eq!(remote.users().len(), 0);
    let config = call(&remote, "GET /ServiceProviderConfig", Value::Null).await.json();
    assert_eq!(config["bulk"], json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 1_000}));
}

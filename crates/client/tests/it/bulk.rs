//! Many changes in one request: what is sent, and what is read of its answer for each of them.

use std::time::Duration;

use serde_json::{Value, json};

use scimitar_client::{Answer, Client, ClientError, Deed, Disposition, EgressSettings, Operation, Wanted};
use scimitar_scim::ResourceKind;

use crate::server::{Server, TOKEN, answer, client, json, recorder, settings};

fn user(deed: Deed) -> Operation {
    Operation { deed, kind: ResourceKind::User, version: None }
}

fn create(name: &str) -> Operation {
    user(Deed::Create { resource: json!({"userName": name, "password": "hunter2"}) })
}

fn delete(id: &str) -> Operation {
    user(Deed::Delete { remote_id: id.to_owned() })
}

async fn bulk(
    client: &Client,
    operations: Vec<Operation>,
) -> Result<Vec<Result<Answer, ClientError>>, ClientError> {
    let parts: Vec<_> = operations.into_iter().map(|it| (it, None)).collect();
    client.bulk(&parts).await
}

/// What comes of one operation that is answered with this result.
async fn result(operation: Operation, result: Value) -> Result<Answer, ClientError> {
    let body = json!({"Operations": [result]}).to_string();
    let server = Server::start(move |_| json(200, &body)).await;
    bulk(&server.client(), vec![operation]).await.expect("an answer").remove(0)
}

#[tokio::test]
async fn operations_stand_in_a_request_with_names_paths_versions_and_bodies() {
    let server = Server::start(|_| json(200, r#"{"Operations": []}"#)).await;
    let patch = Deed::Patch { remote_id: "a/b c".to_owned(), request: json!({"Operations": []}) };
    let put = Deed::Replace { remote_id: "2".to_owned(), resource: json!({"id": "2"}) };
    let bound = |deed| Operation { version: Some("W/\"7\"".to_owned()), ..user(deed) };
    let operations = vec![
        user(Deed::Create { resource: json!({"userName": "ada"}) }),
        bound(put),
        bound(patch),
        delete("3"),
    ];
    for outcome in bulk(&server.client(), operations).await.expect("an answer") {
        let error = outcome.expect_err("no result");
        assert!(error.may_have_happened() && matches!(error.disposition(), Disposition::Retry { .. }));
    }

    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/Bulk"));
    assert!(!seen.headers.contains_key("if-match"));
    let sent: Value = serde_json::from_str(&seen.body).expect("JSON");
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "0", "data": {"userName": "ada"}},
            {"method": "PUT", "path": "/Users/2", "bulkId": "1", "version": "W/\"7\"", "data": {"id": "2"}},
            {"method": "PATCH", "path": "/Users/a%2Fb%20c", "bulkId": "2", "version": "W/\"7\"",
             "data": {"Operations": []}},
            {"method": "DELETE", "path": "/Users/3", "bulkId": "3"},
        ],
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_success_has_its_id_from_the_resource_or_its_address() {
    let at = "https://app.example/scim/v2/Users/a%2Fb%20c/";
    for (told, id, version) in [
        (
            json!({"status": "201", "response": {"id": "r1", "meta": {"version": "W/\"2\""}}}),
            "r1",
            Some("W/\"2\""),
        ),
        (json!({"status": 201, "location": at, "version": "W/\"1\""}), "a/b c", Some("W/\"1\"")),
        (json!({"status": {"code": "201"}, "location": at, "response": {"id": 17}}), "17", None),
    ] {
        let mut told = told;
        told["bulkId"] = json!("0");
        let answer = result(create("ada"), told.clone()).await.expect("a success");
        assert_eq!((answer.id.as_deref(), answer.version.as_deref()), (Some(id), version), "{told}");
        assert_eq!(answer.body.is_some(), told.get("response").is_some());
    }
    let error = result(create("ada"), json!({"bulkId": "0", "status": "201"})).await.expect_err("no id");
    assert!(matches!(error, ClientError::MissingId));
    let done = result(delete("1"), json!({"bulkId": "0", "status": "204"})).await.expect("a success");
    assert_eq!(done.body, None);
}

#[tokio::test]
async fn a_refusal_is_read_as_the_answer_to_a_request_of_its_own() {
    let refused = |status: &str, error: Value| json!({"bulkId": "0", "status": status, "response": error});
    let taken = json!({"scimType": "uniqueness", "detail": format!("{TOKEN} and hunter2 are taken")});
    let error = result(create("ada"), refused("409", taken)).await.expect_err("a refusal");
    let ClientError::Taken { detail, .. } = &error else { panic!("{error:?}") };
    assert_eq!(detail, "*** and *** are taken");

    let error = result(delete("r1"), refused("404", json!({}))).await.expect_err("a refusal");
    assert!(matches!(&error, ClientError::Gone { remote_id } if remote_id == "r1"), "{error:?}");
    let error = result(create("ada"), refused("404", json!({}))).await.expect_err("a refusal");
    assert!(matches!(&error, ClientError::RouteMissing { path } if path == "Users"), "{error:?}");
    let error = result(delete("r1"), refused("501", json!({}))).await.expect_err("a refusal");
    assert_eq!(error.to_string(), "the remote does not support DELETE here: it answered 501");

    let bound = Operation { version: Some("W/\"1\"".to_owned()), ..delete("r1") };
    let error = result(bound, refused("412", json!({}))).await.expect_err("a refusal");
    assert!(matches!(error, ClientError::Stale { .. }), "{error:?}");
    let error = result(delete("r1"), refused("412", json!({}))).await.expect_err("a refusal");
    assert!(matches!(error, ClientError::Rejected { status: 412, .. }), "{error:?}");

    let disguised =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": "no"});
    let error = result(create("ada"), refused("200", disguised)).await.expect_err("a refusal");
    assert!(matches!(error, ClientError::Rejected { status: 400, .. }), "{error:?}");
    let error = result(create("ada"), json!({"bulkId": "0"})).await.expect_err("no status");
    assert!(error.may_have_happened(), "{error:?}");
}

#[tokio::test]
async fn a_header_that_asks_for_patience_is_for_those_who_are_told_to_wait() {
    let results = json!({"Operations": [
        {"bulkId": "0", "method": "POST", "status": "429"},
        {"bulkId": "1", "method": "POST", "status": "403"},
        {"bulkId": "2", "method": "POST", "status": "201", "response": {"id": "r1"}},
    ]});
    let body = results.to_string();
    let headers = [("content-type", "application/scim+json"), ("retry-after", "7")];
    let server = Server::start(move |_| answer(200, &headers, &body)).await;
    let outcomes =
        bulk(&server.client(), vec![create("a"), create("b"), create("c")]).await.expect("an answer");
    let hint = Some(Duration::from_secs(7));
    let [Err(first), Err(second), Ok(_)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(first.disposition(), Disposition::PauseProvider { hint });
    assert!(matches!(second, ClientError::Forbidden { .. }), "{second:?}");
}

#[tokio::test]
async fn what_is_about_the_whole_is_told_once() {
    for (status, body, expected) in [
        (413, "{}", "the request is too large for the remote"),
        (404, "{}", "the remote has no `Bulk`"),
        (501, "{}", "the remote does not support POST here: it answered 501"),
        (412, "{}", "the remote rejected the request with 412"),
        (429, "{}", "the remote asked for fewer requests"),
    ] {
        let server = Server::start(move |_| json(status, body)).await;
        let error = bulk(&server.client(), vec![create("ada"), delete("1")]).await.expect_err("a refusal");
        assert_eq!(error.to_string(), expected);
        assert!(!error.may_have_happened(), "{error:?}");
    }
    for body in ["", "{}", "[]", "<html>", r#"{"Operations": {}}"#] {
        let server = Server::start(move |_| json(200, body)).await;
        let error = bulk(&server.client(), vec![create("ada")]).await.expect_err("no results");
        assert!(matches!(error, ClientError::Malformed { .. }), "{body}: {error:?}");
        assert!(error.may_have_happened());
    }
    let short = EgressSettings { answer_limit: 100, ..settings() };
    let server = Server::start(|_| json(200, &format!("[{}]", " ".repeat(200)))).await;
    let client = client(&server.url, short).expect("a fit target");
    let error = bulk(&client, vec![create("ada")]).await.expect_err("too long");
    assert!(
        error.may_have_happened() && matches!(error.disposition(), Disposition::Retry { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn each_operation_tells_its_own_part_of_what_was_said() {
    let results = json!({"Operations": [
        {"bulkId": "0", "method": "POST", "status": "201", "response": {"id": "r1", "password": "hunter2"}},
        {"bulkId": "1", "method": "POST", "status": "400", "response": {"detail": "hunter2 is weak"}},
    ]});
    let body = results.to_string();
    let server = Server::start(move |_| json(200, &body)).await;
    let mut parts = Vec::new();
    let mut kept = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let (recorder, told) = recorder(Wanted::All);
        parts.push((create(name), Some(recorder)));
        kept.push(told);
    }
    let outcomes = server.client().bulk(&parts).await.expect("an answer");
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false]);

    for (kept, (name, status)) in kept.iter().zip([("ada", 201), ("bob", 400), ("eve", 200)]) {
        let kept = kept.lock().expect("no panic");
        let [exchange] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!((exchange.method.as_str(), exchange.status), ("POST", Some(status)));
        assert_eq!(exchange.url, format!("{}/Bulk", server.url));
        let request: Value =
            serde_json::from_str(exchange.request.as_deref().expect("a body")).expect("JSON");
        assert_eq!((&request["method"], &request["path"]), (&json!("POST"), &json!("/Users")));
        assert_eq!(request["data"], json!({"userName": name, "password": "***"}));
        assert!(!format!("{exchange:?}").contains("hunter2"), "{exchange:?}");
    }
}

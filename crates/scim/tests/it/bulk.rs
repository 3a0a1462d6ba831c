//! Bulk requests, the order of their operations, and their responses.

use std::collections::HashMap;

use proptest::prelude::*;
use scimitar_scim::message::{
    BulkLimits, BulkMethod, BulkOperation, BulkRequest, BulkResult, bulk_response, order, resolve,
};
use scimitar_scim::{Reason, ScimError};
use serde_json::{Value, json};

const LIMITS: BulkLimits = BulkLimits { max_operations: 4, max_payload_size: 1_000_000 };

fn read(operations: impl Into<Value>) -> Result<BulkRequest, ScimError> {
    let operations: Value = operations.into();
    let body = json!({"schemas": [scimitar_scim::urn::BULK_REQUEST], "Operations": operations});
    BulkRequest::read(body, &LIMITS)
}

fn post(id: &str, data: impl Into<Value>) -> Value {
    let data: Value = data.into();
    json!({"method": "POST", "path": "/Users", "bulkId": id, "data": data})
}

#[test]
fn a_request_is_read_with_its_targets() {
    let request = read(json!([
        post("a", json!({"userName": "ada"})),
        {"METHOD": "put", "Path": "Groups/7", "version": "W/\"3\"", "data": {"displayName": "ops"}},
        {"method": "DELETE", "path": "/Users/bulkId:a"},
    ]))
    .expect("a request");
    assert_eq!(request.fail_on_errors, None);
    let targets: Vec<_> = request
        .operations
        .iter()
        .map(|operation| {
            let target = operation.target().expect("a target");
            format!("{} {} {}", operation.method.word(), target.endpoint, target.id.unwrap_or("-"))
        })
        .collect();
    assert_eq!(targets, ["POST Users -", "PUT Groups 7", "DELETE Users bulkId:a"]);
    assert_eq!(request.operations[1].version.as_deref(), Some("W/\"3\""));
}

#[test]
fn a_bad_request_is_refused_as_a_whole() {
    for (operations, reason, detail) in [
        (json!({}), Reason::InvalidSyntax, "`Operations` must be an array"),
        (json!([7]), Reason::InvalidSyntax, "operation 1 must be an object"),
        (
            json!([{"path": "/Users"}]),
            Reason::InvalidSyntax,
            "`method` of operation 1 must be POST, PUT, PATCH or DELETE",
        ),
        (
            json!([{"method": "GET", "path": "/Users"}]),
            Reason::InvalidSyntax,
            "`method` of operation 1 must be POST, PUT, PATCH or DELETE",
        ),
        (json!([{"method": "PUT"}]), Reason::InvalidSyntax, "operation 1 needs a `path`"),
        (
            json!([{"method": "PUT", "path": 1}]),
            Reason::InvalidSyntax,
            "`path` of operation 1 must be a text",
        ),
        (
            json!([{"method": "POST", "path": "/Users", "data": {}}]),
            Reason::InvalidSyntax,
            "operation 1 is a POST and needs a `bulkId`",
        ),
        (
            json!([{"method": "PUT", "path": "/Users/1"}]),
            Reason::InvalidSyntax,
            "`data` of operation 1 must be an object",
        ),
        (
            json!([post("a", json!({})), post("a", json!({}))]),
            Reason::InvalidValue,
            "the bulkId `a` is there twice",
        ),
        (
            json!(vec![post("a", json!({})); 5]),
            Reason::TooLarge,
            "at most 4 operations (`maxOperations`) are allowed in one request",
        ),
    ] {
        let error = read(operations).expect_err("it is bad");
        assert_eq!((error.reason, &*error.detail), (reason, detail));
    }
    assert_eq!(BulkRequest::read(json!([]), &LIMITS).expect_err("no object").reason, Reason::InvalidSyntax);
}

#[test]
fn a_bad_path_is_the_fault_of_its_operation_alone() {
    for (method, path) in [
        ("POST", "/Users/1"),
        ("POST", "/"),
        ("POST", "/Bulk"),
        ("POST", "/Users?x=1"),
        ("PUT", "/Users"),
        ("PATCH", "/Users/1/2"),
        ("DELETE", "/Users//1"),
        ("DELETE", "https://x.example/Users/1"),
    ] {
        let operation = json!({"method": method, "path": path, "bulkId": "a", "data": {}});
        let request = read(json!([operation])).expect("a request");
        let error = request.operations[0].target().expect_err(path);
        assert_eq!(error.reason, Reason::InvalidValue, "{path}");
    }
}

#[test]
fn work_ends_after_the_errors_that_the_client_allows() {
    let request = |errors: Value| {
        BulkRequest::read(json!({"failOnErrors": errors, "Operations": []}), &LIMITS).expect("a request")
    };
    assert!(!request(json!(2)).ends_after(1));
    assert!(request(json!(2)).ends_after(2));
    assert!(!request(json!(null)).ends_after(1_000_000));
    assert!(!request(json!(0)).ends_after(1_000_000));
}

/// The order, and who is refused for what.
#[track_caller]
fn check(operations: &[Value], expected: &str) {
    let request = read(Value::Array(operations.to_vec())).expect("a request");
    let order = order(&request.operations);
    let tried: Vec<_> = order.order.iter().map(ToString::to_string).collect();
    let refused: Vec<_> =
        order.refused.iter().map(|(n, error)| format!("{n} {}: {error}", error.status())).collect();
    assert_eq!(format!("{} | {}", tried.join(" "), refused.join(", ")), expected);
}

#[test]
fn operations_wait_for_what_they_refer_to() {
    let refers = |ids: &[&str]| json!({"members": ids.iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect::<Vec<_>>()});
    check(&[post("a", json!({})), post("b", refers(&["a"]))], "0 1 | ");
    check(&[post("a", refers(&["b"])), post("b", json!({}))], "1 0 | ");
    check(&[post("a", refers(&["c"])), post("b", json!({})), post("c", json!({}))], "1 2 0 | ");
    check(
        &[post("a", refers(&["b"])), post("b", refers(&["a"])), post("c", json!({}))],
        "2 | 0 409: the references of this operation are circular, 1 409: the references of this operation are circular",
    );
    check(&[post("a", refers(&["a"]))], " | 0 409: the references of this operation are circular");
    check(
        &[post("a", refers(&["x", "y"])), post("b", json!({}))],
        "1 | 0 400: no operation has the bulkId `x`",
    );
    check(&[json!({"method": "DELETE", "path": "/Users/bulkId:a"}), post("a", json!({}))], "1 0 | ");
    check(
        &[json!({"method": "PATCH", "path": "/Users/1", "bulkId": "p", "data": refers(&["p"])})],
        " | 0 400: no operation has the bulkId `p`",
    );
}

#[test]
fn references_become_ids_wherever_they_stand() {
    let mut request = read(json!([{
        "method": "PATCH", "path": "/Groups/bulkId:g", "data": {
            "Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:u"}, {"value": "7"}]}],
            "externalId": "not bulkId:u",
        },
    }]))
    .expect("a request");
    let ids = HashMap::from([("g".to_owned(), "11".to_owned()), ("u".to_owned(), "22".to_owned())]);
    let operation = &mut request.operations[0];
    resolve(operation, &ids).expect("ids");
    assert_eq!(operation.path, "/Groups/11");
    assert_eq!(
        operation.data.to_string(),
        r#"{"Operations":[{"op":"add","path":"members","value":[{"value":"22"},{"value":"7"}]}],"externalId":"not bulkId:u"}"#
    );

    operation.path = "/Groups/bulkId:z".to_owned();
    let error = resolve(operation, &ids).expect_err("z failed");
    assert_eq!((error.status(), &*error.detail), (409, "the operation with the bulkId `z` failed"));
}

#[test]
fn a_response_has_its_results_in_the_shape_of_the_rfc() {
    let done = BulkResult {
        method: BulkMethod::Post,
        bulk_id: Some("a".to_owned()),
        location: Some("https://x.example/Users/1".to_owned()),
        version: Some("W/\"1\"".to_owned()),
        status: 201,
        response: None,
    };
    let error = Reason::Uniqueness.because("taken");
    let failed = BulkResult {
        location: None,
        version: None,
        status: error.status(),
        response: Some(error.body()),
        ..done.clone()
    };
    assert!(failed.is_error() && !done.is_error());
    assert_eq!(
        bulk_response(vec![done, failed]).to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[{"method":"POST","bulkId":"a","location":"https://x.example/Users/1","version":"W/\"1\"","status":"201"},{"method":"POST","bulkId":"a","status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken"}}]}"#
    );
}

fn graph() -> impl Strategy<Value = Vec<BulkOperation>> {
    prop::collection::vec(prop::collection::vec(0_usize..10, 0..3), 1..9).prop_map(|edges| {
        edges
            .into_iter()
            .enumerate()
            .map(|(n, to)| BulkOperation {
                method: BulkMethod::Post,
                path: "/Groups".to_owned(),
                bulk_id: Some(n.to_string()),
                version: None,
                data: to.iter().map(|to| format!("bulkId:{to}")).collect(),
            })
            .collect()
    })
}

proptest! {
    /// Everybody is tried or refused, and who is tried finds what was tried before.
    #[test]
    fn each_operation_has_its_place(operations in graph()) {
        let found = order(&operations);
        let mut all: Vec<_> = found.order.iter().copied().chain(found.refused.iter().map(|(n, _)| *n)).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..operations.len()).collect::<Vec<_>>());
        let mut ids = HashMap::new();
        for n in found.order {
            let mut operation = operations[n].clone();
            if let Err(error) = resolve(&mut operation, &ids) {
                // Only what refers to somebody who was refused can fail.
                prop_assert_eq!(error.reason, Reason::Conflict);
                continue;
            }
            ids.insert(n.to_string(), format!("id-{n}"));
            prop_assert!(!operation.data.to_string().contains("bulkId:"));
        }
    }
}

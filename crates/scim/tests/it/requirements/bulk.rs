//! Bulk.

use std::collections::HashMap;

use scimitar_scim::Reason;
use scimitar_scim::message::{
    BulkLimits, BulkMethod, BulkRequest, BulkResult, bulk_response, order, resolve,
};
use serde_json::{Value, json};

const LIMITS: BulkLimits = BulkLimits { max_operations: 3, max_payload_size: 1 << 20 };

fn request(operations: &Value) -> Result<BulkRequest, Reason> {
    BulkRequest::read(json!({"failOnErrors": 1, "Operations": operations}), &LIMITS)
        .map_err(|error| error.reason)
}

fn post(id: &str, member: &str) -> Value {
    json!({"method": "POST", "path": "/Groups", "bulkId": id, "data": {"members": [{"value": member}]}})
}

#[test]
fn r109_operations_have_method_path_data_and_for_post_a_bulk_id() {
    assert!(
        request(&json!([post("a", "1"), {"method": "DELETE", "path": "/Users/1", "version": "W/\"1\""}]))
            .is_ok()
    );
    assert_eq!(
        request(&json!([{"method": "POST", "path": "/Users", "data": {}}])),
        Err(Reason::InvalidSyntax)
    );
    assert_eq!(request(&json!([{"method": "PUT", "path": "/Users/1"}])), Err(Reason::InvalidSyntax));
}

#[test]
fn r110_results_have_what_the_client_needs() {
    let failed = BulkResult {
        method: BulkMethod::Post,
        bulk_id: Some("a".to_owned()),
        location: None,
        version: None,
        status: 409,
        response: Some(Reason::Uniqueness.because("taken").body()),
    };
    let result = &bulk_response(vec![failed])["Operations"][0];
    assert_eq!((&result["status"], &result["bulkId"]), (&json!("409"), &json!("a")));
    assert_eq!(result["response"]["scimType"], "uniqueness");
    assert_eq!(result.get("location"), None);
}

#[test]
fn r111_references_are_resolved_forward_too_and_circles_are_conflicts() {
    let mut forward = request(&json!([post("a", "bulkId:b"), post("b", "1")])).expect("a request");
    assert_eq!(order(&forward.operations).order, [1, 0]);
    let ids = HashMap::from([("b".to_owned(), "7".to_owned())]);
    resolve(&mut forward.operations[0], &ids).expect("an id");
    assert_eq!(forward.operations[0].data["members"][0]["value"], "7");
    let circle = request(&json!([post("a", "bulkId:b"), post("b", "bulkId:a")])).expect("a request");
    let statuses: Vec<_> =
        order(&circle.operations).refused.iter().map(|(_, error)| error.status()).collect();
    assert_eq!(statuses, [409, 409]);
}

#[test]
fn r112_work_ends_after_the_errors_that_are_allowed() {
    let request = request(&json!([])).expect("a request");
    assert!(request.ends_after(1) && !request.ends_after(0));
}

#[test]
fn r113_operations_are_counted_and_the_limit_is_named() {
    let many = json!(vec![json!({"method": "DELETE", "path": "/Users/1"}); 4]);
    let error = BulkRequest::read(json!({"Operations": many}), &LIMITS).expect_err("too many");
    assert_eq!(error.status(), 413);
    assert!(error.detail.contains("maxOperations"));
}

#[test]
fn r114_nothing_is_nested_and_every_reference_is_known() {
    let nested =
        request(&json!([{"method": "POST", "path": "/Bulk", "bulkId": "a", "data": {}}])).expect("a request");
    assert!(nested.operations[0].target().is_err());
    let unknown = request(&json!([post("a", "bulkId:z")])).expect("a request");
    assert_eq!(order(&unknown.operations).refused[0].1.reason, Reason::InvalidValue);
    assert_eq!(request(&json!([post("a", "1"), post("a", "2")])), Err(Reason::InvalidValue));
}

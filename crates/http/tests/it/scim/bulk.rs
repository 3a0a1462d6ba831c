//! Many operations in one request (requirements 109 to 114).

use serde_json::{Value, json};

use super::{id_of, members, source};
use crate::harness::Api;

fn bulk(operations: Value) -> Value {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]});
    body["Operations"] = operations;
    body
}

fn statuses(answer: &Value) -> Vec<&str> {
    let operations = answer["Operations"].as_array().expect("results");
    operations.iter().map(|result| result["status"].as_str().expect("a status")).collect()
}

#[tokio::test]
async fn requirements_109_to_111_references_are_resolved_forward_too() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let answer = client
        .post("/Bulk", &bulk(json!([
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "staff", "members": [{"value": "bulkId:u"}]}},
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ada"}},
            {"method": "POST", "path": "/Users", "bulkId": "v", "data": {"userName": "ADA"}},
            {"method": "PATCH", "path": "/Users/bulkId:u", "data": {"Operations": [{"op": "add", "path": "title", "value": "Countess"}]}},
            {"method": "DELETE", "path": "/Users/unknown"},
            {"method": "POST", "path": "/Robots", "bulkId": "r", "data": {}},
            {"method": "PUT", "path": "/Users/bulkId:v", "data": {"userName": "x"}},
        ])))
        .await
        .expect(200);
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(statuses(&answer), ["201", "201", "409", "200", "404", "400", "409"]);
    let results = answer["Operations"].as_array().unwrap();
    assert_eq!(results[0]["bulkId"], "g");
    assert_eq!(results[2]["response"]["scimType"], "uniqueness");
    assert_eq!(results[2]["location"], Value::Null);
    let location = |n: usize| results[n]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let (group, user) = (location(0), location(1));
    assert_eq!(members(&client, &group).await, std::slice::from_ref(&user));
    let shown = client.get(&format!("/Users/{user}")).await.expect(200);
    assert_eq!((&shown["title"], id_of(&shown)), (&json!("Countess"), user));
}

#[tokio::test]
async fn requirements_112_to_114_there_are_limits() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = bulk(json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "ada"}},
    ]));
    body["failOnErrors"] = json!(1);
    assert_eq!(statuses(&client.post("/Bulk", &body).await.expect(200)), ["400"]);
    let one = json!({"method": "DELETE", "path": "/Users/7"});
    client.post("/Bulk", &bulk(json!(vec![one; 1001]))).await.expect(413);
    for operations in [
        json!([{"method": "POST", "path": "/Users", "data": {}}]),
        json!([{"method": "GET", "path": "/Users/7"}]),
        json!({}),
    ] {
        assert_eq!(client.post("/Bulk", &bulk(operations)).await.expect(400)["scimType"], "invalidSyntax");
    }
    let nested = bulk(json!([{"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}}]));
    assert_eq!(statuses(&client.post("/Bulk", &nested).await.expect(200)), ["400"]);
    client.get("/Bulk").await.expect(405);
}

#[tokio::test]
async fn many_new_users_are_made_at_once_and_equal_ones_in_their_order() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let post = |n: usize, name: String| json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": {"userName": name}});
    let mut operations: Vec<Value> = (0..150).map(|n| post(n, format!("user{n}"))).collect();
    operations.push(post(150, "USER7".to_owned()));
    operations.push(post(151, " ".to_owned()));
    operations.push(post(152, "last".to_owned()));
    let answer = client.post("/Bulk", &bulk(Value::from(operations))).await.expect(200);
    let mut expected = vec!["201"; 153];
    (expected[150], expected[151]) = ("409", "400");
    assert_eq!(statuses(&answer), expected);
    let list = client.get("/Users?count=0").await.expect(200);
    assert_eq!(list["totalResults"], json!(151));
}

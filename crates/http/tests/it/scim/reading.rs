//! What is the service's own in a resource, and how one is read (requirements 21 to 53, 73 to 106).

use reqwest::Method;
use serde_json::{Value, json};

use super::{ada, id_of, make_user, patch, source};
use crate::harness::Api;

#[tokio::test]
async fn requirements_21_and_23_ids_and_meta_are_the_service_s() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut body = ada();
    body["id"] = json!("bulkId");
    body["meta"] =
        json!({"created": "1999-01-01T00:00:00Z", "location": "http://x", "resourceType": "Robot"});
    let answer = client.post("/Users", &body).await;
    let made = answer.expect(201);
    let group = client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201);
    assert_ne!(made["id"], group["id"]);
    assert!(uuid::Uuid::try_parse(&id_of(&made)).is_ok());
    let meta = &made["meta"];
    assert_eq!((&meta["resourceType"], &meta["created"]), (&json!("User"), &meta["lastModified"]));
    for header in ["location", "content-location"] {
        assert_eq!(answer.header(header), meta["location"].as_str(), "{header}");
    }
    assert_eq!(answer.header("etag"), meta["version"].as_str());

    api.clock.advance(chrono::TimeDelta::seconds(1));
    body["title"] = json!("Countess");
    let path = format!("/Users/{}", id_of(&made));
    let answer = client.put(&path, &body).await;
    let changed = answer.expect(200);
    assert_eq!((&changed["id"], &changed["meta"]["created"]), (&made["id"], &meta["created"]));
    assert_eq!(changed["meta"]["location"], meta["location"]);
    assert_ne!(changed["meta"]["lastModified"], meta["lastModified"]);
    assert_eq!(answer.header("content-location"), meta["location"].as_str());
    // What is made afterwards has another id.
    client.delete(&path).await.expect(204);
    assert_ne!(client.post("/Users", &body).await.expect(201)["id"], made["id"]);
}

#[tokio::test]
async fn requirements_28_and_53_who_is_switched_off_is_read_listed_and_told() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    let off = patch(json!({"op": "replace", "path": "active", "value": false}));
    client.patch(&path, &off).await.expect(200);
    assert_eq!(client.get(&path).await.expect(200)["active"], json!(false));
    let listed = client.get("/Users").await.expect(200);
    assert_eq!((&listed["totalResults"], &listed["Resources"][0]["active"]), (&json!(1), &json!(false)));
    let found = client.get("/Users?filter=active%20eq%20false").await.expect(200);
    assert_eq!(found["totalResults"], 1);

    // What is removed is told no more, and nobody is switched on by that; a PUT that leaves it out is whole.
    let removed = client.patch(&path, &patch(json!({"op": "remove", "path": "active"}))).await.expect(200);
    assert_eq!(removed.get("active"), None);
    let is_active =
        async || api.admin().get("/core/users/?username=ada@example.com").await.column("is_active");
    assert_eq!(is_active().await, [json!(false)]);
    let titled = patch(json!({"op": "add", "path": "title", "value": "Countess"}));
    assert_eq!(client.patch(&path, &titled).await.expect(200).get("active"), None);
    assert_eq!(client.get("/Users?filter=active%20pr").await.expect(200)["totalResults"], 0);
    assert_eq!(is_active().await, [json!(false)]);
    assert_eq!(client.put(&path, &ada()).await.expect(200)["active"], json!(true));
    assert_eq!(is_active().await, [json!(true)]);
}

#[tokio::test]
async fn requirements_37_and_38_what_is_deleted_clashes_with_nothing() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let group = json!({"displayName": "staff", "externalId": "g-1"});
    for (endpoint, body) in [("/Users", ada()), ("/Groups", group)] {
        let first = id_of(&client.post(endpoint, &body).await.expect(201));
        assert_eq!(client.post(endpoint, &body).await.expect(409)["scimType"], "uniqueness");
        client.delete(&format!("{endpoint}/{first}")).await.expect(204);
        let again = client.post(&format!("{endpoint}?attributes=externalId"), &body).await.expect(201);
        let mut names: Vec<&str> = again.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["externalId", "id", "schemas"]);
    }
}

#[tokio::test]
async fn requirement_40_an_id_that_is_none_of_ours_is_nobody_s() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let ada = make_user(&client, "ada").await;
    let group = id_of(&client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201));
    let odd = ["00919288221112222", "%00", "a%2Fb", "%27%3B--", "%F0%9F%98%80", "-1", "null", "%ff"];
    let odd = odd.iter().map(|id| (*id).to_owned());
    // The same number in other words is not the same id: ids are compared letter by letter.
    let shouted =
        [ada.to_uppercase(), ada.replace('-', ""), format!("%7B{ada}%7D"), format!("urn:uuid:{ada}")];
    for id in odd.chain(shouted).chain([group, "x".repeat(4000), uuid::Uuid::nil().to_string()]) {
        let path = format!("/Users/{id}");
        for method in [Method::GET, Method::DELETE] {
            let answer = client.send(method.clone(), &path, None).await;
            assert_eq!(answer.expect(404)["status"], "404", "{method} {path}");
        }
        client.put(&path, &json!({"userName": "x"})).await.expect(404);
        client.patch(&path, &patch(json!({"op": "remove", "path": "title"}))).await.expect(404);
    }
    assert_eq!(client.get("/Users").await.expect(200)["totalResults"], 1);
}

#[tokio::test]
async fn requirements_41_to_44_one_resource_is_read_in_part_once_or_by_its_head() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    let part = client.get(&format!("{path}?excludedAttributes=emails,name.familyName")).await.expect(200);
    assert_eq!((part.get("emails"), &part["name"]), (None, &json!({"givenName": "Ada"})));
    let whole = client.get(&path).await;
    let version = whole.header("etag").unwrap();
    let same = client.with("if-none-match", version).get(&path).await;
    assert_eq!((same.status, &*same.text), (304, ""));
    let head = client.send(Method::HEAD, &path, None).await;
    assert_eq!((head.status, &*head.text), (200, ""));
    for header in ["etag", "location", "content-location", "content-type"] {
        assert_eq!(head.header(header), whole.header(header), "{header}");
    }
    client.send(Method::HEAD, "/Users/7", None).await.expect(404);
}

#[tokio::test]
async fn requirement_45_a_question_is_asked_of_a_kind_or_of_all_by_get_or_post() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    make_user(&client, "ada").await;
    client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "attributes": ["userName", "displayName"], "startIndex": 1, "count": 10,
    });
    for (place, expected) in [("/Users", 1), ("/Groups", 1), ("", 2)] {
        let got = client.get(&format!("{place}?attributes=userName,displayName")).await.expect(200);
        let posted = client.post(&format!("{place}/.search"), &body).await.expect(200);
        assert_eq!(got["totalResults"], json!(expected), "{place}");
        assert_eq!(got["Resources"], posted["Resources"], "{place}");
    }
}

#[tokio::test]
async fn requirements_73_and_106_what_is_missing_is_not_made_and_what_is_stale_not_changed() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let group = client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201);
    let user = client.post("/Users", &ada()).await.expect(201);
    for (endpoint, resource) in [("/Users", user), ("/Groups", group)] {
        let (missing, path) = (uuid::Uuid::nil(), format!("{endpoint}/{}", id_of(&resource)));
        let rename = patch(json!({"op": "replace", "path": "displayName", "value": "other"}));
        let whole = json!({"userName": "other", "displayName": "other"});
        client.put(&format!("{endpoint}/{missing}"), &whole).await.expect(404);
        client.patch(&format!("{endpoint}/{missing}"), &rename).await.expect(404);
        assert_eq!(client.get(endpoint).await.expect(200)["totalResults"], 1);
        let stale = client.with("if-match", "W/\"0\"");
        for answer in
            [stale.put(&path, &whole).await, stale.patch(&path, &rename).await, stale.delete(&path).await]
        {
            let body: Value = answer.expect(412);
            assert_eq!(body["status"], "412");
        }
        assert_eq!(client.get(&path).await.expect(200), resource);
    }
}

#[tokio::test]
async fn requirement_78_a_put_answers_with_all_that_there_is_now() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let path = format!("/Users/{}", id_of(&made));
    let answer = client.put(&path, &json!({"userName": "ada@example.com", "nickName": "Ada"})).await;
    assert_eq!(answer.expect(200), client.get(&path).await.expect(200));
    let part =
        client.put(&format!("{path}?attributes=nickName"), &json!({"userName": "ada@example.com"})).await;
    assert_eq!(part.expect(200), json!({"schemas": made["schemas"], "id": made["id"]}));
}

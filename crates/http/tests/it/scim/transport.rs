//! Media types, credentials, addresses and errors (requirements 1 to 13, 115 to 122).

use reqwest::Method;
use serde_json::{Value, json};

use super::{ada, below, make_user, source, source_with};
use crate::harness::{Answer, Api};

/// What a refusal must look like; its detail.
#[track_caller]
fn refusal(answer: &Answer, status: u16, scim_type: Option<&str>) -> String {
    let body = answer.expect(status);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{}", answer.text);
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{}", answer.text);
    body["detail"].as_str().expect("a refusal says why").to_owned()
}

#[tokio::test]
async fn requirement_4_only_the_source_s_own_token_opens_it() {
    let api = Api::start().await;
    let (_, entra) = source(&api, "entra").await;
    let (_, okta) = source(&api, "okta").await;
    entra.get("/Schemas").await.expect(200);
    let (_, ordinary) = api.ordinary("grace").await;
    for stranger in [api.anonymous(), api.admin(), ordinary, okta.clone(), api.with_header("non-token")] {
        let answer = stranger.below(&below("entra")).get("/Users/7").await;
        refusal(&answer, 401, None);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"scim\""));
    }
    refusal(&entra.below(&below("nobody")).get("/Schemas").await, 401, None);
    entra.below(&below("entra")).get("/Schemas").await.expect(200);
}

#[tokio::test]
async fn a_disabled_source_is_told_so() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", |source| source.enabled = false).await;
    let detail = refusal(&client.post("/Users", &ada()).await, 403, None);
    assert_eq!(detail, "the source `entra` is disabled");
    refusal(&api.anonymous().below(&below("entra")).get("/Users/7").await, 401, None);
}

#[tokio::test]
async fn requirements_1_to_3_media_types_are_those_of_scim() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    for (n, media_type) in
        ["application/scim+json", "application/json", "application/scim+json; charset=utf-8"]
            .iter()
            .enumerate()
    {
        let body = json!({"userName": format!("u{n}")});
        let made = client.with("content-type", media_type).post("/Users", &body).await;
        made.expect(201);
        assert_eq!(made.header("content-type"), Some("application/scim+json"));
        assert_eq!(made.header("cache-control"), Some("no-store"));
    }
    refusal(&client.with("content-type", "text/plain").post("/Users", &ada()).await, 415, None);
    for accept in ["application/scim+json", "*/*", "text/html, application/*;q=0.5"] {
        client.with("accept", accept).get("/Schemas").await.expect(200);
    }
    refusal(&client.with("accept", "text/html").get("/Schemas").await, 406, None);
}

#[tokio::test]
async fn requirement_7_slashes_and_encodings_make_no_difference() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let id = make_user(&client, "ada").await;
    for path in [
        format!("/source/scim/entra/v2/Users/{id}/"),
        format!("/source/scim//entra//v2//Users//{id}"),
        format!("/source/scim/entra/v2/%55sers/{id}?"),
        format!("/source/scim/entra/v2/users/{id}?aadOptscim062020"),
    ] {
        let found = client.send_to(Method::GET, &path, None).await;
        assert_eq!(found.expect(200)["id"], json!(id), "{path}");
        let stranger = api.anonymous().send_to(Method::GET, &path, None).await;
        refusal(&stranger, 401, None);
    }
}

#[tokio::test]
async fn requirement_8_what_is_no_object_is_no_resource() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    for body in [
        "{",
        "",
        "[]",
        "7",
        "null",
        "\u{feff}{}",
        r#"{"userName": "\ud800"}"#,
        r#"{"userName": "a", "userName": "b"}"#,
        r#"{"userName": "a", "USERNAME": "b"}"#,
        r#"{"userName": 1e999}"#,
        r#"{"userName": "a", "externalId": 123456789012345678901}"#,
    ] {
        let answer = client.send(Method::POST, "/Users", Some(body.to_owned())).await;
        refusal(&answer, 400, Some("invalidSyntax"));
    }
    for body in [
        r#"{"userName": "a\u0000b"}"#.to_owned(),
        format!(r#"{{"userName": "a", "x": {}1{}}}"#, "[".repeat(100), "]".repeat(100)),
        format!(r#"{{"userName": "a", "title": "{}"}}"#, "x".repeat(300_000)),
    ] {
        let answer = client.send(Method::POST, "/Users", Some(body)).await;
        refusal(&answer, 400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn requirement_9_every_place_answers_in_scim() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    for path in [
        "/Robots",
        "/Users/7/8",
        "/Users/00919288221112222",
        "/Groups/%2F",
        "/Schemas/urn:x",
        "/ResourceTypes/x",
    ] {
        refusal(&client.get(path).await, 404, None);
    }
    let outside = client.send_to(Method::GET, "/source/scim/entra", None).await;
    refusal(&outside, 404, None);
    for (method, path, allow) in [
        (Method::PUT, "/Users", "GET, HEAD, POST"),
        (Method::POST, "/Users/7", "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::POST, "/Schemas", "GET, HEAD"),
        (Method::DELETE, "/ServiceProviderConfig", "GET, HEAD"),
        (Method::PATCH, "/ResourceTypes", "GET, HEAD"),
    ] {
        let answer = client.send(method, path, None).await;
        refusal(&answer, 405, None);
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test]
async fn requirement_115_nobody_is_me() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    refusal(&client.get("/Me").await, 501, None);
    refusal(&client.patch("/Me", &json!({})).await, 501, None);
}

#[tokio::test]
async fn requirements_116_to_122_the_service_says_what_it_is() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let client = client.with("host", "id.example.com");
    let base = "http://id.example.com/source/scim/entra/v2";
    let config = client.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(config["patch"], json!({"supported": true}));
    assert_eq!(config["etag"], json!({"supported": true}));
    assert_eq!(config["changePassword"], json!({"supported": false}));
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(config["meta"]["location"], format!("{base}/ServiceProviderConfig"));

    let types = client.get("/ResourceTypes").await.expect(200);
    let names: Vec<_> = types["Resources"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, ["User", "Group"]);
    assert_eq!(types["Resources"][0]["schemaExtensions"][0]["required"], json!(false));
    let user = client.get("/ResourceTypes/User").await.expect(200);
    assert_eq!(user, types["Resources"][0]);

    let schemas = client.get("/Schemas?startIndex=7&count=1").await.expect(200);
    assert_eq!(schemas["totalResults"], json!(schemas["Resources"].as_array().unwrap().len()));
    assert!(!schemas.to_string().contains(":null"));
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    let schema = client.get(&format!("/Schemas/{urn}")).await.expect(200);
    assert_eq!(schema["id"], urn);
    assert_eq!(schema["meta"]["location"], format!("{base}/Schemas/{urn}"));
    for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
        refusal(&client.get(&format!("{path}?filter=id%20pr")).await, 403, None);
    }
}

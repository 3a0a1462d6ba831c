//! `/schema/`.

use serde_json::Value;

use crate::harness::{Answer, Api};

const PATH: &str = "/schema/";

fn content_type(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.header("content-type").unwrap_or_default()
}

#[tokio::test]
async fn strangers_read_the_document_as_yaml_unless_they_ask_otherwise() {
    let api = Api::start().await;
    let yaml = api.anonymous().with("accept", "*/*").get(PATH).await;
    assert_eq!(content_type(&yaml), "application/vnd.oai.openapi; charset=utf-8");
    assert_eq!(yaml.header("content-disposition"), Some("inline; filename=\"authentik.yaml\""));
    assert_eq!(yaml.header("cache-control"), Some("max-age=86400"));
    assert!(
        yaml.text.starts_with("openapi: \"3.0.3\"\n"),
        "{}",
        yaml.text.lines().next().unwrap_or_default()
    );

    let json = api.anonymous().get(PATH).await;
    assert_eq!(content_type(&json), "application/json");
    assert_eq!(json.header("content-disposition"), Some("inline; filename=\"authentik.json\""));
    let document = json.json();
    assert_eq!(document["info"]["title"], "authentik");
    assert_eq!(document["servers"], serde_json::json!([{"url": "/api/v3/"}]));
}

#[tokio::test]
async fn the_type_is_negotiated() {
    let api = Api::start().await;
    for (accept, query, expected) in [
        ("application/yaml", "", "application/yaml"),
        ("application/vnd.oai.openapi+json", "", "application/vnd.oai.openapi+json"),
        ("*/*", "?format=json", "application/vnd.oai.openapi+json"),
        ("*/*", "?format=yaml&lang=de", "application/vnd.oai.openapi; charset=utf-8"),
        ("application/json", "?format=json", "application/json"),
    ] {
        let answer = api.anonymous().with("accept", accept).get(&format!("{PATH}{query}")).await;
        assert_eq!(content_type(&answer), expected, "{accept} {query}");
    }
    let html = api.anonymous().with("accept", "text/html").get(PATH).await;
    assert_eq!(html.line(), r#"406 {"detail":"Could not satisfy the request Accept header."}"#);
    let other = api.anonymous().get(&format!("{PATH}?format=xml")).await;
    assert_eq!(other.line(), r#"404 {"detail":"Not found."}"#);
    let post = api.anonymous().post(PATH, &Value::Null).await;
    assert_eq!(post.line(), r#"405 {"detail":"Method \"POST\" not allowed."}"#);
}

#[tokio::test]
async fn the_newer_version_is_there_for_those_who_ask() {
    let api = Api::start().await;
    for (query, expected) in [("", "3.0.3"), ("?version=3.0", "3.0.3"), ("?version=3.1", "3.1.0")] {
        let document = api.anonymous().get(&format!("{PATH}{query}")).await.expect(200);
        assert_eq!(document["openapi"], expected, "{query}");
    }
    let yaml = api.anonymous().with("accept", "*/*").get(&format!("{PATH}?version=3.1")).await;
    assert!(
        yaml.text.starts_with("openapi: \"3.1.0\"\n"),
        "{}",
        yaml.text.lines().next().unwrap_or_default()
    );
    let other = api.anonymous().get(&format!("{PATH}?version=2.0")).await;
    assert_eq!(other.line(), r#"404 {"detail":"Not found."}"#);
}

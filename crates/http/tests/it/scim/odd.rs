//! What nobody means to send: the client's fault with its word, on both databases, and nothing is written
//! (requirements 5, 6, 10, 12, 13, 72, 131).

use reqwest::Method;
use serde_json::{Value, json};

use super::{ENTERPRISE, ada, below, id_of, make_user, patch, source, source_with};
use crate::harness::{Answer, Api, Client};

/// What a refusal may say is wrong (RFC 7644 §3.12).
const WORDS: [&str; 6] =
    ["invalidSyntax", "invalidValue", "invalidPath", "invalidFilter", "mutability", "noTarget"];

/// A user and a group, and every place that takes a body.
async fn places(client: &Client) -> Vec<(Method, String)> {
    let user = id_of(&client.post("/Users", &ada()).await.expect(201));
    let group = id_of(&client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201));
    vec![
        (Method::POST, "/Users".to_owned()),
        (Method::POST, "/Groups".to_owned()),
        (Method::PUT, format!("/Users/{user}")),
        (Method::PATCH, format!("/Users/{user}")),
        (Method::PUT, format!("/Groups/{group}")),
        (Method::PATCH, format!("/Groups/{group}")),
        (Method::POST, "/.search".to_owned()),
        (Method::POST, "/Users/.search".to_owned()),
        (Method::POST, "/Bulk".to_owned()),
    ]
}

/// A body that the place would take, with `text` as JSON somewhere in it.
fn body_with(method: &Method, path: &str, text: &str) -> String {
    match (method, path) {
        (_, path) if path.ends_with("/.search") => format!(r#"{{"filter": "id pr", "x": {text}}}"#),
        (_, "/Bulk") => format!(
            r#"{{"Operations": [{{"method": "POST", "path": "/Users", "bulkId": "a", "data": {{"userName": "n", "title": {text}}}}}]}}"#
        ),
        (&Method::PATCH, _) => {
            format!(r#"{{"Operations": [{{"op": "add", "path": "externalId", "value": {text}}}]}}"#)
        }
        _whole => format!(r#"{{"userName": "n", "displayName": "n", "externalId": {text}}}"#),
    }
}

async fn everything(client: &Client) -> Value {
    client.get("").await.expect(200)
}

#[tokio::test]
async fn requirement_131_what_no_database_can_keep_is_refused_everywhere() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let places = places(&client).await;
    let before = everything(&client).await;
    let nested = format!("{}1{}", "[".repeat(80), "]".repeat(80));
    let bottomless = "[".repeat(100_000);
    let long_name = format!(r#"{{"{}": 1}}"#, "x".repeat(1_000_000));
    let long_text = format!(r#""{}""#, "x".repeat(300_000));
    for (text, word) in [
        (r#""a\u0000b""#, "invalidValue"),
        (r#"{"a\u0000b": 1}"#, "invalidValue"),
        (r#"[[["\u0000"]]]"#, "invalidValue"),
        (r#""\ud800""#, "invalidSyntax"),
        (r#"{"a": 1, "a": 2}"#, "invalidSyntax"),
        ("123456789012345678901", "invalidSyntax"),
        ("1e999", "invalidSyntax"),
        ("01", "invalidSyntax"),
        ("NaN", "invalidSyntax"),
        ("'a'", "invalidSyntax"),
        (&nested, "invalidValue"),
        (&bottomless, "invalidSyntax"),
        (&long_name, "invalidValue"),
        (&long_text, "invalidValue"),
    ] {
        for (method, path) in &places {
            let answer = client.send(method.clone(), path, Some(body_with(method, path, text))).await;
            let shown: String = text.chars().take(20).collect();
            assert_eq!(answer.expect(400)["scimType"], word, "{method} {path} {shown}");
        }
    }
    for whole in ["\u{feff}{}", "{", "", "[]", "null", "7", "\"x\"", "\u{1}"] {
        for (method, path) in &places {
            let answer = client.send(method.clone(), path, Some(whole.to_owned())).await;
            assert_eq!(answer.expect(400)["scimType"], "invalidSyntax", "{method} {path} {whole}");
        }
    }
    assert_eq!(everything(&client).await, before);
}

/// Values that fit nothing, or barely.
fn odd_values() -> Vec<Value> {
    vec![
        json!("a\0b"),
        json!("\u{feff}\u{202e}'\";--%_\\\u{1f600}"),
        json!("x".repeat(5_000)),
        json!(" "),
        json!(null),
        json!("True"),
        json!(i64::MIN),
        json!(1e300),
        json!([null, 1, "x", {}, []]),
        json!([{"value": "x", "primary": true}, {"value": "y", "primary": true}]),
        json!({"value": {"a": [1, null]}}),
        json!("9999-12-31T23:59:59.999999+14:00"),
    ]
}

#[track_caller]
fn judge(answer: &Answer, what: &str) {
    let word = if answer.status < 400 { None } else { answer.json()["scimType"].as_str().map(str::to_owned) };
    match (answer.status, word.as_deref()) {
        (200 | 201 | 204, None) | (409, Some("uniqueness")) => {}
        (400, Some(word)) if WORDS.contains(&word) => {}
        _other => panic!("{what}: {}", answer.line()),
    }
}

/// All that the schemas of a kind have, by the names that paths know.
async fn attributes(client: &Client, schema: &str, prefix: &str) -> Vec<String> {
    let schema = client.get(&format!("/Schemas/{schema}")).await.expect(200);
    let attributes = schema["attributes"].as_array().expect("attributes");
    attributes.iter().map(|it| format!("{prefix}{}", it["name"].as_str().expect("a name"))).collect()
}

#[tokio::test]
async fn requirement_131_no_value_of_any_attribute_is_the_fault_of_the_service() {
    let api = Api::start().await;
    let (_, client) = source_with(&api, "entra", |source| source.guard_percent = 100).await;
    let places = places(&client).await;
    let core = "urn:ietf:params:scim:schemas:core:2.0";
    let mut users = attributes(&client, &format!("{core}:User"), "").await;
    users.extend(attributes(&client, ENTERPRISE, &format!("{ENTERPRISE}:")).await);
    users.extend(
        ["id", "meta", "schemas", "nonsense", "name.a.b", "emails[type eq \"x\"].value"].map(str::to_owned),
    );
    let groups = attributes(&client, &format!("{core}:Group"), "").await;
    assert!(users.len() > 25 && groups.len() > 1, "{users:?} {groups:?}");
    for (endpoint, names) in [("/Users", users), ("/Groups", groups)] {
        let one = places.iter().find(|(method, path)| *method == Method::PUT && path.starts_with(endpoint));
        let (_, one) = one.expect("a resource");
        let mut before = client.get(one).await.expect(200);
        for name in names {
            for (n, value) in odd_values().into_iter().enumerate() {
                let shown: String = value.to_string().chars().take(30).collect();
                let what = format!("{endpoint} {name} {shown}");
                let operation = json!({"op": "replace", "path": name, "value": value});
                let changed = client.patch(one, &patch(operation)).await;
                judge(&changed, &what);
                let after = client.get(one).await.expect(200);
                assert!(changed.status < 400 || after == before, "{what}: refused, and written: {after}");

                let put = client.put(one, &whole(&name, &value, &format!("put-{name}-{n}"))).await;
                judge(&put, &what);
                before = if put.status == 200 { put.json() } else { after };

                let made = client.post(endpoint, &whole(&name, &value, &format!("post-{name}-{n}"))).await;
                judge(&made, &what);
                if made.status == 201 {
                    let path = format!("{endpoint}/{}", id_of(&made.json()));
                    assert_eq!(client.get(&path).await.expect(200), made.json(), "{what}");
                    client.delete(&path).await.expect(204);
                }
            }
        }
        let left = client.get(endpoint).await.expect(200);
        assert_eq!(left["Resources"], json!([before]), "half of something is left");
    }
}

/// A resource that is good but for one attribute.
fn whole(name: &str, value: &Value, unique: &str) -> Value {
    let mut body = json!({"userName": unique, "displayName": unique});
    match name.strip_prefix(&format!("{ENTERPRISE}:")) {
        Some(name) => body[ENTERPRISE] = json!({name: value}),
        None => body[name] = value.clone(),
    }
    body
}

#[tokio::test]
async fn requirement_5_a_key_in_an_address_opens_nothing() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    client.get("/Users").await.expect(200);
    let stranger = api.anonymous().below(&below("entra"));
    for name in ["access_token", "token", "key", "Authorization"] {
        let answer = stranger.get(&format!("/Users?{name}=canary-entra-key")).await;
        answer.expect(401);
        assert!(!answer.text.contains("canary"), "{}", answer.text);
    }
}

#[tokio::test]
async fn requirement_6_a_version_that_is_not_spoken_is_not_there() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    for version in ["v1", "v3", "v2.0", "V2", ""] {
        let answer = client.send_to(Method::GET, &format!("/source/scim/entra/{version}/Users"), None).await;
        assert_eq!(answer.expect(404)["status"], "404", "{version}");
    }
}

#[tokio::test]
async fn requirements_10_and_12_each_refusal_has_its_status_and_its_body() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let user = format!("/Users/{}", id_of(&client.post("/Users", &ada()).await.expect(201)));
    let one = json!({"method": "DELETE", "path": "/Users/7"});
    let many = json!({"Operations": vec![one; 1001]});
    let stale = client.with("if-match", "W/\"0\"");
    for (status, answer) in [
        (400, client.post("/Users", &json!({})).await),
        (401, api.anonymous().below(&below("entra")).get("/Users").await),
        (403, client.get("/Schemas?filter=id%20pr").await),
        (404, client.get("/Users/7").await),
        (405, client.delete("/Users").await),
        (406, client.with("accept", "text/html").get("/Users").await),
        (409, client.post("/Users", &ada()).await),
        (412, stale.delete(&user).await),
        (413, client.post("/Bulk", &many).await),
        (415, client.with("content-type", "text/xml").post("/Users", &ada()).await),
        (501, client.get("/Me").await),
    ] {
        let body = answer.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{status}");
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{status}");
        assert_eq!(body["status"], json!(status.to_string()));
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{status}");
    }
}

#[tokio::test]
async fn requirement_13_a_refusal_names_the_attribute_and_repeats_no_secret() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let user = format!("/Users/{}", id_of(&client.post("/Users", &ada()).await.expect(201)));
    let set = |path: &str, value: Value| patch(json!({"op": "replace", "path": path, "value": value}));
    for (name, answer) in [
        ("userName", client.post("/Users", &json!({"password": "canary-1"})).await),
        ("password", client.post("/Users", &json!({"userName": "x", "password": {"canary-2": 1}})).await),
        ("password", client.patch(&user, &set("password", json!(["canary-3", "canary-4"]))).await),
        ("password", client.get("/Users?filter=password%20eq%20%22canary-5%22").await),
        ("active", client.patch(&user, &set("active", json!("canary-6"))).await),
    ] {
        let detail = answer.expect(400)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(name), "{name}: {detail}");
        assert!(!answer.text.contains("canary"), "{}", answer.text);
    }
    let broken = client.send(Method::POST, "/Users", Some(r#"{"password": "canary-7""#.to_owned())).await;
    broken.expect(400);
    assert!(!broken.text.contains("canary"), "{}", broken.text);
}

#[tokio::test]
async fn requirement_72_a_query_is_read_however_it_is_written() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    make_user(&client, "ada lovelace").await;
    make_user(&client, "ada+1").await;
    for (query, expected) in [
        ("filter=userName+eq+%22ada+lovelace%22", "ada lovelace"),
        ("filter=userName%20eq%20%22ada%20lovelace%22&", "ada lovelace"),
        ("filter=userName%20eq%20%22ada%2B1%22&&x=", "ada+1"),
        ("&FILTER=userName%20eq%20%22ADA%2b1%22", "ada+1"),
    ] {
        let page = client.get(&format!("/Users?{query}")).await.expect(200);
        assert_eq!(page["Resources"][0]["userName"], expected, "{query}");
        assert_eq!(page["totalResults"], 1, "{query}");
    }
}

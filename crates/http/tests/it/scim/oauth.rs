//! Access tokens for the client credentials of a source (RFC 6749 §4.4).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ada, below, source, source_with};
use crate::harness::{Answer, Api};

const TOKENS: &str = "/sources/scim/entra/tokens/";
const ENDPOINT: &str = "/source/scim/entra/oauth2/token";
/// `entra:secret` and the like, as the header has them.
const BASIC: &str = "Basic ";

/// A secret of the source: its key, and its address in the API.
async fn secret(api: &Api, body: &Value) -> (String, String) {
    let made = api.admin().post(TOKENS, body).await.expect(201);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&made["key"]), format!("{TOKENS}{}/", text(&made["token"]["pk"])))
}

async fn ask(api: &Api, form: &str) -> Answer {
    ask_as(api, None, form).await
}

async fn ask_as(api: &Api, header: Option<&str>, form: &str) -> Answer {
    let client = header.map_or_else(|| api.anonymous(), |header| api.with_header(header));
    let client = client.with("content-type", "application/x-www-form-urlencoded");
    client.send_to(Method::POST, ENDPOINT, Some(form.to_owned())).await
}

fn form(id: &str, secret: &str) -> String {
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
}

#[tokio::test]
async fn a_secret_gives_access_for_an_hour_and_no_longer_than_it_lasts() {
    let api = Api::start().await;
    source(&api, "entra").await;
    let (key, address) = secret(&api, &json!({"name": "idp"})).await;
    let answer = ask(&api, &form("entra", &key)).await;
    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        (Some("no-store"), Some("no-cache"))
    );
    let granted = answer.expect(200);
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(granted["scope"], "users groups");
    let access = granted["access_token"].as_str().unwrap();
    assert!(!access.contains(&key));
    let client = api.with_key(access).below(&below("entra"));
    client.post("/Users", &ada()).await.expect(201);
    // It opens its source only, and nothing else.
    source(&api, "okta").await;
    api.with_key(access).below(&below("okta")).get("/Users").await.expect(401);
    assert_eq!(api.with_key(access).get("/core/users/me/").await.status, 403);
    api.with_key(&format!("{access}x")).below(&below("entra")).get("/Users").await.expect(401);
    api.clock.advance(TimeDelta::minutes(59));
    client.get("/Users").await.expect(200);
    // Whoever revokes the secret ends what it gave.
    let other = ask(&api, &form("entra", &key)).await.expect(200)["access_token"].clone();
    api.admin().delete(&address).await.expect(204);
    client.get("/Users").await.expect(401);
    api.with_key(other.as_str().unwrap()).below(&below("entra")).get("/Users").await.expect(401);
    assert_eq!(ask(&api, &form("entra", &key)).await.expect(401)["error"], "invalid_client");
}

#[tokio::test]
async fn an_access_token_ends_by_itself_and_with_its_secret() {
    let api = Api::start().await;
    source(&api, "entra").await;
    let (key, _) = secret(&api, &json!({"name": "idp", "groups": false, "read_only": true})).await;
    let granted = ask(&api, &form("entra", &key)).await.expect(200);
    assert_eq!(granted["scope"], "users read_only");
    let client = api.with_key(granted["access_token"].as_str().unwrap()).below(&below("entra"));
    client.get("/Users").await.expect(200);
    client.get("/Groups").await.expect(403);
    client.post("/Users", &ada()).await.expect(403);
    api.clock.advance(TimeDelta::hours(1));
    client.get("/Users").await.expect(401);
}

#[tokio::test]
async fn secrets_overlap_and_come_in_the_header_too() {
    let api = Api::start().await;
    source(&api, "entra").await;
    let (old, old_address) = secret(&api, &json!({"name": "old"})).await;
    let (new, _) = secret(&api, &json!({"name": "new"})).await;
    for key in [&old, &new] {
        ask(&api, &form("entra", key)).await.expect(200);
        let header = format!("{BASIC}{}", base64(&format!("entra:{key}")));
        ask_as(&api, Some(&header), "grant_type=client_credentials&scope=whatever").await.expect(200);
    }
    api.admin().delete(&old_address).await.expect(204);
    ask(&api, &form("entra", &old)).await.expect(401);
    ask(&api, &form("entra", &new)).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_words_of_the_standard() {
    let api = Api::start().await;
    source(&api, "entra").await;
    source_with(&api, "off", |source| source.enabled = false).await;
    let (key, _) = secret(&api, &json!({"name": "idp"})).await;
    let good = form("entra", &key);
    let wrong_header = format!("{BASIC}{}", base64("entra:wrong"));
    for (header, body, status, error) in [
        (None, form("entra", "wrong"), 401, "invalid_client"),
        (None, form("okta", &key), 401, "invalid_client"),
        (None, form("entra", "canary-entra-key"), 401, "invalid_client"),
        (None, "grant_type=client_credentials".to_owned(), 401, "invalid_client"),
        (Some(&*wrong_header), "grant_type=client_credentials".to_owned(), 401, "invalid_client"),
        (None, good.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
        (None, good.replace("grant_type", "grant"), 400, "invalid_request"),
        (None, format!("{good}&client_id=entra"), 400, "invalid_request"),
        (None, "client_id=entra&grant_type=client_credentials".to_owned(), 400, "invalid_request"),
        (Some(&*wrong_header), good.clone(), 400, "invalid_request"),
        (Some("Bearer x"), "grant_type=client_credentials".to_owned(), 400, "invalid_request"),
    ] {
        let answer = ask_as(&api, header, &body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{body}");
        let challenge = (status == 401 && header.is_some()).then_some("Basic realm=\"scim\"");
        assert_eq!(answer.header("www-authenticate"), challenge, "{body}");
        assert!(!answer.text.contains(&key));
    }
    let json = api.anonymous().send_to(Method::POST, ENDPOINT, Some(good.clone())).await;
    assert_eq!(json.json()["error"], "invalid_request");
    let huge = ask(&api, &format!("{good}&x={}", "x".repeat(20_000))).await;
    assert_eq!(huge.expect(400)["error"], "invalid_request");
    let off = api.anonymous().with("content-type", "application/x-www-form-urlencoded");
    let off = off.send_to(Method::POST, "/source/scim/off/oauth2/token", Some(form("off", &key))).await;
    assert_eq!(off.expect(401)["error"], "invalid_client");
}

/// Text in base64 (RFC 4648 §4).
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, n| bits << 8 | usize::from(chunk.get(n).copied().unwrap_or(0)));
        for n in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * n) & 63];
            encoded.push(if n <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

//! What is sent when something is written, and how its answer is read.

use serde_json::json;

use scimitar_client::{Answer, Client, ClientError, Credentials, Method, Target, Wanted};
use scimitar_domain::Secret;
use scimitar_scim::{ResourceKind, patch};

use crate::server::{Server, TOKEN, answer, client, egress, json, recorded, recorded_of, settings, target};

#[tokio::test]
async fn every_call_says_who_and_what_it_is() {
    let server = Server::start(|_| json(201, r#"{"id":"r1"}"#)).await;
    server.client().create(ResourceKind::User, &json!({"userName": "ada"})).await.expect("a success");

    let seen = &server.seen()[0];
    let header =
        |name: &str| seen.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("-").to_owned();
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(header("accept"), "application/scim+json");
    assert_eq!(header("content-type"), "application/scim+json");
    assert_eq!(header("user-agent"), concat!("scimitar/", env!("CARGO_PKG_VERSION")));
    assert_eq!(header("accept-encoding"), "gzip");
    assert_eq!(header("referer"), "-");
    assert_eq!(seen.body, r#"{"userName":"ada"}"#);
}

#[tokio::test]
async fn without_a_token_no_credentials_are_sent() {
    let server = Server::start(|_| json(200, "{}")).await;
    let nobody =
        Target { credentials: Credentials::Bearer(Secret::new(String::new())), ..target(&server.url) };
    let client = Client::new(&egress(settings()), nobody).expect("a fit target");
    client.service_provider_config().await.expect("a success");
    assert!(!server.seen()[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_told_without_showing_it() {
    let odd = Target {
        credentials: Credentials::Bearer(Secret::new(format!("{TOKEN}\r\nX-Admin: yes"))),
        ..target("http://app.example")
    };
    let error = Client::new(&egress(settings()), odd).expect_err("no client");
    assert!(matches!(error, ClientError::BadToken), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(TOKEN));
}

#[tokio::test]
async fn each_write_has_its_method_and_its_path() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "DELETE" => answer(204, &[], ""),
        _ => json(200, r#"{"id":"r1"}"#),
    })
    .await;
    let client = client(&format!("{}/scim/v2/", server.url), settings()).expect("a fit target");
    let (client, exchanges) = recorded(&client);
    let group = json!({"displayName": "ops"});
    let change = patch::request(vec![patch::remove_member("u1")]);

    client.create(ResourceKind::Group, &group).await.expect("a success");
    client.replace(ResourceKind::Group, "r1", &group).await.expect("a success");
    client.patch(ResourceKind::Group, "r1", &change).await.expect("a success");
    client.delete(ResourceKind::User, "a/../b?c#d").await.expect("a success");

    let expected = [
        "POST /scim/v2/Groups",
        "PUT /scim/v2/Groups/r1",
        "PATCH /scim/v2/Groups/r1",
        "DELETE /scim/v2/Users/a%2F..%2Fb%3Fc%23d",
    ];
    assert_eq!(server.transcript(), expected);
    assert_eq!(server.seen()[2].body, change.to_string());
    let told: Vec<_> = exchanges
        .lock()
        .expect("no panic")
        .iter()
        .map(|it| format!("{} {} {:?}", it.method, it.url, it.status))
        .collect();
    let url = format!("{}/scim/v2", server.url);
    assert_eq!(
        told,
        [
            format!("POST {url}/Groups Some(200)"),
            format!("PUT {url}/Groups/r1 Some(200)"),
            format!("PATCH {url}/Groups/r1 Some(200)"),
            format!("DELETE {url}/Users/a%2F..%2Fb%3Fc%23d Some(204)"),
        ],
    );
}

#[tokio::test]
async fn ids_that_climb_the_path_are_never_sent() {
    let server = Server::start(|_| json(200, "{}")).await;
    for id in ["", ".", ".."] {
        let error = server.client().delete(ResourceKind::User, id).await.expect_err("no such call");
        assert!(matches!(error, ClientError::BadId { .. }), "{error:?}");
    }
    assert!(server.transcript().is_empty());
}

/// What a create makes of `status` and `body`: the id, or the error.
async fn created(status: u16, body: &'static str) -> Result<Answer, ClientError> {
    let server = Server::start(move |_| json(status, body)).await;
    server.client().create(ResourceKind::User, &json!({"userName": "ada"})).await
}

#[tokio::test]
async fn a_create_needs_an_id_in_its_answer() {
    for (status, body, id) in [
        (201, r#"{"id":"r1"}"#, "r1"),
        (200, r#"{"id":"r1"}"#, "r1"),
        (202, r#"{"ID":"r1"}"#, "r1"),
        (201, r#"{"id":17}"#, "17"),
        (201, "\u{feff}{\"id\":\"r1\"}", "r1"),
        (201, " {\"id\":\"..r1\"}\n", "..r1"),
    ] {
        let answer = created(status, body).await.expect(body);
        assert_eq!(answer.id.as_deref(), Some(id), "{body}");
        assert!(answer.body.is_some_and(|body| body.is_object()));
    }
    for (status, body) in [
        (201, "{}"),
        (201, r#"{"id":""}"#),
        (201, r#"{"id":null}"#),
        (201, r#"{"id":".."}"#),
        (201, r#"{"id":["r1"]}"#),
        (201, "[]"),
        (201, "null"),
        (201, ""),
        (204, ""),
    ] {
        let error = created(status, body).await.expect_err(body);
        assert!(matches!(error, ClientError::MissingId), "{body}: {error:?}");
        assert!(error.may_have_happened());
    }
}

#[tokio::test]
async fn other_writes_need_no_document() {
    for (status, body, expected) in [
        (204, "", None),
        (200, "", None),
        (200, " \r\n", None),
        (200, "null", None),
        (200, r#"{"id":"r2","active":false}"#, Some("r2")),
        (202, r#"{"active":false}"#, None),
    ] {
        let server = Server::start(move |_| json(status, body)).await;
        let client = server.client();
        let replaced = client.replace(ResourceKind::User, "r1", &json!({})).await.expect(body);
        assert_eq!(replaced.id.as_deref(), expected, "{status} {body}");
        let patched = client.patch(ResourceKind::User, "r1", &json!({})).await.expect(body);
        assert_eq!(patched, replaced);
        client.delete(ResourceKind::User, "r1").await.expect(body);
    }
}

#[tokio::test]
async fn a_version_is_read_from_the_body_or_else_from_the_header() {
    let shown = r#"{"id":"r1","meta":{"version":"W/\"7\""}}"#;
    for (header, body, expected) in [
        (Some("W/\"7-gzip\""), shown, Some("W/\"7\"")),
        (Some("W/\"7\""), "", Some("W/\"7\"")),
        (Some("\"7\""), r#"{"id":"r1","meta":{"version":7}}"#, Some("\"7\"")),
        (Some("7"), r#"{"id":"r1","meta":{"version":"7"}}"#, None),
        (None, r#"{"id":"r1"}"#, None),
    ] {
        let headers: Vec<_> = header.iter().map(|etag| ("etag", *etag)).collect();
        let server = Server::start(move |_| answer(200, &headers, body)).await;
        let patched = server.client().patch(ResourceKind::User, "r1", &json!({})).await.expect(body);
        assert_eq!(patched.version.as_deref(), expected, "{header:?} {body}");
        if !body.is_empty() {
            let (_, version) = server.client().get_with_version(ResourceKind::User, "r1").await.expect(body);
            assert_eq!(version.as_deref(), expected);
        }
    }
}

#[tokio::test]
async fn changes_may_be_bound_to_a_version() {
    let server = Server::start(|_| json(412, "{}")).await;
    let (free, bound) = (server.client(), server.client().if_match(Some("W/\"7\"")));
    let stale = bound.delete(ResourceKind::User, "r1").await.expect_err("a refusal");
    assert!(matches!(stale, ClientError::Stale { .. }) && !stale.may_have_happened(), "{stale:?}");
    bound.replace(ResourceKind::User, "r1", &json!({})).await.expect_err("a refusal");
    bound.patch(ResourceKind::User, "r1", &json!({})).await.expect_err("a refusal");
    let other = bound.create(ResourceKind::User, &json!({})).await.expect_err("a refusal");
    assert!(matches!(other, ClientError::Rejected { status: 412, .. }), "{other:?}");
    let other = free.delete(ResourceKind::User, "r1").await.expect_err("a refusal");
    assert!(matches!(other, ClientError::Rejected { status: 412, .. }), "{other:?}");

    let named: Vec<_> = server.seen().iter().map(|it| it.headers.get("if-match").cloned()).collect();
    let expected = [Some("W/\"7\""), Some("W/\"7\""), Some("W/\"7\""), None, None];
    assert_eq!(named, expected.map(|it| it.map(http_value)));
}

fn http_value(text: &str) -> reqwest::header::HeaderValue {
    reqwest::header::HeaderValue::from_str(text).expect("plain text")
}

#[tokio::test]
async fn an_answer_is_read_so_that_it_can_be_kept() {
    let server = Server::start(|_| json(201, r#"{"id":"r\u00001","a\u0000":["\u0000",1]}"#)).await;
    let answer = server.client().create(ResourceKind::User, &json!({"userName": "ada"})).await;
    let expected = json!({"id": "r\u{fffd}1", "a\u{fffd}": ["\u{fffd}", 1]});
    assert_eq!(answer.expect("a success").body, Some(expected));

    let endless = format!(r#"{{"id":"{}"}}"#, "r".repeat(600));
    let server = Server::start(move |_| json(201, &endless)).await;
    let refused = server.client().create(ResourceKind::User, &json!({"userName": "ada"})).await;
    assert!(matches!(refused, Err(ClientError::MissingId)), "{refused:?}");
}

#[tokio::test]
async fn an_exchange_shows_both_bodies_without_credentials_and_passwords() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "POST" => json(200, r#"{"id":"r1","password":"tiger2","note":"your token is canary-7f3a"}"#),
        _ => json(400, r#"{"detail":"tiger1 is weak, says canary-7f3a"}"#),
    })
    .await;
    let user = json!({"userName": "ada", "password": "tiger1"});
    let (client, exchanges) = recorded(&server.client());
    client.create(ResourceKind::User, &user).await.expect("a success");
    client.replace(ResourceKind::User, "r1", &user).await.expect_err("a refusal");
    let told = exchanges.lock().expect("no panic").clone();
    let sent = Some(r#"{"userName":"ada","password":"***"}"#);
    assert_eq!(told.iter().map(|it| it.request.as_deref()).collect::<Vec<_>>(), [sent, sent]);
    assert_eq!(
        told.iter().map(|it| it.response.as_deref().unwrap_or_default()).collect::<Vec<_>>(),
        [
            r#"{"id":"r1","password":"***","note":"your token is ***"}"#,
            r#"{"detail":"*** is weak, says ***"}"#
        ],
    );
}

#[tokio::test]
async fn who_wants_failures_is_told_of_nothing_else() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "POST" => json(200, r#"{"id":"r1"}"#),
        _ => answer(200, &[], "<html>"),
    })
    .await;
    let (client, exchanges) = recorded_of(&server.client(), Wanted::Failures);
    client.create(ResourceKind::User, &json!({"userName": "ada"})).await.expect("a success");
    client.get(ResourceKind::User, "r1").await.expect_err("no SCIM");
    let told: Vec<_> =
        exchanges.lock().expect("no panic").iter().map(|it| (it.method, it.response.clone())).collect();
    assert_eq!(told, [(Method::Get, Some("<html>".to_owned()))]);
}

#[tokio::test]
async fn a_remote_may_know_us_by_a_password_or_by_a_header_of_its_own() {
    let server =
        Server::start(|_| json(400, r#"{"detail":"Basic bWU6Y2FuYXJ5LSTDpA== of canary-$ä, key-7"}"#)).await;
    let secret = |text: &str| Secret::new(text.to_owned());
    let told = async |credentials| {
        let target = Target { credentials, ..target(&server.url) };
        let client = Client::new(&egress(settings()), target).expect("a fit target");
        client.get(ResourceKind::User, "r1").await.expect_err("a refusal").to_string()
    };
    let basic = told(Credentials::Basic { user: "me".to_owned(), password: secret("canary-$ä") }).await;
    assert!(basic.ends_with("Basic *** of ***, key-7"), "{basic}");
    let header = told(Credentials::Header { name: "X-Api-Key".to_owned(), value: secret("key-7") }).await;
    assert!(header.ends_with("canary-$ä, ***"), "{header}");
    let certificate = told(Credentials::Certificate).await;
    assert!(certificate.ends_with("key-7"), "{certificate}");
    let seen: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| {
            let text = |name: &str| seen.headers.get(name).map(|it| it.to_str().expect("ASCII").to_owned());
            (text("authorization"), text("x-api-key"))
        })
        .collect();
    let expected = [
        (Some("Basic bWU6Y2FuYXJ5LSTDpA==".to_owned()), None),
        (None, Some("key-7".to_owned())),
        (None, None),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn credentials_that_no_request_can_carry_are_told_by_what_has_to_change() {
    let check = |credentials: Credentials, expected: &str| {
        assert_eq!(
            credentials.check().map_or_else(|error| error.to_string(), |()| "fit".to_owned()),
            expected
        );
    };
    let secret = |text: &str| Secret::new(text.to_owned());
    let basic =
        |user: &str, password| Credentials::Basic { user: user.to_owned(), password: secret(password) };
    let header = |name: &str, value| Credentials::Header { name: name.to_owned(), value: secret(value) };
    let unfit = "the user name and the password cannot be sent: a user name has no colon, and neither has control characters";
    check(basic("me", "a:b ö"), "fit");
    check(basic("m:e", "a"), unfit);
    check(basic("me", "a\nb"), unfit);
    check(header("X-Api-Key", "k"), "fit");
    for name in ["Host", "content-length", "a b", ""] {
        check(header(name, "k"), &format!("`{name}` is no header that can be set for a remote"));
    }
    check(header("X-Api-Key", "a\nb"), "the remote's token holds characters that no HTTP header can carry");
    check(Credentials::Certificate, "fit");
}

//! Where calls go, and where they do not.

use scimitar_client::{AddressClass, ClientError, Disposition, EgressSettings, PlainHttp};
use scimitar_scim::ResourceKind;

use crate::server::{Server, answer, client, json, recorded, settings};

/// What comes of a read at `url` when loopback is not allowed.
async fn guarded(url: &str) -> ClientError {
    let client = client(url, EgressSettings::default()).expect("a fit target");
    client.get(ResourceKind::User, "r1").await.expect_err("a refusal")
}

#[tokio::test]
async fn refused_addresses_are_never_connected_to() {
    let server = Server::start(|_| json(200, "{}")).await;
    let port = server.port();
    for (host, class) in [
        ("127.0.0.1", AddressClass::Loopback),
        ("127.1", AddressClass::Loopback),
        ("2130706433", AddressClass::Loopback),
        ("0x7f000001", AddressClass::Loopback),
        ("0177.0.0.1", AddressClass::Loopback),
        ("[::1]", AddressClass::Loopback),
        ("[::ffff:127.0.0.1]", AddressClass::Loopback),
        ("[::ffff:7f00:1]", AddressClass::Loopback),
        ("[::127.0.0.1]", AddressClass::Loopback),
        ("[64:ff9b::7f00:1]", AddressClass::Loopback),
        ("[2002:7f00:1::]", AddressClass::Loopback),
        ("localhost", AddressClass::Loopback),
        ("LOCALHOST", AddressClass::Loopback),
        ("0", AddressClass::Unspecified),
        ("0.0.0.0", AddressClass::Unspecified),
        ("[::]", AddressClass::Unspecified),
        ("169.254.169.254", AddressClass::Metadata),
        ("[fd00:ec2::254]", AddressClass::Metadata),
        ("[::ffff:169.254.169.254]", AddressClass::Metadata),
        ("169.254.1.1", AddressClass::LinkLocal),
        ("224.0.0.1", AddressClass::Multicast),
        ("255.255.255.255", AddressClass::Broadcast),
    ] {
        match guarded(&format!("http://{host}:{port}")).await {
            ClientError::EgressRefused { class: found, .. } => assert_eq!(found, class, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
    assert!(server.transcript().is_empty());
}

#[tokio::test]
async fn a_refusal_names_the_setting_that_would_allow_it() {
    let error = guarded("http://127.0.0.1:1").await;
    assert_eq!(
        error.to_string(),
        "`127.0.0.1` is at 127.0.0.1, a loopback address, where calls are refused; to allow it, add 127.0.0.1 or \
         its network to SCIMITAR_EGRESS__ALLOW",
    );
    assert_eq!(error.disposition(), Disposition::PauseProvider { hint: None });
    assert!(!error.may_have_happened());
    let named = guarded("http://localhost:1").await.to_string();
    assert!(named.starts_with("`localhost` is at ") && named.contains("SCIMITAR_EGRESS__ALLOW"), "{named}");
}

#[tokio::test]
async fn allowed_addresses_are_reached_by_number_and_by_name() {
    let server = Server::start(|_| json(200, r#"{"id":"r1"}"#)).await;
    for host in ["127.0.0.1", "localhost", "2130706433"] {
        let client = client(&format!("http://{host}:{}", server.port()), settings()).expect("a fit target");
        client.get(ResourceKind::User, "r1").await.expect(host);
    }
    assert_eq!(server.transcript().len(), 3);
}

/// What comes of a read at `url` where loopback is allowed and plain http is as given.
async fn plainly(plain_http: PlainHttp, url: &str) -> Result<(), ClientError> {
    let client = client(url, EgressSettings { plain_http, ..settings() }).expect("a fit target");
    client.get(ResourceKind::User, "r1").await.map(drop)
}

#[tokio::test]
async fn without_tls_only_what_the_switch_admits_is_connected_to() {
    let server = Server::start(|_| json(200, r#"{"id":"r1"}"#)).await;
    let at = |host: &str| format!("http://{host}:{}", server.port());
    for host in ["127.0.0.1", "localhost"] {
        plainly(PlainHttp::Private, &at(host)).await.expect("it is allowed by name");
        plainly(PlainHttp::Always, &at(host)).await.expect("everything is");
    }
    assert_eq!(server.transcript().len(), 4);

    for host in ["127.0.0.1", "localhost"] {
        let error = plainly(PlainHttp::Never, &at(host)).await.expect_err("nothing is");
        let expected = format!(
            "`{host}` would be called without TLS, which SCIMITAR_EGRESS__PLAIN_HTTP forbids (`never`); use https, or \
             set it to `private`"
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.disposition(), Disposition::PauseProvider { hint: None });
        assert!(!error.may_have_happened());
    }
    // By number, so that nobody is asked where it is.
    for host in ["93.184.216.34", "[2606:4700::1111]"] {
        let error = plainly(PlainHttp::Private, &at(host)).await.expect_err("a public address");
        assert!(matches!(error, ClientError::PlainHttpRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("SCIMITAR_EGRESS__PLAIN_HTTP"), "{error}");
    }
    assert_eq!(server.transcript().len(), 4, "nothing of it has been sent");
}

#[tokio::test]
async fn with_tls_the_switch_has_no_say() {
    let server = Server::start(|_| json(200, "{}")).await;
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}", server.port());
        let error = plainly(PlainHttp::Never, &url).await.expect_err("it speaks no TLS");
        assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start(|_| json(200, r#"{"id":"r1"}"#)).await;
    let location = format!("{}/Users/r1?session=1", elsewhere.url);
    for status in [301, 302, 303, 307, 308] {
        let location = location.clone();
        let server = Server::start(move |_| answer(status, &[("location", &location)], "")).await;
        let error = server.client().get(ResourceKind::User, "r1").await.expect_err("no answer");
        let expected = format!(
            "the remote redirects with {status} to `{}/Users/r1`; redirects are not followed, set the final URL",
            elsewhere.url,
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(server.transcript().len(), 1);
    }
    assert!(elsewhere.transcript().is_empty());
}

#[test]
fn unfit_urls_make_no_client() {
    for url in [
        "",
        "app.example",
        "ftp://app.example",
        "file:///etc/passwd",
        "https://u:p@app.example",
        "https://a?b",
    ] {
        let error = client(url, settings()).expect_err(url);
        assert!(matches!(error, ClientError::BadUrl { .. }), "{url}: {error:?}");
        assert_eq!(error.disposition(), Disposition::PauseProvider { hint: None });
    }
    let shown = client("https://u:canary@app.example", settings()).expect_err("credentials");
    assert!(!format!("{shown:?} {shown}").contains("canary"));
}

#[tokio::test]
async fn a_refused_call_is_recorded_without_an_answer() {
    let client = client("http://127.0.0.1:1", EgressSettings::default()).expect("a fit target");
    let (client, exchanges) = recorded(&client);
    client.find(ResourceKind::User, "userName", "canary-name").await.expect_err("a refusal");
    let exchanges = exchanges.lock().expect("no panic");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].url, "http://127.0.0.1:1/Users");
    assert_eq!(exchanges[0].status, None);
}

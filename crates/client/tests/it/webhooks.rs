//! Telling others of events.

use scimitar_client::{EgressSettings, Notice, PlainHttp, SigningKey};

use crate::server::{Server, answer, egress, impatient, settings};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn notify(settings: EgressSettings, url: &str) -> Result<(), String> {
    let key = SigningKey::read(KEY).expect("a key");
    let notice = Notice { url, key: &key, id: "evt_1", body: r#"{"type":"run.ended"}"# };
    egress(settings).notify(notice).await
}

#[tokio::test]
async fn a_notice_is_posted_once_with_its_signature() {
    let server = Server::start(|_| answer(204, &[], "")).await;
    assert_eq!(notify(settings(), &format!("{}/events?a=b", server.url)).await, Ok(()));
    let [seen] = server.seen().try_into().expect("one request");
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/events?a=b"));
    assert_eq!(seen.body, r#"{"type":"run.ended"}"#);
    let header = |name: &str| seen.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    assert_eq!((header("content-type"), header("webhook-id")), ("application/json", "evt_1"));
    // The test's clock stands still, so time and signature are known: HMAC-SHA256 of `evt_1.1767225600.` and the body.
    assert_eq!(header("webhook-timestamp"), "1767225600");
    assert_eq!(header("webhook-signature"), "v1,qs+6A7NmAw5Du9pjmAIZ63nWP+ZWUyS6f/Wcw854a0I=");
    assert!(seen.headers.get("authorization").is_none());
}

#[tokio::test]
async fn what_is_not_taken_says_why_without_the_address() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/moved" => answer(307, &[("location", "/events")], ""),
        _ => answer(500, &[], "canary"),
    });
    let server = server.await;
    let moved = notify(settings(), &format!("{}/moved", server.url)).await;
    assert_eq!(moved, Err("it answered 307".to_owned()));
    assert_eq!(server.transcript(), ["POST /moved"], "redirects are not followed");
    assert_eq!(notify(settings(), &server.url).await, Err("it answered 500".to_owned()));
    let silent = Server::raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    });
    let silent = silent.await;
    assert_eq!(notify(impatient(), &silent.url).await, Err("it did not answer in time".to_owned()));
    let unfit = notify(settings(), "ftp://127.0.0.1/canary").await;
    assert_eq!(unfit, Err("its scheme is neither http nor https".to_owned()));
    let nobody = notify(settings(), "http://127.0.0.1:1/canary-path?canary").await;
    assert!(nobody.is_err_and(|reason| !reason.contains("canary")));
}

#[tokio::test]
async fn the_rules_for_remotes_hold_for_webhooks() {
    let server = Server::start(|_| answer(204, &[], "")).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "0"] {
        let told = notify(EgressSettings::default(), &format!("http://{host}:{}/", server.port())).await;
        assert!(told.as_ref().is_err_and(|reason| reason.contains("refused")), "{host}: {told:?}");
    }
    assert!(server.transcript().is_empty());
}

#[tokio::test]
async fn webhooks_without_tls_are_held_to_the_switch() {
    let server = Server::start(|_| answer(204, &[], "")).await;
    let never = || EgressSettings { plain_http: PlainHttp::Never, ..settings() };
    for (settings, host) in [(never(), "127.0.0.1"), (never(), "localhost"), (settings(), "93.184.216.34")] {
        let told = notify(settings, &format!("http://{host}:{}/", server.port())).await;
        assert!(told.as_ref().is_err_and(|reason| reason.contains("PLAIN_HTTP")), "{host}: {told:?}");
    }
    assert!(server.transcript().is_empty());
}

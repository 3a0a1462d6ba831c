//! Refusals over the wire. The whole table of situations is in `src/refusal.rs`; here is what only a real answer
//! shows: headers, bodies of every kind, and that our token does not come back.

use std::time::Duration;

use serde_json::json;

use scimitar_client::{ClientError, Disposition};
use scimitar_scim::ResourceKind;

use crate::server::{Server, TOKEN, answer};

/// The error that a create makes of an answer.
async fn refused(status: u16, headers: &'static [(&str, &str)], body: &str) -> ClientError {
    let body = body.to_owned();
    let server = Server::start(move |_| answer(status, headers, &body)).await;
    server.client().create(ResourceKind::User, &json!({"userName": "ada"})).await.expect_err("a refusal")
}

#[tokio::test]
async fn retry_after_is_read_in_both_forms() {
    // The clock of the tests stands at the first moment of 2026.
    for (headers, expected) in [
        (&[("retry-after", "7")][..], Some(7)),
        (&[("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT")], Some(60)),
        (&[("retry-after", "Wed, 31 Dec 2025 00:00:00 GMT")], Some(0)),
        (&[("retry-after", "-3")], Some(0)),
        (&[("retry-after", "99999999999")], Some(86_400)),
        (&[("retry-after", "soon")], None),
        (&[("retry-after", "")], None),
        (&[], None),
        // By the remote's clock, which is ten minutes ahead of ours.
        (
            &[("date", "Thu, 01 Jan 2026 00:10:00 GMT"), ("retry-after", "Thu, 01 Jan 2026 00:10:05 GMT")],
            Some(5),
        ),
        // A remote that does not know the year is not asked for the time.
        (
            &[("date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("retry-after", "Thu, 01 Jan 2026 00:00:09 GMT")],
            Some(9),
        ),
    ] {
        for status in [429, 503] {
            let expected = match expected {
                Some(seconds) => Disposition::PauseProvider { hint: Some(Duration::from_secs(seconds)) },
                None => Disposition::Retry { hint: None },
            };
            assert_eq!(refused(status, headers, "").await.disposition(), expected, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn the_words_of_a_refusal_are_kept() {
    for (content_type, body, expected) in [
        (
            &[("content-type", "application/scim+json")][..],
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"no\nmail"}"#,
            "the remote rejected the request with 400 (invalidValue): no mail",
        ),
        (
            &[("content-type", "application/json")],
            r#"{"message":"odd"}"#,
            "the remote rejected the request with 400: odd",
        ),
        (
            &[("content-type", "text/plain; charset=utf-8")],
            "plainly no",
            "the remote rejected the request with 400: plainly no",
        ),
        (&[("content-type", "text/html")], "<html>a page</html>", "the remote rejected the request with 400"),
        (&[], "", "the remote rejected the request with 400"),
        (&[("content-type", "application/json")], "{\"detail\":", "the remote rejected the request with 400"),
        (&[("content-type", "application/json")], "[1]", "the remote rejected the request with 400"),
    ] {
        assert_eq!(refused(400, content_type, body).await.to_string(), expected);
    }
}

#[tokio::test]
async fn a_refusal_in_disguise_is_a_refusal() {
    let body =
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":409,"scimType":"uniqueness"}"#;
    let error = refused(200, &[], body).await;
    assert!(matches!(error, ClientError::Taken { .. }), "{error:?}");
}

#[tokio::test]
async fn our_token_does_not_come_back() {
    let body = format!(r#"{{"detail":"Bearer {TOKEN} is wrong","scimType":"{TOKEN}"}}"#);
    for status in [302, 400, 401, 403, 409, 413, 500] {
        let error =
            refused(status, &[("location", "https://b.example/canary-7f3a?key=canary-7f3a")], &body).await;
        let shown = format!("{error:?} {error} {}", error.explain());
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    let page = refused(200, &[("content-type", "text/canary-7f3a")], "<html>").await;
    assert!(!format!("{page:?} {page}").contains(TOKEN));
}

#[tokio::test]
async fn a_long_refusal_is_cut() {
    let long = refused(400, &[], &format!(r#"{{"detail":"{}"}}"#, "x".repeat(5_000))).await.to_string();
    assert!(long.ends_with("xxx…") && long.len() < 600, "{}", long.len());
    let huge = refused(400, &[], &format!(r#"{{"detail":"{}"}}"#, "x".repeat(200_000))).await.to_string();
    assert_eq!(huge, "the remote rejected the request with 400");
}

#[tokio::test]
async fn a_web_page_is_no_success() {
    for (headers, found) in [
        (&[("content-type", "text/html; charset=utf-8")][..], "text/html; charset=utf-8"),
        (&[("content-type", "application/scim+json")], "application/scim+json"),
        (&[], "an answer of no stated type"),
    ] {
        let error = refused(200, headers, "<!doctype html><title>Sign in</title>").await;
        let expected =
            format!("the remote answered 200 with {found}, which is not the SCIM that was asked for");
        assert_eq!(error.to_string(), expected);
        assert!(error.may_have_happened());
        assert_eq!(error.disposition(), Disposition::Retry { hint: None });
    }
}

#[tokio::test]
async fn a_web_page_is_no_success_of_a_delete_either() {
    let server = Server::start(|_| answer(200, &[("content-type", "text/html")], "<html>")).await;
    let error = server.client().delete(ResourceKind::User, "r1").await.expect_err("no success");
    assert!(matches!(error, ClientError::Malformed { status: 200, .. }), "{error:?}");
}

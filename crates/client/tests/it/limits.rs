//! What a call may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use scimitar_client::{Client, ClientError, Disposition, EgressSettings, Target};
use scimitar_scim::ResourceKind;

use crate::server::{Server, client, egress, json, read_request, settings, target};

fn small() -> EgressSettings {
    EgressSettings { answer_limit: 64 * 1024, ..settings() }
}

#[track_caller]
fn assert_too_large(error: &ClientError) {
    assert!(matches!(error, ClientError::AnswerTooLarge { limit: 65_536 }), "{error:?}");
    assert!(error.may_have_happened());
    assert_eq!(error.disposition(), Disposition::GiveUp);
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 201 Created\r\n\r\n").await.expect("a write");
        while stream.write_all(&[b' '; 4096]).await.is_ok() {}
    })
    .await;
    let client = client(&server.url, small()).expect("a fit target");
    let error = client.create(ResourceKind::User, &json!({})).await.expect_err("no answer");
    assert_too_large(&error);
}

#[tokio::test]
async fn a_bomb_is_measured_after_decompression() {
    static BOMB: &[u8] = include_bytes!("../fixtures/zeros.json.gz");
    let server = Server::start(|_| {
        let reply = Response::builder().header("content-encoding", "gzip");
        reply.body(Full::new(Bytes::from_static(BOMB))).expect("a fit answer")
    })
    .await;
    let tight = client(&server.url, small()).expect("a fit target");
    assert_too_large(&tight.create(ResourceKind::User, &json!({})).await.expect_err("no answer"));

    let wide = client(&server.url, settings()).expect("a fit target");
    let answer = wide.replace(ResourceKind::User, "r1", &json!({})).await.expect("a success");
    assert_eq!(answer.id.map(|id| id.len()), Some(1 << 20));
}

#[tokio::test]
async fn an_answer_at_the_limit_is_read() {
    for (length, fits) in [(65_536, true), (65_537, false)] {
        let document = r#"{"id":"r1"}"#;
        let body = format!("{document}{}", " ".repeat(length - document.len()));
        let server = Server::start(move |_| json(201, &body)).await;
        let client = client(&server.url, small()).expect("a fit target");
        assert_eq!(client.create(ResourceKind::User, &json!({})).await.is_ok(), fits, "{length}");
    }
}

/// The server answers only when two calls have met there, so two are under way; a third would be seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_calls_are_under_way_than_agreed() {
    const AGREED: usize = 2;
    const CALLS: usize = 40;
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let meeting = Arc::new(Barrier::new(AGREED));
    let server = Server::start_async({
        let (under_way, most) = (Arc::clone(&under_way), Arc::clone(&most));
        move |_| {
            let (under_way, most, meeting) =
                (Arc::clone(&under_way), Arc::clone(&most), Arc::clone(&meeting));
            async move {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                meeting.wait().await;
                under_way.fetch_sub(1, Ordering::SeqCst);
                json(200, r#"{"id":"r1"}"#)
            }
        }
    })
    .await;
    let agreed = Target { max_in_flight: AGREED, ..target(&server.url) };
    let client = Client::new(&egress(settings()), agreed).expect("a fit target");

    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let client = client.clone();
        calls.spawn(async move { client.get(ResourceKind::User, "r1").await.is_ok() });
    }
    assert_eq!(calls.join_all().await, [true; CALLS]);
    assert_eq!(most.load(Ordering::SeqCst), AGREED);
}

#[tokio::test]
async fn a_limit_of_none_is_a_limit_of_one() {
    let server = Server::start(|_| json(200, r#"{"id":"r1"}"#)).await;
    for max_in_flight in [0, usize::MAX] {
        let odd = Target { max_in_flight, ..target(&server.url) };
        let client = Client::new(&egress(settings()), odd).expect("a fit target");
        client.get(ResourceKind::User, "r1").await.expect("a success");
    }
}

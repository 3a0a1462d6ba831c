//! Connections that fail: before, while and after the request is sent.

use std::future::pending;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use scimitar_client::{ClientError, Disposition, EgressSettings};
use scimitar_scim::ResourceKind;

use crate::server::{Server, client, impatient, read_request, settings};

/// The error of a create at `url`, which must be one that is tried again.
async fn failed(url: &str, settings: EgressSettings) -> ClientError {
    let client = client(url, settings).expect("a fit target");
    let error = client.create(ResourceKind::User, &json!({"userName": "ada"})).await.expect_err("a failure");
    assert_eq!(error.disposition(), Disposition::Retry { hint: None }, "{error:?}");
    error
}

#[tokio::test]
async fn a_port_where_nobody_listens_was_never_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = failed(&format!("http://{address}"), settings()).await;
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(!error.may_have_happened());
    assert_eq!(error.to_string(), format!("could not reach `{address}`"));
    assert!(error.explain().to_lowercase().contains("refused"), "{}", error.explain());
}

#[tokio::test]
async fn a_reset_after_the_request_leaves_it_open() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().expect("a socket option");
    })
    .await;
    let error = failed(&server.url, settings()).await;
    assert!(matches!(error, ClientError::Interrupted { .. }), "{error:?}");
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open() {
    let server = Server::raw(|mut stream| async move { read_request(&mut stream).await }).await;
    let error = failed(&server.url, settings()).await;
    assert!(matches!(error, ClientError::Interrupted { .. }), "{error:?}");
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn a_truncated_answer_leaves_it_open() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        let half = b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":\"r1\"";
        stream.write_all(half).await.expect("a write");
    })
    .await;
    let error = failed(&server.url, settings()).await;
    assert!(matches!(error, ClientError::Interrupted { .. }), "{error:?}");
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn an_answer_that_is_no_http_leaves_it_open() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await.expect("a write");
    })
    .await;
    let error = failed(&server.url, settings()).await;
    assert!(matches!(error, ClientError::Interrupted { .. }), "{error:?}");
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn a_silent_remote_is_given_up_in_time() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        pending::<()>().await;
    })
    .await;
    let error = failed(&server.url, impatient()).await;
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error:?}");
    assert!(error.may_have_happened());
    assert_eq!(
        error.to_string(),
        format!("`{}` did not answer in time", server.url.trim_start_matches("http://"))
    );
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_given_up_in_time() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{").await.expect("a write");
        pending::<()>().await;
    })
    .await;
    let error = failed(&server.url, impatient()).await;
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error:?}");
    assert!(error.may_have_happened());
}

#[tokio::test]
async fn a_refusal_whose_body_breaks_is_still_that_refusal() {
    let server = Server::raw(|mut stream| async move {
        read_request(&mut stream).await;
        let half = b"HTTP/1.1 409 Conflict\r\ncontent-length: 100\r\n\r\n{\"detail\":";
        stream.write_all(half).await.expect("a write");
    })
    .await;
    let client = client(&server.url, settings()).expect("a fit target");
    let error = client.create(ResourceKind::User, &json!({"userName": "ada"})).await.expect_err("a failure");
    assert!(matches!(error, ClientError::Taken { .. }), "{error:?}");
}

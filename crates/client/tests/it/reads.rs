//! Reading the remote's configuration and single resources.

use scimitar_client::ClientError;
use scimitar_scim::{Capabilities, ResourceKind};

use crate::server::{Server, answer, json};

const CONFIG: &str = r#"{"patch":{"supported":true},"bulk":{"supported":false,"maxOperations":1,"maxPayloadSize":1048576},"filter":{"supported":true,"maxResults":50},"changePassword":{"supported":false},"sort":{"supported":false},"etag":{"supported":false},"authenticationSchemes":[]}"#;

#[tokio::test]
async fn the_configuration_is_asked_for_once_and_read() {
    let server = Server::start(|_| json(200, CONFIG)).await;
    let read = server.client().service_provider_config().await.expect("a success");
    assert_eq!(read.patch, Some(true));
    assert_eq!(read.bulk.and_then(|bulk| bulk.max_operations), Some(1));
    assert_eq!(read.filters(), Some(true));
    assert_eq!(server.transcript(), ["GET /ServiceProviderConfig"]);
}

#[tokio::test]
async fn the_configuration_may_stand_at_another_place() {
    let server = Server::start(|_| json(200, CONFIG)).await;
    let read = server.client().service_provider_config_at("ServiceProviderConfigs").await.expect("a success");
    assert_eq!(read.patch, Some(true));
    assert_eq!(server.transcript(), ["GET /ServiceProviderConfigs"]);
}

#[tokio::test]
async fn a_remote_without_a_readable_configuration_leaves_everything_unknown() {
    for (status, body) in [
        (200, "{}"),
        (200, ""),
        (200, "[]"),
        (200, "<html>"),
        (204, ""),
        (200, r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}"#),
        (400, "{}"),
        (403, ""),
        (404, "<html>"),
        (405, ""),
        (501, ""),
    ] {
        let server = Server::start(move |_| answer(status, &[("content-type", "text/html")], body)).await;
        let read = server.client().service_provider_config().await.expect(body);
        assert_eq!(read, Capabilities::default(), "{status} {body}");
    }
}

#[tokio::test]
async fn a_remote_that_cannot_be_asked_is_an_error() {
    for status in [301, 401, 429, 500, 502, 503, 504] {
        let server = Server::start(move |_| json(status, CONFIG)).await;
        server.client().service_provider_config().await.expect_err("not known, rather than unknown");
    }
}

#[tokio::test]
async fn a_resource_is_read_or_gone() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/Users/r1" => json(200, r#"{"id":"r1"}"#),
        "/Users/empty" => json(200, ""),
        _ => json(404, "{}"),
    })
    .await;
    let client = server.client();
    let ada = client.get(ResourceKind::User, "r1").await.expect("a success");
    assert_eq!(ada.to_string(), r#"{"id":"r1"}"#);
    let gone = client.get(ResourceKind::User, "r2").await.expect_err("no such user");
    assert!(matches!(&gone, ClientError::Gone { remote_id } if remote_id == "r2"), "{gone:?}");
    let empty = client.get(ResourceKind::User, "empty").await.expect_err("no user");
    assert_eq!(
        empty.to_string(),
        "the remote answered 200 with an empty body, which is not the SCIM that was asked for",
    );
}

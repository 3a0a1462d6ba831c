//! Certificates are verified unless the provider says otherwise.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use scimitar_client::{Client, ClientError, Target};
use scimitar_scim::ResourceKind;

use crate::server::{Server, egress, json, settings, target};

/// A self-signed certificate for `localhost` and `127.0.0.1`, and its key. For this test only.
const CERTIFICATE: &[u8] = include_bytes!("../fixtures/self_signed.cert.der");
const KEY: &[u8] = include_bytes!("../fixtures/self_signed.key.der");

/// Answers one connection over TLS and goes away.
fn serve_once() -> (u16, thread::JoinHandle<std::io::Result<()>>) {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows the versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(CERTIFICATE)],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY)),
        )
        .expect("a pair");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept()?;
        let mut session = ServerConnection::new(Arc::new(config)).map_err(std::io::Error::other)?;
        let mut stream = Stream::new(&mut session, &mut socket);
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            request.extend(byte);
        }
        let body = r#"{"id":"r1"}"#;
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
        stream.flush()
    });
    (port, served)
}

async fn get(url: &str, verify_certificates: bool) -> Result<(), ClientError> {
    let target = Target { verify_certificates, ..target(url) };
    let client = Client::new(&egress(settings()), target).expect("a fit target");
    client.get(ResourceKind::User, "r1").await.map(drop)
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_by_default() {
    let (port, served) = serve_once();
    let error = get(&format!("https://localhost:{port}"), true).await.expect_err("a refusal");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(!error.may_have_happened());
    assert!(error.explain().contains("certificate"), "{}", error.explain());
    served.join().expect("no panic").expect_err("the client hung up");
}

#[tokio::test]
async fn an_unknown_certificate_is_accepted_where_the_provider_says_so() {
    let (port, served) = serve_once();
    get(&format!("https://localhost:{port}"), false).await.expect("a success");
    served.join().expect("no panic").expect("an answer");
}

#[tokio::test]
async fn a_remote_without_tls_was_never_reached() {
    let server = Server::start(|_| json(200, "{}")).await;
    let error = get(&server.url.replace("http:", "https:"), true).await.expect_err("no TLS");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(server.transcript().is_empty());
}

//! Certificates are verified unless the provider says otherwise, and each refusal says who has to change what.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

use scimitar_client::{Certificates, Client, ClientError, Credentials, Target};
use scimitar_domain::Secret;
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
    assert!(matches!(error, ClientError::Untrusted { .. }), "{error:?}");
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

const AUTHORITY: &str = include_str!("../../../testkit/fixtures/tls/authority.cert.pem");
const STRANGER: &str = include_str!("../../../testkit/fixtures/tls/stranger.cert.pem");

/// A certificate and its key that our test authority has issued, or another one.
macro_rules! pair {
    ($name:literal) => {
        (
            include_str!(concat!("../../../testkit/fixtures/tls/", $name, ".cert.pem")),
            include_str!(concat!("../../../testkit/fixtures/tls/", $name, ".key.pem")),
        )
    };
}

/// Answers each connection over TLS until it is dropped; it wants a certificate of our authority where it is `strict`.
fn serve(pair: (&str, &str), is_strict: bool) -> String {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = if is_strict {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(AUTHORITY.as_bytes()).unwrap()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let chain = CertificateDer::pem_slice_iter(pair.0.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(pair.1.as_bytes()).unwrap();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for socket in listener.incoming() {
            // A client that hangs up is what most of these tests are about.
            drop(socket.and_then(|socket| answer_once(socket, Arc::clone(&config))));
        }
    });
    url
}

fn answer_once(mut socket: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let mut session = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = Stream::new(&mut session, &mut socket);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    let body = r#"{"id":"r1"}"#;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())?;
    stream.flush()
}

fn trusting(authorities: &str) -> Certificates {
    Certificates::default().with_authorities(authorities).unwrap()
}

fn being(pair: (&str, &str)) -> Certificates {
    trusting(AUTHORITY).with_identity(pair.0, &Secret::new(pair.1.to_owned())).unwrap()
}

/// The class of what came of it, and what it says; `-` for a success.
async fn outcome(url: &str, certificates: Certificates) -> String {
    let target = Target { certificates, credentials: Credentials::Certificate, ..target(url) };
    let client = Client::new(&egress(settings()), target).unwrap();
    match client.get(ResourceKind::User, "r1").await {
        Ok(_) => "-".to_owned(),
        Err(error) => {
            assert!(!error.may_have_happened(), "{error:?}");
            let told = error.explain().replace(url.trim_start_matches("https://"), "remote");
            format!("{}: {told}", error.class().as_str())
        }
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_where_it_is_given() {
    let url = serve(pair!("server"), false);
    assert_eq!(outcome(&url, trusting(AUTHORITY)).await, "-");
    assert_eq!(outcome(&url, trusting(&format!("{STRANGER}{AUTHORITY}"))).await, "-");
    let untrusted = "certificate: the certificate of `remote` is not accepted: nobody who is trusted has issued it; put \
                     the certificate of its authority into `ca_certificates`";
    for certificates in [Certificates::default(), trusting(STRANGER)] {
        assert_eq!(outcome(&url, certificates).await, untrusted);
    }
}

#[tokio::test]
async fn an_expired_certificate_and_one_for_another_name_are_told_apart() {
    assert_eq!(
        outcome(&serve(pair!("expired"), false), trusting(AUTHORITY)).await,
        "certificate: the certificate of `remote` is not accepted: it has expired; it has to be renewed there",
    );
    assert_eq!(
        outcome(&serve(pair!("other_name"), false), trusting(AUTHORITY)).await,
        "certificate: the certificate of `remote` is not accepted: it is for another name; use the name that it is for \
         in `url`",
    );
}

#[tokio::test]
async fn a_client_certificate_opens_what_asks_for_one() {
    let url = serve(pair!("server"), true);
    assert_eq!(outcome(&url, being(pair!("client"))).await, "-");
    assert_eq!(
        outcome(&url, trusting(AUTHORITY)).await,
        "certificate: `remote` refuses the connection: it asks for a client certificate; set `client_certificate` and \
         `client_certificate_key`",
    );
    assert_eq!(
        outcome(&url, being(pair!("expired_client"))).await,
        "certificate: `remote` refuses the connection: our client certificate has expired; set a new one",
    );
    assert_eq!(
        outcome(&url, being(pair!("stranger_client"))).await,
        "certificate: `remote` refuses the connection: it does not know who has issued our client certificate; set one of \
         an authority that it trusts, with the whole chain",
    );
}

#[tokio::test]
async fn an_unverified_remote_gets_our_certificate_all_the_same() {
    let url = serve(pair!("expired"), true);
    let certificates = being(pair!("client"));
    let target = Target { certificates, verify_certificates: false, ..target(&url) };
    let client = Client::new(&egress(settings()), target).unwrap();
    client.get(ResourceKind::User, "r1").await.expect("a success");
}

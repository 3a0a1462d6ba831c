//! TLS in front of a fake remote, with a certificate that can be exchanged while it serves.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The authority that has issued what [`Shown::Good`] and [`Shown::Expired`] show, in PEM.
pub const AUTHORITY: &str = include_str!("../../fixtures/tls/authority.cert.pem");

/// The certificate that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Good,
    Expired,
    /// For `localhost`, by an authority that nobody knows.
    OfNobody,
}

/// Takes one request on each connection and hands it on. It goes with the process.
#[derive(Debug)]
pub struct TlsFront {
    url: String,
    plan: Arc<Mutex<Plan>>,
}

/// What is shown to whom.
#[derive(Debug)]
struct Plan {
    shown: Shown,
    /// After so many requests, another one.
    then: Option<(usize, Shown)>,
}

impl TlsFront {
    /// Stand in front of the remote at this address, such as `http://127.0.0.1:8880/v2`.
    pub fn start(remote: &str) -> io::Result<Self> {
        let (host, path) = remote.trim_start_matches("http://").split_once('/').unwrap_or((remote, ""));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let plan = Arc::new(Mutex::new(Plan { shown: Shown::Good, then: None }));
        let (host, plans) = (host.to_owned(), Arc::clone(&plan));
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (host, plans) = (host.clone(), Arc::clone(&plans));
                // Whoever does not like the certificate hangs up.
                thread::spawn(move || drop(serve(socket, &host, &plans)));
            }
        });
        Ok(Self { url: format!("https://localhost:{port}/{path}"), plan })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Show another certificate to those who come from now on.
    pub fn show(&self, shown: Shown) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Plan { shown, then: None };
    }

    /// Show another certificate after so many requests.
    pub fn show_after(&self, n_requests: usize, shown: Shown) {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).then = Some((n_requests, shown));
    }
}

fn serve(socket: TcpStream, remote: &str, plan: &Mutex<Plan>) -> io::Result<()> {
    let config = config(turn(plan)).map_err(io::Error::other)?;
    let session = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
    let mut client = StreamOwned::new(session, socket);
    let request = read_request(&mut client)?;
    let mut upstream = TcpStream::connect(remote)?;
    upstream.write_all(&request)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}

/// What the next one is shown.
fn turn(plan: &Mutex<Plan>) -> Shown {
    let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
    match plan.then {
        Some((0, shown)) => *plan = Plan { shown, then: None },
        Some((n, shown)) => plan.then = Some((n - 1, shown)),
        None => {}
    }
    plan.shown
}

fn config(shown: Shown) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let (chain, key) = match shown {
        Shown::Good => pem(
            include_str!("../../fixtures/tls/server.cert.pem"),
            include_str!("../../fixtures/tls/server.key.pem"),
        )?,
        Shown::Expired => pem(
            include_str!("../../fixtures/tls/expired.cert.pem"),
            include_str!("../../fixtures/tls/expired.key.pem"),
        )?,
        Shown::OfNobody => pem(
            include_str!("../../fixtures/tls/stranger_server.cert.pem"),
            include_str!("../../fixtures/tls/stranger_server.key.pem"),
        )?,
    };
    Ok(builder.with_single_cert(chain, key)?)
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pem(chain: &str, key: &str) -> Result<Pair, rustls::pki_types::pem::Error> {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>()?;
    Ok((chain, PrivateKeyDer::from_pem_slice(key.as_bytes())?))
}

/// A request, whole, which asks to be the only one of its connection.
fn read_request(client: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    head.truncate(head.len() - 2);
    head.extend_from_slice(b"connection: close\r\n\r\n");
    head.extend(body);
    Ok(head)
}

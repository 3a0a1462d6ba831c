//! A small HTTP server on loopback that answers what a test tells it to, and remembers what it was asked.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use scimitar_client::{
    Certificates, Client, ClientError, Credentials, Egress, EgressSettings, Exchange, Recorder, Target,
    Wanted,
};
use scimitar_domain::{ManualClock, Secret};

pub(crate) const TOKEN: &str = "canary-7f3a";

pub(crate) type Reply = Response<Full<Bytes>>;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Stops when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers every request with what `answer` makes of it.
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Clone + Send + Sync + 'static) -> Self {
        Self::start_async(move |seen| ready(answer(&seen))).await
    }

    pub(crate) async fn start_async<F, Fut>(answer: F) -> Self
    where
        F: Fn(Seen) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let mut server = Self::raw(move |stream| {
            let (answer, record) = (answer.clone(), Arc::clone(&record));
            let service = service_fn(move |request| exchange(request, answer.clone(), Arc::clone(&record)));
            async move {
                // The tests own the time, so the server tells none of its own.
                let mut http = http1::Builder::new();
                // A client that goes away in the middle is what some tests are about.
                http.auto_date_header(false).serve_connection(TokioIo::new(stream), service).await.ok();
            }
        })
        .await;
        server.seen = seen;
        server
    }

    /// Does with every connection what `script` says.
    pub(crate) async fn raw<F, Fut>(script: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(script(stream));
            }
        });
        Self { url, seen: Arc::default(), _tasks: tasks }
    }

    pub(crate) fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("a port")
    }

    /// What was asked so far: method and target of each request.
    pub(crate) fn transcript(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic while locked").clone()
    }

    /// A client of this server with the default settings for tests.
    pub(crate) fn client(&self) -> Client {
        client(&self.url, settings()).expect("a fit target")
    }
}

async fn exchange<F, Fut>(
    request: Request<Incoming>,
    answer: F,
    record: Arc<Mutex<Vec<Seen>>>,
) -> Result<Reply, Infallible>
where
    F: Fn(Seen) -> Fut,
    Fut: Future<Output = Reply>,
{
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let seen = Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body).expect("UTF-8"),
    };
    record.lock().expect("no panic while locked").push(seen.clone());
    Ok(answer(seen).await)
}

/// Loopback is allowed, both of what `localhost` may be; the rest as by default.
pub(crate) fn settings() -> EgressSettings {
    let allow = ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network"));
    EgressSettings { allow: allow.into(), ..EgressSettings::default() }
}

/// Settings under which a silent server is given up quickly.
pub(crate) fn impatient() -> EgressSettings {
    EgressSettings { request_timeout: Duration::from_millis(80), ..settings() }
}

pub(crate) fn target(url: &str) -> Target {
    Target {
        base_url: url.to_owned(),
        credentials: Credentials::Bearer(Secret::new(TOKEN.to_owned())),
        verify_certificates: true,
        certificates: Certificates::default(),
        max_in_flight: 4,
    }
}

pub(crate) fn egress(settings: EgressSettings) -> Egress {
    Egress::new(settings, Arc::new(ManualClock::default()))
}

pub(crate) fn client(url: &str, settings: EgressSettings) -> Result<Client, ClientError> {
    Client::new(&egress(settings), target(url))
}

/// A client that also keeps its exchanges.
pub(crate) fn recorded(client: &Client) -> (Client, Arc<Mutex<Vec<Exchange>>>) {
    recorded_of(client, Wanted::All)
}

pub(crate) fn recorded_of(client: &Client, wanted: Wanted) -> (Client, Arc<Mutex<Vec<Exchange>>>) {
    let (recorder, kept) = recorder(wanted);
    (client.with_recorder(recorder), kept)
}

pub(crate) fn recorder(wanted: Wanted) -> (Recorder, Arc<Mutex<Vec<Exchange>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let tell = move |exchange| keep.lock().expect("no panic while locked").push(exchange);
    (Recorder::new(wanted, tell), kept)
}

pub(crate) fn json(status: u16, body: &str) -> Reply {
    answer(status, &[("content-type", "application/scim+json")], body)
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut reply = Response::builder().status(status);
    for (name, value) in headers {
        reply = reply.header(*name, *value);
    }
    reply.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).expect("a fit answer")
}

/// Read from `stream` until the request is over.
pub(crate) async fn read_request(stream: &mut TcpStream) {
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    while !read.ends_with(b"}") && !read.ends_with(b"\r\n\r\n") {
        let n = stream.read(&mut buffer).await.expect("a request");
        assert!(n > 0, "the client hung up early");
        read.extend_from_slice(&buffer[..n]);
    }
}

//! How fast the fake itself is, which no bench of a client can exceed.
//!
//! `cargo run --release -p scimitar-testkit --example hammer`

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use scimitar_testkit::remote::{Behaviour, FakeRemote};

const N_CONNECTIONS: usize = 4;
const N_REQUESTS: u32 = 20_000;
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn main() -> anyhow::Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour { record: false, ..Behaviour::default() });
    let address = remote.address();
    hammer(address, "create", |n| ("POST", "/Users".to_owned(), user(n)))?;
    hammer(address, "find", |n| ("GET", format!("/Users?filter=userName+eq+%22user{n}%22"), String::new()))?;
    hammer(address, "patch", |n| ("PATCH", format!("/Users/u{}", n + 1), rename()))?;
    Connection::open(address)?.call("POST", "/Groups", &group())?;
    hammer(address, "add a member", |n| ("PATCH", "/Groups/g1".to_owned(), addition(n)))?;
    hammer(address, "delete", |n| ("DELETE", format!("/Users/u{}", n + 1), String::new()))?;
    ensure!(remote.users().is_empty() && remote.members("g1").is_empty(), "something is left");
    Ok(())
}

/// `request` gives method, path and body of the nth request.
fn hammer(
    address: SocketAddr,
    name: &str,
    request: impl Fn(u32) -> (&'static str, String, String) + Sync,
) -> anyhow::Result<()> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let work = |first| {
            let mut connection = Connection::open(address)?;
            for n in (first..N_REQUESTS).step_by(N_CONNECTIONS) {
                let (method, path, body) = request(n);
                connection.call(method, &path, &body)?;
            }
            anyhow::Ok(())
        };
        let workers: Vec<_> =
            (0..).take(N_CONNECTIONS).map(|first| scope.spawn(move || work(first))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(_panic) => bail!("a worker panicked"),
        })
    })?;
    let n_per_second = f64::from(N_REQUESTS) / start.elapsed().as_secs_f64();
    writeln!(io::stdout(), "{name:>12}: {n_per_second:.0} requests/s")?;
    Ok(())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<()> {
        let request = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: fake\r\nContent-Type: application/scim+json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = [0; 4_096];
        loop {
            let n_read = self.stream.read(&mut chunk)?;
            ensure!(n_read > 0, "the remote closed the connection");
            self.buffer.extend(chunk.iter().take(n_read));
            let seen = std::str::from_utf8(&self.buffer)?;
            let Some((head, body)) = seen.split_once("\r\n\r\n") else { continue };
            ensure!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().context("content-length")? {
                return Ok(());
            }
        }
    }
}

fn user(n: u32) -> String {
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("user{n}"),
        "externalId": format!("ext-{n}"),
        "displayName": format!("User {n}"),
        "name": {"givenName": "User", "familyName": n.to_string(), "formatted": format!("User {n}")},
        "emails": [{"value": format!("user{n}@example.org"), "type": "other", "primary": true}],
        "active": true,
    })
    .to_string()
}

fn group() -> String {
    serde_json::json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "all"})
        .to_string()
}

fn rename() -> String {
    serde_json::json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "X"}}]})
        .to_string()
}

fn addition(n: u32) -> String {
    let value = serde_json::json!([{"value": format!("u{}", n + 1)}]);
    serde_json::json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": value}]})
        .to_string()
}

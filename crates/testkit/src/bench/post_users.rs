//! Creating users over the API, each on the disk before it is acknowledged.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::binaries::Binaries;
use super::figure::Figure;
use super::{bare, per_second, scaled};
use crate::program::{Launch, TOKEN, newcomers, number};

const N_USERS: usize = 30_000;
const N_CONNECTIONS: usize = 32;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let n_users = scaled(N_USERS, scale);
    let mut program = Launch::serve(&binaries.scimitar)?.start()?;
    let syncs = bare::syncs_per_second(program.folder())?;
    let address = program.address();
    let took = tokio::task::spawn_blocking(move || post(address, n_users)).await??;

    // Nothing that was acknowledged may be lost with the process.
    program.restart()?;
    let list = program.api()?.read("/core/users/?page_size=1&search=user").await?;
    let count = number(list.get("pagination").context("no pagination")?, "count")?;
    ensure!(usize::try_from(count)? >= n_users, "{n_users} were acknowledged and {count} are there");

    let rate = per_second(n_users, took);
    Ok(vec![
        Figure::at_least(
            &format!("POST core/users on SQLite, {n_users} from {N_CONNECTIONS} connections, each durable"),
            rate,
            3_000.0,
            "requests/s",
        ),
        Figure::context("a page written and synced to that disk, one after the other", syncs, "syncs/s"),
        Figure::context("users per such sync", rate / syncs, ""),
    ])
}

/// One thread per connection: the client must not be what is measured.
fn post(address: SocketAddr, n_users: usize) -> Result<Duration> {
    let people: Vec<String> = newcomers("user", n_users).map(|one| one.body().to_string()).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let work = |first| {
            let mut connection = Connection::open(address)?;
            people.iter().skip(first).step_by(N_CONNECTIONS).try_for_each(|body| connection.post(body))
        };
        let workers: Vec<_> = (0..N_CONNECTIONS).map(|first| scope.spawn(move || work(first))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(_panic) => bail!("a connection's thread panicked"),
        })
    })?;
    Ok(start.elapsed())
}

/// A client that costs next to nothing.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    fn post(&mut self, body: &str) -> Result<()> {
        let request = format!(
            "POST /api/v3/core/users/ HTTP/1.1\r\nHost: scimitar\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.buffer.clear();
        let mut chunk = [0; 4_096];
        loop {
            let n_read = self.stream.read(&mut chunk)?;
            ensure!(n_read > 0, "the connection was closed");
            self.buffer.extend(chunk.iter().take(n_read));
            let seen = std::str::from_utf8(&self.buffer)?;
            let Some((head, body)) = seen.split_once("\r\n\r\n") else { continue };
            ensure!(head.starts_with("HTTP/1.1 201"), "{seen}");
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.context("no content-length")?.parse()? {
                return Ok(());
            }
        }
    }
}

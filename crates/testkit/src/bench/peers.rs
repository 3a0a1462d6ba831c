//! The SCIM service of a source beside services that others wrote, in turns.
//!
//! Theirs keep everything in memory and lose it with the process; ours has written it to the disk before it answers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::binaries::Binaries;
use super::connection::Connection;
use super::crowd::{percentile, side_by_side};
use super::figure::Figure;
use super::inbound::{source, user};
use super::{per_second, scaled};
use crate::program::{Launch, Running, free_port, say};

const N_USERS: usize = 1_000;
const N_CALLS: usize = 400;
/// Of pages, for which theirs take long.
const N_PAGES: usize = 48;
const N_CONNECTIONS: usize = 8;
const N_ROUNDS: usize = 3;
const TOKEN: &str = "the bench's token";
/// Where `cargo xtask bench` has put them.
const SCIM2_SERVER: &str = "SCIMITAR_PEER_SCIM2_SERVER";
const SCIMMY: &str = "SCIMITAR_PEER_SCIMMY";

/// A service that is asked.
struct Service {
    name: &'static str,
    address: SocketAddr,
    prefix: String,
    token: String,
    /// What it answers to a PATCH.
    patched: u16,
    /// The ids of its users, once they are made.
    users: Vec<String>,
}

/// What is asked of all of them.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Get,
    Filter,
    Patch,
    Page,
}

impl Ask {
    const ALL: [Self; 4] = [Self::Get, Self::Filter, Self::Patch, Self::Page];

    fn what(self) -> &'static str {
        match self {
            Self::Get => "GET a user by id",
            Self::Filter => "`userName eq`",
            Self::Patch => "PATCH of `active`",
            Self::Page => "a page of 100 users",
        }
    }

    fn n_calls(self) -> usize {
        match self {
            Self::Get | Self::Filter | Self::Patch => N_CALLS,
            Self::Page => N_PAGES,
        }
    }

    /// The method, the path, and the body of the nth call of a round. Each PATCH changes something.
    fn call(self, users: &[String], round: usize, n: usize) -> (&'static str, String, String) {
        let n = n * 7_919 % users.len().max(1);
        let id = users.get(n).map_or("", String::as_str);
        match self {
            Self::Get => ("GET", format!("/Users/{id}"), String::new()),
            Self::Filter => {
                let path = format!("/Users?filter=userName%20eq%20%22peers{n}%40example.com%22");
                ("GET", path, String::new())
            }
            Self::Patch => {
                let operation = json!({"op": "replace", "path": "active", "value": round % 2 == 1});
                let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
                let body = json!({"schemas": schemas, "Operations": [operation]});
                ("PATCH", format!("/Users/{id}"), body.to_string())
            }
            Self::Page => {
                let start = n / 100 * 100 + 1;
                ("GET", format!("/Users?startIndex={start}&count=100"), String::new())
            }
        }
    }
}

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let place = source(&program, "peers").await?;
    let ours = Service {
        name: "Scimitar",
        address: program.address(),
        prefix: place.prefix,
        token: place.key,
        patched: 200,
        users: Vec::new(),
    };
    tokio::task::spawn_blocking(move || {
        let (scim2_server, _one) = scim2_server()?;
        let (scimmy, _other) = scimmy()?;
        measure(&mut [ours, scim2_server, scimmy], scale)
    })
    .await?
}

fn measure(services: &mut [Service], scale: f64) -> Result<Vec<Figure>> {
    let n_users = scaled(N_USERS, scale);
    let mut posts = Vec::new();
    for service in services.iter_mut() {
        say(&format!("peers: {}", service.name));
        posts.push(vec![service.fill(n_users)?]);
    }
    let mut rates = vec![("POST a user", posts)];
    for ask in Ask::ALL {
        let mut theirs = vec![Vec::new(); services.len()];
        for round in 0..N_ROUNDS {
            for (service, rates) in services.iter().zip(&mut theirs) {
                rates.push(service.rate(ask, round, scaled(ask.n_calls(), scale))?);
            }
        }
        rates.push((ask.what(), theirs));
    }
    let mut figures = Vec::new();
    for (what, theirs) in rates {
        let medians: Vec<f64> = theirs.into_iter().map(|rates| percentile(rates, 0.5)).collect();
        let ours = medians.first().copied().unwrap_or(f64::NAN);
        for (service, rate) in services.iter().zip(&medians) {
            figures.push(Figure::context(&format!("{what}: {}", service.name), *rate, "requests/s"));
        }
        for (service, rate) in services.iter().zip(&medians).skip(1) {
            figures.push(Figure::context(
                &format!("{what}: as a multiple of {}", service.name),
                ours / rate,
                "",
            ));
        }
    }
    Ok(figures)
}

impl Service {
    /// One thread for each connection, and how long all took.
    fn each(&self, work: impl Fn(&mut Connection, usize) -> Result<()> + Sync) -> Result<Duration> {
        let start = Instant::now();
        side_by_side(N_CONNECTIONS, |first| {
            let mut connection = Connection::open_below(self.address, &self.prefix, &self.token)?;
            work(&mut connection, first)?;
            Ok(Vec::new())
        })?;
        Ok(start.elapsed())
    }

    /// Make the users, and find out their ids.
    fn fill(&mut self, n_users: usize) -> Result<f64> {
        let took = self.each(|connection, first| {
            for n in (first..n_users).step_by(N_CONNECTIONS) {
                connection.expect(201, "POST", "/Users", &user("peers", n).to_string())?;
            }
            Ok(())
        })?;
        let mut connection = Connection::open_below(self.address, &self.prefix, &self.token)?;
        for n in 0..n_users {
            let path = format!("/Users?filter=userName%20eq%20%22peers{n}%40example.com%22");
            let list: serde_json::Value = serde_json::from_slice(connection.call(200, "GET", &path, "")?)?;
            let id = list.pointer("/Resources/0/id").and_then(serde_json::Value::as_str);
            self.users.push(id.with_context(|| format!("{} has not kept peers{n}", self.name))?.to_owned());
        }
        Ok(per_second(n_users, took))
    }

    fn rate(&self, ask: Ask, round: usize, n_calls: usize) -> Result<f64> {
        let status = match ask {
            Ask::Patch => self.patched,
            Ask::Get | Ask::Filter | Ask::Page => 200,
        };
        let took = self.each(|connection, first| {
            for n in (first..n_calls).step_by(N_CONNECTIONS) {
                let (method, path, body) = ask.call(&self.users, round, n);
                connection.expect(status, method, &path, &body)?;
            }
            Ok(())
        })?;
        Ok(per_second(n_calls, took))
    }
}

fn scim2_server() -> Result<(Service, Running)> {
    let port = free_port()?;
    let mut command = Command::new(found(SCIM2_SERVER)?);
    command.args(["--hostname", "127.0.0.1", "--bearer-token", TOKEN, "--port", &port.to_string()]);
    let mut running = Running::spawn(command)?;
    running.hear("Serving SCIM", Duration::from_mins(1))?;
    Ok((theirs("scim2-server", port, 204), running))
}

fn scimmy() -> Result<(Service, Running)> {
    let mut command = Command::new("node");
    command.arg(found(SCIMMY)?.join("server.cjs")).env("TOKEN", TOKEN);
    let mut running = Running::spawn(command)?;
    let line = running.hear("Serving SCIM at ", Duration::from_mins(1))?;
    let port = line.rsplit(' ').next().unwrap_or_default().parse()?;
    Ok((theirs("scimmy-routers", port, 200), running))
}

fn theirs(name: &'static str, port: u16, patched: u16) -> Service {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    Service { name, address, prefix: "/v2".to_owned(), token: TOKEN.to_owned(), patched, users: Vec::new() }
}

fn found(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os(name).with_context(|| {
        format!("{name} does not say where the peer is: `cargo xtask bench peers` installs it")
    })?;
    Ok(PathBuf::from(path))
}

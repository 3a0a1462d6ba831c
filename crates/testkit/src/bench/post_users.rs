//! Creating users over the API, each on the disk before it is acknowledged.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::binaries::Binaries;
use super::connection::Connection;
use super::figure::Figure;
use super::{bare, per_second, scaled};
use crate::program::{Launch, newcomers, number};

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
            people
                .iter()
                .skip(first)
                .step_by(N_CONNECTIONS)
                .try_for_each(|body| connection.expect(201, "POST", "/core/users/", body))
        };
        let workers: Vec<_> = (0..N_CONNECTIONS).map(|first| scope.spawn(move || work(first))).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(_panic) => bail!("a connection's thread panicked"),
        })
    })?;
    Ok(start.elapsed())
}

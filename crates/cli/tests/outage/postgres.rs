//! A PostgreSQL that is lost and comes back.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context as _, Result};
use url::Url;

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{Launch, Method, Newcomer, Wire, eventually, newcomers, say};
use scimitar_testkit::remote::{Behaviour, FakeRemote};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_postgres_is_said_and_survived() -> Result<()> {
    let database = Database::unmigrated();
    if !database.is_postgres() {
        say("no PostgreSQL to lose: `cargo xtask ci` runs this there, or `cargo xtask test --postgres-url`");
        return Ok(());
    }
    let mut url = Url::parse(&database.settings.url)?;
    let mut wire = Wire::to(address(&url)?).await?;
    url.set_host(Some("127.0.0.1"))?;
    url.set_port(Some(wire.address().port())).ok().context("the URL takes a port")?;

    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let program = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(url.as_str()).start()?;
    let api = program.api()?;
    api.create_users(newcomers("before", 20)).await?;
    api.connect("remote", remote.url(), "token").await?;
    let one = |name: &str| Newcomer { username: name.to_owned(), name: name.to_owned() }.body();

    wire.cut().await;
    for attempt in 0..12 {
        let body = one(&format!("during{attempt}"));
        for (method, path, body) in
            [(Method::POST, "/core/users/", Some(&body)), (Method::GET, "/core/users/", None)]
        {
            let refused = api.call(method.clone(), path, body).await?;
            assert_eq!(refused.status, 503, "{method} {path}: {}", refused.body);
            assert!(refused.retry_after.is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
        }
    }
    assert_eq!(api.get("/-/health/ready/").await?.0, 503);
    assert_eq!(api.get("/-/health/live/").await?.0, 200);

    wire.mend().await?;
    eventually(Duration::from_secs(30), "a write after PostgreSQL is back", async || {
        let (status, body) = api.post("/core/users/", &one("after")).await?;
        Ok(match status {
            201 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(format!("{status}: {body}")),
        })
    })
    .await?;
    assert_eq!(api.get("/-/health/ready/").await?.0, 200);
    // The engine has come back too.
    eventually(Duration::from_mins(1), "the new user to reach the remote", async || {
        Ok(match remote.user("after") {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(format!("it has {} users", remote.users().len())),
        })
    })
    .await?;
    assert!(remote.duplicates().is_empty(), "{:?}", remote.duplicates());
    Ok(())
}

fn address(url: &Url) -> Result<SocketAddr> {
    let host = url.host_str().context("a database's URL has a host")?;
    (host, url.port().unwrap_or(5_432)).to_socket_addrs()?.next().context("its host has an address")
}

//! Two processes on one PostgreSQL share the work of one provider's full sync, and do nothing twice.

#![cfg(test)]

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context as _, Result};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{Api, Launch, Mirror, differences, eventually, newcomers, say, web};
use scimitar_testkit::remote::{Behaviour, FakeRemote};

const N_USERS: usize = 1_500;
const N_GROUPS: usize = 30;
const N_MEMBERS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_a_full_sync() -> Result<()> {
    let database = Database::unmigrated();
    if !database.is_postgres() {
        say(
            "replicas share a PostgreSQL: `cargo xtask ci` runs this there, or `cargo xtask test --postgres-url`",
        );
        return Ok(());
    }
    // Slow enough that neither is done before the other has begun.
    let remote = FakeRemote::start_on_thread(Behaviour { latency_ms: 20, ..Behaviour::default() });
    let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url);
    let (one, two) = (launch.start()?, launch.start()?);
    let (first, second) = (one.api()?, two.api()?);
    let users = first.create_users(newcomers("user", N_USERS)).await?;
    second.create_groups("group", N_GROUPS, &users, N_MEMBERS).await?;
    first.connect("remote", remote.url(), "token").await?;

    let client = web()?;
    eventually(Duration::from_mins(3), "the remote to hold everything", async || {
        let found = differences(&first.directory().await?, &Mirror::of_fake(&client, remote.url()).await?);
        Ok(match found.first() {
            None => ControlFlow::Break(()),
            Some(one) => ControlFlow::Continue(format!("{} differences, such as: {one}", found.len())),
        })
    })
    .await?;

    // The directory's own user and group are there too.
    let n_objects = N_USERS + N_GROUPS + 2;
    let n_creates = remote.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(n_creates, n_objects, "each object was created once");
    assert!(remote.duplicates().is_empty(), "{:?}", remote.duplicates());
    let (mine, yours) = (created(&first).await?, created(&second).await?);
    assert_eq!(mine + yours, n_objects, "each object was reported once");
    assert!(mine.min(yours) >= n_objects / 10, "one did {mine} and the other {yours}");
    Ok(())
}

/// How many objects this process has created, by its metrics.
async fn created(api: &Api) -> Result<usize> {
    let (status, body) = api.get("/-/metrics/").await?;
    assert_eq!(status, 200);
    let lines = body.as_str().context("metrics are text")?.lines().filter(|line| {
        line.starts_with("scimitar_sync_objects_total") && line.contains("outcome=\"created\"")
    });
    lines.map(|line| Ok(line.rsplit(' ').next().unwrap_or_default().parse::<usize>()?)).sum()
}

//! Changes at rest, one by one: of single users, and of members of a group of any size.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::binaries::Binaries;
use super::fake::{Counts, Fake};
use super::figure::Figure;
use super::{outbound, per_second, scaled};
use crate::program::{Api, Launch, newcomers, pass};

const N_USERS: usize = 50_000;
const N_CHANGES: usize = 2_000;
/// Callers of the API at the same time.
const AT_ONCE: usize = 16;
/// Joins that are measured one by one.
const N_JOINS: usize = 20;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let (n_users, n_changes) = (scaled(N_USERS, scale), scaled(N_CHANGES, scale));
    let fake = Fake::start(binaries, &["--record"])?;
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    let late = api.create_users(newcomers("late", 2 * N_JOINS)).await?;
    let large = api.create_groups("large", 1, &users, n_users).await?;
    let small = api.create_groups("small", 1, &users, 1).await?;
    let (large, small) = (large.first().context("no group")?, small.first().context("no group")?);
    let provider = api.connect("remote", &fake.url, "token").await?;
    outbound::ended(&api, provider, 1).await?;
    quiet(&fake).await?;

    let (into_large, into_small) = late.split_at(N_JOINS);
    let large_took = joins(&api, &fake, large, into_large).await?;
    let small_took = joins(&api, &fake, small, into_small).await?;

    let renamed: Vec<i64> = users.iter().copied().take(n_changes).collect();
    let (caller, group) = (&api, large);
    let renames = all(&fake, &renamed, |user| async move {
        let path = format!("/core/users/{user}/");
        caller.change(&path, &json!({ "name": format!("Renamed {user}") })).await.map(drop)
    });
    let renames = per_second(n_changes, renames.await?);
    let leaves = all(&fake, &renamed, |user| async move {
        let path = format!("/core/groups/{group}/remove_user/");
        let (status, body) = caller.post(&path, &json!({ "pk": user })).await?;
        ensure!(status == 204, "{path} answered {status}: {body}");
        Ok(())
    });
    let leaves = per_second(n_changes, leaves.await?);
    fake.ensure_equal(&api).await?;
    Ok(vec![
        Figure::at_most(
            &format!("from the call to the remote's answer, one member into a group of {n_users} (median)"),
            large_took,
            250.0,
            "ms",
        ),
        Figure::at_most("of what one into a group of one takes", large_took / small_took, 1.5, "times"),
        Figure::at_least(
            &format!("{n_changes} renames through the API, {AT_ONCE} at once"),
            renames,
            500.0,
            "/s",
        ),
        Figure::at_least(&format!("{n_changes} members out of a group of {n_users}"), leaves, 500.0, "/s"),
    ])
}

/// The median in milliseconds, of joins one after the other. Each costs one PATCH and nothing else.
async fn joins(api: &Api, fake: &Fake, group: &str, users: &[i64]) -> Result<f64> {
    let mut times = Vec::new();
    for user in users {
        fake.forget().await?;
        let start = Instant::now();
        let path = format!("/core/groups/{group}/add_user/");
        let (status, body) = api.post(&path, &json!({ "pk": user })).await?;
        ensure!(status == 204, "{path} answered {status}: {body}");
        while fake.records().await?.iter().all(|record| record.get("status") == Some(&Value::Null)) {
            ensure!(start.elapsed() < Duration::from_secs(30), "the new member does not arrive");
            pass(Duration::from_millis(2)).await;
        }
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
        quiet(fake).await?;
        let records = fake.records().await?;
        let methods: Vec<&Value> = records.iter().filter_map(|record| record.get("method")).collect();
        ensure!(methods == ["PATCH"], "a new member cost {records:?}");
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("no joins")
}

/// How long it takes until the remote has what these calls have changed.
async fn all<F>(fake: &Fake, users: &[i64], call: impl Fn(i64) -> F) -> Result<Duration>
where
    F: Future<Output = Result<()>>,
{
    let (before, start) = (fake.counts().await?, Instant::now());
    let calls = stream::iter(users.iter().copied()).map(call);
    calls.buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await?;
    let (mut last, mut arrived) = (before, start.elapsed());
    // Members that leave together may go together, so that only silence says that all have arrived.
    while start.elapsed() < arrived + Duration::from_secs(1) {
        pass(Duration::from_millis(10)).await;
        let now = fake.counts().await?;
        if now != last {
            (last, arrived) = (now, start.elapsed());
        }
    }
    ensure!(last.n_writes > before.n_writes, "nothing has arrived");
    Ok(arrived)
}

/// Wait until nothing is asked any more.
async fn quiet(fake: &Fake) -> Result<Counts> {
    let mut last = fake.counts().await?;
    loop {
        pass(Duration::from_millis(200)).await;
        let now = fake.counts().await?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
}

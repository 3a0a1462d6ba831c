//! The initial sync: everything is new to the remote.
//!
//! Ours and the bare loop take turns, and of each figure the median is told: the speed of a machine that others use too
//! changes within minutes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::binaries::Binaries;
use super::crowd::percentile;
use super::fake::Fake;
use super::figure::Figure;
use super::{bare, per_second, scaled};
use crate::program::{Api, Launch, newcomers, pass};

const N_TURNS: usize = 3;
const N_USERS: usize = 20_000;
const N_GROUPS: usize = 1_000;
const N_MEMBERS: usize = 50;
/// `sync.max_in_flight` as it is without configuration.
const AT_ONCE: usize = 16;
const LATENCY_MS: usize = 50;
/// `sync.max_in_flight` for a remote that is far away.
const AT_ONCE_FAR: usize = 64;

/// What was seen in one turn.
struct Turn {
    /// Objects in a second.
    ours: f64,
    theirs: f64,
    /// Of the program's processor time for an object, in milliseconds.
    cost: f64,
    /// Requests in a second with latency.
    far: f64,
}

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let (n_users, n_groups) = (scaled(N_USERS, scale), scaled(N_GROUPS, scale));
    let mut turns = Vec::new();
    for _ in 0..N_TURNS {
        turns.push(turn(binaries, n_users, n_groups).await?);
    }
    let median = |of: fn(&Turn) -> f64| percentile(turns.iter().map(of).collect(), 0.5);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let possible = AT_ONCE_FAR as f64 * 1_000.0 / LATENCY_MS as f64;
    Ok(vec![
        Figure::at_least(
            &format!("initial sync of {n_users} users and {n_groups} groups of {N_MEMBERS}, no latency"),
            median(|turn| turn.ours),
            3_500.0,
            "objects/s",
        ),
        Figure::context(
            &format!("the same by a bare reqwest loop, {AT_ONCE} at once"),
            median(|turn| turn.theirs),
            "objects/s",
        ),
        Figure::at_least(
            &format!("of what the bare loop reaches, median of {N_TURNS} turns"),
            median(|turn| turn.ours / turn.theirs * 100.0),
            100.0 / 3.0,
            "%",
        ),
        Figure::at_most("processor time of an object", median(|turn| turn.cost), 0.3, "ms"),
        Figure::at_least(
            &format!("with {LATENCY_MS} ms latency, of {AT_ONCE_FAR} ÷ {LATENCY_MS} ms"),
            median(|turn| turn.far) / possible * 100.0,
            95.0,
            "%",
        ),
    ])
}

async fn turn(binaries: &Binaries, n_users: usize, n_groups: usize) -> Result<Turn> {
    let n_objects = n_users + n_groups;
    let ours = sync(binaries, n_users, n_groups, (0, AT_ONCE)).await?;
    let theirs = {
        let remote = Fake::start(binaries, &[])?;
        bare::push(&remote.url, n_users, n_groups, N_MEMBERS, AT_ONCE).await?
    };
    let far = sync(binaries, n_users, n_groups, (LATENCY_MS, AT_ONCE_FAR)).await?;
    Ok(Turn {
        ours: per_second(n_objects, ours.time),
        theirs: per_second(n_objects, theirs),
        cost: 1_000.0 / per_second(n_objects, ours.worked),
        far: per_second(far.n_requests, far.time),
    })
}

struct Synced {
    time: Duration,
    /// Of the program on all processors.
    worked: Duration,
    n_requests: usize,
}

async fn sync(
    binaries: &Binaries,
    n_users: usize,
    n_groups: usize,
    (latency_ms, at_once): (usize, usize),
) -> Result<Synced> {
    let fake = Fake::start(binaries, &["--latency-ms", &latency_ms.to_string()])?;
    let launch = Launch::serve(&binaries.scimitar)?;
    let program = launch.env("SCIMITAR_SYNC__MAX_IN_FLIGHT", at_once.to_string()).start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    api.create_groups("group", n_groups, &users, N_MEMBERS).await?;
    let provider = api.provider("remote", &fake.url, "token").await?;
    handed_out(&api).await?;
    let (start, worked) = (Instant::now(), program.processor_time()?);
    api.attach("remote", provider).await?;
    ended(&api, provider, 1).await?;
    let (time, worked) = (start.elapsed(), program.processor_time()?.saturating_sub(worked));
    let counts = fake.counts().await?;
    fake.ensure_equal(&api).await?;
    Ok(Synced { time, worked, n_requests: counts.n_requests })
}

/// Wait until what was made before is handed out, to nobody yet: a directory is there before its provider is.
async fn handed_out(api: &Api) -> Result<()> {
    let mut before = String::new();
    loop {
        let (status, body) = api.get("/-/metrics/").await?;
        let text = body.as_str().filter(|_| status == 200).context("no metrics")?;
        let changes = text.lines().find(|line| line.starts_with("scimitar_sync_changes_total"));
        let changes = changes.context("no count of changes")?;
        if changes == before {
            return Ok(());
        }
        changes.clone_into(&mut before);
        pass(Duration::from_millis(200)).await;
    }
}

/// Between two looks at whether it is done: each takes processor time from what is measured.
const LOOK: Duration = Duration::from_millis(50);

/// Wait for the end of the nth full sync.
pub(super) async fn ended(api: &Api, provider: i64, nth: usize) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(20) {
        let status = api.sync_status(provider).await?;
        let runs = status.get("tasks").and_then(Value::as_array).context("no tasks")?;
        let ended = runs.iter().filter(|run| run.get("status").is_some_and(|status| status != "unknown"));
        if ended.count() >= nth && status.get("is_running") == Some(&Value::Bool(false)) {
            return Ok(());
        }
        pass(LOOK).await;
    }
    bail!("the full sync does not end: {}", api.sync_status(provider).await?)
}

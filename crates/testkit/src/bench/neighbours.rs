//! Many remotes beside one that never answers: the others must not notice.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use scimitar_domain::{Clock as _, SystemClock, Timestamp};

use super::binaries::Binaries;
use super::crowd::percentile;
use super::figure::Figure;
use super::{outbound, scaled};
use crate::program::{Api, Launch, newcomers, pass};
use crate::remote::{Behaviour, FakeRemote, FaultKind};

const N_REMOTES: usize = 100;
const N_USERS: usize = 10_000;
/// Changes in one measurement, and the time from one to the next.
const N_CHANGES: usize = 100;
const EVERY: Duration = Duration::from_millis(100);
/// Measurements of each kind, in turns: what the machine does beside falls on both.
const N_ROUNDS: usize = 3;
/// Longer than any round.
const FOR_EVER_MS: u64 = 600_000;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let (n_remotes, n_users) = (scaled(N_REMOTES, scale).max(2), scaled(N_USERS, scale).max(2 * N_CHANGES));
    let remotes: Vec<FakeRemote> = (0..n_remotes).map(|_| FakeRemote::start_on_thread(quiet())).collect();
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    let mut providers = Vec::new();
    for (at, remote) in remotes.iter().enumerate() {
        providers.push(api.connect(&format!("remote{at}"), remote.url(), "token").await?);
    }
    for provider in providers {
        outbound::ended(&api, provider, 1).await?;
    }
    let (sick, healthy) = remotes.split_last().context("no remotes")?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut change = 0;
    for round in 0..2 * N_ROUNDS {
        let is_dead = round % 2 == 1;
        sick.set_behaviour(if is_dead { dead() } else { quiet() });
        let lags = lags(&api, healthy, &users, &mut change).await?;
        if is_dead { beside.push(lags) } else { alone.push(lags) }
    }
    let (alone, beside) = (middle(alone), middle(beside));
    ensure!(alone > 0.0, "nothing was measured");
    let what = format!("p99 from a change until {} remotes of {n_users} users each have it", healthy.len());
    Ok(vec![
        Figure::context(&what, alone, "ms"),
        Figure::context("the same while one more never answers", beside, "ms"),
        Figure::at_most("of the one without the other", beside / alone, 1.1, "times"),
    ])
}

fn quiet() -> Behaviour {
    Behaviour { record: false, ..Behaviour::default() }
}

/// Takes every call and never answers.
fn dead() -> Behaviour {
    let silence = FaultKind::AcceptThenSilence { ms: FOR_EVER_MS, commit: false };
    Behaviour { fault_percent: 100, faults: vec![silence], ..quiet() }
}

/// The p99 of the times, in milliseconds, that single changes take to reach each of the remotes.
async fn lags(api: &Api, remotes: &[FakeRemote], users: &[i64], nth: &mut usize) -> Result<f64> {
    for remote in remotes {
        remote.clear_requests();
        remote.alter(|behaviour| behaviour.record = true);
    }
    let mut calls: Vec<(String, Timestamp)> = Vec::new();
    for _ in 0..N_CHANGES {
        let user = users.get(*nth % users.len()).context("no users")?;
        let name = format!("Change {nth}");
        *nth += 1;
        calls.push((name.clone(), SystemClock.now()));
        api.change(&format!("/core/users/{user}/"), &json!({ "name": name })).await?;
        pass(EVERY).await;
    }
    let mut times = Vec::new();
    for remote in remotes {
        times.extend(arrivals(remote, &calls).await?);
        remote.alter(|behaviour| behaviour.record = false);
    }
    Ok(percentile(times, 0.99))
}

/// When each of the changes came to this remote, once all have.
async fn arrivals(remote: &FakeRemote, calls: &[(String, Timestamp)]) -> Result<Vec<f64>> {
    let start = SystemClock.now();
    loop {
        let requests = remote.requests();
        let writes: Vec<(String, Timestamp)> = requests
            .iter()
            .filter(|request| request.is_write())
            .filter_map(|request| Some((request.body.as_ref()?.to_string(), request.at)))
            .collect();
        let of = |name: &String, called: Timestamp| {
            let body = format!("\"{name}\"");
            let (_, at) = writes.iter().find(|(text, _)| text.contains(&body))?;
            Some(millis(*at, called))
        };
        let found: Option<Vec<f64>> = calls.iter().map(|(name, called)| of(name, *called)).collect();
        if let Some(found) = found {
            return Ok(found);
        }
        ensure!((SystemClock.now() - start).num_seconds() < 60, "not every change arrives");
        pass(Duration::from_millis(100)).await;
    }
}

/// In milliseconds.
fn millis(at: Timestamp, called: Timestamp) -> f64 {
    (at - called).num_microseconds().and_then(|n| u32::try_from(n).ok()).map_or(f64::NAN, f64::from) / 1_000.0
}

fn middle(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap_or(f64::NAN)
}

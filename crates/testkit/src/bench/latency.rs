//! One user's change at rest, until the remote has it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use scimitar_domain::{Clock as _, SystemClock, Timestamp};

use super::binaries::Binaries;
use super::fake::Fake;
use super::figure::Figure;
use super::{outbound, scaled};
use crate::program::{Api, Launch, newcomers, pass};

const N_USERS: usize = 1_000;
const N_CHANGES: usize = 50;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let fake = Fake::start(binaries, &["--record"])?;
    let program = Launch::serve(&binaries.scimitar)?.start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", scaled(N_USERS, scale).max(N_CHANGES))).await?;
    let provider = api.connect("remote", &fake.url, "token").await?;
    outbound::ended(&api, provider, 1).await?;

    let mut times = Vec::new();
    for user in users.iter().take(N_CHANGES) {
        times.push(change(&api, &fake, *user).await?);
    }
    fake.ensure_equal(&api).await?;
    times.sort_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().context("no changes")?;
    let worst = times.last().copied().context("no changes")?;
    Ok(vec![
        Figure::at_most(
            &format!("p50 of {N_CHANGES} changes, from the call to the remote's"),
            middle,
            250.0,
            "ms",
        ),
        Figure::at_most("the slowest of them (p99)", worst, 250.0, "ms"),
    ])
}

/// Milliseconds from our call of the API to the remote's receipt, by the clock that both share.
async fn change(api: &Api, fake: &Fake, user: i64) -> Result<f64> {
    fake.forget().await?;
    let name = format!("Renamed {user}");
    let called = SystemClock.now();
    api.change(&format!("/core/users/{user}/"), &json!({ "name": name })).await?;
    let start = Instant::now();
    loop {
        let records = fake.records().await?;
        let arrived = records.iter().find(|record| record.to_string().contains(&name));
        if let Some(record) = arrived {
            let at = record.get("at").and_then(Value::as_str).context("no time in the record")?;
            let took = at.parse::<Timestamp>()? - called;
            let micros = u32::try_from(took.num_microseconds().context("ages")?)?;
            return Ok(f64::from(micros) / 1_000.0);
        }
        ensure!(start.elapsed() < Duration::from_secs(30), "the change does not arrive");
        pass(Duration::from_millis(20)).await;
    }
}

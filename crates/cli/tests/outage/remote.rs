//! A remote that does not do what it should: each way has a name, and a time at which it is tried again.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use scimitar_domain::{Clock as _, SystemClock, Timestamp};
use scimitar_testkit::program::{Api, Launch, Mirror, Program, differences, eventually, newcomers, web};
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, RetryAfter};

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_remote_is_named_with_the_next_attempt() -> Result<()> {
    let program = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.start()?;
    let api = program.api()?;
    api.create_users(newcomers("user", 5)).await?;

    check(&program, "unauthorized", always(FaultKind::Unauthorized), Duration::ZERO).await?;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(20) };
    check(&program, "throttled", always(throttled), Duration::from_secs(19)).await?;
    check(&program, "malformed", always(FaultKind::HtmlBeforeCommit), Duration::ZERO).await?;
    let gone = FakeRemote::start_on_thread(Behaviour::default());
    gone.stop().await;
    check(&program, "unreachable", gone, Duration::ZERO).await
}

fn always(fault: FaultKind) -> FakeRemote {
    FakeRemote::start_on_thread(Behaviour { fault_percent: 100, faults: vec![fault], ..Behaviour::default() })
}

/// A provider to this remote comes to a state of this class and is tried again, but not before `rest` is over.
async fn check(program: &Program, class: &str, remote: FakeRemote, rest: Duration) -> Result<()> {
    let api = program.api()?;
    let before = SystemClock.now();
    let provider = api.connect(class, remote.url(), "token").await?;
    let next = eventually(Duration::from_mins(1), class, async || {
        let status = api.sync_status(provider).await?;
        Ok(match next_attempt(&status, class) {
            Some(at) => ControlFlow::Break(at),
            None => ControlFlow::Continue(status.to_string()),
        })
    })
    .await?;
    assert!(next > before + rest, "{class}: next attempt at {next}, begun at {before}");

    // Mended, it is found out without anybody's help, and not before it allowed to ask.
    remote.alter(|behaviour| behaviour.fault_percent = 0);
    if class == "unreachable" {
        remote.restart().await?;
    }
    recovered(&api, &remote, class).await?;
    let early = remote.early_requests_beyond(Duration::from_secs(1));
    assert!(early.is_empty(), "{class}: {early:?}");
    api.remove(&format!("/core/applications/{class}/")).await
}

async fn recovered(api: &Api, remote: &FakeRemote, class: &str) -> Result<()> {
    let client = web()?;
    eventually(Duration::from_mins(2), "a mended remote to catch up", async || {
        let found = differences(&api.directory().await?, &Mirror::of_fake(&client, remote.url()).await?);
        Ok(match found.first() {
            None => ControlFlow::Break(()),
            Some(one) => ControlFlow::Continue(format!("{class}: {one}")),
        })
    })
    .await
}

/// The next attempt in any message of this class.
fn next_attempt(status: &Value, class: &str) -> Option<Timestamp> {
    let runs = status["tasks"].as_array()?;
    let mut messages = runs.iter().filter_map(|run| run["messages"].as_array()).flatten();
    messages.find_map(|message| {
        let attributes = &message["attributes"];
        (attributes["class"] == class).then(|| attributes["next_attempt"].as_str()?.parse().ok())?
    })
}

//! How the program ends.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Result, ensure};
use scimitar_testkit::program::eventually;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::{Site, signal};

const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test]
async fn it_ends_well_when_asked_and_keeps_what_it_was_told() -> Result<()> {
    for name in ["TERM", "INT"] {
        let site = Site::new()?;
        let mut program = site.start()?;
        // The client keeps its connection open, which must not hold up the end.
        let api = program.api()?;
        api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
        signal(program.pid(), name)?;
        let status = program.running().wait()?;
        ensure!(status.success(), "{name}: {status}\n{}", program.heard());
        program.restart()?;
        assert_eq!(program.api()?.directory().await?.users.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour { latency_ms: 25_000, ..Behaviour::default() });
    let site = Site::new()?;
    let mut program = site.start()?;
    program.api()?.connect("slow", remote.url(), "secret").await?;
    eventually(LIMIT, "a call that is under way", async || {
        let is_called = remote.n_requests() > 0;
        Ok(if is_called { ControlFlow::Break(()) } else { ControlFlow::Continue("no call".to_owned()) })
    })
    .await?;
    signal(program.pid(), "TERM")?;
    program.running().hear("stopping", LIMIT)?;
    signal(program.pid(), "TERM")?;
    assert_eq!(program.running().wait()?.code(), Some(1), "{}", program.heard());
    assert!(program.heard().contains("ended at once, as asked"), "{}", program.heard());
    Ok(())
}

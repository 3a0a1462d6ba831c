//! How the program ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::join_all;
use scimitar_testkit::program::{Api, eventually, pass};
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use scimitar_testkit::tier;
use serde_json::json;
use tokio::sync::Barrier;
use tokio_util::task::TaskTracker;

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

/// Whoever writes while it ends gets an answer or no connection, and never half of one.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_ends_under_load_cut_nobody_off() -> Result<()> {
    const N_WRITERS: usize = 8;
    let remote = FakeRemote::start_on_thread(Behaviour { latency_ms: 20, ..Behaviour::default() });
    let site = Site::new()?;
    let mut program = site.start()?;
    program.api()?.connect("remote", remote.url(), "token").await?;
    let (tasks, mut acknowledged) = (TaskTracker::new(), Vec::new());
    for round in 0..tier::either(20, 200) {
        let api = program.api()?;
        let begun = Arc::new(Barrier::new(N_WRITERS + 1));
        let writers: Vec<_> = (0..N_WRITERS)
            .map(|writer| (api.clone(), format!("round{round}-{writer}"), Arc::clone(&begun)))
            .map(|(api, name, begun)| tasks.spawn(write_until_it_ends(api, name, begun)))
            .collect();
        tokio::time::timeout(LIMIT, begun.wait()).await.context("not every writer got its first answer")?;
        pass(Duration::from_millis(50 + round % 5 * 50)).await;
        signal(program.pid(), "TERM")?;
        let asked = Instant::now();
        let status = program.running().wait()?;
        ensure!(status.success(), "{status}\n{}", program.heard());
        ensure!(asked.elapsed() < Duration::from_secs(10), "it took {:?} to end", asked.elapsed());
        for written in join_all(writers).await {
            acknowledged.extend(written??);
        }
        program.restart()?;
    }
    let directory = program.api()?.directory().await?;
    let known: Vec<&str> = directory.users.values().map(|person| person.username.as_str()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|name| !known.contains(&name.as_str())).collect();
    ensure!(
        acknowledged.len() > 100 && lost.is_empty(),
        "{} were acknowledged, lost: {lost:?}",
        acknowledged.len()
    );
    Ok(())
}

/// The names whose creation was acknowledged. After the first it waits for the others.
async fn write_until_it_ends(api: Api, name: String, begun: Arc<Barrier>) -> Result<Vec<String>> {
    let mut written = Vec::new();
    for n in 0.. {
        if n == 1 {
            begun.wait().await;
        }
        let username = format!("{name}-{n}");
        let body = json!({"username": username, "name": "Somebody"});
        match api.post("/core/users/", &body).await {
            Ok((201, _)) => written.push(username),
            Ok((503, _)) => break,
            Ok((status, body)) => anyhow::bail!("{username} was answered with {status}: {body}"),
            Err(error) => {
                let refused = error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect);
                ensure!(refused, "{username} was cut off: {error:#}");
                break;
            }
        }
    }
    Ok(written)
}

//! A disk that takes no more.

use std::ops::ControlFlow;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use scimitar_store::StoreSettings;
use scimitar_testkit::program::{Launch, Method, Newcomer, broken, eventually, newcomers, say};

/// From util-linux; it changes the limits of a process that runs.
const PRLIMIT: &str = "prlimit";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_no_reads_until_there_is_room() -> Result<()> {
    if Command::new(PRLIMIT).arg("--version").output().is_err() {
        say("no disk can be filled: this needs `prlimit` of util-linux");
        return Ok(());
    }
    // Without the signal, a write beyond the limit fails as on a full disk.
    let mut program = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.after("trap '' XFSZ").start()?;
    let api = program.api()?;
    api.create_users(newcomers("before", 20)).await?;
    let one = |name: &str| Newcomer { username: name.to_owned(), name: name.to_owned() }.body();

    limit(program.pid(), "0:")?;
    for attempt in 0..3 {
        let refused = api.call(Method::POST, "/core/users/", Some(&one(&format!("during{attempt}")))).await?;
        assert_eq!(refused.status, 503, "{}", refused.body);
        assert!(refused.retry_after.is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    }
    let (status, list) = api.get("/core/users/?search=before").await?;
    assert_eq!((status, &list["pagination"]["count"]), (200, &20.into()));
    assert_eq!(api.get("/-/health/live/").await?.0, 200);

    limit(program.pid(), "unlimited:")?;
    eventually(Duration::from_secs(30), "a write after the disk has room again", async || {
        let (status, body) = api.post("/core/users/", &one("after")).await?;
        Ok(match status {
            201 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(format!("{status}: {body}")),
        })
    })
    .await?;
    assert_eq!(api.get("/-/health/ready/").await?.0, 200);

    // What was refused is not there, and what was acknowledged survives the process.
    program.restart()?;
    let directory = program.api()?.directory().await?;
    let named = |name: &str| directory.users.values().filter(|it| it.username.starts_with(name)).count();
    assert_eq!((named("before"), named("during"), named("after")), (20, 0, 1));
    program.terminate()?;
    let url = format!("sqlite://{}", program.launch().sqlite_file().display());
    assert_eq!(broken(&StoreSettings::new(url, 1)).await?, Vec::<String>::new());
    Ok(())
}

/// How large a file the process may write. The colon leaves its upper bound alone.
fn limit(pid: u32, size: &str) -> Result<()> {
    let status =
        Command::new(PRLIMIT).args(["--pid", &pid.to_string(), &format!("--fsize={size}")]).status()?;
    ensure!(status.success(), "prlimit ended with {status}");
    Ok(())
}

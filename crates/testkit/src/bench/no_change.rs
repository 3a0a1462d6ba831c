//! A full sync that finds everything as it left it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::binaries::Binaries;
use super::fake::Fake;
use super::figure::Figure;
use super::{outbound, scaled};
use crate::program::{Launch, Running, newcomers, pass};

const N_USERS: usize = 100_000;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let n_users = scaled(N_USERS, scale);
    let fake = Fake::start(binaries, &[])?;
    let mut program = Launch::serve(&binaries.scimitar)?.start()?;
    let api = program.api()?;
    api.create_users(newcomers("user", n_users)).await?;
    let provider = api.connect("remote", &fake.url, "token").await?;
    outbound::ended(&api, provider, 1).await?;
    fake.ensure_equal(&api).await?;
    program.terminate()?;

    let before = fake.counts().await?;
    let start = Instant::now();
    let mut sync = Running::spawn(program.launch().command(&["sync", "remote"]))?;
    let mut peak_kib = 0;
    while sync.is_running()? {
        peak_kib = sync.peak_memory_kib().unwrap_or(0).max(peak_kib);
        pass(Duration::from_millis(10)).await;
    }
    let time = start.elapsed();
    let status = sync.wait()?;
    ensure!(status.success(), "the sync ended with {status}:\n{}", sync.heard());
    let after = fake.counts().await?;
    let n_writes = u32::try_from(after.n_writes - before.n_writes)?;
    let peak_kib = u32::try_from(peak_kib)?;
    Ok(vec![
        Figure::at_most(
            &format!("HTTP writes of a full sync of {n_users} users"),
            f64::from(n_writes),
            0.0,
            "",
        ),
        Figure::at_most("its time, from the start of the process to its end", time.as_secs_f64(), 10.0, "s"),
        Figure::at_most("its memory at most", f64::from(peak_kib) / 1024.0, 150.0, "MiB"),
    ])
}

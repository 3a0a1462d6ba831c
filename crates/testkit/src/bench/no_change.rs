//! A full sync that finds everything as it left it; and in the largest directory one change after it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::binaries::Binaries;
use super::fake::Fake;
use super::figure::Figure;
use super::{outbound, scaled};
use crate::program::{Api, Launch, Running, newcomers, pass};

/// How large, and what is asked of it.
struct Size {
    n_users: usize,
    seconds: f64,
    mebibytes: f64,
}

const LARGE: Size = Size { n_users: 100_000, seconds: 10.0, mebibytes: 150.0 };
const LARGEST: Size = Size { n_users: 1_000_000, seconds: 60.0, mebibytes: 200.0 };
/// Changes that are timed, one after the other.
const N_CHANGES: usize = 20;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let mut world = World::filled(binaries, scaled(LARGE.n_users, scale)).await?;
    world.sync(&LARGE).await
}

pub(super) async fn million(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let mut world = World::filled(binaries, scaled(LARGEST.n_users, scale)).await?;
    let mut figures = world.sync(&LARGEST).await?;
    figures.push(world.change().await?);
    Ok(figures)
}

/// A directory, and a remote that holds all of it.
struct World {
    fake: Fake,
    program: crate::program::Program,
    users: Vec<i64>,
}

impl World {
    async fn filled(binaries: &Binaries, n_users: usize) -> Result<Self> {
        let fake = Fake::start(binaries, &[])?;
        let mut program = Launch::serve(&binaries.scimitar)?.start()?;
        let api = program.api()?;
        let users = api.create_users(newcomers("user", n_users)).await?;
        let provider = api.connect("remote", &fake.url, "token").await?;
        outbound::ended(&api, provider, 1).await?;
        fake.ensure_equal(&api).await?;
        program.terminate()?;
        Ok(Self { fake, program, users })
    }

    async fn sync(&mut self, size: &Size) -> Result<Vec<Figure>> {
        let before = self.fake.counts().await?;
        let start = Instant::now();
        let mut sync = Running::spawn(self.program.launch().command(&["sync", "remote"]))?;
        let mut peak_kib = 0;
        while sync.is_running()? {
            peak_kib = sync.peak_memory_kib().unwrap_or(0).max(peak_kib);
            pass(Duration::from_millis(10)).await;
        }
        let time = start.elapsed();
        let status = sync.wait()?;
        ensure!(status.success(), "the sync ended with {status}:\n{}", sync.heard());
        let after = self.fake.counts().await?;
        let n_writes = u32::try_from(after.n_writes - before.n_writes)?;
        let peak_mib = f64::from(u32::try_from(peak_kib)?) / 1024.0;
        let what = format!("HTTP writes of a full sync of {} users", self.users.len());
        let took = "its time, from the start of the process to its end";
        Ok(vec![
            Figure::at_most(&what, f64::from(n_writes), 0.0, ""),
            Figure::at_most(took, time.as_secs_f64(), size.seconds, "s"),
            Figure::at_most("its memory at most", peak_mib, size.mebibytes, "MiB"),
        ])
    }

    /// The slowest of a few changes, from the call of the API until the remote has it.
    async fn change(&mut self) -> Result<Figure> {
        self.program.restart()?;
        let api = self.program.api()?;
        let mut slowest = 0.0_f64;
        for user in self.users.iter().rev().take(N_CHANGES) {
            slowest = slowest.max(self.change_of(&api, *user).await?);
        }
        let what = format!("one change of {} users, from the call until the remote has it", self.users.len());
        Ok(Figure::at_most(&format!("{what}, the slowest of {N_CHANGES}"), slowest, 250.0, "ms"))
    }

    async fn change_of(&self, api: &Api, user: i64) -> Result<f64> {
        let before = self.fake.counts().await?;
        let start = Instant::now();
        let body = json!({ "name": format!("Renamed {user}") });
        api.change(&format!("/core/users/{user}/"), &body).await.context("a change of a name")?;
        while self.fake.counts().await?.n_writes == before.n_writes {
            ensure!(start.elapsed() < Duration::from_secs(30), "the change does not arrive");
            pass(Duration::from_millis(1)).await;
        }
        Ok(start.elapsed().as_secs_f64() * 1_000.0)
    }
}

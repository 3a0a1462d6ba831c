//! From the start of the process to the first sign that it is ready, on a database that exists.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::binaries::Binaries;
use super::figure::Figure;
use super::scaled;
use crate::program::{Launch, newcomers, pass};

const N_USERS: usize = 10_000;
const N_STARTS: usize = 11;

pub(super) async fn run(binaries: &Binaries, scale: f64) -> Result<Vec<Figure>> {
    let n_users = scaled(N_USERS, scale);
    let mut program = Launch::serve(&binaries.scimitar)?.start()?;
    program.api()?.create_users(newcomers("user", n_users)).await?;

    let mut times = Vec::new();
    for _ in 0..N_STARTS {
        program.terminate()?;
        let start = Instant::now();
        program.restart()?;
        let api = program.api()?;
        while api.get("/-/health/ready/").await?.0 != 200 {
            ensure!(start.elapsed() < Duration::from_secs(10), "not ready");
            pass(Duration::from_millis(1)).await;
        }
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let middle = times.get(N_STARTS / 2).copied().unwrap_or(f64::NAN);
    let worst = times.last().copied().unwrap_or(f64::NAN);
    Ok(vec![
        Figure::at_most(
            &format!("cold start to ready with {n_users} users, median of {N_STARTS}"),
            middle,
            300.0,
            "ms",
        ),
        Figure::context("the slowest of them", worst, "ms"),
    ])
}

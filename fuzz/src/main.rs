//! Fuzzing: `cargo xtask fuzz` builds this with coverage counters and runs it. See `docs/decisions/0007-fuzzing-on-stable.md`.
//!
//! Invariant: the same seed, corpus and number of executions do the same.

mod choices;
mod corpus;
mod coverage;
mod engine;
mod mutate;
mod report;
mod targets;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use self::engine::{Budget, Settings};

fn main() -> ExitCode {
    match settings(std::env::args().skip(1)).and_then(|settings| engine::run(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// `TARGET (--seconds N | --executions N) [--seed N] --root FOLDER [--keep]`. People use `cargo xtask fuzz`.
fn settings(mut args: impl Iterator<Item = String>) -> Result<Settings> {
    let name = args.next().context("which target?")?;
    let target = targets::find(&name).with_context(|| format!("there is no target `{name}`"))?;
    let (mut budget, mut seed, mut root, mut keep) = (None, 1, None, false);
    while let Some(flag) = args.next() {
        if flag == "--keep" {
            keep = true;
            continue;
        }
        let value = args.next().with_context(|| format!("`{flag}` needs a value"))?;
        match flag.as_str() {
            "--seconds" => budget = Some(Budget::Time(Duration::from_secs(value.parse()?))),
            "--executions" => budget = Some(Budget::Executions(value.parse()?)),
            "--seed" => seed = value.parse()?,
            "--root" => root = Some(PathBuf::from(value)),
            _ => bail!("`{flag}` is unknown"),
        }
    }
    let budget = budget.context("give `--seconds` or `--executions`")?;
    Ok(Settings { target, budget, seed, root: root.context("give `--root`")?, keep })
}

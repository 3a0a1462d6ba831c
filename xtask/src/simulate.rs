//! `cargo xtask simulate`: lives that a seed decides, with three processes, a hostile remote and virtual time.
//!
//! Every run of the tests lives the first 500, and the first 100 of those from 1,000,000 on, whose remotes speak
//! dialects. Here one asks for others, or for one again.

use anyhow::{Result, ensure};

use crate::process;
use crate::test::{self, Database};
use crate::workspace::Workspace;

/// Where the simulation finds the seeds that are asked for.
pub(crate) const SEEDS: &str = "SCIMITAR_SEEDS";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The first seed, and the one after the last. One alone is lived again until a shorter life is found that
    /// fails too.
    #[arg(long, default_value = "0..500", value_name = "FIRST..END")]
    seeds: String,
    /// Compiled for speed: worth it from some ten thousand seeds on.
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let is_range = args.seeds.split_once("..").is_some_and(|(first, end)| {
        matches!((first.parse::<u64>(), end.parse::<u64>()), (Ok(first), Ok(end)) if first < end)
    });
    ensure!(is_range, "`{}` is no range of seeds; give it as `0..500`", args.seeds);
    let mut test = test::cargo_test(workspace, Database::Sqlite);
    if args.release {
        test.arg("--release");
    }
    test.args(["--test", "it", "simulation::directory", "--", "--nocapture"]);
    process::run(test.env(SEEDS, &args.seeds))
}

//! `cargo xtask postgres`: throw-away PostgreSQL clusters on loopback.
//!
//! `run` is for one command and cleans up whatever happens; `start`, `url` and `stop` keep one cluster
//! standing between commands.

mod cluster;
mod install;
mod owner;
mod server;
mod standing;

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::report;
use crate::test::DATABASE_URL;
use crate::workspace::Workspace;

pub(crate) use self::cluster::Cluster;
pub(crate) use self::owner::is_root;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Start a cluster that stays, and print its URL.
    Start,
    /// Stop the cluster that `start` left, and remove its data.
    Stop,
    /// Print the URL of the cluster that `start` left.
    Url,
    /// Run a command with a fresh cluster, whose URL stands in `SCIMITAR_TEST_DATABASE_URL`.
    Run {
        #[arg(last = true, required = true, value_name = "CMD")]
        command: Vec<String>,
    },
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    match &args.action {
        Action::Start => standing::start(workspace).map(report::line),
        Action::Stop => standing::stop(workspace),
        Action::Url => standing::url(workspace).map(report::line),
        Action::Run { command } => run_with_cluster(workspace, command),
    }
}

fn run_with_cluster(workspace: &Workspace, command: &[String]) -> Result<()> {
    let (program, rest) = command.split_first().context("no command to run")?;
    let cluster = Cluster::start(workspace)?;
    process::run(Command::new(program).args(rest).env(DATABASE_URL, cluster.url()))
}

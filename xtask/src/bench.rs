//! `cargo xtask bench`: build everything as it is released, and measure it. What is measured, and how, stands in
//! `crates/testkit/src/bench.rs`; the figures of past runs in `docs/benchmarks.md`.

use std::process::Command;

use anyhow::Result;

use crate::peers;
use crate::process;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which of them; all without a name.
    #[arg(value_parser = ["outbound", "no-change", "million", "neighbours", "changes", "latency", "post-users", "start", "lists", "inbound", "peers", "all"])]
    benches: Vec<String>,
    /// A factor for all sizes, to try a bench out. Only 1 gives figures that count.
    #[arg(long, default_value = "1")]
    scale: String,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let mut build = process::cargo(&workspace.root);
    process::run(build.args(["build", "--release", "--bins", "-p", "scimitar", "-p", "scimitar-testkit"]))?;
    let mut bench = Command::new(workspace.target.join("release/scimitar-bench"));
    if args.benches.is_empty() || args.benches.iter().any(|it| it == "peers" || it == "all") {
        bench.env("SCIMITAR_PEER_SCIM2_SERVER", peers::scim2_server(workspace)?);
        bench.env("SCIMITAR_PEER_SCIMMY", peers::scimmy(workspace)?);
    }
    process::run(bench.args(&args.benches).args(["--scale", &args.scale]))
}

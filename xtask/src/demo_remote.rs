//! `cargo xtask demo-remote`: a SCIM server that somebody else wrote, to push the first users to.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::peers;
use crate::report;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8880)]
    port: u16,
    /// The bearer token that it asks for.
    #[arg(long, default_value = "demo")]
    token: String,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let server = peers::scim2_server(workspace)?;
    report::line(format!("SCIM URL: http://127.0.0.1:{}/v2", args.port));
    report::line(format!("token:    {}", args.token));
    report::line("it keeps everything in memory; stop it with Ctrl-C");
    let mut command = Command::new(server);
    command.args(["--hostname", "127.0.0.1", "--bearer-token", &args.token]);
    command.arg("--port").arg(args.port.to_string());
    // The server takes our place, so that whoever stops us stops it.
    Err(command.exec()).context("could not start scim2-server")
}

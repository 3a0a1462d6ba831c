//! `cargo xtask peers`: SCIM servers that others wrote, for the tests that talk to them.
//!
//! A peer is a Python package in an environment of its own under the target folder. The versions stand in
//! `xtask/peers/`, so that a failing test means a change of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::report;
use crate::workspace::Workspace;

/// Where the peer tests find the server's executable.
pub(crate) const SCIM2_SERVER: &str = "SCIMITAR_PEER_SCIM2_SERVER";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    report::line(format!("{SCIM2_SERVER}={}", scim2_server(workspace)?.display()));
    Ok(())
}

/// The executable of `scim2-server`, installed on the first call.
pub(crate) fn scim2_server(workspace: &Workspace) -> Result<PathBuf> {
    let wanted = workspace.root.join("xtask/peers/scim2-server.txt");
    let environment = workspace.target.join("peers/scim2-server");
    install(&wanted, &environment)?;
    Ok(environment.join("bin/scim2-server"))
}

/// Makes the environment unless it holds exactly what is wanted.
fn install(wanted: &Path, environment: &Path) -> Result<()> {
    // Written last: an installation that broke off has none and starts again.
    let installed = environment.join("installed.txt");
    let versions =
        fs::read_to_string(wanted).with_context(|| format!("could not read `{}`", wanted.display()))?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == versions) {
        return Ok(());
    }
    report::line(format!("installing the packages of `{}`", wanted.display()));
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
        .context("the peers need Python 3 with its `venv` module (Debian: `python3-venv`)")?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run(pip.arg(wanted))?;
    fs::write(&installed, versions).with_context(|| format!("could not write `{}`", installed.display()))
}

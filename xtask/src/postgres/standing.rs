//! The cluster that stands between commands: `start`, `url`, `stop`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::server::Server;
use crate::workspace::Workspace;

/// Starts the cluster unless it stands already, and gives its URL.
pub(crate) fn start(workspace: &Workspace) -> Result<String> {
    if let Ok(url) = url(workspace) {
        return Ok(url);
    }
    // What an earlier start left half-way, or a restart of the machine stopped.
    Server::at(&folder(workspace))?.remove()?;
    let server = Server::at(&folder(workspace))?;
    server.initialise()?;
    let url = server.start()?;
    fs::write(note(workspace), &url).context("could not write down the cluster's URL")?;
    Ok(url)
}

pub(crate) fn url(workspace: &Workspace) -> Result<String> {
    let url = fs::read_to_string(note(workspace))
        .context("no cluster stands: `cargo xtask postgres start` starts one")?;
    anyhow::ensure!(
        Server::at(&folder(workspace))?.is_running(),
        "the cluster does not run any more: `cargo xtask postgres start` starts a new one"
    );
    Ok(url)
}

pub(crate) fn stop(workspace: &Workspace) -> Result<()> {
    fs::remove_file(note(workspace)).context("no cluster stands")?;
    Server::at(&folder(workspace))?.remove()
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("postgres/standing")
}

fn note(workspace: &Workspace) -> PathBuf {
    workspace.target.join("postgres/standing.url")
}

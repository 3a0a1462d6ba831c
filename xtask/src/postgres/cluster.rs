//! One cluster for one command: made, started, and gone again however the command ends.
//!
//! The clean-up is done by a watcher process that waits for the end of a pipe which we hold. The pipe ends
//! when the cluster is dropped, and just as well when this process is killed.

use std::fs;
use std::process::Child;

use anyhow::Result;

use super::server::Server;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(crate) struct Cluster {
    url: String,
    server: Server,
    watcher: Child,
}

impl Cluster {
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let name = format!("run-{}", std::process::id());
        let server = Server::at(&workspace.target.join("postgres").join(name))?;
        // The watcher comes first: a start that fails half-way is cleaned up too.
        let watcher = server.watch()?;
        let mut cluster = Self { url: String::new(), server, watcher };
        cluster.server.initialise()?;
        cluster.url = cluster.server.start()?;
        Ok(cluster)
    }

    /// A URL with the right to create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Closing the pipe is the signal; waiting keeps the next command from meeting the old server.
        drop(self.watcher.stdin.take());
        let cleaned = self.watcher.wait().is_ok();
        if cleaned {
            // The folder itself stands in one that may be ours alone; the watcher has only emptied it.
            drop(fs::remove_dir(self.server.folder()));
        }
    }
}

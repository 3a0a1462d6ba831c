//! A data folder and the programs that serve it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

use super::install;
use super::owner::Owner;
use crate::process;

/// Somebody else may take a free port between our look and the server's start.
const ATTEMPTS: u32 = 3;

/// Stops the server and removes its data as soon as standard input ends.
const WATCHER: &str = r#"cat; "$0" -D "$1/data" -m immediate stop; rm -rf "$1""#;

#[derive(Debug)]
pub(crate) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    owner: Owner,
}

impl Server {
    /// A folder at the wished place, or where the owner can reach it. Nothing runs yet.
    pub(crate) fn at(wished: &Path) -> Result<Self> {
        // In this order: installing the package may be what creates the owner.
        let programs = install::programs()?;
        let owner = Owner::detect()?;
        Ok(Self { folder: owner.make_folder(wished)?, programs, owner })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn initialise(&self) -> Result<()> {
        let mut initdb = self.command("initdb");
        // Text compares by bytes, as on SQLite. `trust` lets in whoever reaches loopback: the data is made up.
        initdb.args(["--username=scimitar", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        process::run(initdb.arg(self.data()))
    }

    /// Starts the server on a free port and gives its URL.
    pub(crate) fn start(&self) -> Result<String> {
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            match self.start_on(port) {
                Ok(()) => return Ok(format!("postgres://scimitar@127.0.0.1:{port}/postgres")),
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.context(self.end_of_log())),
            }
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        let mut status = self.command("pg_ctl");
        status.arg("status").arg("-D").arg(self.data());
        status.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Stops the server if it runs, and removes everything.
    pub(crate) fn remove(self) -> Result<()> {
        if self.is_running() {
            let mut stop = self.command("pg_ctl");
            process::run(stop.args(["stop", "-s", "-m", "immediate", "-D"]).arg(self.data()))?;
        }
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("could not remove `{}`", self.folder.display()))
    }

    /// A shell that outlives us for as long as the clean-up takes.
    ///
    /// It is in a process group of its own, so that an interrupt from the keyboard does not reach it.
    pub(crate) fn watch(&self) -> Result<Child> {
        self.owner
            .command(Path::new("sh"))
            .args(["-c", WATCHER])
            .arg(self.programs.join("pg_ctl"))
            .arg(&self.folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("could not start the shell that cleans up after PostgreSQL")
    }

    fn start_on(&self, port: u16) -> Result<()> {
        // `fsync` stays on: a test that kills the server asks what survived.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c max_connections=200"
        );
        let mut start = self.command("pg_ctl");
        start.args(["start", "-w", "-s", "-o", &options, "-D"]).arg(self.data());
        process::run(start.arg("-l").arg(self.log()))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.owner.command(&self.programs.join(program));
        // The server must not hold on to our terminal or pipe, and must be able to enter its folder.
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.iter().skip(lines.len().saturating_sub(10)).copied().collect::<Vec<_>>().join("\n");
        format!("PostgreSQL did not start; its log ends with:\n{end}")
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("could not find a free port on loopback")?;
    Ok(listener.local_addr()?.port())
}

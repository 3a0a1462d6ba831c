//! `scimitar` while it runs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::api::Api;
use super::launch::{Launch, TOKEN};
use super::running::Running;

/// What it prints once its port is open, before the address.
const MARKER: &str = "listening on ";

/// The slowest start that is waited for: a debug build on a busy machine that has to migrate first.
const START: Duration = Duration::from_mins(1);

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    launch: Launch,
    running: Running,
    address: SocketAddr,
}

impl Program {
    pub(super) fn start(launch: Launch) -> Result<Self> {
        let (running, address) = begin(&launch)?;
        Ok(Self { launch, running, address })
    }

    /// The most memory that it has had at once, in KiB, or nothing once it has ended.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        self.running.peak_memory_kib()
    }

    /// What it has used of all processors so far, to the hundredth of a second.
    pub fn processor_time(&self) -> Result<Duration> {
        self.running.processor_time()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client with the administrator's key. After a restart take a new one.
    pub fn api(&self) -> Result<Api> {
        Api::new(self.address, TOKEN)
    }

    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    pub fn folder(&self) -> &Path {
        self.launch.folder()
    }

    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// The end of what it has said.
    pub fn heard(&self) -> String {
        self.running.heard()
    }

    /// End it without a chance to clean up.
    pub fn kill9(&mut self) -> Result<()> {
        self.running.kill9()
    }

    /// Ask it to end, and wait.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.running.terminate()
    }

    /// Start it again as it was started, killing it first if it still runs.
    pub fn restart(&mut self) -> Result<()> {
        let launch = self.launch.clone();
        self.restart_as(launch)
    }

    /// Start it again in another way.
    pub fn restart_as(&mut self, launch: Launch) -> Result<()> {
        self.running.kill9()?;
        (self.running, self.address) = begin(&launch)?;
        self.launch = launch;
        Ok(())
    }
}

fn begin(launch: &Launch) -> Result<(Running, SocketAddr)> {
    let mut running = Running::spawn(launch.serving())?;
    let line = running.hear(MARKER, START)?;
    let address = address(&line).with_context(|| format!("no address in `{line}`"))?;
    Ok((running, address))
}

/// What stands behind the marker, as an address or as a URL.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(MARKER)?;
    let word = rest.split(|char: char| char.is_whitespace() || char == '"').next()?;
    word.trim_start_matches("http://").trim_end_matches(['/', ',', '.']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_in_each_form() {
        let expected = Some(SocketAddr::from(([127, 0, 0, 1], 9_000)));
        for line in [
            "listening on 127.0.0.1:9000",
            "scimitar 0.1.0 listening on http://127.0.0.1:9000/",
            r#"{"message":"listening on http://127.0.0.1:9000","level":"INFO"}"#,
        ] {
            assert_eq!(address(line), expected, "{line}");
        }
        assert_eq!(address("listening on every port"), None);
    }
}

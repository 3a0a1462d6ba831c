//! The fake remote as a process, and what it tells about itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::binaries::Binaries;
use crate::program::{Api, Mirror, Running, differences, web};

#[derive(Debug)]
pub(super) struct Fake {
    pub(super) url: String,
    client: reqwest::Client,
    _running: Running,
}

/// What the remote has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) n_requests: usize,
    pub(super) n_writes: usize,
}

impl Fake {
    pub(super) fn start(binaries: &Binaries, arguments: &[&str]) -> Result<Self> {
        let mut running = Running::spawn(command(&binaries.fake_remote, arguments))?;
        let url = running.hear("http://", Duration::from_secs(10))?.trim().to_owned();
        Ok(Self { url, client: web()?, _running: running })
    }

    pub(super) async fn counts(&self) -> Result<Counts> {
        let stats = self.get("/_stats").await?;
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
        let methods = stats.get("methods").and_then(Value::as_object).context("no methods")?;
        let n_writes: u64 =
            methods.iter().filter(|(method, _)| *method != "GET").map(|(_, n)| number(Some(n))).sum();
        let n_requests = number(stats.get("requests"));
        Ok(Counts { n_requests: usize::try_from(n_requests)?, n_writes: usize::try_from(n_writes)? })
    }

    /// What it was asked since the last [`Self::forget`].
    pub(super) async fn records(&self) -> Result<Vec<Value>> {
        Ok(self.get("/_requests").await?.as_array().cloned().unwrap_or_default())
    }

    pub(super) async fn forget(&self) -> Result<()> {
        self.client.delete(self.admin("/_requests")?).send().await?.error_for_status()?;
        Ok(())
    }

    /// A figure for work that was not done would be worthless.
    pub(super) async fn ensure_equal(&self, api: &Api) -> Result<()> {
        let mirror = Mirror::of_fake(&self.client, &self.url).await?;
        let found = differences(&api.directory().await?, &mirror);
        let some: Vec<&str> = found.iter().take(5).map(String::as_str).collect();
        anyhow::ensure!(found.is_empty(), "{} differences: {}", found.len(), some.join("; "));
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.client.get(self.admin(path)?).send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    fn admin(&self, path: &str) -> Result<String> {
        let root = self.url.strip_suffix("/scim/v2").context("not the fake's address")?;
        Ok(format!("{root}{path}"))
    }
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

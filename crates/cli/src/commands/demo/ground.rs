//! What the demo stands on: a folder, and in it a configuration for each of its two services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use ipnet::IpNet;
use tempfile::TempDir;

use scimitar_domain::{IdSource, RandomIds, Secret};

use crate::compose::Installation;
use crate::config::{Config, KeySource};
use crate::instance::Claim;
use crate::report::Problem;

/// The folder with all that the demo makes. It goes with this, unless it is to be kept.
pub(super) struct Ground {
    folder: TempDir,
    keep: bool,
    pub(super) directory: Config,
    pub(super) application: Config,
}

impl Ground {
    pub(super) fn new(config: &Config, keep: bool) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("scimitar-demo-").with_context(|| {
            Problem::new("there is no place for the demo's databases", "the variable `TMPDIR` can name one")
        })?;
        Ok(Self {
            directory: place(config, &folder.path().join("directory")),
            application: place(config, &folder.path().join("application")),
            folder,
            keep,
        })
    }

    /// Where everything stays, if it does.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.keep.then(|| self.folder.path())
    }

    /// Remove it, or leave it where it is.
    pub(super) fn clear(self) -> anyhow::Result<()> {
        if self.keep {
            let _: PathBuf = self.folder.keep();
            return Ok(());
        }
        let path = self.folder.path().to_owned();
        self.folder.close().with_context(|| format!("cannot remove `{}`", path.display()))
    }
}

/// The settings of this process, on a database and under keys of their own: whatever else is configured here is
/// none of the demo's business. `name` is a path that the files' names begin with.
fn place(config: &Config, name: &Path) -> Config {
    let mut config = config.clone();
    config.bootstrap_token = Some(RandomIds.key());
    config.database.url = Secret::new(format!("sqlite://{}", name.with_extension("db").display()));
    config.secrets.key = KeySource::File(name.with_extension("key"));
    config.http.public_url = None;
    // The application listens on loopback, where nothing may be called unless it is allowed.
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    config.egress.allow.extend(loopback.map(IpNet::from));
    config
}

/// Make an installation. Returns its administrator's key too.
pub(super) async fn settle(config: &Config) -> anyhow::Result<(Claim, Installation, Secret<String>)> {
    let claim = Claim::insist(&config.database)?;
    let (installation, _) = Installation::settle(config, &claim).await?;
    let key = config.bootstrap_token.clone().context("a demo without a key")?;
    Ok((claim, installation, key))
}

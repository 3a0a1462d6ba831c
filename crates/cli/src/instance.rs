//! Which process this is, and that it is the only one that works on a SQLite file.
//!
//! Replicas of PostgreSQL share the work by leases. On SQLite one process serves; it holds a lock beside the
//! database file for as long as it lives, so it may take back at its start whatever a dead one had leased.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use scimitar_domain::IdSource;

use crate::config::Database;
use crate::report::Problem;

/// Between two looks at a lock that another process holds.
const LOOK: Duration = Duration::from_millis(500);

/// Who works on the database.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Nobody but this process, for as long as it keeps the lock file open.
    Alone(#[expect(dead_code, reason = "closing it gives the lock away")] File),
    /// This process and its peers, who share by leases.
    Shared,
    /// Another process, as it said of itself.
    Taken { by: String },
}

impl Claim {
    /// Try to become the one who works.
    pub(crate) fn attempt(database: &Database) -> anyhow::Result<Self> {
        match database.sqlite_file() {
            Some(file) => lock(&beside(&file)),
            None => Ok(Self::Shared),
        }
    }

    /// Become the one who works, or say who is.
    pub(crate) fn insist(database: &Database) -> anyhow::Result<Self> {
        match Self::attempt(database)? {
            Self::Taken { by } => {
                let file = database.sqlite_file().unwrap_or_default();
                let what = format!("{by} already works on `{}`", file.display());
                let hint = "stop it, or give this one a database of its own (`SCIMITAR_DATABASE__URL`); several \
                            processes can share a PostgreSQL database";
                Err(Problem::new(what, hint).into())
            }
            claim @ (Self::Alone(_) | Self::Shared) => Ok(claim),
        }
    }

    /// Whether leases that are found at the start belong to the dead.
    pub(crate) fn is_alone(&self) -> bool {
        match self {
            Self::Alone(_) => true,
            Self::Shared | Self::Taken { .. } => false,
        }
    }
}

/// Wait until whoever works on the database has ended, and become the one who does.
pub(crate) async fn freed(database: &Database) -> anyhow::Result<Claim> {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        match Claim::attempt(database)? {
            Claim::Taken { .. } => {}
            claim @ (Claim::Alone(_) | Claim::Shared) => return Ok(claim),
        }
    }
}

/// The name under which this process holds leases. No two living processes have the same.
pub(crate) fn worker_name(host: Option<&str>, ids: &dyn IdSource) -> String {
    let told = host.map(str::to_owned).or_else(|| fs::read_to_string("/proc/sys/kernel/hostname").ok());
    let host = told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let chance: String = hex::encode(ids.bytes()).chars().take(8).collect();
    format!("{}-{}-{chance}", host.as_deref().unwrap_or("local"), std::process::id())
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn lock(path: &Path) -> anyhow::Result<Claim> {
    let unwritable = || {
        let what = format!("cannot write `{}`", path.display());
        Problem::new(what, "the database's directory must exist and be writable for this user")
    };
    // Not truncated: what stands in it belongs to whoever holds it.
    let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = opened.with_context(unwritable)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| write!(file, "process {}", std::process::id()))
                .with_context(unwritable)?;
            Ok(Claim::Alone(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut by = String::new();
            let read = file.rewind().and_then(|()| file.read_to_string(&mut by));
            let known = read.is_ok() && !by.is_empty();
            Ok(Claim::Taken { by: if known { by } else { "another process".to_owned() } })
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(unwritable),
    }
}

#[cfg(test)]
mod tests {
    use scimitar_domain::SeededIds;

    use super::*;

    #[test]
    fn one_at_a_time_holds_the_lock_and_the_other_learns_who_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = beside(&folder.path().join("s.db"));
        assert!(path.ends_with("s.db.lock"));

        let first = lock(&path).expect("a lock");
        assert!(first.is_alone());
        let Claim::Taken { by } = lock(&path).expect("an answer") else { panic!("two hold the lock") };
        assert_eq!(by, format!("process {}", std::process::id()));

        drop(first);
        assert!(lock(&path).expect("a lock").is_alone());
    }

    #[test]
    fn a_worker_is_told_by_host_process_and_chance() {
        let ids = SeededIds::new(1);
        let (one, two) = (worker_name(Some("node-7"), &ids), worker_name(Some("node-7"), &ids));
        let start = format!("node-7-{}-", std::process::id());
        assert!(one.starts_with(&start) && two.starts_with(&start) && one != two, "{one} {two}");
    }
}

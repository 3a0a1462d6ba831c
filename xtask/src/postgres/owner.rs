//! Who a cluster belongs to: PostgreSQL refuses to run as root, so root hands it to somebody else.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;

/// The user that the server's programs run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Ourselves,
    Other { uid: u32, gid: u32 },
}

impl Owner {
    /// Ourselves, or, for root, the package's own user or else `nobody`.
    pub(crate) fn detect() -> Result<Self> {
        if !is_root()? {
            return Ok(Self::Ourselves);
        }
        let users = fs::read_to_string("/etc/passwd").context("could not read /etc/passwd")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find_user(&users, name))
            .context("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")
    }

    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes a folder that belongs to the owner: the wished one, or a temporary one where the owner could
    /// not reach that (a checkout below a home folder that only root may enter).
    pub(crate) fn make_folder(self, wished: &Path) -> Result<PathBuf> {
        let folder = match self {
            Self::Other { .. } if !everybody_may_enter(wished) => {
                let name = wished.file_name().context("a cluster's folder has a name")?;
                std::env::temp_dir().join(format!("scimitar-postgres-{}", name.to_string_lossy()))
            }
            Self::Ourselves | Self::Other { .. } => wished.to_path_buf(),
        };
        fs::create_dir_all(&folder).with_context(|| format!("could not make `{}`", folder.display()))?;
        if let Self::Other { uid, gid } = self {
            chown(&folder, Some(uid), Some(gid))
                .with_context(|| format!("could not give `{}` away", folder.display()))?;
        }
        Ok(folder)
    }
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Whether every folder above this path that exists lets other users through.
fn everybody_may_enter(path: &Path) -> bool {
    path.ancestors()
        .filter_map(|folder| fs::metadata(folder).ok())
        .all(|metadata| metadata.permissions().mode() & 0o001 != 0)
}

/// A line of the password file is `name:x:uid:gid:…`.
fn find_user(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Owner::Other { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:a,b:/:/bin/sh\n";
        assert_eq!(find_user(users, "postgres"), Some(Owner::Other { uid: 101, gid: 104 }));
        assert_eq!(find_user(users, "nobody"), None);
    }

    #[test]
    fn a_private_folder_above_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("our own folder");
        assert!(!everybody_may_enter(&folder.path().join("not/yet/there")));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("our own folder");
        assert!(everybody_may_enter(&folder.path().join("not/yet/there")));
    }
}

//! Where the server's programs are, and how they get there when they are missing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::debian;

/// Debian and its children keep every major version in a folder of its own, away from `PATH`.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `pg_ctl`; the distribution's package is installed when there is none.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(folder) = find() {
        return Ok(folder);
    }
    debian::install(&["postgresql"]).with_context(|| {
        format!("PostgreSQL's `initdb` and `pg_ctl` are neither on PATH nor in {VERSIONS}")
    })?;
    find().context(
        "the package `postgresql` is installed, but `initdb` and `pg_ctl` are not where it puts them",
    )
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|folder| is_complete(folder)).or_else(|| newest(Path::new(VERSIONS)))
}

fn newest(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let major: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            is_complete(&folder).then_some((major, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_taken_by_number() {
        let root = tempfile::tempdir().expect("a folder");
        for (version, programs) in
            [("9", ["initdb", "pg_ctl"]), ("15", ["initdb", "pg_ctl"]), ("17", ["initdb", "psql"])]
        {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).expect("a folder");
            for program in programs {
                fs::write(bin.join(program), "").expect("a file");
            }
        }
        assert_eq!(newest(root.path()), Some(root.path().join("15/bin")));
        assert_eq!(newest(&root.path().join("absent")), None);
    }
}

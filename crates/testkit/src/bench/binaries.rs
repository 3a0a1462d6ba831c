//! The programs that are measured.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// Where they lie.
#[derive(Debug, Clone)]
pub struct Binaries {
    pub(super) scimitar: PathBuf,
    pub(super) fake_remote: PathBuf,
}

impl Binaries {
    /// Those in the folder of this program: cargo builds them all there.
    pub fn beside(program: &Path) -> Result<Self> {
        let folder = program.parent().context("a program lies in a folder")?;
        let find = |name: &str| {
            let path = folder.join(name);
            ensure!(path.is_file(), "`{}` has not been built", path.display());
            Ok(path)
        };
        Ok(Self { scimitar: find("scimitar")?, fake_remote: find("scimitar-fake-remote")? })
    }
}

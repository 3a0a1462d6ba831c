//! The workspace as cargo describes it: where it is and which crates it has.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;

#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<Kind>,
}

/// What a dependency is for; cargo calls the normal kind `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        // `cargo xtask` may be called in any folder of the workspace; this crate knows which one it is.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text =
            process::output(process::cargo(here).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        serde_json::from_str(&text).context("could not read what `cargo metadata` printed")
    }
}

//! Packages of the distribution, for programs that a check needs and the machine lacks.

use std::process::Command;

use anyhow::{Result, bail};

use crate::postgres::is_root;
use crate::process;
use crate::report;

/// Installs packages, or says which ones somebody with the rights has to install.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !is_root()? || !process::on_path("apt-get") {
        bail!("install what your distribution calls `{names}`");
    }
    report::line(format!("installing the distribution's `{names}`"));
    apt_get(&["update", "--quiet"])?;
    apt_get(&[&["install", "--yes", "--quiet", "--no-install-recommends"], packages].concat())
}

fn apt_get(args: &[&str]) -> Result<()> {
    process::run(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"))
}

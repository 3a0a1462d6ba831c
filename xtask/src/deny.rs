//! `cargo xtask deny`: licences, bans, sources and advisories, by `cargo-deny` and the rules of `deny.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::process;
use crate::report;
use crate::workspace::Workspace;

/// The version that we install where none is on PATH. It builds with our toolchain.
const VERSION: &str = "0.20.2";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let deny = program(workspace)?;
    // A build fetches what its own platform needs; cargo-deny looks at the others' crates too.
    process::run(process::cargo(&workspace.root).args(["fetch", "--locked", "--quiet"]))?;
    // What the lock file alone decides, without network.
    process::run(command(&deny, workspace).args(["--offline", "check", "licenses", "bans", "sources"]))?;
    advisories(&deny, workspace)
}

/// A known hole is an error; an advisory database out of reach is not, but it is said.
fn advisories(deny: &Path, workspace: &Workspace) -> Result<()> {
    let fetched = command(deny, workspace)
        .args(["fetch", "db"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("could not start cargo-deny")?;
    if !fetched.success() {
        report::warning("advisories were NOT checked: the advisory database is out of reach");
        return Ok(());
    }
    process::run(command(deny, workspace).args(["--offline", "check", "advisories"]))
}

fn command(deny: &Path, workspace: &Workspace) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(&workspace.root).args(["--locked", "--workspace"]);
    command
}

/// The one on PATH, or one of our own under the target folder, built once.
fn program(workspace: &Workspace) -> Result<PathBuf> {
    const NAME: &str = "cargo-deny";
    if process::on_path(NAME) {
        return Ok(PathBuf::from(NAME));
    }
    let tools = workspace.target.join("tools");
    let program = tools.join("bin").join(NAME);
    if program.is_file() {
        return Ok(program);
    }
    report::line(format!("building {NAME} {VERSION}, once"));
    let build = tools.join("build");
    // Unoptimised: it runs for a second, and an optimised build of it takes many times as long.
    let mut install = process::cargo(&workspace.root);
    install
        .args(["install", NAME, "--version", VERSION, "--locked", "--debug", "--quiet", "--root"])
        .arg(&tools)
        .arg("--target-dir")
        .arg(&build)
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    process::run(&mut install)?;
    fs::remove_dir_all(&build).with_context(|| format!("could not remove `{}`", build.display()))?;
    Ok(program)
}

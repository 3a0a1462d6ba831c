//! `cargo xtask peers`: programs that others wrote, for the tests that talk to them or let them talk to us.
//!
//! Each set lives in an environment of its own under the target folder. The versions stand in `xtask/peers/`, so
//! that a failing test means a change of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::debian;
use crate::process;
use crate::report;
use crate::workspace::Workspace;

/// Where the peer tests find what they need.
#[derive(Debug)]
pub(crate) struct Peers {
    /// The executable of a SCIM server.
    pub(crate) scim2_server: PathBuf,
    /// The executable of a SCIM client that also tests services.
    scim2_cli: PathBuf,
    /// The folder of the programs of the Python clients.
    clients: PathBuf,
    /// The folder that TypeScript and its packages are installed in.
    typescript: PathBuf,
}

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    for (name, path) in Peers::install(workspace)?.environment() {
        report::line(format!("{name}={}", path.display()));
    }
    Ok(())
}

impl Peers {
    /// All of them, installed on the first call.
    pub(crate) fn install(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            scim2_server: scim2_server(workspace)?,
            scim2_cli: python(workspace, "scim2-cli", &[])?.join("bin/scim"),
            clients: python(workspace, "clients", &["--require-hashes"])?.join("bin"),
            typescript: typescript(workspace)?,
        })
    }

    /// What the peer tests ask for.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 4] {
        [
            ("SCIMITAR_PEER_SCIM2_CLI", &self.scim2_cli),
            ("SCIMITAR_PEER_SCIM2_SERVER", &self.scim2_server),
            ("SCIMITAR_PEER_CLIENTS", &self.clients),
            ("SCIMITAR_PEER_TYPESCRIPT", &self.typescript),
        ]
    }
}

/// The executable of `scim2-server`, installed on the first call.
pub(crate) fn scim2_server(workspace: &Workspace) -> Result<PathBuf> {
    Ok(python(workspace, "scim2-server", &[])?.join("bin/scim2-server"))
}

/// The folder of a SCIM server in JavaScript, `server.cjs`, installed on the first call.
pub(crate) fn scimmy(workspace: &Workspace) -> Result<PathBuf> {
    let source = workspace.root.join("xtask/peers/scimmy");
    let folder = workspace.target.join("peers/scimmy");
    let wanted = source.join("package.json");
    install(&[&wanted], &folder, || {
        require_node()?;
        fs::create_dir_all(&folder)?;
        fs::copy(&wanted, folder.join("package.json"))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        process::run(npm.current_dir(&folder))
    })?;
    fs::copy(source.join("server.cjs"), folder.join("server.cjs"))?;
    Ok(folder)
}

fn require_node() -> Result<()> {
    if !runs("node", &["--version"]) || !runs("npm", &["--version"]) {
        debian::install(&["nodejs", "npm"])?;
    }
    Ok(())
}

/// A Python environment with the packages of a list.
fn python(workspace: &Workspace, name: &str, manner: &[&str]) -> Result<PathBuf> {
    let wanted = workspace.root.join("xtask/peers").join(format!("{name}.txt"));
    let environment = workspace.target.join("peers").join(name);
    install(&[&wanted], &environment, || {
        if !runs("python3", &["-c", "import ensurepip, venv"]) {
            debian::install(&["python3", "python3-venv"])?;
        }
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(manner);
        process::run(pip.arg("--requirement").arg(&wanted))
    })?;
    Ok(environment)
}

/// A folder with the packages of a lock file.
fn typescript(workspace: &Workspace) -> Result<PathBuf> {
    let source = workspace.root.join("xtask/peers/typescript");
    let folder = workspace.target.join("peers/typescript");
    let files = [source.join("package.json"), source.join("package-lock.json")];
    install(&[&files[0], &files[1]], &folder, || {
        require_node()?;
        fs::create_dir_all(&folder)?;
        for (file, name) in files.iter().zip(["package.json", "package-lock.json"]) {
            fs::copy(file, folder.join(name))?;
        }
        let mut npm = Command::new("npm");
        process::run(npm.args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder))
    })?;
    Ok(folder)
}

/// Fills a folder unless it holds exactly what is wanted.
fn install(wanted: &[&Path], folder: &Path, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    // Written last: an installation that broke off has none and starts again.
    let installed = folder.join("installed.txt");
    let mut versions = String::new();
    for wanted in wanted {
        let text = fs::read_to_string(wanted);
        versions += &text.with_context(|| format!("could not read `{}`", wanted.display()))?;
    }
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == versions) {
        return Ok(());
    }
    report::line(format!("installing the peers in `{}`", folder.display()));
    fill().with_context(|| format!("the peers in `{}` could not be installed", folder.display()))?;
    fs::write(&installed, versions).with_context(|| format!("could not write `{}`", installed.display()))
}

/// Whether a program is there and does what it is asked to.
fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_installed_once_and_again_when_the_list_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (wanted, there) = (folder.path().join("list.txt"), folder.path().join("environment"));
        let mut fillings = 0;
        let mut install_list = |list: &str, works: bool| {
            fs::write(&wanted, list).expect("a file");
            let outcome = install(&[&wanted], &there, || {
                fillings += 1;
                fs::create_dir_all(&there)?;
                anyhow::ensure!(works, "broken off");
                Ok(())
            });
            (outcome.is_ok(), fillings)
        };
        assert_eq!(install_list("a==1", false), (false, 1));
        assert_eq!(install_list("a==1", true), (true, 2));
        assert_eq!(install_list("a==1", true), (true, 2));
        assert_eq!(install_list("a==2", true), (true, 3));
    }

    #[test]
    fn a_program_that_is_missing_or_fails_does_not_run() {
        assert!(runs("true", &[]));
        assert!(!runs("false", &[]));
        assert!(!runs("no-such-program-anywhere", &[]));
    }
}

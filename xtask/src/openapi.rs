//! `cargo xtask openapi`: the document that the program prints, and the contract that it must keep.
//!
//! `openapi/contract/documented.json` is the law, `openapi/scimitar.json` is what the code says. Where the
//! two differ on purpose, `openapi/contract/deviations.toml` says so; what it lists is compared exactly, so
//! it cannot go stale and only shrinks.

mod contract;
mod deviations;
mod form;
mod schema;

#[cfg(test)]
mod planted;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use self::deviations::Deviations;
use crate::process;
use crate::report;
use crate::workspace::Workspace;

const OUTPUT: &str = "openapi/scimitar.json";
const DOCUMENTED: &str = "openapi/contract/documented.json";
const DEVIATIONS: &str = "openapi/contract/deviations.toml";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// An executable of `scimitar` to ask; without it one is built.
    #[arg(long, global = true, value_name = "PATH")]
    binary: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write what the program prints to `openapi/scimitar.json`.
    Generate,
    /// Fail when that file is stale, or when the program breaks the contract.
    Check,
    /// Show every difference between the contract and the program.
    Diff,
}

/// One way in which the served document falls short of the documented one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// An operation id, or a component with a field: `User.groups[]`.
    pub(crate) at: String,
    pub(crate) what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let served = served(workspace, args.binary.as_deref())?;
    match args.action {
        Action::Generate => generate(workspace, &served),
        Action::Check => check(workspace, &served),
        Action::Diff => diff(workspace, &served),
    }
}

/// What `cargo xtask ci` runs on the executable that the tests have built.
pub(crate) fn check_binary(workspace: &Workspace, binary: &Path) -> Result<()> {
    check(workspace, &served(workspace, Some(binary))?)
}

fn served(workspace: &Workspace, binary: Option<&Path>) -> Result<Value> {
    let mut command = if let Some(binary) = binary {
        Command::new(binary)
    } else {
        let mut cargo = process::cargo(&workspace.root);
        cargo.args(["run", "--quiet", "--package", "scimitar", "--"]);
        cargo
    };
    let text = process::output(command.arg("openapi"))?;
    serde_json::from_str(&text).context("`scimitar openapi` did not print JSON")
}

fn generate(workspace: &Workspace, served: &Value) -> Result<()> {
    let path = workspace.root.join(OUTPUT);
    fs::write(&path, rendered(served)?).with_context(|| format!("could not write `{}`", path.display()))?;
    report::line(format!("wrote {OUTPUT}"));
    Ok(())
}

fn check(workspace: &Workspace, served: &Value) -> Result<()> {
    let mut findings = Vec::new();
    // A file that is not there yet is as stale as an old one.
    let committed = fs::read_to_string(workspace.root.join(OUTPUT)).unwrap_or_default();
    if committed != rendered(served)? {
        findings.push(format!("{OUTPUT} is stale: run `cargo xtask openapi generate`"));
    }
    findings.extend(form::faults(served));
    let differences = contract::compare(&documented(workspace)?, served);
    findings.extend(Deviations::read(&workspace.root.join(DEVIATIONS))?.judge(&differences));
    for finding in &findings {
        report::line(finding);
    }
    if !findings.is_empty() {
        bail!("the OpenAPI document has {} faults", findings.len());
    }
    report::line(format!(
        "openapi: {} operations served, {} differences from the contract, all listed",
        contract::operation_ids(served).len(),
        differences.differences.len()
    ));
    Ok(())
}

fn diff(workspace: &Workspace, served: &Value) -> Result<()> {
    let found = contract::compare(&documented(workspace)?, served);
    let deviations = Deviations::read(&workspace.root.join(DEVIATIONS))?;
    for operation in &found.missing {
        report::line(format!("{operation}: not served"));
    }
    for difference in &found.differences {
        let note = if deviations.knows(difference) { " (listed)" } else { "" };
        report::line(format!("{difference}{note}"));
    }
    Ok(())
}

fn documented(workspace: &Workspace) -> Result<Value> {
    let path = workspace.root.join(DOCUMENTED);
    let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

fn rendered(document: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

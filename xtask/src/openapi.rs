//! `cargo xtask openapi`: the document that the program prints, and the contract that it must keep.
//!
//! `openapi/contract/documented.json` is the law, `newer.json` beside it what later versions add, and
//! `openapi/scimitar.json` is what the code says. Where they differ on purpose,
//! `openapi/contract/deviations.toml` says so; what it lists is compared exactly, so it cannot go stale and only
//! shrinks. The operations in `openapi/contract/seeds` have no such list.
//!
//! The program knows its document in two versions of OpenAPI, and both are compared: they must say the same.

mod contract;
mod deviations;
mod form;
mod newer;
mod normal;
mod schema;
mod seeds;

#[cfg(test)]
mod planted;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use self::contract::Found;
use self::deviations::Deviations;
use self::newer::Newer;
use crate::process;
use crate::report;
use crate::workspace::Workspace;

const OUTPUT: &str = "openapi/scimitar.json";
const DOCUMENTED: &str = "openapi/contract/documented.json";
const DEVIATIONS: &str = "openapi/contract/deviations.toml";
const NEWER: &str = "openapi/contract/newer.json";
const SEEDS: &str = "openapi/contract/seeds";

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

/// What the program prints.
#[derive(Debug)]
struct Served {
    v3_0: Value,
    v3_1: Value,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let served = Served::ask(workspace, args.binary.as_deref())?;
    match args.action {
        Action::Generate => generate(workspace, &served),
        Action::Check => check(workspace, &served),
        Action::Diff => diff(workspace, &served),
    }
}

/// What `cargo xtask ci` runs on the executable that the tests have built.
pub(crate) fn check_binary(workspace: &Workspace, binary: &Path) -> Result<()> {
    check(workspace, &Served::ask(workspace, Some(binary))?)
}

impl Served {
    fn ask(workspace: &Workspace, binary: Option<&Path>) -> Result<Self> {
        let version = |version: &str| {
            let mut command = if let Some(binary) = binary {
                Command::new(binary)
            } else {
                let mut cargo = process::cargo(&workspace.root);
                cargo.args(["run", "--quiet", "--package", "scimitar", "--"]);
                cargo
            };
            let text = process::output(command.args(["openapi", "--version", version]))?;
            serde_json::from_str(&text).context("`scimitar openapi` did not print JSON")
        };
        Ok(Self { v3_0: version("3.0")?, v3_1: version("3.1")? })
    }
}

fn generate(workspace: &Workspace, served: &Served) -> Result<()> {
    let path = workspace.root.join(OUTPUT);
    fs::write(&path, rendered(&served.v3_0)?)
        .with_context(|| format!("could not write `{}`", path.display()))?;
    report::line(format!("wrote {OUTPUT}"));
    Ok(())
}

fn check(workspace: &Workspace, served: &Served) -> Result<()> {
    let mut findings = Vec::new();
    // A file that is not there yet is as stale as an old one.
    let committed = fs::read_to_string(workspace.root.join(OUTPUT)).unwrap_or_default();
    if committed != rendered(&served.v3_0)? {
        findings.push(format!("{OUTPUT} is stale: run `cargo xtask openapi generate`"));
    }
    findings.extend(form::faults(&served.v3_0));
    findings.extend(form::faults_of_pair(&served.v3_0, &served.v3_1));
    findings.extend(seeds::faults(&workspace.root.join(SEEDS), &served.v3_0)?);
    let found = compare(workspace, &served.v3_0)?;
    findings.extend(Deviations::read(&workspace.root.join(DEVIATIONS))?.judge(&found));
    for finding in &findings {
        report::line(finding);
    }
    if !findings.is_empty() {
        bail!("the OpenAPI document has {} faults", findings.len());
    }
    report::line(format!(
        "openapi: {} of {} documented operations served, {} differences from the contract, all listed",
        found.present.len(),
        found.present.len() + found.missing.len(),
        found.differences.len()
    ));
    Ok(())
}

fn diff(workspace: &Workspace, served: &Served) -> Result<()> {
    let found = compare(workspace, &served.v3_0)?;
    let deviations = Deviations::read(&workspace.root.join(DEVIATIONS))?;
    for operation in &found.missing {
        report::line(format!("{operation}: not served"));
    }
    for difference in &found.differences {
        let note = if deviations.knows(difference) { " (listed)" } else { "" };
        report::line(format!("{difference}{note}"));
    }
    for fault in seeds::faults(&workspace.root.join(SEEDS), &served.v3_0)? {
        report::line(fault);
    }
    Ok(())
}

/// Every difference from the documented API and from what later versions of it add.
fn compare(workspace: &Workspace, served: &Value) -> Result<Found> {
    let newer = Newer::read(&workspace.root.join(NEWER))?;
    let mut found = contract::compare(&documented(workspace)?, served, &newer.renamed);
    found.differences.extend(newer.compare(served));
    Ok(found)
}

fn documented(workspace: &Workspace) -> Result<Value> {
    let path = workspace.root.join(DOCUMENTED);
    let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

fn rendered(document: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

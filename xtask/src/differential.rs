//! `cargo xtask differential`: what others make of our filters and patches.
//!
//! The answers of the peers are kept in `crates/scim/tests/corpus/peers.json`. The tests of `scim` compare them with
//! ours, and every disagreement has its judgement in `judgements.toml` beside it. So the comparison needs no network,
//! and this command shows when the file is not what the peers say.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value, json};
use toml::Table;

use crate::peers;
use crate::process;
use crate::report;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the answers instead of comparing them.
    #[arg(long)]
    write: bool,
}

const CORPUS: &str = "crates/scim/tests/corpus";
const FILTERS: &[&str] = &["operators", "logic", "paths", "clients", "refused"];
/// Those that keep to the RFC: what a dialect adds is nobody else's.
const PATCHES: &[&str] = &["add", "replace", "remove", "extensions", "refused"];

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let answers = text(&answers(workspace)?)?;
    let file = workspace.root.join(CORPUS).join("peers.json");
    if args.write {
        return fs::write(&file, answers).with_context(|| format!("could not write `{}`", file.display()));
    }
    let kept = fs::read_to_string(&file).with_context(|| format!("could not read `{}`", file.display()))?;
    ensure!(
        kept == answers,
        "`{}` is not what the peers say: run `cargo xtask differential --write`",
        file.display()
    );
    report::line("differential: the peers say what is written");
    Ok(())
}

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    run(workspace, &Args { write: false })
}

fn answers(workspace: &Workspace) -> Result<Value> {
    let cases = cases(&workspace.root.join(CORPUS))?.to_string();
    let scripts = workspace.root.join("xtask/peers/differential");
    let python = peers::scim2_server(workspace)?.with_file_name("python");
    let mut answers = answered(Command::new(python).arg(scripts.join("peer.py")), &cases)?;
    let mut node = Command::new("node");
    let javascript = answered(node.arg(javascript(workspace, &scripts)?.join("peer.cjs")), &cases)?;
    answers.extend(javascript);
    Ok(Value::Object(answers))
}

/// The folder that the packages are installed in, with the script beside them.
fn javascript(workspace: &Workspace, scripts: &Path) -> Result<PathBuf> {
    let folder = workspace.target.join("peers/differential");
    fs::create_dir_all(&folder)?;
    let wanted = fs::read_to_string(scripts.join("package.json"))?;
    // Written last: an installation that broke off has none and starts again.
    let installed = folder.join("installed.json");
    if !fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        fs::write(folder.join("package.json"), &wanted)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]).current_dir(&folder);
        process::run(&mut npm).context("the JavaScript peers need Node.js with npm (Debian: `npm`)")?;
        fs::write(&installed, &wanted)?;
    }
    fs::copy(scripts.join("peer.cjs"), folder.join("peer.cjs"))?;
    Ok(folder)
}

/// What a script writes when it is given the cases.
fn answered(command: &mut Command, cases: &str) -> Result<Map<String, Value>> {
    let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().context("a script without input")?.write_all(cases.as_bytes())?;
    let output = script.wait_with_output()?;
    ensure!(output.status.success(), "a peer's script ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("a peer's script did not print JSON")
}

/// The cases of the tables in the shape that the scripts read.
fn cases(corpus: &Path) -> Result<Value> {
    let people: Value = serde_json::from_str(&fs::read_to_string(corpus.join("people.json"))?)?;
    let mut filters = Vec::new();
    for file in FILTERS {
        for case in table(&corpus.join("filters").join(format!("{file}.toml")))? {
            // A question about several kinds is none that the peers are asked.
            if !case.contains_key("absent") {
                filters.push(json!({"name": name(file, &case)?, "filter": text_of(&case, "filter")?}));
            }
        }
    }
    let mut patches = Vec::new();
    for file in PATCHES {
        for case in table(&corpus.join("patches").join(format!("{file}.toml")))? {
            patches.push(patch(&name(file, &case)?, &case)?);
        }
    }
    Ok(json!({"people": people, "filters": filters, "patches": patches}))
}

fn patch(name: &str, case: &Table) -> Result<Value> {
    let kind = case.get("kind").and_then(toml::Value::as_str).unwrap_or("User");
    let before = case.get("before").and_then(toml::Value::as_str).unwrap_or("{}");
    let mut before: Map<String, Value> = serde_json::from_str(before)?;
    let (required, value) = if kind == "User" { ("userName", "ada") } else { ("displayName", "ops") };
    before.entry(required).or_insert_with(|| value.into());
    let mut schemas = vec![format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")];
    schemas.extend(before.keys().filter(|name| name.starts_with("urn:")).cloned());
    before.insert("schemas".to_owned(), json!(schemas));
    let operations: Value = serde_json::from_str(text_of(case, "operations")?)?;
    Ok(json!({"name": name, "kind": kind, "before": before, "operations": operations}))
}

fn table(path: &Path) -> Result<Vec<Table>> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let table: Table = text.parse()?;
    let Some(toml::Value::Array(cases)) = table.get("case") else {
        bail!("`{}` has no cases", path.display())
    };
    cases.iter().map(|case| case.as_table().cloned().context("a case is a table")).collect()
}

fn name(file: &str, case: &Table) -> Result<String> {
    Ok(format!("{file}: {}", text_of(case, "name")?))
}

fn text_of<'a>(case: &'a Table, name: &str) -> Result<&'a str> {
    case.get(name).and_then(toml::Value::as_str).with_context(|| format!("a case has no `{name}`"))
}

/// One line for each answer, so that a difference shows which it is.
fn text(answers: &Value) -> Result<String> {
    let mut lines = Vec::new();
    for (peer, kinds) in answers.as_object().context("no answers")? {
        let mut sections = Vec::new();
        for (kind, cases) in kinds.as_object().context("no answers")? {
            let cases = cases.as_object().context("no answers")?;
            let cases: Vec<_> =
                cases.iter().map(|(name, it)| format!("      {}: {it}", json!(name))).collect();
            sections.push(format!("    {}: {{\n{}\n    }}", json!(kind), cases.join(",\n")));
        }
        lines.push(format!("  {}: {{\n{}\n  }}", json!(peer), sections.join(",\n")));
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

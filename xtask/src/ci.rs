//! `cargo xtask ci`: everything that guards the main branch, cheap checks first.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::deny;
use crate::deps;
use crate::differential;
use crate::fuzz;
use crate::openapi;
use crate::peers::Peers;
use crate::postgres::Cluster;
use crate::process;
use crate::report;
use crate::test::{self, Database};
use crate::tidy;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what one runs before every commit: no documentation, licences, PostgreSQL, peers or fuzzing.
    #[arg(long)]
    fast: bool,
    /// Leave out the tests on SQLite, which `cargo xtask test` has just run.
    #[arg(long)]
    skip_sqlite: bool,
}

struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<()>,
    speed: Speed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speed {
    /// Part of `--fast`.
    Fast,
    Full,
}

const SQLITE: &str = "tests on SQLite";

const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt, speed: Speed::Fast },
    Step { name: "tidy", run: tidy::run, speed: Speed::Fast },
    Step { name: "deps", run: deps::run, speed: Speed::Fast },
    Step { name: "deny", run: deny::run, speed: Speed::Full },
    Step { name: "clippy", run: clippy, speed: Speed::Fast },
    Step { name: "doc", run: doc, speed: Speed::Full },
    Step { name: "build", run: build, speed: Speed::Fast },
    Step { name: "openapi", run: openapi, speed: Speed::Fast },
    Step { name: SQLITE, run: sqlite, speed: Speed::Fast },
    Step { name: "tests on PostgreSQL", run: postgres, speed: Speed::Full },
    Step { name: "tests with peers", run: with_peers, speed: Speed::Full },
    Step { name: "differential", run: differential::check, speed: Speed::Full },
    Step { name: "fuzz", run: fuzz::smoke, speed: Speed::Full },
];

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let mut rows: Vec<(&str, Duration)> = Vec::new();
    for step in STEPS.iter().filter(|step| is_wanted(step, args)) {
        report::header(step.name);
        let start = Instant::now();
        (step.run)(workspace).with_context(|| format!("ci stopped at `{}`", step.name))?;
        rows.push((step.name, start.elapsed()));
        report::finished(step.name, start.elapsed());
    }
    report::table(&rows);
    report::line("ci: green");
    Ok(())
}

fn is_wanted(step: &Step, args: &Args) -> bool {
    let too_slow = args.fast && step.speed == Speed::Full;
    let done_already = args.skip_sqlite && step.name == SQLITE;
    !too_slow && !done_already
}

fn fmt(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(&workspace.root).args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    let mut clippy = process::cargo(&workspace.root);
    process::run(clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn doc(workspace: &Workspace) -> Result<()> {
    let mut doc = process::cargo(&workspace.root);
    process::run(doc.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Apart from the tests, so that the table tells compiling from running.
fn build(workspace: &Workspace) -> Result<()> {
    process::run(test::cargo_test(workspace, Database::Sqlite).arg("--no-run"))
}

fn openapi(workspace: &Workspace) -> Result<()> {
    openapi::check_binary(workspace, &scimitar(workspace)?)
}

/// The program as the tests use it: another `cargo build` would choose other features and start over.
fn scimitar(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = test::cargo_test(workspace, Database::Sqlite);
    let messages = process::output(build.args(["--no-run", "--message-format", "json-render-diagnostics"]))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find_map(|message| executable(&message))
        .context("no test of the crate `scimitar` starts its program, so that cargo has not built it")
}

/// The path in cargo's message that the program itself is built.
fn executable(message: &Value) -> Option<PathBuf> {
    let is_program = message.pointer("/target/name")? == "scimitar"
        && message.pointer("/target/kind/0")? == "bin"
        && message.pointer("/profile/test")? == false;
    is_program.then(|| Some(PathBuf::from(message.get("executable")?.as_str()?)))?
}

fn sqlite(workspace: &Workspace) -> Result<()> {
    process::run(&mut test::cargo_test(workspace, Database::Sqlite))
}

/// Examples in the documentation know no database: they are not run again.
fn postgres(workspace: &Workspace) -> Result<()> {
    let cluster = Cluster::start(workspace)?;
    process::run(
        test::cargo_test(workspace, Database::Postgres(cluster.url())).args(["--lib", "--bins", "--tests"]),
    )
}

/// The tests that need programs of others, with those programs; what they look for in the database, on both.
fn with_peers(workspace: &Workspace) -> Result<()> {
    let peers = Peers::install(workspace)?;
    let mut test = test::cargo_test(workspace, Database::Sqlite);
    // One after the other: one of them minds how long answers take, which the others would spoil.
    process::run(test.args(["--test", "peers", "--", "--test-threads", "1"]).envs(peers.environment()))?;
    let cluster = Cluster::start(workspace)?;
    let mut test = test::cargo_test(workspace, Database::Postgres(cluster.url()));
    process::run(test.args(["--test", "peers", "conformance::"]).envs(peers.environment()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fast: bool, skip_sqlite: bool) -> Vec<&'static str> {
        let args = Args { fast, skip_sqlite };
        STEPS.iter().filter(|step| is_wanted(step, &args)).map(|step| step.name).collect()
    }

    #[test]
    fn nothing_is_left_out_unless_asked() {
        assert_eq!(names(false, false).len(), STEPS.len());
        assert!(!names(false, true).contains(&SQLITE));
        assert_eq!(names(false, true).len(), STEPS.len() - 1);
        assert_eq!(names(true, false), ["fmt", "tidy", "deps", "clippy", "build", "openapi", SQLITE]);
    }

    #[test]
    fn the_program_is_told_from_its_tests() {
        let message = |kind: &str, test: bool| {
            serde_json::json!({
                "reason": "compiler-artifact", "executable": "/target/debug/scimitar",
                "target": {"name": "scimitar", "kind": [kind]}, "profile": {"test": test},
            })
        };
        assert_eq!(executable(&message("bin", false)), Some(PathBuf::from("/target/debug/scimitar")));
        assert_eq!(executable(&message("bin", true)), None);
        assert_eq!(executable(&message("test", true)), None);
        assert_eq!(executable(&serde_json::json!({"reason": "build-finished"})), None);
    }
}

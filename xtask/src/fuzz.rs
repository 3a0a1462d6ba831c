//! `cargo xtask fuzz`: try millions of inputs on the protocol, guided by coverage.
//!
//! The counters of `-C instrument-coverage` are in the stable compiler. They need a build of their own, in a target
//! folder of its own, so that no other build starts over.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

const TARGETS: [&str; 6] = ["filter", "path", "patch", "resource", "bulk", "cursor"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which of them; all without a name.
    #[arg(value_parser = TARGETS)]
    targets: Vec<String>,
    /// For how long each.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many inputs each, instead of a time.
    #[arg(long)]
    executions: Option<u64>,
    /// Another seed tries other inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the inputs that reach something new to `fuzz/corpus`.
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let target = workspace.target.join("fuzz");
    let mut build = process::cargo(&workspace.root);
    build.args(["build", "--release", "--package", "scimitar-fuzz", "--target-dir"]).arg(&target);
    // The build scripts' own counts go nowhere.
    build
        .env("RUSTFLAGS", "-C instrument-coverage --cfg fuzz_coverage")
        .env("LLVM_PROFILE_FILE", "/dev/null");
    process::run(&mut build)?;
    let budget = match args.executions {
        Some(executions) => ["--executions".to_owned(), executions.to_string()],
        None => ["--seconds".to_owned(), args.seconds.to_string()],
    };
    let named =
        TARGETS.iter().filter(|name| args.targets.is_empty() || args.targets.iter().any(|it| it == *name));
    for name in named {
        let mut fuzz = Command::new(target.join("release/scimitar-fuzz"));
        fuzz.arg(name).args(&budget).args(["--seed", &args.seed.to_string(), "--root"]).arg(&workspace.root);
        if args.keep {
            fuzz.arg("--keep");
        }
        process::run(fuzz.env("LLVM_PROFILE_FILE", "/dev/null"))?;
    }
    Ok(())
}

/// One minute each, as in every run of the checks.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    run(workspace, &Args { targets: Vec::new(), seconds: 60, executions: None, seed: 1, keep: false })
}

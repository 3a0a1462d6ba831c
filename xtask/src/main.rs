//! The project's own tasks, one file per command. `cargo xtask --help` lists them.

mod bench;
mod ci;
mod debian;
mod demo_remote;
mod deny;
mod deps;
mod differential;
mod fuzz;
mod openapi;
mod peers;
mod postgres;
mod process;
mod report;
mod simulate;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Everything the project does to itself, in one place.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the test suite on SQLite, or on PostgreSQL when a URL is given.
    Test(test::Args),
    /// Run every check that guards the main branch, in the order of their price.
    Ci(ci::Args),
    /// Check what no compiler checks: headers, sizes, names, twins, invariants.
    Tidy,
    /// Compare the dependency graph of the crates with the table in this program.
    Deps,
    /// Check licences, bans, sources and advisories of `Cargo.lock`.
    Deny,
    /// Write, check or show the OpenAPI document.
    Openapi(openapi::Args),
    /// Measure release builds against the figures we hold ourselves to.
    Bench(bench::Args),
    /// Ask others what they make of our filters and patches.
    Differential(differential::Args),
    /// Try millions of inputs on the protocol, guided by coverage.
    Fuzz(fuzz::Args),
    /// Live other lives than the tests do: a directory, a hostile remote, three processes, virtual time.
    Simulate(simulate::Args),
    /// Do at length what the tests of endurance do a little of: kills, ends, storms, lives.
    Soak(soak::Args),
    /// Throw-away PostgreSQL clusters on loopback.
    Postgres(postgres::Args),
    /// Install the foreign programs that the peer tests talk to, or let talk to us.
    Peers,
    /// Run a foreign SCIM server to push to, for a first look.
    DemoRemote(demo_remote::Args),
}

fn main() -> ExitCode {
    let outcome = Workspace::load().and_then(|workspace| run(&workspace, Xtask::parse().command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(workspace: &Workspace, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Test(args) => test::run(workspace, &args),
        Command::Ci(args) => ci::run(workspace, &args),
        Command::Tidy => tidy::run(workspace),
        Command::Deps => deps::run(workspace),
        Command::Deny => deny::run(workspace),
        Command::Openapi(args) => openapi::run(workspace, &args),
        Command::Bench(args) => bench::run(workspace, &args),
        Command::Differential(args) => differential::run(workspace, &args),
        Command::Fuzz(args) => fuzz::run(workspace, &args),
        Command::Simulate(args) => simulate::run(workspace, &args),
        Command::Soak(args) => soak::run(workspace, &args),
        Command::Postgres(args) => postgres::run(workspace, &args),
        Command::Peers => peers::run(workspace),
        Command::DemoRemote(args) => demo_remote::run(workspace, &args),
    }
}

//! The commands, and how each begins and ends.

mod adoptions;
mod capabilities;
mod demo;
mod drift;
mod explain;
mod guard;
mod migrate;
mod named;
mod openapi;
mod plan;
mod profiles;
mod retry;
mod runs;
mod serve;
mod settings;
mod source;
mod status;
mod sync;
mod token;
mod undo;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config::{Config, Environment};
use crate::logs::{self, Manner};
use crate::report;

/// Keeps a directory of users and groups, and keeps applications in step with it over SCIM.
#[derive(Debug, Parser)]
#[command(name = "scimitar", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The configuration file. Without it: `SCIMITAR_CONFIG`, or `scimitar.toml` when there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show it all on a company of a thousand people, provisioned before your eyes; nothing of it stays
    Demo(demo::Arguments),
    /// Serve the API and send to applications, in one process
    Serve,
    /// Send to applications without serving the API, to share the work on PostgreSQL
    Worker,
    /// Bring the database's schema up to date
    Migrate,
    /// Manage API tokens on the machine itself
    #[command(subcommand)]
    Token(token::Command),
    /// Manage sources on the machine itself
    #[command(subcommand)]
    Source(source::Command),
    /// Tell where providers stand: what fails, rests, waits or is held
    Status(status::Arguments),
    /// Bring one provider in step now, and tell what happened
    Sync(sync::Arguments),
    /// List the full syncs of a provider, with what each did
    Runs(runs::Arguments),
    /// Try again now what fails at a provider
    Retry(retry::Arguments),
    /// Show what is held at a provider until somebody approves, and who did what about it
    Guard(guard::Arguments),
    /// Show what a provider's remote can do and what it has refused, or forget that
    Capabilities(capabilities::Arguments),
    /// List what is known of vendors, by the names that a provider's profile may have
    Profiles,
    /// Show or change how a provider is dealt with
    Settings(settings::Arguments),
    /// Show what a full sync of one provider would do, and do exactly that
    Plan(plan::Arguments),
    /// Tell why a user or a group is, or is not, at an application as you expect it
    Explain(explain::Arguments),
    /// Tell what at a provider's remote could stand for users and groups
    Adoptions(adoptions::Arguments),
    /// Compare a provider's remote with what was last sent to it
    Drift(drift::Arguments),
    /// Bring back what the last deprovisioning of one provider has deleted or deactivated
    Undo(undo::Arguments),
    /// Print the API's OpenAPI document
    Openapi(openapi::Arguments),
}

impl Command {
    fn manner(&self) -> Manner {
        match self {
            Self::Serve | Self::Worker => Manner::Service,
            Self::Demo(_)
            | Self::Migrate
            | Self::Token(_)
            | Self::Source(_)
            | Self::Status(_)
            | Self::Sync(_)
            | Self::Runs(_)
            | Self::Retry(_)
            | Self::Guard(_)
            | Self::Capabilities(_)
            | Self::Profiles
            | Self::Settings(_)
            | Self::Plan(_)
            | Self::Explain(_)
            | Self::Adoptions(_)
            | Self::Drift(_)
            | Self::Undo(_)
            | Self::Openapi(_) => Manner::Command,
        }
    }
}

/// Run a command to its end.
pub(crate) fn run(cli: Cli) -> ExitCode {
    begin(cli).unwrap_or_else(|error| {
        report::failure(&error);
        ExitCode::FAILURE
    })
}

fn begin(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Openapi(arguments) = &cli.command {
        openapi::run(arguments);
        return Ok(ExitCode::SUCCESS);
    }
    let environment = Environment::of_process()?;
    let config = Config::load(&environment, cli.config.as_deref())?;
    logs::start(&config.log, cli.command.manner(), environment.no_color)?;
    scimitar_client::install_crypto();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    let ended = runtime.block_on(carry_out(cli.command, &config, &environment));
    // What still runs then was given its time; it must not keep the process.
    runtime.shutdown_background();
    ended
}

async fn carry_out(command: Command, config: &Config, environment: &Environment) -> anyhow::Result<ExitCode> {
    let host = environment.host.as_deref();
    match command {
        Command::Demo(arguments) => Box::pin(demo::run(config, &arguments, host)).await?,
        Command::Serve => Box::pin(serve::run(config, host)).await?,
        Command::Worker => Box::pin(worker::run(config, host)).await?,
        Command::Migrate => migrate::run(config)?,
        Command::Token(command) => token::run(config, command).await?,
        Command::Source(command) => source::run(config, command).await?,
        Command::Status(arguments) => return status::run(config, &arguments).await,
        Command::Sync(arguments) => return Box::pin(sync::run(config, arguments, host)).await,
        Command::Runs(arguments) => runs::run(config, &arguments).await?,
        Command::Retry(arguments) => retry::run(config, &arguments).await?,
        Command::Guard(arguments) => Box::pin(guard::run(config, &arguments, host)).await?,
        Command::Capabilities(arguments) => Box::pin(capabilities::run(config, &arguments, host)).await?,
        Command::Profiles => profiles::run(config),
        Command::Settings(arguments) => settings::run(config, &arguments).await?,
        Command::Plan(arguments) => return Box::pin(plan::run(config, arguments, host)).await,
        Command::Explain(arguments) => return Box::pin(explain::run(config, arguments, host)).await,
        Command::Adoptions(arguments) => return Box::pin(adoptions::run(config, arguments, host)).await,
        Command::Drift(arguments) => return Box::pin(drift::run(config, arguments, host)).await,
        Command::Undo(arguments) => return Box::pin(undo::run(config, arguments, host)).await,
        Command::Openapi(arguments) => openapi::run(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}

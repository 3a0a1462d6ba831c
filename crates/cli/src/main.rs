//! Scimitar, the program.

mod commands;
mod compose;
mod config;
mod database;
mod first_start;
mod instance;
mod logs;
mod master_key;
mod metrics;
mod report;
mod service;
mod shutdown;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use scimitar_mapping::Metered;

/// Metered, because the memory limit of property mappings is held by the allocator.
#[global_allocator]
static ALLOCATOR: Metered<MiMalloc> = Metered::new(MiMalloc);

fn main() -> ExitCode {
    match commands::Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(usage) => report::usage(&usage),
    }
}

//! Logs: to the standard error, for people or for machines.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Format, Log};

/// How much a command tells when nobody has asked for a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It runs for months, and its log is all that is seen of it.
    Service,
    /// It ends by itself and prints its result; only what is wrong is of interest beside it.
    Command,
}

/// Begin to log. Called once.
pub(crate) fn start(log: &Log, manner: Manner, no_color: bool) -> anyhow::Result<()> {
    let level = match manner {
        Manner::Command if !log.is_given => "warn",
        Manner::Command | Manner::Service => &log.level,
    };
    let filter = EnvFilter::try_new(level).context("the log level cannot be used")?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match log.format {
        Format::Text => lines.with_ansi(!no_color && io::stderr().is_terminal()).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging could not be started: {error}"))
}

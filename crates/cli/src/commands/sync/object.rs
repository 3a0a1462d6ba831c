//! `scimitar sync --user` and `--group`: bring one object in step now, and tell what was said to the remote.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;

use scimitar_domain::{ObjectId, Provider};
use scimitar_sync::{LogEvent, LogLevel};

use super::outcome::WITH_FAILURES;
use crate::compose::Installation;
use crate::config::Config;
use crate::report;

/// Goes beside a running service as well as without one.
pub(super) async fn bring(
    config: &Config,
    installation: &Installation,
    (provider, object): (&Provider, ObjectId),
    override_dry_run: bool,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let engine = installation.command_engine(config, host)?;
    let events = engine.sync_object(provider.pk, object, override_dry_run).await;
    let events = events.context("it could not be brought in step")?;
    if events.is_empty() {
        report::line("it is out of scope, and nothing is sent");
    }
    events.iter().map(line).for_each(report::line);
    let is_well = events.iter().all(|event| event.level == LogLevel::Info);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(WITH_FAILURES) })
}

/// An event in one line, with what was said.
fn line(event: &LogEvent) -> String {
    let level = match event.level {
        LogLevel::Info => "",
        LogLevel::Warning => "warning: ",
        LogLevel::Error => "error: ",
    };
    let attributes = (!event.attributes.is_empty()).then(|| Value::Object(event.attributes.clone()));
    let more = attributes.map(|attributes| format!(" {attributes}")).unwrap_or_default();
    format!("{level}{}{more}", event.event)
}

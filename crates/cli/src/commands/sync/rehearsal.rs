//! `scimitar sync --dry-run`: what a full sync would do, object by object.

use std::process::ExitCode;

use anyhow::Context;

use scimitar_domain::Provider;
use scimitar_sync::{ObjectReport, Outcome};

use crate::compose::Installation;
use crate::config::Config;
use crate::report;

use super::outcome::{self, WITH_FAILURES};

/// Tell it all, and write nothing: neither here nor at the remote.
pub(super) async fn tell(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let engine = installation.command_engine(config, host)?;
    let counts = engine.rehearse(provider.pk, line).await.context("the rehearsal could not go on")?;
    report::line(format!(
        "{} in scope; would create {}, update {}, delete {}; {} left alone by their mapping, {} would fail",
        counts.in_scope, counts.created, counts.updated, counts.deleted, counts.skipped, counts.failed,
    ));
    let failures = outcome::failures(config, installation, provider.pk).await?;
    if !failures.is_empty() {
        report::line("what fails so far:");
        failures.iter().for_each(report::line);
    }
    Ok(if counts.failed > 0 || !failures.is_empty() {
        ExitCode::from(WITH_FAILURES)
    } else {
        ExitCode::SUCCESS
    })
}

fn line(object: &ObjectReport) {
    let what = match object.outcome {
        Outcome::Kept | Outcome::Waiting | Outcome::Outdated => return,
        Outcome::Created | Outcome::Adopted => "would create",
        Outcome::Updated => "would update",
        Outcome::Deleted => "would delete",
        Outcome::Skipped => "would leave alone",
        Outcome::Failed => "would fail for",
    };
    let kind = object.object.kind().as_str();
    let reason = match object.outcome {
        Outcome::Failed => object.events.first().map(|event| format!(": {}", reason(&event.event))),
        Outcome::Kept
        | Outcome::Created
        | Outcome::Adopted
        | Outcome::Updated
        | Outcome::Deleted
        | Outcome::Skipped
        | Outcome::Outdated
        | Outcome::Waiting => None,
    };
    report::line(format!("{what} {kind} {}{}", object.label, reason.unwrap_or_default()));
}

/// What an event says behind the name of its object, which stands on the line already.
fn reason(event: &str) -> &str {
    event.split_once(" due to error: ").map_or(event, |(_, reason)| reason)
}

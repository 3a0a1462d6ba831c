//! Watching a run until it ends, or until its provider rests for long.

use std::time::Duration;

use anyhow::bail;
use chrono::TimeDelta;
use tokio::sync::mpsc::UnboundedReceiver;

use scimitar_domain::{FailureClass, Provider, Run, RunId, Timestamp};
use scimitar_store::lanes::{self, Lane};
use scimitar_store::{StoreError, providers, runs};
use scimitar_sync::lane_of;

use crate::compose::Installation;
use crate::config::Config;
use crate::database;

use super::progress::Progress;

/// Between two looks. The other process on a SQLite file cannot tell us when there is something to see.
const LOOK: Duration = Duration::from_millis(200);
/// A rest of the provider that is waited out. After a longer one there is time to read what happened.
const SHORT_REST: TimeDelta = TimeDelta::seconds(10);

/// How watching ended.
#[derive(Debug)]
pub(in crate::commands) enum End {
    /// The run has ended.
    Ended(Run),
    /// The provider rests, and the run waits for it.
    Resting(Rest),
}

/// Why nothing is sent to a provider, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Rest {
    pub(in crate::commands) until: Timestamp,
    pub(in crate::commands) class: String,
    pub(in crate::commands) reason: String,
}

/// What one look shows.
struct Look {
    run: Option<Run>,
    rest: Option<Rest>,
    exists: bool,
}

/// Watch the first run that is not among the `known` ones. `done` has a line for each object as it is dealt with.
pub(in crate::commands) async fn until_ended(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    known: &[RunId],
    mut done: UnboundedReceiver<String>,
) -> anyhow::Result<End> {
    let mut progress = Progress::start(&provider.fields.name);
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        // What is done is told before the end of which it is part.
        let ready: Vec<String> = std::iter::from_fn(|| done.try_recv().ok()).collect();
        progress.lines(&ready);
        let look = look(installation, provider, known).await;
        let look = look.map_err(|error| database::explain(error, &config.database))?;
        if !look.exists {
            bail!("provider `{}` was deleted", provider.fields.name);
        }
        if let Some(run) = &look.run {
            progress.show(run);
            if !run.state.is_running() {
                let last: Vec<String> = std::iter::from_fn(|| done.try_recv().ok()).collect();
                progress.lines(&last);
                progress.end();
                return Ok(End::Ended(run.clone()));
            }
        }
        if let Some(rest) = look.rest {
            let left = rest.until - installation.clock.now();
            if left > SHORT_REST || needs_a_person(&rest.class) {
                progress.end();
                return Ok(End::Resting(rest));
            }
            progress.rest(&rest);
        }
    }
}

async fn look(installation: &Installation, provider: &Provider, known: &[RunId]) -> Result<Look, StoreError> {
    let (keyring, pk, known) = (installation.keyring.clone(), provider.pk, known.to_vec());
    let now = installation.clock.now();
    installation
        .store
        .read(move |conn| {
            let runs = runs::latest(conn, pk, super::ALL_RUNS)?;
            // The newest come first; of several new ones, the first that was started is ours.
            let run = runs.into_iter().rev().find(|run| !known.contains(&run.id));
            let rest = lanes::find(conn, &lane_of(pk))?.and_then(|lane| resting(lane, now));
            let exists = providers::find(conn, &keyring, pk)?.is_some();
            Ok(Look { run, rest, exists })
        })
        .await
}

fn resting(lane: Lane, now: Timestamp) -> Option<Rest> {
    let until = lane.paused_until.filter(|until| *until > now)?;
    let reason = lane.reason.unwrap_or_else(|| "the provider rests".to_owned());
    Some(Rest { until, class: lane.class.unwrap_or_default(), reason })
}

/// Whether trying again changes nothing until somebody has changed something.
fn needs_a_person(class: &str) -> bool {
    matches!(
        class.parse(),
        Ok(FailureClass::Unauthorized | FailureClass::Refused | FailureClass::Unsupported)
    )
}

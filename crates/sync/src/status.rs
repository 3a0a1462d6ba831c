//! Where a provider's sync stands, for `sync/status` and the command line.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::json;

use scimitar_domain::{
    Attempt, GuardDeed, GuardEvent, JsonObject, ObjectId, ObjectKind, Provider, ProviderPk, Run, RunState,
    Timestamp,
};
use scimitar_store::lanes::Lane;
use scimitar_store::{StoreError, guards, lanes, links, providers, runs, tombstones};

use crate::engine::Engine;
use crate::error::SyncError;
use crate::guard;
use crate::report::{LogEvent, LogLevel, SyncStatus, TaskState, TaskView, logger};
use crate::unverified::unverified_remote;
use crate::work::lane_of;

/// Full syncs that are shown, and failing objects that the newest one lists.
const RUNS_SHOWN: i64 = 5;
const FAILURES_SHOWN: i64 = 100;
/// The latest events of the guard, as far as they are of the last day.
const GUARD_EVENTS_SHOWN: i64 = 10;

impl Engine {
    /// The state of a provider: its latest full syncs, what fails, and when that is tried again.
    pub async fn status(&self, provider: ProviderPk) -> Result<SyncStatus, SyncError> {
        let (keyring, now) = (self.parts().keyring.clone(), self.parts().clock.now());
        let limits = self.parts().settings.guard;
        let read = move |conn: &mut scimitar_store::Conn| {
            let provider = providers::get(conn, &keyring, provider)?;
            let latest = runs::latest(conn, provider.pk, RUNS_SHOWN)?;
            let mut failures: Vec<LogEvent> = links::failures(conn, provider.pk, 0, FAILURES_SHOWN)?
                .iter()
                .filter_map(|(link, label)| {
                    Some(failing("sync", link.object.kind(), label, link.attempt.as_ref()?))
                })
                .collect();
            failures.extend(tombstones::failures(conn, provider.pk, 0, FAILURES_SHOWN)?.iter().filter_map(
                |stone| Some(failing("delete", stone.object.kind(), &stone.label, stone.attempt.as_ref()?)),
            ));
            let lane = lanes::find(conn, &lane_of(provider.pk))?;
            let guard = guards::find(conn, provider.pk)?;
            let mut status = describe(&provider, &latest, failures, lane.as_ref(), now);
            if let (Some(newest), Some(guard)) = (status.tasks.first_mut(), guard)
                && let Some((since, held)) = guard::told(provider.pk, &guard, limits)
            {
                newest.messages.push(event(since, LogLevel::Error, held, JsonObject::new()));
            }
            if let Some(newest) = status.tasks.first_mut() {
                let events = guards::events(conn, provider.pk, GUARD_EVENTS_SHOWN)?;
                newest.messages.extend(events.iter().filter_map(|event| guarded(event, now)));
            }
            Ok::<_, StoreError>(status)
        };
        Ok(self.parts().store.read(read).await?)
    }
}

fn describe(
    provider: &Provider,
    latest: &[Run],
    failures: Vec<LogEvent>,
    lane: Option<&Lane>,
    now: Timestamp,
) -> SyncStatus {
    let mut tasks: Vec<TaskView> = latest.iter().map(|run| task(provider, run)).collect();
    if let Some(newest) = tasks.first_mut() {
        newest.messages.extend(held(provider, now));
        newest.messages.extend(unverified(provider, now));
        newest.messages.extend(lane.and_then(|lane| resting(lane, now)));
        newest.messages.extend(failures);
    }
    let ended = latest.iter().find(|run| !run.state.is_running());
    let last_good = latest.iter().find(|run| run.state == RunState::Done);
    SyncStatus {
        is_running: latest.iter().any(|run| run.state.is_running()),
        tasks,
        last_successful_sync: last_good.and_then(|run| run.finished_at),
        last_sync_status: ended.map(|run| run.state.as_str().to_owned()),
    }
}

fn task(provider: &Provider, run: &Run) -> TaskView {
    let counts = &run.counts;
    let description = format!(
        "{} in scope: {} created, {} adopted, {} updated, {} deleted, {} skipped, {} failed, {} member changes",
        counts.in_scope,
        counts.created,
        counts.adopted,
        counts.updated,
        counts.deleted,
        counts.skipped,
        counts.failed,
        counts.member_changes,
    );
    let state = match run.state {
        RunState::Users | RunState::Groups | RunState::Sweep => TaskState::Unknown,
        RunState::Done => TaskState::Successful,
        RunState::Warning => TaskState::Warning,
        RunState::Error => TaskState::Error,
    };
    let messages = run.detail.iter().map(|detail| {
        let at = run.finished_at.unwrap_or(run.started_at);
        let level = match run.state {
            RunState::Error => LogLevel::Error,
            RunState::Done => LogLevel::Info,
            RunState::Users | RunState::Groups | RunState::Sweep | RunState::Warning => LogLevel::Warning,
        };
        event(at, level, detail.clone(), JsonObject::new())
    });
    TaskView {
        id: run.id.0,
        uid: slug(&provider.fields.name),
        description,
        started_at: run.started_at,
        finished_at: run.finished_at,
        state,
        messages: messages.collect(),
    }
}

/// Who approved or refused, and when something began to be held.
fn guarded(it: &GuardEvent, now: Timestamp) -> Option<LogEvent> {
    if it.at < now - TimeDelta::days(1) {
        return None;
    }
    let by = it.actor.as_deref().unwrap_or("the command line");
    let text = match it.deed {
        GuardDeed::Held => format!("the guard began to hold: {}", it.detail),
        GuardDeed::Approved => format!("{by} approved: {}", it.detail),
        GuardDeed::Asked => format!("{by} approved as the first of two: {}", it.detail),
        GuardDeed::Refused => format!("the approval of {by} was refused: {}", it.detail),
        GuardDeed::Rejected => format!("{by} rejected: {}", it.detail),
        // A change is no news of a sync.
        GuardDeed::Changed => return None,
    };
    let mut attributes = JsonObject::new();
    attributes.insert("deed".to_owned(), json!(it.deed.as_str()));
    attributes.insert("by".to_owned(), json!(it.actor));
    Some(event(it.at, LogLevel::Info, text, attributes))
}

fn held(provider: &Provider, now: Timestamp) -> Option<LogEvent> {
    Some(stopped(provider.held.as_ref()?, now))
}

fn unverified(provider: &Provider, now: Timestamp) -> Option<LogEvent> {
    let told = unverified_remote(provider)?.to_owned();
    Some(event(now, LogLevel::Warning, told, JsonObject::new()))
}

/// Nothing is sent to a provider at all, and why.
pub(crate) fn stopped(reason: &str, now: Timestamp) -> LogEvent {
    event(now, LogLevel::Error, format!("Stopping sync due to error: {reason}"), JsonObject::new())
}

/// The remote is left alone until a time.
pub(crate) fn rests(reason: &str, class: &str, until: Timestamp, now: Timestamp) -> LogEvent {
    let mut attributes = JsonObject::new();
    attributes.insert("class".to_owned(), json!(class));
    attributes.insert("next_attempt".to_owned(), json!(iso(until)));
    event(now, LogLevel::Error, format!("Stopping sync due to error: {reason}"), attributes)
}

/// Another worker has had the object for longer than anybody waits.
pub(crate) fn in_other_hands(object: ObjectId, now: Timestamp) -> LogEvent {
    let told = "Another worker is still busy with this object, which is looked at again after that";
    let attributes = JsonObject::from_iter([("obj".to_owned(), json!(object.to_string()))]);
    LogEvent {
        logger: logger(object.kind()).to_owned(),
        ..event(now, LogLevel::Warning, told.to_owned(), attributes)
    }
}

fn resting(lane: &Lane, now: Timestamp) -> Option<LogEvent> {
    let until = lane.paused_until.filter(|until| *until > now)?;
    let reason = lane.reason.as_deref().unwrap_or("the provider rests");
    Some(rests(reason, lane.class.as_deref().unwrap_or_default(), until, now))
}

/// What could not be done with an object of this name, and what becomes of it.
fn failing(deed: &str, kind: ObjectKind, label: &str, attempt: &Attempt) -> LogEvent {
    let text = format!("Failed to {deed} {label} due to error: {}", attempt.detail);
    let mut event = event(attempt.last_at, LogLevel::Warning, text, attempt_attributes(attempt));
    logger(kind).clone_into(&mut event.logger);
    event.attributes.insert("obj".to_owned(), json!(label));
    event
}

/// Class, count and next attempt, as events carry them.
pub(crate) fn attempt_attributes(attempt: &Attempt) -> JsonObject {
    let mut attributes = JsonObject::new();
    attributes.insert("class".to_owned(), json!(attempt.class.as_str()));
    attributes.insert("attempts".to_owned(), json!(attempt.count));
    attributes.insert("next_attempt".to_owned(), json!(attempt.next_at.map(iso)));
    attributes
}

fn event(timestamp: Timestamp, level: LogLevel, event: String, attributes: JsonObject) -> LogEvent {
    LogEvent { timestamp, level, logger: "SCIM Provider".to_owned(), event, attributes }
}

fn iso(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A name as it stands in an identifier: lower case, anything but letters and digits one hyphen.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars() {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_single_hyphens_inside_only() {
        for (name, expected) in
            [("My App", "my-app"), ("  a -- b  ", "a-b"), ("Größe 2", "größe-2"), ("!", "")]
        {
            assert_eq!(slug(name), expected);
        }
    }
}

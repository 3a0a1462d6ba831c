//! The metrics of this crate. Labels are bounded: the key of a provider, kinds and classes, nothing of a user's.
//!
//! The series that begin with `authentik_` have the names by which alerts of that system know its workers and tasks.

use chrono::TimeDelta;

use ::metrics::{Unit, describe_counter, describe_gauge};

use scimitar_domain::ProviderPk;

/// Objects whose sync ended, by `outcome` and `kind`.
pub(crate) const OBJECTS_TOTAL: &str = "scimitar_sync_objects_total";
/// Changes handed from the outbox to the lanes.
pub(crate) const CHANGES_TOTAL: &str = "scimitar_sync_changes_total";
/// Full syncs that ended, by `state`.
pub(crate) const RUNS_TOTAL: &str = "scimitar_sync_runs_total";
/// How long the oldest change waits to be handed to the lanes.
pub(crate) const OUTBOX_AGE: &str = "scimitar_sync_outbox_age_seconds";
/// How long the oldest job of a provider has been there, by `provider`: how far its remote may be behind.
pub(crate) const LAG: &str = "scimitar_sync_lag_seconds";
/// How long the first job that is due waits for its turn, by `provider`.
pub(crate) const QUEUE_AGE: &str = "scimitar_sync_queue_age_seconds";
/// Jobs that wait or run, by `provider`.
pub(crate) const QUEUE_JOBS: &str = "scimitar_sync_queue_jobs";
/// How many whole seconds providers were told to rest, by `provider` and `class`.
pub(crate) const REST_SECONDS: &str = "scimitar_sync_rest_seconds_total";

/// Notices for webhooks, by `outcome`: delivered, retried, given up, dropped because too many wait.
pub(crate) const NOTICES_TOTAL: &str = "scimitar_sync_notices_total";

pub(crate) const WORKERS: &str = "authentik_tasks_workers";
pub(crate) const QUEUED: &str = "authentik_tasks_queued";
const TASKS: &str = "authentik_tasks_total";
const ERRORS: &str = "authentik_tasks_errors_total";
const RETRIES: &str = "authentik_tasks_retries_total";
const REJECTED: &str = "authentik_tasks_rejected_total";

/// The one queue, as those alerts know it.
const QUEUE: &str = "default";
const FULL: &str = "authentik.providers.scim.tasks.scim_sync";
const OBJECT: &str = "authentik.providers.scim.tasks.scim_sync_objects";

/// How one job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    Again,
    InError,
}

/// Say what the names mean, and begin all that counts what has not happened yet: a series that is not there raises no
/// alert, and none is missed.
pub(crate) fn begin() {
    describe_gauge!(OUTBOX_AGE, Unit::Seconds, "How long the oldest change waits to be handed out.");
    describe_gauge!(LAG, Unit::Seconds, "How long the oldest job of a provider has been there.");
    describe_gauge!(QUEUE_AGE, Unit::Seconds, "How long the first job of a provider that is due waits.");
    describe_gauge!(QUEUE_JOBS, Unit::Count, "Jobs of a provider that wait or run.");
    describe_counter!(
        REST_SECONDS,
        Unit::Seconds,
        "How long providers were told to rest, by class of failure."
    );
    metrics::gauge!(WORKERS).set(1.0);
    for actor in [FULL, OBJECT] {
        for name in [TASKS, ERRORS, RETRIES, REJECTED] {
            metrics::counter!(name, "queue_name" => QUEUE, "actor_name" => actor).increment(0);
        }
    }
}

/// The process no longer takes work.
pub(crate) fn end() {
    metrics::gauge!(WORKERS).set(0.0);
}

/// One job has ended.
pub(crate) fn ended(is_object: bool, how: Ended) {
    let actor = if is_object { OBJECT } else { FULL };
    count(TASKS, actor);
    match how {
        Ended::Well => {}
        Ended::Again => count(RETRIES, actor),
        Ended::InError => count(ERRORS, actor),
    }
}

/// An object is not tried again until it, its provider, or a person says so.
pub(crate) fn parked() {
    count(REJECTED, OBJECT);
}

fn count(name: &'static str, actor: &'static str) {
    metrics::counter!(name, "queue_name" => QUEUE, "actor_name" => actor).increment(1);
}

/// A provider rests so much longer.
pub(crate) fn rests(provider: ProviderPk, class: &'static str, longer: TimeDelta) {
    let seconds = u64::try_from(longer.num_seconds()).unwrap_or(0);
    metrics::counter!(REST_SECONDS, "provider" => provider.to_string(), "class" => class).increment(seconds);
}

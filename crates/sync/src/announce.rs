//! Events that people want to hear of at once, told to the webhooks of the configuration.
//!
//! An event is a job of its own in the lane of its webhook, written in the transaction of what happened: it is told at
//! least once, under one id, with back-off, and holds up nothing else. The address of a webhook may be a secret, so
//! jobs name it by its fingerprint.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use scimitar_client::{Notice, SigningKey};
use scimitar_domain::{Attempt, IdSource, ObjectId, ProviderPk, RunCounts, RunId, RunState, Timestamp};
use scimitar_queue::{Ladder, Verdict};
use scimitar_store::jobs::{self, Job, NewJob};
use scimitar_store::{Conn, StoreError};

use crate::engine::EngineParts;
use crate::fingerprint::Fingerprint;
use crate::metrics::NOTICES_TOTAL;

/// The kind of these jobs.
pub(crate) const KIND: &str = "webhook";
/// After so many attempts, two days or so, nobody is told any more.
const ATTEMPTS: i32 = 15;
/// After deletions, before everything else: few and short.
const PRIORITY: i16 = 36;
/// With so many waiting for one webhook, further objects are not told of one by one: the run tells that some fail.
const PARKED_WAITING: i64 = 1_000;
/// With so many, nothing more is.
const WAITING: i64 = 10_000;

/// Whom to tell, and what.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pub urls: Vec<String>,
    pub key: SigningKey,
    /// The types of events to tell; all but what only goes well where it is empty.
    pub events: Vec<EventType>,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// A full sync ended, and not well.
    RunEnded,
    /// A full sync ended, and nothing fails.
    RunDone,
    /// A guard begins to hold deletions.
    GuardHeld,
    /// Somebody approved what a guard holds.
    GuardApproved,
    /// Somebody said that what a guard holds stays.
    GuardRejected,
    /// A check found that a remote holds something else than what was last sent.
    DriftFound,
    /// A remote cannot be called. That it asks for less haste is no news.
    ProviderRests,
    ProviderRecovered,
    /// An object fails, and is not tried again by itself.
    ObjectParked,
}

impl EventType {
    pub const ALL: [Self; 9] = [
        Self::RunEnded,
        Self::RunDone,
        Self::GuardHeld,
        Self::GuardApproved,
        Self::GuardRejected,
        Self::DriftFound,
        Self::ProviderRests,
        Self::ProviderRecovered,
        Self::ObjectParked,
    ];

    /// The name in the configuration and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunEnded => "run.ended",
            Self::RunDone => "run.done",
            Self::GuardHeld => "guard.held",
            Self::GuardApproved => "guard.approved",
            Self::GuardRejected => "guard.rejected",
            Self::DriftFound => "drift.found",
            Self::ProviderRests => "provider.rests",
            Self::ProviderRecovered => "provider.recovered",
            Self::ObjectParked => "object.parked",
        }
    }

    /// How many may wait for a webhook before this is not told to it.
    fn room(self) -> i64 {
        match self {
            Self::ObjectParked => PARKED_WAITING,
            Self::RunEnded
            | Self::RunDone
            | Self::GuardHeld
            | Self::GuardApproved
            | Self::GuardRejected
            | Self::DriftFound
            | Self::ProviderRests
            | Self::ProviderRecovered => WAITING,
        }
    }

    /// Whether it is told to who names no types. A run that went well ends at every provider every few hours, and
    /// would bury what needs somebody.
    fn is_usual(self) -> bool {
        match self {
            Self::RunDone => false,
            Self::RunEnded
            | Self::GuardHeld
            | Self::GuardApproved
            | Self::GuardRejected
            | Self::DriftFound
            | Self::ProviderRests
            | Self::ProviderRecovered
            | Self::ObjectParked => true,
        }
    }
}

/// Something that has happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    kind: EventType,
    provider: ProviderPk,
    /// What distinguishes it from others of its kind at this provider. Until it is told, it is told once.
    about: String,
    data: Value,
}

impl Event {
    pub(crate) fn run_ended(provider: ProviderPk, run: RunId, state: RunState, detail: &str) -> Self {
        let data = json!({"run": run.0, "state": state.as_str(), "detail": detail});
        Self::new(EventType::RunEnded, provider, run.0.to_string(), data)
    }

    pub(crate) fn run_done(provider: ProviderPk, run: RunId, counts: &RunCounts) -> Self {
        let data = json!({
            "run": run.0, "in_scope": counts.in_scope, "created": counts.created, "adopted": counts.adopted,
            "updated": counts.updated, "deleted": counts.deleted, "member_changes": counts.member_changes,
        });
        Self::new(EventType::RunDone, provider, run.0.to_string(), data)
    }

    /// `by` is a user's name, or nobody for the command line.
    pub(crate) fn guard_approved(provider: ProviderPk, by: Option<&str>, at: Timestamp) -> Self {
        Self::new(EventType::GuardApproved, provider, iso(at), json!({"by": by}))
    }

    /// The same; `n` objects stay.
    pub(crate) fn guard_rejected(provider: ProviderPk, by: Option<&str>, n: i64, at: Timestamp) -> Self {
        Self::new(EventType::GuardRejected, provider, iso(at), json!({"by": by, "objects": n}))
    }

    /// What a check found that was not known before it, of what is `known` after it.
    pub(crate) fn drift_found(provider: ProviderPk, check: i64, new: i64, known: i64, repairs: bool) -> Self {
        let data = json!({"new": new, "known": known, "repairs": repairs});
        Self::new(EventType::DriftFound, provider, check.to_string(), data)
    }

    pub(crate) fn guard_held(provider: ProviderPk, since: Timestamp, detail: &str) -> Self {
        Self::new(EventType::GuardHeld, provider, iso(since), json!({"since": iso(since), "detail": detail}))
    }

    pub(crate) fn rests(provider: ProviderPk, until: Timestamp, class: &str, reason: &str) -> Self {
        let data = json!({"until": iso(until), "class": class, "detail": reason});
        Self::new(EventType::ProviderRests, provider, String::new(), data)
    }

    pub(crate) fn recovered(provider: ProviderPk) -> Self {
        Self::new(EventType::ProviderRecovered, provider, String::new(), json!({}))
    }

    pub(crate) fn parked(provider: ProviderPk, object: ObjectId, label: &str, attempt: &Attempt) -> Self {
        let data = json!({
            "kind": object.kind().as_str(), "object": object.to_string(), "name": label,
            "class": attempt.class.as_str(), "detail": attempt.detail, "attempts": attempt.count,
        });
        Self::new(EventType::ObjectParked, provider, object.to_string(), data)
    }

    fn new(kind: EventType, provider: ProviderPk, about: String, data: Value) -> Self {
        Self { kind, provider, about, data }
    }
}

/// Writes events down, within the transaction of what happened.
#[derive(Clone)]
pub(crate) struct Herald {
    webhooks: Option<Arc<Webhooks>>,
    ids: Arc<dyn IdSource>,
}

impl Herald {
    /// Whether anybody is told of anything.
    pub(crate) fn has_hearers(&self) -> bool {
        self.webhooks.is_some()
    }

    /// Enqueue what tells of `event`; nothing where nobody wants to hear of it.
    pub(crate) fn tell(&self, conn: &mut Conn, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        let Some(webhooks) = &self.webhooks else { return Ok(()) };
        let is_wanted = match webhooks.events.as_slice() {
            [] => event.kind.is_usual(),
            named => named.contains(&event.kind),
        };
        if !is_wanted {
            return Ok(());
        }
        let body = json!({
            "type": event.kind.as_str(),
            "timestamp": iso(now),
            "data": {"provider": event.provider.0, "event": event.data},
        });
        for url in &webhooks.urls {
            let lane = lane_of(url);
            if jobs::has_more(conn, &lane, event.kind.room())? {
                metrics::counter!(NOTICES_TOTAL, "outcome" => "dropped").increment(1);
                continue;
            }
            let id = format!("evt_{}", self.ids.uuid().simple());
            let job = NewJob {
                lane,
                kind: KIND.to_owned(),
                key: format!("{}:{}:{}", event.kind.as_str(), event.provider, event.about),
                payload: json!({"id": id, "body": body.to_string()}),
                priority: PRIORITY,
                run_at: now,
            };
            jobs::enqueue(conn, &[job], now)?;
        }
        Ok(())
    }
}

impl EngineParts {
    pub(crate) fn herald(&self) -> Herald {
        Herald { webhooks: self.settings.webhooks.clone(), ids: Arc::clone(&self.ids) }
    }

    /// Deliver one. A webhook that is not in the configuration any more gets nothing.
    pub(crate) async fn deliver(&self, job: &Job) -> Verdict {
        let text = |name: &str| job.payload.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(webhooks) = &self.settings.webhooks else { return Verdict::Done };
        let Some(url) = webhooks.urls.iter().find(|url| lane_of(url) == job.lane) else {
            return Verdict::Done;
        };
        let notice = Notice { url, key: &webhooks.key, id: text("id"), body: text("body") };
        let Err(reason) = self.egress.notify(notice).await else {
            count("delivered");
            return Verdict::Done;
        };
        let attempts = job.attempts.saturating_add(1);
        if attempts >= ATTEMPTS {
            count("given_up");
            tracing::error!(job.lane, job.key, "a webhook was not told of `{}`: {reason}", job.key);
            return Verdict::Done;
        }
        count("retried");
        tracing::warn!(job.lane, job.key, "a webhook is told of `{}` later: {reason}", job.key);
        Verdict::Retry { at: self.clock.now() + Ladder::OBJECT.wait(attempts, job.id.unsigned_abs()) }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!(NOTICES_TOTAL, "outcome" => outcome).increment(1);
}

/// The lane of one webhook.
fn lane_of(url: &str) -> String {
    format!("webhook:{:016x}", Fingerprint::of(&json!(url)).0)
}

fn iso(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

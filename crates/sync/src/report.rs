//! What a sync tells people: the events of one object, and where a provider stands.

use serde_json::json;
use uuid::Uuid;

use scimitar_domain::{JsonObject, ObjectId, ObjectKind, RunCounts, Timestamp};

/// One event, as `sync/object` and `sync/status` list it.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEvent {
    pub timestamp: Timestamp,
    pub level: LogLevel,
    pub logger: String,
    pub event: String,
    pub attributes: JsonObject,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Info,
    Warning,
    Error,
}

impl LogLevel {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where the sync of a provider stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncStatus {
    pub is_running: bool,
    /// The latest full syncs, newest first.
    pub tasks: Vec<TaskView>,
    pub last_successful_sync: Option<Timestamp>,
    /// `done`, `warning`, `error` once a sync has ended.
    pub last_sync_status: Option<String>,
}

/// One full sync.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    pub id: Uuid,
    pub uid: String,
    pub description: String,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub state: TaskState,
    pub messages: Vec<LogEvent>,
}

/// How a full sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Not ended yet.
    Unknown,
    Successful,
    Warning,
    Error,
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectReport {
    pub object: ObjectId,
    /// The object's name, for people.
    pub label: String,
    pub outcome: Outcome,
    pub events: Vec<LogEvent>,
    /// When it is tried again, if it failed and will be.
    pub next_at: Option<Timestamp>,
    pub member_changes: i64,
    /// Whether the provider has the object, may have it, or is to have it.
    pub is_concerned: bool,
}

/// The kinds of end that an object's sync has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to send.
    Kept,
    Created,
    /// Found at the remote and taken over.
    Adopted,
    Updated,
    Deleted,
    /// The mapping says to leave the object alone.
    Skipped,
    Failed,
    /// Not what the plan says any more: left alone.
    Outdated,
    /// Not tried: its provider rests, or another worker has the object.
    Waiting,
}

impl Outcome {
    /// The word in transcripts and in the command line's output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "unchanged",
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Outdated => "outdated",
            Self::Waiting => "waiting",
        }
    }

    /// Add this outcome of an object to the counters of a run.
    pub(crate) fn count(self, kind: ObjectKind, counts: &mut RunCounts) {
        let groups = &mut counts.of_groups;
        let (sum, of_groups) = match self {
            Self::Kept | Self::Waiting | Self::Outdated => return,
            Self::Created => (&mut counts.created, &mut groups.created),
            Self::Adopted => (&mut counts.adopted, &mut groups.adopted),
            Self::Updated => (&mut counts.updated, &mut groups.updated),
            Self::Deleted => (&mut counts.deleted, &mut groups.deleted),
            Self::Skipped => (&mut counts.skipped, &mut groups.skipped),
            Self::Failed => (&mut counts.failed, &mut groups.failed),
        };
        *sum += 1;
        match kind {
            ObjectKind::User => {}
            ObjectKind::Group => *of_groups += 1,
        }
    }
}

impl ObjectReport {
    pub(crate) fn new(object: ObjectId, label: String, outcome: Outcome) -> Self {
        Self {
            object,
            label,
            outcome,
            events: Vec::new(),
            next_at: None,
            member_changes: 0,
            is_concerned: true,
        }
    }

    /// Of an object that is out of scope and that the provider never had.
    pub(crate) fn unconcerned(object: ObjectId) -> Self {
        Self { is_concerned: false, ..Self::new(object, object.to_string(), Outcome::Kept) }
    }

    pub(crate) fn tell(&mut self, at: Timestamp, level: LogLevel, event: String, mut attributes: JsonObject) {
        attributes.insert("obj".to_owned(), json!(self.label));
        let logger = logger(self.object.kind()).to_owned();
        self.events.push(LogEvent { timestamp: at, level, logger, event, attributes });
    }
}

/// The logger's name as clients of the documented API know it.
pub(crate) fn logger(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "SCIM Provider@authentik.core.models.User",
        ObjectKind::Group => "SCIM Provider@authentik.core.models.Group",
    }
}

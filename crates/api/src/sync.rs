//! Syncs: what was done for a provider, and how it went.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{DriftStatus, JsonObject, Moment, Paginated, attributes};

/// Which object to sync now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SyncObjectRequest {
    #[schema(inline = false)]
    pub sync_object_model: SyncObjectModelEnum,
    /// The key of the user or group.
    #[schema(min_length = 1)]
    pub sync_object_id: String,
    /// Write to the remote although the provider only rehearses.
    #[serde(default)]
    #[schema(default = false)]
    pub override_dry_run: bool,
}

/// What sort of object to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum SyncObjectModelEnum {
    #[serde(rename = "authentik.core.models.User")]
    User,
    #[serde(rename = "authentik.core.models.Group")]
    Group,
}

/// What was done for one object: each HTTP exchange, in `attributes` `method`, `url` without its query, `status`, `duration_ms`,
/// and of `request` and `response` at most 4,096 bytes, without passwords and credentials; then what came of it. A
/// `warning` or an `error` tells that the object is not in step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncObjectResult {
    #[schema(read_only)]
    pub messages: Vec<LogEvent>,
}

/// How the syncs of a provider are going.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncStatus {
    #[schema(read_only)]
    pub is_running: bool,
    /// The last full syncs, newest first.
    #[schema(read_only)]
    pub tasks: Vec<SystemTask>,
    /// Given once a full sync has ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_successful_sync: Option<Moment>,
    /// Given once a full sync has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub last_sync_status: Option<TaskAggregatedStatusEnum>,
    /// The last comparison of the remote with what was last sent; absent before the first. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub drift: Option<DriftStatus>,
}

/// One full sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemTask {
    #[schema(read_only)]
    pub uuid: Uuid,
    pub name: String,
    #[schema(read_only)]
    pub full_name: String,
    pub uid: String,
    pub description: String,
    #[schema(read_only, value_type = String, format = DateTime)]
    pub start_timestamp: Moment,
    /// While the sync is running: the moment of the answer.
    #[schema(read_only, value_type = String, format = DateTime)]
    pub finish_timestamp: Moment,
    /// In seconds.
    #[schema(read_only)]
    pub duration: f64,
    #[schema(inline = false)]
    pub status: SystemTaskStatusEnum,
    pub messages: Vec<LogEvent>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Moment>,
    pub expiring: bool,
}

/// How a full sync ended; `unknown` while it is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SystemTaskStatusEnum {
    Unknown,
    Successful,
    Warning,
    Error,
}

/// How the last full sync ended, in the words of newer releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskAggregatedStatusEnum {
    Queued,
    Consumed,
    Rejected,
    Done,
    Info,
    Warning,
    Error,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogEvent {
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Moment,
    #[schema(inline = false)]
    pub log_level: LogLevelEnum,
    pub logger: String,
    pub event: String,
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevelEnum {
    Critical,
    Exception,
    Error,
    Warn,
    Warning,
    Info,
    Debug,
    Notset,
}

/// A full sync with what it did, users and groups apart. Scimitar's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMRun)]
pub struct ScimRun {
    pub id: Uuid,
    #[schema(inline = false)]
    pub trigger: ScimRunTriggerEnum,
    /// It rehearsed: nothing was written.
    pub dry_run: bool,
    #[schema(inline = false)]
    pub state: ScimRunStateEnum,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Moment,
    /// Null while it is under way.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Option<Moment>,
    #[schema(inline = false)]
    pub users: ScimRunCounts,
    #[schema(inline = false)]
    pub groups: ScimRunCounts,
    /// Members that were added to groups or removed from them.
    pub member_changes: i64,
    /// Why it did not end well.
    pub detail: String,
}

/// One page of full syncs.
pub type PaginatedScimRunList = Paginated<ScimRun>;

/// What a full sync did with objects of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMRunCounts)]
pub struct ScimRunCounts {
    pub in_scope: i64,
    pub created: i64,
    /// Found at the remote and taken over.
    pub adopted: i64,
    pub updated: i64,
    pub deleted: i64,
    /// Left alone, as their mapping says.
    pub skipped: i64,
    pub failed: i64,
}

/// What started a full sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMRunTriggerEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimRunTriggerEnum {
    Schedule,
    /// The provider was saved.
    Saved,
    /// Somebody asked for it.
    Manual,
}

/// Where a full sync stands: at users, at groups, at what has left the scope; or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMRunStateEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimRunStateEnum {
    Users,
    Groups,
    Sweep,
    Done,
    Warning,
    Error,
}

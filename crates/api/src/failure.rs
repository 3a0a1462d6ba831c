//! What fails at a provider's remote, and trying it again. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Moment, Paginated, SyncObjectModelEnum};

/// One object that could not be brought in step when it was last tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderFailure)]
pub struct ScimProviderFailure {
    #[schema(inline = false)]
    pub sync_object_model: SyncObjectModelEnum,
    /// The key of the user or group.
    pub sync_object_id: String,
    pub name: String,
    /// Whether the object is deleted here, and its deletion at the remote fails.
    pub is_deletion: bool,
    /// What sort of failure it is, such as `rejected` or `unavailable`.
    #[serde(rename = "class")]
    pub failure_class: String,
    /// What happened, and what to do about it.
    pub detail: String,
    /// Failed attempts since it last went well.
    pub attempts: i32,
    #[schema(value_type = String, format = DateTime)]
    pub last_attempt: Moment,
    /// When it is tried again; null when only a change or a person can help.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub next_attempt: Option<Moment>,
}

/// One page of what fails.
pub type PaginatedScimProviderFailureList = Paginated<ScimProviderFailure>;

/// What to try again; everything that fails, unless objects are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderRetryRequest)]
pub struct ScimProviderRetryRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1_000)]
    pub objects: Option<Vec<ScimProviderRetryObject>>,
}

/// One object to try again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderRetryObjectRequest)]
pub struct ScimProviderRetryObject {
    #[schema(inline = false)]
    pub sync_object_model: SyncObjectModelEnum,
    /// The key of the user or group.
    #[schema(min_length = 1)]
    pub sync_object_id: String,
}

/// How much is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderRetryResult)]
pub struct ScimProviderRetryResult {
    /// Objects that fail and are tried again now.
    pub retried: i64,
}

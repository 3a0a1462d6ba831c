//! Guards of providers: what is held, and who said what to it. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Moment, number};

/// The guard of a SCIM provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMGuard)]
pub struct ScimGuard {
    /// Deletions and deactivations that wait for an approval.
    #[schema(schema_with = number)]
    pub held: i64,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub held_since: Option<Moment>,
    /// Until then everything passes.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub approved_until: Option<Moment>,
    /// Why it holds, and what can be done.
    #[schema(required)]
    pub detail: Option<String>,
    /// The latest, the newest first.
    #[schema(inline = false)]
    pub events: Vec<ScimGuardEvent>,
}

/// One thing that happened to a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMGuardEvent)]
pub struct ScimGuardEvent {
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Moment,
    /// `held`, `changed`, `asked`, `approved`, `refused`, `rejected`.
    pub deed: String,
    /// The user's name; null for what happened by itself or on the command line.
    #[schema(required)]
    pub by: Option<String>,
    pub detail: String,
}

/// Why what is held is to stay at the remote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMGuardRejectRequest)]
pub struct ScimGuardRejectRequest {
    /// For the record of the guard.
    #[serde(default)]
    #[schema(default = "", max_length = 1000)]
    pub reason: String,
}

/// What a rejection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMGuardRejected)]
pub struct ScimGuardRejected {
    /// So many objects stay at the remote as they are; none where nothing was held.
    #[schema(schema_with = number)]
    pub rejected: i64,
}

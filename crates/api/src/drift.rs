//! Drift: what remotes hold otherwise than it was sent. Scimitar's own.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Moment, Paginated, any};

/// An object whose remote resource is other than it was last sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderDrift)]
pub struct ScimProviderDrift {
    /// The key of the user, if it is one.
    #[schema(required)]
    pub user: Option<i32>,
    /// The key of the group, if it is one.
    #[schema(required)]
    pub group: Option<Uuid>,
    /// The user's or the group's name.
    pub name: String,
    pub remote_id: String,
    /// The remote does not have it any more.
    pub missing: bool,
    pub differences: Vec<DriftDifference>,
    /// It was sent again because of that.
    pub repaired: bool,
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Moment,
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DriftDifference {
    pub attribute: String,
    /// What was last sent; of members, those that are missing.
    #[schema(schema_with = any)]
    pub sent: Value,
    /// What the remote holds; of members, those that it should not have.
    #[schema(schema_with = any)]
    pub found: Value,
}

/// The last comparison of a remote with what was last sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftStatus {
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Moment,
    /// Null while it goes on.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Moment>,
    pub compared: i64,
    pub differing: i64,
    pub missing: i64,
    /// Resources at the remote that stand for nothing here.
    pub unmanaged: i64,
    /// Why it is not complete, if so.
    #[schema(required)]
    pub detail: Option<String>,
}

/// Whether what differs is to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderDriftRequest)]
pub struct ScimProviderDriftRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<bool>,
}

/// One page of what differs at a provider's remote.
pub type PaginatedScimProviderDriftList = Paginated<ScimProviderDrift>;

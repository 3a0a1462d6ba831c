//! Bringing back what was taken away at a remote. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Moment, SyncObjectModelEnum, number};

/// What an undo would bring back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMUndoable)]
pub struct ScimUndoable {
    /// When the run began that took it away; null when there is nothing to bring back.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub since: Option<Moment>,
    #[schema(schema_with = number)]
    pub count: i64,
    /// The first hundred, the oldest first.
    pub taken: Vec<ScimTaken>,
}

/// An object whose resource was deleted or deactivated because the object had left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMTaken)]
pub struct ScimTaken {
    #[schema(inline = false)]
    pub sync_object_model: SyncObjectModelEnum,
    /// The key of the user or group.
    pub sync_object_id: String,
    /// Its name at that time.
    pub label: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Moment,
}

/// What an undo came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMUndo)]
pub struct ScimUndo {
    /// At the remote again, as they were.
    #[schema(schema_with = number)]
    pub restored: i64,
    /// Tried, and failed; each says why among the failures of the provider.
    #[schema(schema_with = number)]
    pub failed: i64,
    /// Still to be brought back, the failed ones among it: undo again.
    #[schema(schema_with = number)]
    pub left: i64,
    /// What cannot be brought back, and why.
    pub impossible: Vec<String>,
    /// Why the provider is held from now on; null when it goes on.
    #[schema(required)]
    pub held: Option<String>,
}

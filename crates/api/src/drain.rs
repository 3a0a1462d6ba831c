//! Taking everything away at a remote on purpose. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::number;

/// How far the draining of a SCIM provider has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMDrain)]
pub struct ScimDrain {
    pub draining: bool,
    /// Resources at the remote that are still to be dealt with.
    #[schema(schema_with = number)]
    pub open: i64,
    /// Deactivated ones, which are deleted later.
    #[schema(schema_with = number)]
    pub waiting: i64,
    /// What stops it, or that it is done.
    #[schema(required)]
    pub detail: Option<String>,
}

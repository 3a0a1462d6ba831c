//! The logs of sources. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{JsonObject, Moment, Paginated};

/// A request of a SCIM source's client, and what became of it. No value that the client sent is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceLogEntry)]
pub struct ScimSourceLogEntry {
    pub pk: i64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Moment,
    pub method: String,
    /// The address below the source's, without what was asked for by value.
    pub path: String,
    /// What the client says of itself.
    pub client: String,
    pub status: i32,
    /// How long the answer took, in seconds.
    pub duration: f64,
    /// The one resource that it was about.
    #[schema(required)]
    pub object: Option<String>,
    /// The form of what came, what of it was understood, ignored and changed, and why it was refused.
    #[schema(schema_with = crate::read_only_attributes)]
    pub detail: JsonObject,
}

/// One page of a source's log.
pub type PaginatedScimSourceLogEntryList = Paginated<ScimSourceLogEntry>;

/// How to narrow down a source's log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimSourceLogParams {
    /// The id of the one resource that requests were about.
    #[param(nullable = false)]
    pub object: Option<String>,
    /// The status of the answer.
    #[param(nullable = false)]
    pub status: Option<i32>,
}

//! The log of a source: what its client asked, and what became of it. Nothing in it is a value that the client sent.

use serde_json::Value;

use crate::{SourceId, Timestamp};

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceLogEntry {
    pub source: SourceId,
    /// When it came.
    pub at: Timestamp,
    pub method: String,
    /// The address below the source's, without what is asked for by value.
    pub path: String,
    /// What the client says of itself.
    pub client: String,
    pub status: i32,
    /// How long the answer took, in microseconds.
    pub micros: i64,
    /// The one resource that it was about.
    pub object: Option<String>,
    /// The form of what came, what was understood, ignored and changed.
    pub detail: Value,
}

//! What was said to a remote about one object.

use crate::Timestamp;

/// One HTTP exchange as it is kept for people: without credentials and passwords, both bodies cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptExchange {
    /// When it was over.
    pub at: Timestamp,
    pub method: String,
    /// Without its query.
    pub url: String,
    /// The status of the answer, if there was one.
    pub status: Option<i32>,
    pub duration_ms: i64,
    pub request: Option<String>,
    pub response: Option<String>,
}

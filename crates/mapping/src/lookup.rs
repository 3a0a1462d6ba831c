//! What a mapping may ask while it runs.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::Person;

/// Answers questions of running mappings.
///
/// Called on an evaluation thread, never on an async one, so an implementation may block. The time it takes
/// does not count against the mapping's time limit.
pub trait Lookup: Send + Sync {
    /// The one user whom all filters fit (`ak_user_by(username="ada")`), if there is one.
    fn user_by(&self, filters: &[(String, Value)]) -> Option<Person>;

    /// The present time, for `datetime.now()` and `date.today()`.
    fn now(&self) -> DateTime<Utc>;
}

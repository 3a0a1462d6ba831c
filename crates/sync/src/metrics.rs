//! The names of this crate's metrics.

/// Objects whose sync ended, by `outcome` and `kind`.
pub(crate) const OBJECTS_TOTAL: &str = "scimitar_sync_objects_total";
/// Changes handed from the outbox to the lanes.
pub(crate) const CHANGES_TOTAL: &str = "scimitar_sync_changes_total";
/// Full syncs that ended, by `state`.
pub(crate) const RUNS_TOTAL: &str = "scimitar_sync_runs_total";

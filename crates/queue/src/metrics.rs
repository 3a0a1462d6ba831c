//! The names of this crate's metrics.

/// Jobs that ended, by `verdict`: done, retry, paused, lost.
pub(crate) const JOBS_TOTAL: &str = "scimitar_jobs_total";
/// Seconds that a job ran.
pub(crate) const JOB_SECONDS: &str = "scimitar_job_seconds";
/// Jobs that this process is running now.
pub(crate) const JOBS_RUNNING: &str = "scimitar_jobs_running";

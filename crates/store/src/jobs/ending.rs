//! Ending, extending and giving back the leases of jobs.

use diesel::prelude::*;
use scimitar_domain::Timestamp;

use super::{Job, RETRIED};
use crate::prepared::Prepared as _;
use crate::schema::jobs;
use crate::sql_types::At;
use crate::{Conn, StoreError, notice};

/// The job has run to its end: it goes, unless it was enqueued again meanwhile; then it is due at once.
///
/// `false` when the lease was lost: another has the job now, and his end of it is the one that counts.
pub fn finish(conn: &mut Conn, job: &Job, now: Timestamp) -> Result<bool, StoreError> {
    let is_mine = || jobs::id.eq(job.id).and(jobs::epoch.eq(job.epoch)).and(jobs::worker.is_not_null());
    let removed = diesel::delete(jobs::table.filter(is_mine().and(jobs::again.eq(false)))).execute(conn)?;
    if removed == 1 {
        return Ok(true);
    }
    let kept = diesel::update(jobs::table.filter(is_mine()))
        .set((jobs::run_at.eq(At(now)), jobs::attempts.eq(0), jobs::again.eq(false), no_lease()))
        .prepared()
        .execute(conn)?;
    if kept == 1 {
        notice::work(conn)?;
    }
    Ok(kept == 1)
}

/// The job did not do it: it is due again at `run_at`. `false` when the lease was lost.
pub fn retry(conn: &mut Conn, job: &Job, run_at: Timestamp) -> Result<bool, StoreError> {
    let kept = diesel::update(jobs::table.find(job.id))
        .filter(jobs::epoch.eq(job.epoch).and(jobs::worker.is_not_null()))
        .set((
            jobs::run_at.eq(At(run_at)),
            jobs::priority.eq(job.priority | RETRIED),
            jobs::attempts.eq(jobs::attempts + 1),
            jobs::again.eq(false),
            no_lease(),
        ))
        .prepared()
        .execute(conn)?;
    Ok(kept == 1)
}

/// Keep a job longer. `false` when the lease was lost.
pub fn extend(conn: &mut Conn, job: &Job, until: Timestamp) -> Result<bool, StoreError> {
    let kept = diesel::update(jobs::table.find(job.id))
        .filter(jobs::epoch.eq(job.epoch).and(jobs::worker.is_not_null()))
        .set(jobs::lease_until.eq(At(until)))
        .prepared()
        .execute(conn)?;
    Ok(kept == 1)
}

/// Keep longer whatever `worker` holds. Answers how many.
pub fn extend_all(conn: &mut Conn, worker: &str, until: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::update(jobs::table.filter(jobs::worker.eq(worker)))
        .set(jobs::lease_until.eq(At(until)))
        .prepared()
        .execute(conn)?)
}

/// Give back every job of a worker that is stopping or is known to be dead. Answers how many.
pub fn release(conn: &mut Conn, worker: &str) -> Result<usize, StoreError> {
    let released = diesel::update(jobs::table.filter(jobs::worker.eq(worker)))
        .set((jobs::again.eq(false), no_lease()))
        .prepared()
        .execute(conn)?;
    if released > 0 {
        notice::work(conn)?;
    }
    Ok(released)
}

/// Give back every job there is. Only for the start of the one process of a database.
pub fn release_all(conn: &mut Conn) -> Result<usize, StoreError> {
    Ok(diesel::update(jobs::table.filter(jobs::worker.is_not_null()))
        .set((jobs::again.eq(false), no_lease()))
        .prepared()
        .execute(conn)?)
}

type NoLease =
    (diesel::dsl::Eq<jobs::worker, Option<String>>, diesel::dsl::Eq<jobs::lease_until, Option<At>>);

fn no_lease() -> NoLease {
    (jobs::worker.eq(None), jobs::lease_until.eq(None))
}

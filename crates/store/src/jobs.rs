//! Jobs: the durable queue. A job names a thing to look at, and its lane says with whom it shares caps and pauses.
//!
//! There is one job for a key in a lane. Enqueueing it again while it waits only brings it forward; while it
//! runs, it is noted that it must run once more, because the run may have looked before the news came.
//! A claimed job has a lease and an epoch: whoever ends it names the epoch of his claim, and where another has
//! claimed it meanwhile nothing is touched.

mod claim;
mod ending;
mod enqueue;
mod load;

use diesel::prelude::*;
use diesel::sql_types::Nullable;
use scimitar_domain::Timestamp;
use serde_json::Value;

pub use self::claim::claim;
pub use self::ending::{extend, extend_all, finish, release, release_all, retry};
pub use self::enqueue::enqueue;
pub use self::load::{LaneLoad, load};
use crate::prepared::Prepared as _;
use crate::schema::jobs;
use crate::sql_types::{At, Instant, Json};
use crate::{Conn, StoreError};

/// A job that is not in the queue yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    pub lane: String,
    pub kind: String,
    /// What the job is about. One job per key and lane.
    pub key: String,
    pub payload: Value,
    /// Higher goes first within a lane and between lanes. Even: a job that was tried before has the odd one above it.
    pub priority: i16,
    /// Not before this moment.
    pub run_at: Timestamp,
}

/// A job in the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: i64,
    pub lane: String,
    pub kind: String,
    pub key: String,
    pub payload: Value,
    pub priority: i16,
    pub run_at: Timestamp,
    /// How often it was tried before.
    pub attempts: i32,
    /// The fence of the claim.
    pub epoch: i64,
    pub created_at: Timestamp,
}

/// The earliest moment at which a job can be claimed, at or before `now` when one can be claimed right away.
///
/// Leased jobs do not count, and a paused lane counts from the end of its pause on. Which lanes are full is not
/// known here.
pub fn next_due(conn: &mut Conn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let next: NextDue = diesel::sql_query(format!(
        "WITH RECURSIVE {EVERY_LANE} SELECT min(CASE WHEN p.paused_until > d.run_at THEN p.paused_until \
         ELSE d.run_at END) AS at FROM (\
             SELECT every.lane, (SELECT j.run_at FROM jobs j WHERE j.lane = every.lane \
                 AND (j.lease_until IS NULL OR j.lease_until <= $1) ORDER BY j.run_at LIMIT 1) AS run_at \
             FROM every WHERE every.lane IS NOT NULL) d \
         LEFT JOIN lanes p ON p.name = d.lane AND p.paused_until > $1"
    ))
    .bind::<Instant, _>(At(now))
    .prepared()
    .get_result(conn)?;
    Ok(next.at.map(|at| at.0))
}

pub fn count(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(jobs::table.count().get_result(conn)?)
}

/// The first jobs of a lane in the order in which they would be claimed, those that run included.
pub fn of_lane(conn: &mut Conn, lane: &str, limit: i64) -> Result<Vec<Job>, StoreError> {
    let rows: Vec<JobRow> = jobs::table
        .filter(jobs::lane.eq(lane))
        .order((jobs::priority.desc(), jobs::run_at, jobs::id))
        .limit(limit)
        .select(JobRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Job::from).collect())
}

/// The job of this key, waiting or running.
pub fn of_key(conn: &mut Conn, lane: &str, key: &str) -> Result<Option<Job>, StoreError> {
    let found = jobs::table.filter(jobs::lane.eq(lane).and(jobs::key.eq(key)));
    let row: Option<JobRow> = found.select(JobRow::as_select()).first(conn).optional()?;
    Ok(row.map(Job::from))
}

/// Whether more than `n` jobs wait or run in a lane.
pub fn has_more(conn: &mut Conn, lane: &str, n: i64) -> Result<bool, StoreError> {
    let beyond: Option<i64> = jobs::table
        .filter(jobs::lane.eq(lane))
        .order((jobs::priority.desc(), jobs::run_at, jobs::id))
        .offset(n)
        .limit(1)
        .select(jobs::id)
        .first(conn)
        .optional()?;
    Ok(beyond.is_some())
}

/// Remove every job of a lane, when what it served is gone. Answers how many.
pub fn remove_lane(conn: &mut Conn, lane: &str) -> Result<usize, StoreError> {
    Ok(diesel::delete(jobs::table.filter(jobs::lane.eq(lane))).execute(conn)?)
}

/// What a job that was tried before has above others of its kind.
///
/// After an outage one call goes first. It is to be for somebody whose turn has come again, and not for the next of all
/// those who were never tried: where whatever is new fails, nobody else would ever get a turn.
const RETRIED: i16 = 1;

/// Each lane that has jobs, and a NULL at the end: one step along the index for each lane, however many jobs
/// they have.
const EVERY_LANE: &str = "every (lane) AS (SELECT min(lane) FROM jobs UNION ALL \
     SELECT (SELECT min(j.lane) FROM jobs j WHERE j.lane > every.lane) FROM every WHERE every.lane IS NOT NULL)";

#[derive(Debug, QueryableByName)]
struct NextDue {
    #[diesel(sql_type = Nullable<Instant>)]
    at: Option<At>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = jobs)]
struct JobRow {
    id: i64,
    lane: String,
    kind: String,
    key: String,
    payload: Json,
    priority: i16,
    run_at: At,
    attempts: i32,
    epoch: i64,
    created_at: At,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            lane: row.lane,
            kind: row.kind,
            key: row.key,
            payload: row.payload.0,
            priority: row.priority,
            run_at: row.run_at.0,
            attempts: row.attempts,
            epoch: row.epoch,
            created_at: row.created_at.0,
        }
    }
}

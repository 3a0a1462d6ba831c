//! Taking jobs out to work on them.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use scimitar_domain::Timestamp;

use super::{EVERY_LANE, Job, JobRow};
use crate::prepared::Prepared as _;
use crate::schema::jobs;
use crate::sql_types::{At, Doc, Instant, Json};
use crate::{Conn, StoreError};

/// Lease up to `limit` due jobs to `worker` until `until`: the highest priority first, then the oldest.
///
/// Due is what may run by now and is not leased, or whose lease is over. Lanes that are paused and `full_lanes`
/// are passed over, whatever waits in them: each lane is looked at on its own, so that a long queue behind a
/// pause costs nothing.
pub fn claim(
    conn: &mut Conn,
    worker: &str,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
    full_lanes: &[String],
) -> Result<Vec<Job>, StoreError> {
    let ids: Vec<DueRow> = match conn {
        // A row that another transaction holds is being claimed by it. More rows are locked than are taken in
        // the end, for as long as this transaction runs.
        Conn::Postgres(conn) => diesel::sql_query(format!(
            "WITH RECURSIVE {EVERY_LANE} SELECT due.id FROM every CROSS JOIN LATERAL (\
                 SELECT j.id, j.priority, j.run_at FROM jobs j WHERE j.lane = every.lane AND {DUE} \
                 ORDER BY j.priority DESC, j.run_at, j.id LIMIT $2 FOR UPDATE SKIP LOCKED) due \
             WHERE {OPEN} AND every.lane <> ALL ($3) \
             ORDER BY due.priority DESC, due.run_at, due.id LIMIT $2"
        ))
        .bind::<Instant, _>(At(now))
        .bind::<BigInt, _>(limit)
        .bind::<Array<Text>, _>(full_lanes)
        .prepared()
        .load(conn)?,
        // Without the hint SQLite takes the index on the time and sorts all that is due.
        Conn::Sqlite(conn) => diesel::sql_query(format!(
            "WITH RECURSIVE {EVERY_LANE} SELECT due.id FROM every JOIN jobs due ON due.id IN (\
                 SELECT j.id FROM jobs j INDEXED BY jobs_lane_order_idx \
                 WHERE j.lane = every.lane AND {DUE} \
                 ORDER BY j.priority DESC, j.run_at, j.id LIMIT $2) \
             WHERE {OPEN} AND every.lane NOT IN (SELECT value FROM json_each($3)) \
             ORDER BY due.priority DESC, due.run_at, due.id LIMIT $2"
        ))
        .bind::<Instant, _>(At(now))
        .bind::<BigInt, _>(limit)
        .bind::<Doc, _>(Json(full_lanes.into()))
        .prepared()
        .load(conn)?,
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = ids.into_iter().map(|row| row.id).collect();
    diesel::update(jobs::table.filter(jobs::id.eq_any(ids.clone())))
        .set((
            jobs::worker.eq(worker),
            jobs::lease_until.eq(At(until)),
            jobs::epoch.eq(jobs::epoch + 1),
            // Whatever was enqueued until now is seen by the run that begins.
            jobs::again.eq(false),
        ))
        .execute(conn)?;
    let rows: Vec<JobRow> = jobs::table
        .filter(jobs::id.eq_any(ids))
        .order((jobs::priority.desc(), jobs::run_at, jobs::id))
        .select(JobRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Job::from).collect())
}

const DUE: &str = "j.run_at <= $1 AND (j.lease_until IS NULL OR j.lease_until <= $1)";
const OPEN: &str = "every.lane IS NOT NULL AND NOT EXISTS (\
     SELECT 1 FROM lanes p WHERE p.name = every.lane AND p.paused_until > $1)";

#[derive(Debug, QueryableByName)]
struct DueRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

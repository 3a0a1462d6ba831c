//! Putting jobs into the queue.

use std::collections::BTreeMap;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;
use scimitar_domain::Timestamp;

use super::{NewJob, RETRIED};
use crate::batch::ROWS_PER_INSERT;
use crate::conn::on_backend;
use crate::schema::jobs;
use crate::sql_types::{At, Json};
use crate::{Conn, StoreError, notice};

/// Put jobs into the queue.
///
/// A job that is there already takes the new payload, the earlier time and the higher priority. One that is
/// claimed keeps its time and runs once more when it ends.
pub fn enqueue(conn: &mut Conn, new: &[NewJob], now: Timestamp) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let rows: Vec<NewRow<'_>> = coalesced(new, now).into_values().collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(jobs::table)
            .values(rows)
            .on_conflict((jobs::lane, jobs::key))
            .do_update()
            .set((
                jobs::kind.eq(excluded(jobs::kind)),
                jobs::payload.eq(excluded(jobs::payload)),
                jobs::priority.eq(case_when(
                    excluded(jobs::priority).gt(jobs::priority),
                    excluded(jobs::priority)
                )
                .otherwise(jobs::priority)),
                jobs::run_at.eq(case_when(
                    jobs::lease_until.is_null().and(excluded(jobs::run_at).lt(jobs::run_at)),
                    excluded(jobs::run_at)
                )
                .otherwise(jobs::run_at)),
                // Also where the lease is over: its holder may be slow rather than dead, and end the job yet.
                jobs::again.eq(jobs::lease_until.is_not_null()),
            ))
            .execute(conn))?;
    }
    notice::work(conn)
}

/// One row per lane and key, in their order, so that two batches wait for each other in one direction only.
fn coalesced(new: &[NewJob], now: Timestamp) -> BTreeMap<(&str, &str), NewRow<'_>> {
    let mut rows: BTreeMap<(&str, &str), NewRow<'_>> = BTreeMap::new();
    for job in new {
        debug_assert_eq!(job.priority & RETRIED, 0, "{job:?}");
        let mut row = NewRow {
            lane: &job.lane,
            kind: &job.kind,
            key: &job.key,
            payload: Json(job.payload.clone()),
            priority: job.priority,
            run_at: At(job.run_at),
            created_at: At(now),
        };
        if let Some(other) = rows.get(&(row.lane, row.key)) {
            row.priority = row.priority.max(other.priority);
            row.run_at = row.run_at.min(other.run_at);
        }
        rows.insert((row.lane, row.key), row);
    }
    rows
}

#[derive(Debug, Insertable)]
#[diesel(table_name = jobs, treat_none_as_default_value = false)]
struct NewRow<'a> {
    lane: &'a str,
    kind: &'a str,
    key: &'a str,
    payload: Json,
    priority: i16,
    run_at: At,
    created_at: At,
}

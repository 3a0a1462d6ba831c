//! How much waits in the queue, lane by lane.

use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use scimitar_domain::Timestamp;

use crate::schema::jobs;
use crate::sql_types::At;
use crate::{Conn, StoreError};

/// What waits in one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneLoad {
    pub lane: String,
    pub n_jobs: i64,
    /// Since when the job that has been there longest is there.
    pub oldest: Option<Timestamp>,
    /// When the earliest job was, or will be, due.
    pub due: Option<Timestamp>,
}

/// The lanes that have jobs, whether or not these are due.
pub fn load(conn: &mut Conn) -> Result<Vec<LaneLoad>, StoreError> {
    let rows: Vec<(String, i64, Option<At>, Option<At>)> = jobs::table
        .group_by(jobs::lane)
        .select((jobs::lane, count_star(), min(jobs::created_at), min(jobs::run_at)))
        .order(jobs::lane)
        .load(conn)?;
    let read = |(lane, n_jobs, oldest, due): (String, i64, Option<At>, Option<At>)| LaneLoad {
        lane,
        n_jobs,
        oldest: oldest.map(|at| at.0),
        due: due.map(|at| at.0),
    };
    Ok(rows.into_iter().map(read).collect())
}

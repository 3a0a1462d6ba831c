//! How a commit with new work in it wakes those who wait for work.
//!
//! Only what appends a change or enqueues a job counts. Were every commit to wake them, a worker that looks for
//! work by writing would wake itself for ever.

use std::cell::Cell;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::prepared::Prepared as _;
use crate::{Conn, StoreError};

/// The channel on which replicas of PostgreSQL hear of each other's commits.
pub(crate) const CHANNEL: &str = "scimitar";

thread_local! {
    /// Whether the unit that runs on this thread has left work. A unit stays on one thread from beginning to end.
    static WORK_LEFT: Cell<bool> = const { Cell::new(false) };
}

/// Note that the running unit leaves work behind. Others hear of it when it commits.
pub(crate) fn work(conn: &mut Conn) -> Result<(), StoreError> {
    WORK_LEFT.set(true);
    match conn {
        Conn::Postgres(conn) => {
            diesel::sql_query("SELECT pg_notify($1, '')")
                .bind::<Text, _>(CHANNEL)
                .prepared()
                .execute(conn)?;
        }
        Conn::Sqlite(_) => {}
    }
    Ok(())
}

/// Whether the unit that has just ended on this thread left work behind.
pub(crate) fn take() -> bool {
    WORK_LEFT.take()
}

/// Keep the answer of [`take`] for later.
pub(crate) fn put(left: bool) {
    WORK_LEFT.set(left);
}

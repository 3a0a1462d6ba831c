//! The outbox: notes of what happened, each written with the mutation that it tells of.

use diesel::prelude::*;
use scimitar_domain::{Change, ChangeKind, Timestamp};

use crate::conn::on_backend;
use crate::schema::changes;
use crate::sql_types::{At, Json};
use crate::{Conn, StoreError, notice};

/// The notes that one statement writes, far below what either database takes.
const CHUNK: usize = 1000;

/// Note what happened, in this order. Only the functions that make it happen call this, in the same transaction.
pub(crate) fn append(conn: &mut Conn, kinds: &[ChangeKind], now: Timestamp) -> Result<(), StoreError> {
    if kinds.is_empty() {
        return Ok(());
    }
    let row = |kind| -> Result<_, StoreError> {
        let payload = serde_json::to_value(kind).map_err(StoreError::unwritable)?;
        Ok((changes::at.eq(At(now)), changes::payload.eq(Json(payload))))
    };
    if let [kind] = kinds {
        // Nearly always there is one, and its statement is ready.
        diesel::insert_into(changes::table).values(row(kind)?).execute(conn)?;
        return notice::work(conn);
    }
    for chunk in kinds.chunks(CHUNK) {
        let rows: Vec<_> = chunk.iter().map(row).collect::<Result<_, _>>()?;
        on_backend!(conn, |conn| diesel::insert_into(changes::table).values(rows).execute(conn))?;
    }
    notice::work(conn)
}

/// The oldest notes. On PostgreSQL they stay locked until the end of the transaction, and others pass them by.
pub fn take(conn: &mut Conn, limit: i64) -> Result<Vec<Change>, StoreError> {
    let oldest = changes::table.order(changes::id.asc()).limit(limit);
    let rows: Vec<(i64, At, Json)> = match conn {
        Conn::Postgres(conn) => oldest.for_update().skip_locked().load(conn)?,
        Conn::Sqlite(conn) => oldest.load(conn)?,
    };
    rows.into_iter().map(read).collect()
}

/// Remove notes that are dealt with.
pub fn remove(conn: &mut Conn, ids: &[i64]) -> Result<(), StoreError> {
    for chunk in ids.chunks(CHUNK) {
        diesel::delete(changes::table.filter(changes::id.eq_any(chunk))).execute(conn)?;
    }
    Ok(())
}

/// When the oldest note was written: how far behind the outbox is.
pub fn oldest_at(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let oldest: Option<At> =
        changes::table.order(changes::id.asc()).select(changes::at).first(conn).optional()?;
    Ok(oldest.map(|at| at.0))
}

pub fn count(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(changes::table.count().get_result(conn)?)
}

fn read((id, at, payload): (i64, At, Json)) -> Result<Change, StoreError> {
    let kind: ChangeKind = serde_json::from_value(payload.0)
        .map_err(|_unreadable| StoreError::inconsistent("changes", "payload", &id))?;
    Ok(Change { id, at: at.0, kind })
}

//! The guards of sources: how many of its users a source's client may deactivate or delete before somebody has agreed.
//!
//! They count as [`crate::guards`] do. A step that is granted counts in the unit that takes it, so that it does not
//! count when the unit fails; one that is held is noted in a unit of its own, because its unit comes to nothing.

use diesel::prelude::*;
use scimitar_domain::{ObjectKind, SourceId, Timestamp};

use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::guards::{Guard, GuardLimits, Verdict};
use crate::schema::source_guards;
use crate::sql_types::{At, Key};

/// Ask for one deactivation or deletion. When it is granted it counts; when not, nothing is written.
pub fn take(
    conn: &mut Conn,
    source: SourceId,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    let mut guard = current(conn, source, limits, now)?;
    if !guard.ask(1, true, limits, now) {
        return Ok(Verdict::Held(guard));
    }
    write(conn, source, &guard)?;
    Ok(Verdict::Granted)
}

/// Note that one was held. Answers with the guard when it is the first.
pub fn hold(
    conn: &mut Conn,
    source: SourceId,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Option<Guard>, StoreError> {
    let mut guard = current(conn, source, limits, now)?;
    let was_held = guard.held_since.is_some();
    if guard.ask(1, true, limits, now) {
        // Somebody has agreed meanwhile: the client will ask again.
        return Ok(None);
    }
    write(conn, source, &guard)?;
    Ok(Some(guard).filter(|_| !was_held))
}

/// Let pass what is deactivated or deleted until then.
pub fn release(
    conn: &mut Conn,
    source: SourceId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let guard = locked(conn, source, now)?.approved(until);
    write(conn, source, &guard)
}

pub fn find(conn: &mut Conn, source: SourceId) -> Result<Option<Guard>, StoreError> {
    Ok(find_many(conn, &[source])?.pop().map(|(_, guard)| guard))
}

/// The guards of those sources that have one.
pub fn find_many(conn: &mut Conn, sources: &[SourceId]) -> Result<Vec<(SourceId, Guard)>, StoreError> {
    let keys: Vec<Key> = sources.iter().copied().map(Key::from).collect();
    let rows: Vec<Row> = source_guards::table
        .filter(source_guards::source_id.eq_any(keys))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.source_id.into(), row.read())).collect())
}

/// The guard in its window, or in a new one.
fn current(
    conn: &mut Conn,
    source: SourceId,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<Guard, StoreError> {
    let guard = locked(conn, source, now)?;
    if !guard.is_over(limits, now) {
        return Ok(guard);
    }
    Ok(Guard { approved_until: guard.approved_until, ..begun(conn, source, now)? })
}

/// The guard, which nobody else changes until the end of the unit. One that is not there yet is made first: of two who
/// find none, each would count for itself.
fn locked(conn: &mut Conn, source: SourceId, now: Timestamp) -> Result<Guard, StoreError> {
    if let Some(guard) = lock(conn, source)? {
        return Ok(guard);
    }
    let row = Row::of(source, &begun(conn, source, now)?);
    on_backend!(conn, |conn| diesel::insert_into(source_guards::table)
        .values(&row)
        .on_conflict(source_guards::source_id)
        .do_nothing()
        .execute(conn))?;
    lock(conn, source)?.ok_or(StoreError::NotFound("source"))
}

fn lock(conn: &mut Conn, source: SourceId) -> Result<Option<Guard>, StoreError> {
    let row: Option<Row> = match conn {
        Conn::Postgres(conn) => {
            let query = source_guards::table.find(Key::from(source)).select(Row::as_select());
            query.for_update().first(conn).optional()?
        }
        Conn::Sqlite(conn) => {
            source_guards::table.find(Key::from(source)).select(Row::as_select()).first(conn).optional()?
        }
    };
    Ok(row.map(Row::read))
}

fn begun(conn: &mut Conn, source: SourceId, now: Timestamp) -> Result<Guard, StoreError> {
    let managed = crate::source_links::count(conn, source, ObjectKind::User)?;
    Ok(Guard::begun(managed, now))
}

fn write(conn: &mut Conn, source: SourceId, guard: &Guard) -> Result<(), StoreError> {
    let row = Row::of(source, guard);
    on_backend!(conn, |conn| diesel::insert_into(source_guards::table)
        .values(&row)
        .on_conflict(source_guards::source_id)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = source_guards, primary_key(source_id), treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    source_id: Key,
    since: At,
    managed: i64,
    taken: i64,
    held: i64,
    held_since: Option<At>,
    approved_until: Option<At>,
}

impl Row {
    fn of(source: SourceId, guard: &Guard) -> Self {
        Self {
            source_id: source.into(),
            since: At(guard.since),
            managed: guard.managed,
            taken: guard.taken,
            held: guard.held,
            held_since: guard.held_since.map(At),
            approved_until: guard.approved_until.map(At),
        }
    }

    fn read(self) -> Guard {
        Guard {
            since: self.since.0,
            managed: self.managed,
            taken: self.taken,
            held: self.held,
            held_since: self.held_since.map(|at| at.0),
            approved_until: self.approved_until.map(|at| at.0),
            reason: None,
            rejected_by: None,
        }
    }
}

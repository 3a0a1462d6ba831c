//! Lanes: whether the jobs of a lane may run now, and why not.

use diesel::prelude::*;
use scimitar_domain::Timestamp;

use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::lanes;
use crate::sql_types::At;

/// What is known of a lane that was paused before. A lane without a row has always run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub name: String,
    /// Nothing of it is claimed before this moment.
    pub paused_until: Option<Timestamp>,
    /// The class of the failure that paused it.
    pub class: Option<String>,
    pub reason: Option<String>,
    /// Pauses since it last ran well; the next pause is chosen by it.
    pub failures: i32,
    pub updated_at: Timestamp,
}

/// Let nothing of `lane` be claimed before `until`. Returns how often it was paused in a row, this one counted.
///
/// A pause never shortens one that reaches further.
pub fn pause(
    conn: &mut Conn,
    lane: &str,
    until: Timestamp,
    class: &str,
    reason: &str,
    now: Timestamp,
) -> Result<i32, StoreError> {
    let known = row(conn, lane)?;
    let failures = known.as_ref().map_or(0, |row| row.failures).saturating_add(1);
    let until = known.and_then(|row| row.paused_until).map_or(until, |other| other.0.max(until));
    let row = LaneRow {
        name: lane.to_owned(),
        paused_until: Some(At(until)),
        class: Some(class.to_owned()),
        reason: Some(reason.to_owned()),
        failures,
        updated_at: At(now),
    };
    on_backend!(conn, |conn| diesel::insert_into(lanes::table)
        .values(&row)
        .on_conflict(lanes::name)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(failures)
}

/// Something of the lane went well: a pause that is over is forgotten, with the failures before it. One that goes on
/// stays, since whatever went well was under way when it began. Costs one lookup when there is nothing to forget.
pub fn resume(conn: &mut Conn, lane: &str, now: Timestamp) -> Result<(), StoreError> {
    match row(conn, lane)? {
        Some(row) if row.paused_until.is_none_or(|until| until.0 <= now) => clear(conn, row, now),
        Some(_) | None => Ok(()),
    }
}

/// Let a lane run again at once, because somebody has mended what made it pause.
pub fn open(conn: &mut Conn, lane: &str, now: Timestamp) -> Result<(), StoreError> {
    row(conn, lane)?.map_or(Ok(()), |row| clear(conn, row, now))
}

fn clear(conn: &mut Conn, row: LaneRow, now: Timestamp) -> Result<(), StoreError> {
    if row.paused_until.is_none() && row.failures == 0 {
        return Ok(());
    }
    let lane = row.name.clone();
    let open =
        LaneRow { paused_until: None, class: None, reason: None, failures: 0, updated_at: At(now), ..row };
    diesel::update(lanes::table.find(&lane)).set(&open).prepared().execute(conn)?;
    Ok(())
}

/// Note that people are told of a rest of this lane. Answers whether that is news.
pub fn tell(conn: &mut Conn, lane: &str, now: Timestamp) -> Result<bool, StoreError> {
    let known: Option<bool> = lanes::table.find(lane).select(lanes::told).first(conn).optional()?;
    if known == Some(true) {
        return Ok(false);
    }
    let row = (lanes::name.eq(lane), lanes::updated_at.eq(At(now)), lanes::told.eq(true));
    on_backend!(conn, |conn| diesel::insert_into(lanes::table)
        .values(row)
        .on_conflict(lanes::name)
        .do_update()
        .set(lanes::told.eq(true))
        .execute(conn))?;
    Ok(true)
}

/// Note that it recovered. Answers whether people were told of a rest.
pub fn untell(conn: &mut Conn, lane: &str) -> Result<bool, StoreError> {
    let told = lanes::table.filter(lanes::name.eq(lane).and(lanes::told.eq(true)));
    Ok(diesel::update(told).set(lanes::told.eq(false)).execute(conn)? == 1)
}

pub fn find(conn: &mut Conn, lane: &str) -> Result<Option<Lane>, StoreError> {
    Ok(row(conn, lane)?.map(Lane::from))
}

/// The lanes that have a pause written down, also one that is over but after which none of its jobs went well.
pub fn paused(conn: &mut Conn) -> Result<Vec<Lane>, StoreError> {
    let rows = lanes::table
        .filter(lanes::paused_until.is_not_null())
        .order(lanes::name)
        .select(LaneRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Lane::from).collect())
}

/// Forget a lane, when what it served is gone.
pub fn remove(conn: &mut Conn, lane: &str) -> Result<(), StoreError> {
    diesel::delete(lanes::table.find(lane)).execute(conn)?;
    Ok(())
}

fn row(conn: &mut Conn, lane: &str) -> Result<Option<LaneRow>, StoreError> {
    Ok(lanes::table.find(lane).select(LaneRow::as_select()).first(conn).optional()?)
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = lanes, primary_key(name), treat_none_as_null = true, treat_none_as_default_value = false)]
struct LaneRow {
    name: String,
    paused_until: Option<At>,
    class: Option<String>,
    reason: Option<String>,
    failures: i32,
    updated_at: At,
}

impl From<LaneRow> for Lane {
    fn from(row: LaneRow) -> Self {
        Self {
            name: row.name,
            paused_until: row.paused_until.map(|it| it.0),
            class: row.class,
            reason: row.reason,
            failures: row.failures,
            updated_at: row.updated_at.0,
        }
    }
}

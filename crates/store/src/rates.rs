//! Rates: when a provider's remote may be called next. All processes take their turns from one line of time, several at
//! once, so that a call costs no write.

use chrono::TimeDelta;
use diesel::prelude::*;
use scimitar_domain::{ProviderPk, Timestamp};

use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::rates;
use crate::sql_types::At;

/// How often a remote may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two calls on the long run.
    pub interval: TimeDelta,
    /// Calls that may be made at once after a while without any. At least one.
    pub burst: i32,
}

/// Take the next `n_turns` turns. They are one interval apart, from the moment that is answered on; moments that have
/// passed may be used at once.
pub fn take(
    conn: &mut Conn,
    provider: ProviderPk,
    pace: Pace,
    n_turns: i32,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let earliest = now - pace.interval * (pace.burst - 1).max(0);
    let row = (rates::provider_pk.eq(provider.0), rates::next_at.eq(At(earliest)));
    on_backend!(conn, |conn| diesel::insert_into(rates::table)
        .values(row)
        .on_conflict(rates::provider_pk)
        .do_nothing()
        .execute(conn))?;
    let query = rates::table.find(provider.0).select(rates::next_at);
    let next: At = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn)?,
        Conn::Sqlite(conn) => query.first(conn)?,
    };
    let first = next.0.max(earliest);
    diesel::update(rates::table.find(provider.0))
        .set(rates::next_at.eq(At(first + pace.interval * n_turns)))
        .execute(conn)?;
    Ok(first)
}

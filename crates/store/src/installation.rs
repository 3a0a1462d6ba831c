//! The identity of this installation.

use diesel::prelude::*;
use scimitar_domain::{InstallId, Timestamp};

use crate::conn::on_backend;
use crate::schema::installation;
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

/// The identity that was settled at the first start; at the first start, this one.
///
/// Of several replicas that start at once, one settles it for all.
pub fn get_or_create(conn: &mut Conn, candidate: InstallId, now: Timestamp) -> Result<InstallId, StoreError> {
    let row = (
        installation::id.eq(1_i16),
        installation::install_id.eq(Key(candidate.0)),
        installation::created_at.eq(At(now)),
    );
    on_backend!(conn, |conn| diesel::insert_into(installation::table)
        .values(row)
        .on_conflict(installation::id)
        .do_nothing()
        .execute(conn))?;
    let settled: Key = installation::table.select(installation::install_id).first(conn)?;
    Ok(InstallId(settled.0))
}

//! How much goes into one statement, and how a part of a unit is undone alone.

use diesel::Connection;

use crate::conn::Conn;
use crate::error::StoreError;

/// Rows of one insert. SQLite takes 32,766 variables in a statement; this stays far below for any table.
pub(crate) const ROWS_PER_INSERT: usize = 200;

/// Run a part of a unit that may fail without spoiling the rest.
#[expect(clippy::disallowed_methods, reason = "a savepoint inside of the unit's transaction")]
pub(crate) fn savepoint<T>(
    conn: &mut Conn,
    part: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.transaction(part)
}

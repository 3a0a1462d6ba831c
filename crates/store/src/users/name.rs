//! Names that are taken although nobody is called exactly so.

use diesel::dsl::exists;
use diesel::prelude::*;
use scimitar_domain::UserPk;

use crate::functions::fold;
use crate::schema::users;
use crate::{Conn, StoreError, Unique};

/// Refuse a name that somebody else has in another case of letters.
///
/// The directory itself tells such names apart, the clients of sources do not (RFC 7643 §4.1.1: `userName` is not
/// case-exact). On PostgreSQL all who ask for one name this way stand in line until the end of their transactions.
pub fn require_unlike(conn: &mut Conn, username: &str, own: Option<UserPk>) -> Result<(), StoreError> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended(scimitar_fold($1), 0))")
            .bind::<diesel::sql_types::Text, _>(username)
            .execute(conn)?;
    }
    let others = users::table
        .filter(fold(users::username).eq(fold(username)))
        .filter(users::pk.ne(own.map_or(0, |pk| pk.0)))
        .select(users::pk);
    let is_taken: bool = diesel::select(exists(others)).get_result(conn)?;
    if is_taken { Err(StoreError::Taken(Unique::Username)) } else { Ok(()) }
}

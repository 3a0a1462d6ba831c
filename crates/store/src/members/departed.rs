//! Members of remote groups whose users were deleted here and stay there, deactivated: nobody is a member any more.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use scimitar_domain::{LinkId, UserPk};

use super::Member;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::departed_members;
use crate::sql_types::{Id, Key};

/// Links of a user whom a remote has and is to keep when they are deleted here.
const KEPT: &str = "FROM links u JOIN providers p ON p.pk = u.provider_pk \
     WHERE u.user_pk = $1 AND u.remote_id IS NOT NULL \
     AND p.user_deprovisioning IN ('deactivate', 'deactivate_then_delete')";

/// Note of a user who is about to be deleted in which remote groups they are or may be, where they are only
/// deactivated. Answers whether there are any.
pub(crate) fn depart(conn: &mut Conn, user: UserPk) -> Result<bool, StoreError> {
    let noted = diesel::sql_query(format!(
        "WITH kept AS (SELECT u.id, u.provider_pk, u.remote_id {KEPT}) \
         INSERT INTO departed_members (group_link_id, user_link_id, remote_id) \
         SELECT g.id, k.id, k.remote_id FROM kept k JOIN memberships m ON m.user_pk = $1 \
         JOIN links g ON g.provider_pk = k.provider_pk AND g.group_id = m.group_id \
         UNION SELECT a.group_link_id, k.id, k.remote_id FROM kept k \
         JOIN acked_members a ON a.user_link_id = k.id"
    ))
    .bind::<Integer, _>(user.0)
    .prepared()
    .execute(conn)?;
    Ok(noted > 0)
}

/// Whom the remote is to take out of a group, and those of whom somebody else is a member who stands for the same
/// resource now: they stay.
pub fn departed(
    conn: &mut Conn,
    group_link: LinkId,
    limit: i64,
) -> Result<(Vec<Member>, Vec<LinkId>), StoreError> {
    let rows: Vec<DepartedRow> = diesel::sql_query(
        "SELECT d.user_link_id, d.remote_id, EXISTS (\
             SELECT 1 FROM acked_members a JOIN links u ON u.id = a.user_link_id \
             WHERE a.group_link_id = $1 AND u.remote_id = d.remote_id) AS is_taken_over \
         FROM departed_members d WHERE d.group_link_id = $1 ORDER BY d.user_link_id LIMIT $2",
    )
    .bind::<Id, _>(Key::from(group_link))
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    let (taken_over, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_taken_over);
    let member = |row: DepartedRow| Member {
        link: row.user_link_id.into(),
        remote_id: row.remote_id,
        is_group: false,
    };
    Ok((
        gone.into_iter().map(member).collect(),
        taken_over.into_iter().map(|row| row.user_link_id.into()).collect(),
    ))
}

/// These are members no more.
pub(super) fn forget(conn: &mut Conn, group_link: Key, gone: &[LinkId]) -> Result<(), StoreError> {
    let gone: Vec<Key> = gone.iter().copied().map(Key::from).collect();
    let theirs = departed_members::table
        .filter(departed_members::group_link_id.eq(group_link))
        .filter(departed_members::user_link_id.eq_any(gone));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

#[derive(Debug, QueryableByName)]
struct DepartedRow {
    #[diesel(sql_type = Id)]
    user_link_id: Key,
    #[diesel(sql_type = Text)]
    remote_id: String,
    #[diesel(sql_type = Bool)]
    is_taken_over: bool,
}

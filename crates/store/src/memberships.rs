//! Who belongs to which group: the table alone. Users and groups say when it may change.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use scimitar_domain::{GroupId, UserPk};

use crate::conn::on_backend;
use crate::schema::{groups, memberships, users};
use crate::sql_types::Key;
use crate::{Conn, StoreError};

/// The rows that one statement names.
const CHUNK: usize = 1000;

/// Holds for memberships of a group that makes superusers, itself or through one of its ancestors.
///
/// UNION, unlike UNION ALL, ends where it meets a group again, so a circle does no harm.
pub(crate) fn of_powerful_groups() -> SqlLiteral<Bool> {
    sql("memberships.group_id IN (\
         WITH RECURSIVE powerful (id) AS (\
         SELECT id FROM groups WHERE is_superuser \
         UNION SELECT edge.group_id FROM group_parents AS edge JOIN powerful ON edge.parent_id = powerful.id\
         ) SELECT id FROM powerful)")
}

/// The groups that the user is a direct member of.
pub(crate) fn groups_of(conn: &mut Conn, user: UserPk) -> Result<BTreeSet<GroupId>, StoreError> {
    let keys: Vec<Key> = memberships::table
        .filter(memberships::user_pk.eq(user.0))
        .select(memberships::group_id)
        .load(conn)?;
    Ok(keys.into_iter().map(GroupId::from).collect())
}

/// The direct members of the group.
pub(crate) fn users_of(conn: &mut Conn, group: GroupId) -> Result<BTreeSet<UserPk>, StoreError> {
    let pks: Vec<i32> = memberships::table
        .filter(memberships::group_id.eq(Key::from(group)))
        .select(memberships::user_pk)
        .load(conn)?;
    Ok(pks.into_iter().map(UserPk).collect())
}

/// Those of them that are direct members of the group.
pub(crate) fn among(
    conn: &mut Conn,
    group: GroupId,
    users: &[UserPk],
) -> Result<BTreeSet<UserPk>, StoreError> {
    let mut found = BTreeSet::new();
    for chunk in users.chunks(CHUNK) {
        let pks: Vec<i32> = memberships::table
            .filter(memberships::group_id.eq(Key::from(group)))
            .filter(memberships::user_pk.eq_any(chunk.iter().map(|pk| pk.0)))
            .select(memberships::user_pk)
            .load(conn)?;
        found.extend(pks.into_iter().map(UserPk));
    }
    Ok(found)
}

/// Add memberships that are not there yet, and tell how many were not.
pub(crate) fn insert(conn: &mut Conn, pairs: &[(GroupId, UserPk)]) -> Result<usize, StoreError> {
    let mut inserted = 0;
    for chunk in pairs.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|&(group, user)| {
                (memberships::group_id.eq(Key::from(group)), memberships::user_pk.eq(user.0))
            })
            .collect();
        inserted += on_backend!(conn, |conn| diesel::insert_into(memberships::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(inserted)
}

/// Remove memberships, and tell how many there were.
pub(crate) fn remove(conn: &mut Conn, pairs: &[(GroupId, UserPk)]) -> Result<usize, StoreError> {
    let mut removed = 0;
    for (group, user) in pairs {
        removed += diesel::delete(memberships::table.find((Key::from(*group), user.0))).execute(conn)?;
    }
    Ok(removed)
}

/// Note that what is known of these users has changed along with their memberships.
pub(crate) fn touch_users(conn: &mut Conn, pks: &BTreeSet<UserPk>) -> Result<(), StoreError> {
    let pks: Vec<i32> = pks.iter().map(|pk| pk.0).collect();
    for chunk in pks.chunks(CHUNK) {
        diesel::update(users::table.filter(users::pk.eq_any(chunk)))
            .set(users::version.eq(users::version + 1))
            .execute(conn)?;
    }
    Ok(())
}

pub(crate) fn require_groups(conn: &mut Conn, ids: &BTreeSet<GroupId>) -> Result<(), StoreError> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    for chunk in keys.chunks(CHUNK) {
        let found: Vec<Key> = groups::table.filter(groups::id.eq_any(chunk)).select(groups::id).load(conn)?;
        if let Some(missing) = chunk.iter().find(|key| !found.contains(key)) {
            return Err(StoreError::missing("groups", &missing.0));
        }
    }
    Ok(())
}

pub(crate) fn require_users(conn: &mut Conn, pks: &BTreeSet<UserPk>) -> Result<(), StoreError> {
    let pks: Vec<i32> = pks.iter().map(|pk| pk.0).collect();
    for chunk in pks.chunks(CHUNK) {
        let found: Vec<i32> = users::table
            .filter(users::pk.eq_any(chunk))
            .order(users::pk.asc())
            .select(users::pk)
            .load(conn)?;
        if let Some(missing) = chunk.iter().find(|pk| found.binary_search(pk).is_err()) {
            return Err(StoreError::missing("users", missing));
        }
    }
    Ok(())
}

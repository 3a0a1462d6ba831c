//! Groups: named sets of users, each below any number of others.

mod delete;
mod find;
mod list;
mod parents;
mod row;

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{ChangeKind, Group, GroupFields, GroupId, Timestamp, UserPk};

use crate::prepared::Prepared as _;
use crate::schema::{groups, users};
use crate::sql_types::Key;
use crate::{Conn, StoreError, changes, memberships, source_links};

pub use delete::delete;
pub use find::{
    all_above, ancestors, child_keys, children, find, find_by_name, find_many, get, keys_of_users,
    member_keys, members, of_users,
};
pub use list::{GroupFilter, page};
pub(crate) use row::GroupRow;

/// Add a group with these direct members.
pub fn insert(
    conn: &mut Conn,
    id: GroupId,
    fields: &GroupFields,
    members: &[UserPk],
    now: Timestamp,
) -> Result<Group, StoreError> {
    let members: BTreeSet<UserPk> = members.iter().copied().collect();
    parents::require(conn, id, &fields.parents)?;
    memberships::require_users(conn, &members)?;
    let row: GroupRow = diesel::insert_into(groups::table)
        .values((groups::id.eq(Key::from(id)), row::GroupColumns::of(fields)))
        .returning(groups::all_columns)
        .get_result(conn)?;
    if !fields.parents.is_empty() {
        parents::write(conn, id, &fields.parents)?;
    }
    memberships::insert(conn, &members.iter().map(|user| (id, *user)).collect::<Vec<_>>())?;
    memberships::touch_users(conn, &members)?;
    let mut notes = vec![ChangeKind::GroupSaved { group: id }];
    notes.extend(parents::moved(&[], &fields.parents));
    notes.extend(members.iter().map(|&user| ChangeKind::MemberAdded { group: id, user }));
    changes::append(conn, &notes, now)?;
    Ok(row.read())
}

/// Change a group, and with `Some` its direct members. What is already so leaves no trace.
pub fn update(
    conn: &mut Conn,
    id: GroupId,
    fields: &GroupFields,
    members: Option<&[UserPk]>,
    now: Timestamp,
) -> Result<Group, StoreError> {
    let before = lock(conn, id)?;
    let mut group = before.clone();
    let mut notes = Vec::new();
    if before.fields != *fields {
        if before.fields.parents != fields.parents {
            parents::require(conn, id, &fields.parents)?;
            parents::write(conn, id, &fields.parents)?;
        }
        let row: GroupRow = diesel::update(groups::table.find(Key::from(id)))
            .set((row::GroupColumns::of(fields), groups::version.eq(groups::version + 1)))
            .returning(groups::all_columns)
            .prepared()
            .get_result(conn)?;
        group = row.read();
        notes.push(ChangeKind::GroupSaved { group: id });
        notes.extend(parents::moved(&before.fields.parents, &fields.parents));
    }
    if let Some(members) = members {
        let moved = replace_members(conn, id, members)?;
        if !moved.is_empty() {
            source_links::touch_groups(conn, &[id], now)?;
        }
        notes.extend(moved);
    }
    changes::append(conn, &notes, now)?;
    Ok(group)
}

/// Make the user a direct member. False when it was one already.
pub fn add_member(conn: &mut Conn, id: GroupId, user: UserPk, now: Timestamp) -> Result<bool, StoreError> {
    require_both(conn, id, user)?;
    if memberships::insert(conn, &[(id, user)])? == 0 {
        return Ok(false);
    }
    memberships::touch_users(conn, &BTreeSet::from([user]))?;
    source_links::touch_groups(conn, &[id], now)?;
    changes::append(conn, &[ChangeKind::MemberAdded { group: id, user }], now)?;
    Ok(true)
}

/// End the user's direct membership. False when there was none.
pub fn remove_member(conn: &mut Conn, id: GroupId, user: UserPk, now: Timestamp) -> Result<bool, StoreError> {
    require_both(conn, id, user)?;
    if memberships::remove(conn, &[(id, user)])? == 0 {
        return Ok(false);
    }
    memberships::touch_users(conn, &BTreeSet::from([user]))?;
    source_links::touch_groups(conn, &[id], now)?;
    changes::append(conn, &[ChangeKind::MemberRemoved { group: id, user }], now)?;
    Ok(true)
}

/// Make users direct members and end the membership of others, by their number and not by the size of the group.
///
/// Nobody is in both sets. What is already so leaves no trace. Whoever calls holds the group's lock.
pub fn change_members(
    conn: &mut Conn,
    id: GroupId,
    add: &BTreeSet<UserPk>,
    remove: &BTreeSet<UserPk>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let named: Vec<UserPk> = add.union(remove).copied().collect();
    let there = memberships::among(conn, id, &named)?;
    let added: BTreeSet<UserPk> = add.difference(&there).copied().collect();
    let removed: BTreeSet<UserPk> = remove.intersection(&there).copied().collect();
    memberships::require_users(conn, &added)?;
    memberships::remove(conn, &removed.iter().map(|user| (id, *user)).collect::<Vec<_>>())?;
    memberships::insert(conn, &added.iter().map(|user| (id, *user)).collect::<Vec<_>>())?;
    memberships::touch_users(conn, &added.union(&removed).copied().collect())?;
    if !added.is_empty() || !removed.is_empty() {
        source_links::touch_groups(conn, &[id], now)?;
    }
    let added = added.into_iter().map(|user| ChangeKind::MemberAdded { group: id, user });
    let removed = removed.into_iter().map(|user| ChangeKind::MemberRemoved { group: id, user });
    changes::append(conn, &added.chain(removed).collect::<Vec<_>>(), now)
}

/// Read a group and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever changes
/// what it has read must read it this way.
pub fn lock(conn: &mut Conn, id: GroupId) -> Result<Group, StoreError> {
    let query = groups::table.find(Key::from(id));
    let row: Option<GroupRow> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    Ok(row.ok_or(StoreError::NotFound("group"))?.read())
}

fn replace_members(conn: &mut Conn, id: GroupId, members: &[UserPk]) -> Result<Vec<ChangeKind>, StoreError> {
    let wanted: BTreeSet<UserPk> = members.iter().copied().collect();
    let had = memberships::users_of(conn, id)?;
    let added: BTreeSet<UserPk> = wanted.difference(&had).copied().collect();
    let removed: BTreeSet<UserPk> = had.difference(&wanted).copied().collect();
    memberships::require_users(conn, &added)?;
    memberships::remove(conn, &removed.iter().map(|user| (id, *user)).collect::<Vec<_>>())?;
    memberships::insert(conn, &added.iter().map(|user| (id, *user)).collect::<Vec<_>>())?;
    memberships::touch_users(conn, &added.union(&removed).copied().collect())?;
    let added = added.into_iter().map(|user| ChangeKind::MemberAdded { group: id, user });
    let removed = removed.into_iter().map(|user| ChangeKind::MemberRemoved { group: id, user });
    Ok(added.chain(removed).collect())
}

fn require_both(conn: &mut Conn, id: GroupId, user: UserPk) -> Result<(), StoreError> {
    let group: i64 = groups::table.filter(groups::id.eq(Key::from(id))).count().get_result(conn)?;
    if group == 0 {
        return Err(StoreError::NotFound("group"));
    }
    let user: i64 = users::table.filter(users::pk.eq(user.0)).count().get_result(conn)?;
    if user == 0 { Err(StoreError::NotFound("user")) } else { Ok(()) }
}

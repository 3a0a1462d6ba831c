//! Finding groups, their members and their ancestors.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use scimitar_domain::{Group, GroupId, User, UserPk};

use crate::groups::GroupRow;
use crate::schema::{group_parents, groups, memberships, users};
use crate::sql_types::Key;
use crate::users::UserRow;
use crate::{Conn, StoreError};

/// The keys that one statement names.
const CHUNK: usize = 1000;

pub fn find(conn: &mut Conn, id: GroupId) -> Result<Option<Group>, StoreError> {
    let row: Option<GroupRow> = groups::table.find(Key::from(id)).first(conn).optional()?;
    Ok(row.map(GroupRow::read))
}

pub fn get(conn: &mut Conn, id: GroupId) -> Result<Group, StoreError> {
    find(conn, id)?.ok_or(StoreError::NotFound("group"))
}

/// Those of them that exist, by key.
pub fn find_many(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
    let distinct: BTreeSet<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let distinct: Vec<Key> = distinct.into_iter().collect();
    let mut found = Vec::with_capacity(distinct.len());
    for chunk in distinct.chunks(CHUNK) {
        let rows: Vec<GroupRow> =
            groups::table.filter(groups::id.eq_any(chunk)).order(groups::id.asc()).load(conn)?;
        found.extend(rows.into_iter().map(GroupRow::read));
    }
    Ok(found)
}

pub fn find_by_name(conn: &mut Conn, name: &str) -> Result<Option<Group>, StoreError> {
    let row: Option<GroupRow> = groups::table.filter(groups::name.eq(name)).first(conn).optional()?;
    Ok(row.map(GroupRow::read))
}

/// The direct members of the groups, each group's by user key.
pub fn members(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, User)>, StoreError> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let rows: Vec<(Key, UserRow)> = memberships::table
            .inner_join(users::table)
            .filter(memberships::group_id.eq_any(chunk))
            .order((memberships::group_id.asc(), memberships::user_pk.asc()))
            .select((memberships::group_id, users::all_columns))
            .load(conn)?;
        for (group, row) in rows {
            found.push((GroupId::from(group), row.read()?));
        }
    }
    Ok(found)
}

/// The keys of the direct members of the groups, each group's in order.
pub fn member_keys(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, UserPk)>, StoreError> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let rows: Vec<(Key, i32)> = memberships::table
            .filter(memberships::group_id.eq_any(chunk))
            .order((memberships::group_id.asc(), memberships::user_pk.asc()))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(group, user)| (GroupId::from(group), UserPk(user))));
    }
    Ok(found)
}

/// The groups that the users are direct members of, each user's by name.
pub fn of_users(conn: &mut Conn, pks: &[UserPk]) -> Result<Vec<(UserPk, Group)>, StoreError> {
    let mut found = Vec::new();
    for chunk in pks.chunks(CHUNK) {
        let rows: Vec<(i32, GroupRow)> = memberships::table
            .inner_join(groups::table)
            .filter(memberships::user_pk.eq_any(chunk.iter().map(|pk| pk.0)))
            .order((memberships::user_pk.asc(), groups::name.asc()))
            .select((memberships::user_pk, groups::all_columns))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(pk, row)| (UserPk(pk), row.read())));
    }
    Ok(found)
}

/// The keys of the groups that the users are direct members of, each user's by the groups' names.
pub fn keys_of_users(conn: &mut Conn, pks: &[UserPk]) -> Result<Vec<(UserPk, GroupId)>, StoreError> {
    let mut found = Vec::new();
    for chunk in pks.chunks(CHUNK) {
        let rows: Vec<(i32, Key)> = memberships::table
            .inner_join(groups::table)
            .filter(memberships::user_pk.eq_any(chunk.iter().map(|pk| pk.0)))
            .order((memberships::user_pk.asc(), groups::name.asc()))
            .select((memberships::user_pk, groups::id))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(pk, id)| (UserPk(pk), GroupId::from(id))));
    }
    Ok(found)
}

/// The groups right below these, each naming its parents, by name.
pub fn children(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let below = group_parents::table
            .filter(group_parents::parent_id.eq_any(chunk))
            .select(group_parents::group_id);
        let rows: Vec<GroupRow> =
            groups::table.filter(groups::id.eq_any(below)).order(groups::name.asc()).load(conn)?;
        found.extend(rows.into_iter().map(GroupRow::read));
    }
    Ok(found)
}

/// The keys of the groups right below these, each parent's by name: the parent, then the child.
pub fn child_keys(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, GroupId)>, StoreError> {
    let keys: Vec<Key> = ids.iter().map(|id| Key::from(*id)).collect();
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let rows: Vec<(Key, Key)> = group_parents::table
            .inner_join(groups::table.on(groups::id.eq(group_parents::group_id)))
            .filter(group_parents::parent_id.eq_any(chunk))
            .order((group_parents::parent_id.asc(), groups::name.asc()))
            .select((group_parents::parent_id, group_parents::group_id))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(parent, child)| (parent.into(), child.into())));
    }
    Ok(found)
}

/// Which groups stand above these, as pairs of a group and one above it.
pub fn all_above(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<(GroupId, GroupId)>, StoreError> {
    let mut pairs = BTreeSet::new();
    let mut level: BTreeSet<(Key, Key)> = ids.iter().map(|id| (Key::from(*id), Key::from(*id))).collect();
    while !level.is_empty() {
        let ends: BTreeSet<Key> = level.iter().map(|(_, end)| *end).collect();
        let mut parents: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for ends in ends.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
            let arrows: Vec<(Key, Key)> = group_parents::table
                .filter(group_parents::group_id.eq_any(ends))
                .select((group_parents::group_id, group_parents::parent_id))
                .load(conn)?;
            for (child, parent) in arrows {
                parents.entry(child).or_default().push(parent);
            }
        }
        let next = level
            .iter()
            .flat_map(|(start, end)| parents.get(end).into_iter().flatten().map(|parent| (*start, *parent)));
        level = next.collect::<Vec<_>>().into_iter().filter(|pair| pairs.insert(*pair)).collect();
    }
    Ok(pairs.into_iter().map(|(group, above)| (group.into(), above.into())).collect())
}

/// All groups above these, nearest first, each once. A group is among its own ancestors only if the data hold
/// a circle.
pub fn ancestors(conn: &mut Conn, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
    let mut found: Vec<Group> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut level: Vec<GroupId> = above(&find_many(conn, ids)?);
    loop {
        level.retain(|id| seen.insert(*id));
        if level.is_empty() {
            return Ok(found);
        }
        let groups = find_many(conn, &level)?;
        level = above(&groups);
        found.extend(groups);
    }
}

fn above(groups: &[Group]) -> Vec<GroupId> {
    groups.iter().flat_map(|group| group.fields.parents.iter().copied()).collect()
}

//! The arrows from groups to their parents.
//!
//! A group's row says which its parents are; the table has the same arrows, to be followed from above. Both are
//! written here and nowhere else.

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{ChangeKind, GroupId};

use super::find;
use crate::conn::on_backend;
use crate::schema::{group_parents, groups};
use crate::sql_types::{Json, Key};
use crate::{Conn, StoreError};

/// The parents must exist and have no ancestor that is the group itself.
pub(super) fn require(conn: &mut Conn, id: GroupId, parents: &[GroupId]) -> Result<(), StoreError> {
    if parents.contains(&id) {
        return Err(StoreError::Circle);
    }
    let known: BTreeSet<GroupId> = find::find_many(conn, parents)?.iter().map(|group| group.id).collect();
    if let Some(unknown) = parents.iter().find(|parent| !known.contains(parent)) {
        return Err(StoreError::missing("parents", unknown));
    }
    let circle = find::ancestors(conn, parents)?.iter().any(|ancestor| ancestor.id == id);
    if circle { Err(StoreError::Circle) } else { Ok(()) }
}

/// Let the table say what the group's row says.
pub(super) fn write(conn: &mut Conn, id: GroupId, parents: &[GroupId]) -> Result<(), StoreError> {
    diesel::delete(group_parents::table.filter(group_parents::group_id.eq(Key::from(id)))).execute(conn)?;
    let distinct: BTreeSet<GroupId> = parents.iter().copied().collect();
    let rows: Vec<_> = distinct
        .into_iter()
        .map(|parent| {
            (group_parents::group_id.eq(Key::from(id)), group_parents::parent_id.eq(Key::from(parent)))
        })
        .collect();
    if !rows.is_empty() {
        on_backend!(conn, |conn| diesel::insert_into(group_parents::table).values(rows).execute(conn))?;
    }
    Ok(())
}

/// What is noted when a group's parents are others than before.
pub(super) fn moved(before: &[GroupId], after: &[GroupId]) -> Vec<ChangeKind> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
    before
        .symmetric_difference(&after)
        .map(|parent| ChangeKind::ChildrenChanged { group: **parent })
        .collect()
}

/// The groups right below one.
pub(super) fn below(conn: &mut Conn, id: GroupId) -> Result<Vec<GroupId>, StoreError> {
    let keys: Vec<Key> = group_parents::table
        .filter(group_parents::parent_id.eq(Key::from(id)))
        .order(group_parents::group_id.asc())
        .select(group_parents::group_id)
        .load(conn)?;
    Ok(keys.into_iter().map(GroupId::from).collect())
}

/// Take the children from a group that is about to go, and tell which they are. Its arrows go with its row.
pub(super) fn orphan(conn: &mut Conn, id: GroupId) -> Result<Vec<GroupId>, StoreError> {
    let children = below(conn, id)?;
    for child in &children {
        let mut left = super::lock(conn, *child)?.fields.parents;
        left.retain(|parent| *parent != id);
        diesel::update(groups::table.find(Key::from(*child)))
            .set((groups::parents.eq(Json::from(left.as_slice())), groups::version.eq(groups::version + 1)))
            .execute(conn)?;
    }
    Ok(children)
}

//! Deleting a group, and what that means for those who refer to it.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use scimitar_domain::{ChangeKind, GroupId, Timestamp};

use super::parents;
use crate::schema::{groups, memberships, provider_group_filters, providers, users};
use crate::sql_types::Key;
use crate::{Conn, StoreError, buried, changes};

/// Delete a group. What remotes know of it is left to tombstones; its children keep their other parents; providers whose
/// scope it limited are held, because the wider scope that remains was nobody's decision.
pub fn delete(conn: &mut Conn, id: GroupId, now: Timestamp) -> Result<(), StoreError> {
    let group = super::lock(conn, id)?;
    let name = &group.fields.name;
    buried::group(conn, id, name, now)?;
    hold_users_of(conn, id, name)?;
    hold_groups_of(conn, id, name)?;
    touch_members(conn, id)?;
    let mut notes = vec![ChangeKind::GroupDeleted { group: id }];
    notes.extend(parents::orphan(conn, id)?.into_iter().map(|group| ChangeKind::GroupSaved { group }));
    notes.extend(parents::moved(&group.fields.parents, &[]));
    diesel::delete(groups::table.find(Key::from(id))).execute(conn)?;
    changes::append(conn, &notes, now)
}

/// Hold the providers that send the members of this group only.
fn hold_users_of(conn: &mut Conn, id: GroupId, name: &str) -> Result<(), StoreError> {
    let reason = format!(
        "The group `{name}`, whose members this provider sends, was deleted. \
         Nothing is sent until the provider is saved again."
    );
    diesel::update(providers::table.filter(providers::filter_group_id.eq(Key::from(id))))
        .set(providers::held.eq(reason))
        .execute(conn)?;
    Ok(())
}

/// Hold the providers that send this group and no other.
fn hold_groups_of(conn: &mut Conn, id: GroupId, name: &str) -> Result<(), StoreError> {
    let reason = format!(
        "The group `{name}`, the last that this provider was limited to, was deleted. \
         Nothing is sent until the provider is saved again."
    );
    let key = Key::from(id);
    let others = provider_group_filters::table
        .filter(provider_group_filters::provider_pk.eq(providers::pk))
        .filter(provider_group_filters::group_id.ne(key));
    let limited = provider_group_filters::table
        .filter(provider_group_filters::group_id.eq(key))
        .select(provider_group_filters::provider_pk);
    let alone: Vec<i32> = providers::table
        .filter(providers::pk.eq_any(limited))
        .filter(not(exists(others)))
        .select(providers::pk)
        .load(conn)?;
    diesel::update(providers::table.filter(providers::pk.eq_any(alone)))
        .set(providers::held.eq(reason))
        .execute(conn)?;
    Ok(())
}

fn touch_members(conn: &mut Conn, id: GroupId) -> Result<(), StoreError> {
    let members =
        memberships::table.filter(memberships::group_id.eq(Key::from(id))).select(memberships::user_pk);
    diesel::update(users::table.filter(users::pk.eq_any(members)))
        .set(users::version.eq(users::version + 1))
        .execute(conn)?;
    Ok(())
}

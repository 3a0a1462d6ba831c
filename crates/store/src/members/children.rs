//! Groups as members of the groups right above them, for providers that send them so.
//!
//! What the remote has acknowledged of them lies apart from the users: there are few, so a group of any size is asked
//! for them at no cost. What is about to be sent of them is written down before: until it is acknowledged the remote
//! may have it or not, so it is sent again, or taken back, whichever is wanted then.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use scimitar_domain::{GroupId, LinkId, NestedGroups, ObjectKind, ProviderPk};
use uuid::Uuid;

use super::{Delta, Member, MemberRow, Place, place, with_remote_ids};
use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::{acked_children, group_parents, links, providers};
use crate::sql_types::{Id, Key};

/// Groups right below another that the remote knows and has not acknowledged there: `$3` is the other's link.
const TO_ADD: &str = "SELECT c.id, c.remote_id FROM group_parents p CROSS JOIN links c \
     WHERE p.parent_id = $1 AND c.provider_pk = $2 AND c.group_id = p.group_id AND c.remote_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM acked_children a \
         WHERE a.group_link_id = $3 AND a.child_link_id = c.id AND a.is_certain) \
     ORDER BY p.group_id LIMIT $4";

const TO_REMOVE: &str = "SELECT c.id, c.remote_id FROM acked_children a CROSS JOIN links c \
     WHERE a.group_link_id = $1 AND c.id = a.child_link_id AND c.remote_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM group_parents p WHERE p.parent_id = $2 AND p.group_id = c.group_id) \
     ORDER BY a.child_link_id LIMIT $3";

/// How the groups that are to be members differ from the acknowledged ones. A provider that does not send groups as
/// members wants none.
pub fn difference_of_children(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    limit: i64,
) -> Result<Delta, StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    // No group has the nil id, so nothing stands below it.
    let parent = if nesting == NestedGroups::Members { Key::from(group) } else { Key(Uuid::nil()) };
    let remove: Vec<MemberRow> = diesel::sql_query(TO_REMOVE)
        .bind::<Id, _>(link)
        .bind::<Id, _>(parent)
        .bind::<BigInt, _>(limit)
        .prepared()
        .load(conn)?;
    Ok(Delta { add: unacknowledged(conn, provider, parent, link, limit)?, remove: groups(remove) })
}

/// The groups that are to be members of the remote group, as far as the remote knows them.
pub fn desired_children(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
) -> Result<Vec<Member>, StoreError> {
    let Place { nesting, .. } = place(conn, provider, group)?;
    if nesting != NestedGroups::Members {
        return Ok(Vec::new());
    }
    unacknowledged(conn, provider, group.into(), Key(Uuid::nil()), i64::MAX)
}

fn unacknowledged(
    conn: &mut Conn,
    provider: ProviderPk,
    parent: Key,
    link: Key,
    limit: i64,
) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<MemberRow> = diesel::sql_query(TO_ADD)
        .bind::<Id, _>(parent)
        .bind::<Integer, _>(provider.0)
        .bind::<Id, _>(link)
        .bind::<BigInt, _>(limit)
        .prepared()
        .load(conn)?;
    Ok(groups(rows))
}

fn groups(rows: Vec<MemberRow>) -> Vec<Member> {
    rows.into_iter().map(|row| Member { is_group: true, ..Member::from(row) }).collect()
}

/// The groups that the remote has acknowledged as members, and those that it may have been told of.
pub fn acknowledged_children(conn: &mut Conn, group_link: LinkId) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(Key, Option<String>)> = acked_children::table
        .inner_join(links::table.on(links::id.eq(acked_children::child_link_id)))
        .filter(acked_children::group_link_id.eq(Key::from(group_link)))
        .order(acked_children::child_link_id)
        .select((links::id, links::remote_id))
        .load(conn)?;
    Ok(with_remote_ids(rows, true))
}

/// These are about to be sent, as members or as none any more: what the remote has of them is not certain.
pub fn announce_children(conn: &mut Conn, group_link: LinkId, children: &[LinkId]) -> Result<(), StoreError> {
    put(conn, group_link, children, false)
}

/// Write down what the remote has acknowledged of the groups as members. Groups whose link is gone are left out.
pub fn acknowledge_children(
    conn: &mut Conn,
    group_link: LinkId,
    added: &[LinkId],
    removed: &[LinkId],
) -> Result<(), StoreError> {
    put(conn, group_link, added, true)?;
    for removed in removed.chunks(ROWS_PER_INSERT) {
        let removed = removed.iter().copied().map(Key::from);
        let gone = acked_children::table
            .filter(acked_children::group_link_id.eq(Key::from(group_link)))
            .filter(acked_children::child_link_id.eq_any(removed));
        diesel::delete(gone).execute(conn)?;
    }
    Ok(())
}

fn put(conn: &mut Conn, group_link: LinkId, children: &[LinkId], is_certain: bool) -> Result<(), StoreError> {
    for children in children.chunks(ROWS_PER_INSERT) {
        let mut ends: Vec<Key> = children.iter().copied().map(Key::from).collect();
        ends.push(group_link.into());
        let mut present: BTreeSet<Key> =
            links::table.filter(links::id.eq_any(ends)).select(links::id).load(conn)?.into_iter().collect();
        if !present.remove(&group_link.into()) || present.is_empty() {
            continue;
        }
        let row = |child| ChildRow { group_link_id: group_link.into(), child_link_id: child, is_certain };
        let rows: Vec<ChildRow> = present.into_iter().map(row).collect();
        on_backend!(conn, |conn| diesel::insert_into(acked_children::table)
            .values(&rows)
            .on_conflict((acked_children::group_link_id, acked_children::child_link_id))
            .do_update()
            .set(acked_children::is_certain.eq(is_certain))
            .execute(conn))?;
    }
    Ok(())
}

#[derive(Debug, Insertable)]
#[diesel(table_name = acked_children, treat_none_as_default_value = false)]
struct ChildRow {
    group_link_id: Key,
    child_link_id: Key,
    is_certain: bool,
}

/// Those of the remote's ids that stand for a group here which is to be a member of this one.
pub fn known_children(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    remote_ids: &[String],
) -> Result<Vec<Member>, StoreError> {
    let Place { nesting, .. } = place(conn, provider, group)?;
    if nesting != NestedGroups::Members {
        return Ok(Vec::new());
    }
    super::of_kind(conn, provider, ObjectKind::Group, remote_ids)
}

/// The groups right above these that have a link, where the provider sends groups as members: these have a remote id
/// from now on.
pub(crate) fn parents_of(
    conn: &mut Conn,
    provider: ProviderPk,
    linked: &[Key],
) -> Result<BTreeSet<GroupId>, StoreError> {
    let parents: Vec<Key> = group_parents::table
        .inner_join(links::table.on(
            links::group_id.eq(group_parents::parent_id.nullable()).and(links::provider_pk.eq(provider.0)),
        ))
        .inner_join(providers::table.on(providers::pk.eq(links::provider_pk)))
        .filter(group_parents::group_id.eq_any(linked.to_vec()))
        .filter(providers::nested_groups.eq(NestedGroups::Members.as_str()))
        .select(group_parents::parent_id)
        .load(conn)?;
    Ok(parents.into_iter().map(GroupId::from).collect())
}

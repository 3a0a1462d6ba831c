//! Memberships at the remote: what it has acknowledged, what it is to hold, and what waits to be looked at.
//!
//! A membership is wanted when the user is a member of the group, as the provider reads groups below others, and is
//! linked at the provider. What the remote has acknowledged is a table, so that the way from one to the other is a set
//! difference.

mod children;
mod departed;
mod difference;
mod pending;

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use scimitar_domain::{GroupId, LinkId, NestedGroups, ObjectKind, ProviderPk};
use uuid::Uuid;

pub(crate) use self::children::parents_of;
pub use self::children::{
    acknowledge_children, acknowledged_children, announce_children, desired_children, difference_of_children,
    known_children,
};
pub(crate) use self::departed::{depart, forget_departed, keep, leave};
pub use self::departed::{departed, forget_former, former};
pub use self::difference::{Delta, desired, difference};
pub use self::pending::{Looked, PendingDelta, mark_difference, mark_pending, pending};
pub(crate) use self::pending::{mark_groups_of, parked_groups_of};
use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{acked_children, acked_members, links, providers};
use crate::sql_types::{Id, Key};

/// A user, or a group that stands right below, as a member of a group at the remote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    pub link: LinkId,
    pub remote_id: String,
    pub is_group: bool,
}

/// Write down what the remote has acknowledged of a group, and which pending memberships were looked at for it.
///
/// Users whose link is gone meanwhile are left out; what is there already stays. A pending membership that was
/// marked again since it was looked at stays pending.
pub fn acknowledge(
    conn: &mut Conn,
    group_link: LinkId,
    added: &[LinkId],
    removed: &[LinkId],
    looked_at: &[Looked],
) -> Result<(), StoreError> {
    let known: Option<(i32, Option<Key>)> = links::table
        .find(Key::from(group_link))
        .select((links::provider_pk, links::group_id))
        .first(conn)
        .optional()?;
    let Some((provider, Some(group))) = known else { return Ok(()) };
    add(conn, group_link.into(), added)?;
    if !removed.is_empty() {
        let keys: Vec<Key> = removed.iter().copied().map(Key::from).collect();
        let members = acked_members::table.filter(
            acked_members::group_link_id
                .eq(Key::from(group_link))
                .and(acked_members::user_link_id.eq_any(keys)),
        );
        diesel::delete(members).execute(conn)?;
        departed::forget(conn, group_link.into(), removed)?;
    }
    pending::unmark(conn, provider, group, looked_at)
}

/// How many members of a group the remote has acknowledged.
pub fn acked_count(conn: &mut Conn, group_link: LinkId) -> Result<i64, StoreError> {
    let members = acked_members::table.filter(acked_members::group_link_id.eq(Key::from(group_link)));
    Ok(members.count().get_result(conn)?)
}

/// Whom the remote has acknowledged as members of a group.
pub fn acked(conn: &mut Conn, group_link: LinkId) -> Result<BTreeSet<LinkId>, StoreError> {
    let members = acked_members::table.filter(acked_members::group_link_id.eq(Key::from(group_link)));
    let links: Vec<Key> = members.select(acked_members::user_link_id).load(conn)?;
    Ok(links.into_iter().map(LinkId::from).collect())
}

/// The members that the remote has acknowledged, in the order of their links, from behind `after` on.
pub fn acknowledged(
    conn: &mut Conn,
    group_link: LinkId,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(Key, Option<String>)> = acked_members::table
        .inner_join(links::table.on(links::id.eq(acked_members::user_link_id)))
        .filter(acked_members::group_link_id.eq(Key::from(group_link)))
        .filter(acked_members::user_link_id.gt(after.map_or(Key(Uuid::nil()), Key::from)))
        .order(acked_members::user_link_id)
        .limit(limit)
        .select((links::id, links::remote_id))
        .load(conn)?;
    Ok(with_remote_ids(rows, false))
}

/// Whether the remote has acknowledged any member of a group.
pub fn has_acked(conn: &mut Conn, group_link: LinkId) -> Result<bool, StoreError> {
    let members = acked_members::table.filter(acked_members::group_link_id.eq(Key::from(group_link)));
    Ok(diesel::select(diesel::dsl::exists(members)).get_result(conn)?)
}

/// Forget what the remote has acknowledged of a group, before the group is written as a whole or taken over.
pub fn clear_acked(conn: &mut Conn, group_link: LinkId) -> Result<(), StoreError> {
    let members = acked_members::table.filter(acked_members::group_link_id.eq(Key::from(group_link)));
    diesel::delete(members).execute(conn)?;
    let children = acked_children::table.filter(acked_children::group_link_id.eq(Key::from(group_link)));
    diesel::delete(children).execute(conn)?;
    Ok(())
}

/// Those of the remote's user ids that stand for a user here.
pub fn known(
    conn: &mut Conn,
    provider: ProviderPk,
    remote_ids: &[String],
) -> Result<Vec<Member>, StoreError> {
    of_kind(conn, provider, ObjectKind::User, remote_ids)
}

fn of_kind(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_ids: &[String],
) -> Result<Vec<Member>, StoreError> {
    let mut members = Vec::with_capacity(remote_ids.len());
    for remote_ids in remote_ids.chunks(IDS_PER_QUERY) {
        let rows: Vec<(Key, Option<String>)> = links::table
            .filter(links::provider_pk.eq(provider.0).and(links::kind.eq(kind.as_str())))
            .filter(links::remote_id.eq_any(remote_ids.to_vec()))
            .order(links::id)
            .select((links::id, links::remote_id))
            .load(conn)?;
        members.extend(with_remote_ids(rows, kind == ObjectKind::Group));
    }
    Ok(members)
}

fn with_remote_ids(rows: Vec<(Key, Option<String>)>, is_group: bool) -> Vec<Member> {
    let member = |(id, remote_id): (Key, Option<String>)| {
        Some(Member { link: id.into(), remote_id: remote_id?, is_group })
    };
    rows.into_iter().filter_map(member).collect()
}

/// A group that is taken over can have any number of members; PostgreSQL and SQLite take some ten thousand.
const IDS_PER_QUERY: usize = 10_000;

fn add(conn: &mut Conn, group_link: Key, added: &[LinkId]) -> Result<(), StoreError> {
    for added in added.chunks(IDS_PER_QUERY) {
        let added = few_lengths(added.iter().copied().map(Key::from));
        let present: Vec<Key> = links::table
            .filter(links::id.eq_any(added))
            .order(links::id)
            .select(links::id)
            .prepared()
            .load(conn)?;
        let rows: Vec<AckedRow> = present
            .into_iter()
            .map(|user_link_id| AckedRow { group_link_id: group_link, user_link_id })
            .collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            on_backend!(conn, |conn| diesel::insert_into(acked_members::table)
                .values(rows)
                .on_conflict_do_nothing()
                .execute(conn))?;
        }
    }
    Ok(())
}

/// A group at a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The nil id, which no link has, when there is none.
    pub(crate) link: Key,
    pub(crate) nesting: NestedGroups,
}

pub(crate) fn place(conn: &mut Conn, provider: ProviderPk, group: GroupId) -> Result<Place, StoreError> {
    let link = links::provider_pk.eq(providers::pk).and(links::group_id.eq(Key::from(group)));
    let found: Option<(String, Option<Key>)> = providers::table
        .left_join(links::table.on(link))
        .filter(providers::pk.eq(provider.0))
        .select((providers::nested_groups, links::id.nullable()))
        .first(conn)
        .optional()?;
    let (nesting, link) = found.unzip();
    let nesting = nesting.map_or(Ok(NestedGroups::default()), |name| name.parse());
    Ok(Place {
        link: link.flatten().unwrap_or(Key(Uuid::nil())),
        nesting: nesting
            .map_err(|_unknown| StoreError::inconsistent("providers", "nested_groups", &provider))?,
    })
}

#[derive(Debug, Insertable)]
#[diesel(table_name = acked_members, treat_none_as_default_value = false)]
struct AckedRow {
    group_link_id: Key,
    user_link_id: Key,
}

/// A member as the queries that are text answer it.
#[derive(Debug, QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = Id)]
    id: Key,
    #[diesel(sql_type = Text)]
    remote_id: String,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self { link: row.id.into(), remote_id: row.remote_id, is_group: false }
    }
}

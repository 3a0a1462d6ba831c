//! Links as people see them: which remote resource stands for which object, what failed, and how much there is.
//!
//! Work on links goes through [`claims`](crate::claims).

pub(crate) mod attempt;
pub(crate) mod edit;
mod list;
pub(crate) mod row;

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{IntoBoxed, count_star};
use diesel::prelude::*;
use scimitar_domain::{Link, LinkId, ObjectId, ObjectKind, ProviderPk, UserPk};

use self::attempt::LinkAttempt;
pub use self::edit::{doubt, found, insert, unlink};
pub use self::list::{LinkFilter, page};
use self::row::LinkRow;
use crate::conn::MultiBackend;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{groups, links, tombstones, users};
use crate::sql_types::Key;
use crate::{Conn, StoreError};

/// How far the links of a provider have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Users and groups that the remote knows.
    pub users_linked: i64,
    pub groups_linked: i64,
    /// Those whose last attempt failed and that are tried again.
    pub failing: i64,
    /// Those whose last attempt failed and that wait for a change or a person.
    pub parked: i64,
}

pub fn find(conn: &mut Conn, id: LinkId) -> Result<Option<Link>, StoreError> {
    let row = links::table.find(Key::from(id)).select(LinkRow::as_select()).first(conn).optional()?;
    row.map(LinkRow::into_link).transpose()
}

/// Those of the objects that have a link at a provider.
pub fn linked(
    conn: &mut Conn,
    provider: ProviderPk,
    objects: &[ObjectId],
) -> Result<BTreeSet<ObjectId>, StoreError> {
    Ok(ids_of(conn, provider, objects.iter().copied())?.into_keys().collect())
}

/// The ids of the links that these objects have at a provider.
pub(crate) fn ids_of(
    conn: &mut Conn,
    provider: ProviderPk,
    objects: impl Iterator<Item = ObjectId>,
) -> Result<BTreeMap<ObjectId, Key>, StoreError> {
    let (user_pks, group_ids) = by_kind(objects);
    let theirs = || links::table.filter(links::provider_pk.eq(provider.0));
    let mut found = BTreeMap::new();
    if !user_pks.is_empty() {
        let rows: Vec<(Option<i32>, Key)> = theirs()
            .filter(links::user_pk.eq_any(few_lengths(user_pks)))
            .select((links::user_pk, links::id))
            .prepared()
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(pk, id)| Some((ObjectId::User(UserPk(pk?)), id))));
    }
    if !group_ids.is_empty() {
        let rows: Vec<(Option<Key>, Key)> = theirs()
            .filter(links::group_id.eq_any(few_lengths(group_ids)))
            .select((links::group_id, links::id))
            .prepared()
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(group, id)| Some((ObjectId::Group(group?.into()), id))));
    }
    Ok(found)
}

/// The links that these objects have at a provider, in no particular order.
pub fn of_objects(
    conn: &mut Conn,
    provider: ProviderPk,
    objects: &[ObjectId],
) -> Result<Vec<Link>, StoreError> {
    let (user_pks, group_ids) = by_kind(objects.iter().copied());
    let theirs = || links::table.filter(links::provider_pk.eq(provider.0));
    let mut rows: Vec<LinkRow> = Vec::with_capacity(objects.len());
    if !user_pks.is_empty() {
        let some = theirs().filter(links::user_pk.eq_any(user_pks)).select(LinkRow::as_select());
        rows.extend(some.load::<LinkRow>(conn)?);
    }
    if !group_ids.is_empty() {
        let some = theirs().filter(links::group_id.eq_any(group_ids)).select(LinkRow::as_select());
        rows.extend(some.load::<LinkRow>(conn)?);
    }
    rows.into_iter().map(LinkRow::into_link).collect()
}

/// The links of these ids of the remote.
pub fn of_remote_ids(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_ids: &[String],
) -> Result<Vec<Link>, StoreError> {
    let rows: Vec<LinkRow> = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::kind.eq(kind.as_str())))
        .filter(links::remote_id.eq_any(remote_ids))
        .order(links::id)
        .select(LinkRow::as_select())
        .load(conn)?;
    rows.into_iter().map(LinkRow::into_link).collect()
}

/// Those of the remote's ids that stand for another object than the one of link `but`, or wait for their deletion.
pub fn spoken_for(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_ids: &[String],
    but: LinkId,
) -> Result<BTreeSet<String>, StoreError> {
    let linked: Vec<Option<String>> = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::kind.eq(kind.as_str())))
        .filter(links::remote_id.eq_any(remote_ids).and(links::id.ne(Key::from(but))))
        .select(links::remote_id)
        .load(conn)?;
    let buried: Vec<Option<String>> = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::kind.eq(kind.as_str())))
        .filter(tombstones::remote_id.eq_any(remote_ids).and(tombstones::id.ne(Key::from(but))))
        .filter(tombstones::departed_at.is_null())
        .select(tombstones::remote_id)
        .load(conn)?;
    Ok(linked.into_iter().chain(buried).flatten().collect())
}

/// Whether an object stands for this remote resource.
pub fn stands_for(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_id: &str,
) -> Result<bool, StoreError> {
    let found: Option<Key> = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::kind.eq(kind.as_str())))
        .filter(links::remote_id.eq(remote_id))
        .select(links::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The links of a provider whose last attempt failed, the newest failure first, each with its object's name.
pub fn failures(
    conn: &mut Conn,
    provider: ProviderPk,
    offset: i64,
    limit: i64,
) -> Result<Vec<(Link, String)>, StoreError> {
    let rows: Vec<(LinkRow, Option<String>, Option<String>)> = links::table
        .left_join(users::table)
        .left_join(groups::table)
        .filter(links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null()))
        .order((links::attempt_last_at.desc(), links::id.desc()))
        .offset(offset)
        .limit(limit)
        .select((LinkRow::as_select(), users::username.nullable(), groups::name.nullable()))
        .load(conn)?;
    let label = |(row, username, name): (LinkRow, Option<String>, Option<String>)| {
        Ok((row.into_link()?, username.or(name).unwrap_or_default()))
    };
    rows.into_iter().map(label).collect()
}

/// The same in the order of their ids, from behind `after` on, without more than what they stand for.
pub fn failing(
    conn: &mut Conn,
    provider: ProviderPk,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<(LinkId, ObjectId)>, StoreError> {
    let mut query = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null()))
        .order(links::id)
        .limit(limit)
        .select((links::id, links::user_pk, links::group_id))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(links::id.gt(Key::from(after)));
    }
    let rows: Vec<(Key, Option<i32>, Option<Key>)> = query.load(conn)?;
    let object = |(user, group): (Option<i32>, Option<Key>)| {
        user.map(|pk| ObjectId::User(UserPk(pk))).or(group.map(|id| ObjectId::Group(id.into())))
    };
    Ok(rows.into_iter().filter_map(|(id, user, group)| Some((id.into(), object((user, group))?))).collect())
}

/// How many links of a provider failed when they were last tried, the parked ones included.
pub fn count_failing(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let failing = links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null());
    Ok(links::table.filter(failing).count().get_result(conn)?)
}

/// Those that fail and stand for groups.
pub fn count_failing_groups(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let failing = links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null());
    Ok(links::table.filter(failing.and(links::group_id.is_not_null())).count().get_result(conn)?)
}

/// The remote has no such kind: what failed of it neither fails nor is parked any more. All of it is looked at again
/// when there is something to look at.
pub fn settle(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<(), StoreError> {
    let failing = links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null());
    diesel::update(links::table.filter(failing.and(links::kind.eq(kind.as_str()))))
        .set((LinkAttempt::cleared(), links::synced_version.eq(0), links::synced_revision.eq(0)))
        .execute(conn)?;
    Ok(())
}

pub fn counts(conn: &mut Conn, provider: ProviderPk) -> Result<LinkCounts, StoreError> {
    let linked: Vec<(String, i64)> = links::table
        .filter(links::provider_pk.eq(provider.0).and(links::remote_id.is_not_null()))
        .group_by(links::kind)
        .select((links::kind, count_star()))
        .load(conn)?;
    let linked_of = |kind: ObjectKind| {
        linked.iter().find(|(name, _)| name == kind.as_str()).map_or(0, |(_, count)| *count)
    };
    let failed = |conn: &mut Conn, is_parked: bool| -> Result<i64, StoreError> {
        let mut query: IntoBoxed<'_, links::table, MultiBackend> = links::table.into_boxed();
        query = query.filter(links::provider_pk.eq(provider.0).and(links::attempt_class.is_not_null()));
        query = if is_parked {
            query.filter(links::attempt_next_at.is_null())
        } else {
            query.filter(links::attempt_next_at.is_not_null())
        };
        Ok(query.count().get_result(conn)?)
    };
    Ok(LinkCounts {
        users_linked: linked_of(ObjectKind::User),
        groups_linked: linked_of(ObjectKind::Group),
        failing: failed(conn, false)?,
        parked: failed(conn, true)?,
    })
}

/// The keys of objects, apart by kind as the columns are.
pub(crate) fn by_kind(objects: impl Iterator<Item = ObjectId>) -> (Vec<i32>, Vec<Key>) {
    let (mut user_pks, mut group_ids) = (Vec::new(), Vec::new());
    for object in objects {
        match object {
            ObjectId::User(pk) => user_pks.push(pk.0),
            ObjectId::Group(id) => group_ids.push(Key::from(id)),
        }
    }
    (user_pks, group_ids)
}

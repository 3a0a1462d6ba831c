//! Memberships that a provider has yet to look at, so that a change of one costs one and not the group.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use scimitar_domain::{GroupId, NestedGroups, ObjectId, ProviderPk, UserPk};

use super::departed::rejoin;
use super::{Delta, Member, Place, place};
use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::groups;
use crate::nesting;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{groups as group_rows, links, memberships, pending_members, providers, users};
use crate::sql_types::{Id, Key};

/// What the pending memberships of a group come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingDelta {
    /// Handed back to [`acknowledge`](super::acknowledge) as it is, when the delta has been sent.
    pub looked_at: Vec<Looked>,
    pub delta: Delta,
    /// Those that the remote has acknowledged as they are to be. They are said again when the answer to a request
    /// was lost meanwhile, because then nobody knows what it has made of them.
    pub again: Delta,
}

/// A pending membership as it stood when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    pub user: UserPk,
    /// Rises each time that the membership is marked.
    pub mark: i64,
}

/// Note that a membership has changed. Nothing is noted of users and groups that do not exist any more.
pub fn mark_pending(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    user: UserPk,
) -> Result<(), StoreError> {
    let known: i64 = group_rows::table
        .inner_join(users::table.on(users::pk.eq(user.0)))
        .filter(group_rows::id.eq(Key::from(group)))
        .count()
        .get_result(conn)?;
    if known == 0 {
        return Ok(());
    }
    mark(conn, &[PendingRow { provider_pk: provider.0, group_id: group.into(), user_pk: user.0 }])
}

/// Members of a group may come or go for another reason than a membership that was noted: another group stands below
/// it, or the provider reads groups otherwise. Marks all whose membership differs from what is acknowledged, and those
/// that are marked already, because somebody may be sending what they came to before. A group without a remote id is
/// compared as a whole anyway.
pub fn mark_difference(conn: &mut Conn, provider: ProviderPk, group: GroupId) -> Result<(), StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    let marked = pending_members::table.filter(
        pending_members::provider_pk.eq(provider.0).and(pending_members::group_id.eq(Key::from(group))),
    );
    diesel::update(marked).set(pending_members::mark.eq(pending_members::mark + 1)).execute(conn)?;
    let users = nesting::users_of(nesting, "$1");
    diesel::sql_query(format!(
        "INSERT INTO pending_members (group_id, provider_pk, user_pk) \
         SELECT $1, $2, m.user_pk FROM links g CROSS JOIN memberships m CROSS JOIN links u \
         WHERE g.id = $3 AND g.remote_id IS NOT NULL AND m.group_id {users} AND u.provider_pk = $2 \
         AND u.user_pk = m.user_pk AND u.remote_id IS NOT NULL AND NOT EXISTS (\
             SELECT 1 FROM acked_members a WHERE a.group_link_id = $3 AND a.user_link_id = u.id) \
         UNION SELECT $1, $2, u.user_pk FROM acked_members a CROSS JOIN links u \
         WHERE a.group_link_id = $3 AND u.id = a.user_link_id AND u.user_pk IS NOT NULL AND NOT EXISTS (\
             SELECT 1 FROM memberships m WHERE m.group_id {users} AND m.user_pk = u.user_pk) \
         ON CONFLICT DO NOTHING"
    ))
    .bind::<Id, _>(Key::from(group))
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(link)
    .prepared()
    .execute(conn)?;
    Ok(())
}

/// Look at up to `limit` pending memberships of a group. Costs by their number, not by the size of the group.
pub fn pending(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    limit: i64,
) -> Result<PendingDelta, StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    let users = nesting::users_of(nesting, "$1");
    let rows: Vec<LookedRow> = diesel::sql_query(format!(
        "SELECT p.user_pk, p.mark, u.id, u.remote_id, EXISTS (\
             SELECT 1 FROM memberships m WHERE m.group_id {users} AND m.user_pk = p.user_pk) AS is_member, \
         a.user_link_id IS NOT NULL AS is_acked FROM pending_members p \
         LEFT JOIN links u ON u.provider_pk = $2 AND u.user_pk = p.user_pk \
         LEFT JOIN acked_members a ON a.group_link_id = $3 AND a.user_link_id = u.id \
         WHERE p.provider_pk = $2 AND p.group_id = $1 ORDER BY p.user_pk LIMIT $4"
    ))
    .bind::<Id, _>(Key::from(group))
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(link)
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    let mut found = PendingDelta::default();
    for row in rows {
        found.looked_at.push(Looked { user: UserPk(row.user_pk), mark: row.mark });
        let (Some(id), Some(remote_id)) = (row.id, row.remote_id) else { continue };
        let member = Member { link: id.into(), remote_id, is_group: false };
        match (row.is_member, row.is_acked) {
            (true, false) => found.delta.add.push(member),
            (false, true) => found.delta.remove.push(member),
            (true, true) => found.again.add.push(member),
            (false, false) => found.again.remove.push(member),
        }
    }
    Ok(found)
}

/// These users are about to lose their links: the groups that would name them and are parked, perhaps because of that.
pub(crate) fn parked_groups_of(conn: &mut Conn, user_links: &[Key]) -> Result<BTreeSet<GroupId>, StoreError> {
    let users: Vec<(i32, Option<i32>)> = links::table
        .filter(links::id.eq_any(user_links).and(links::user_pk.is_not_null()))
        .select((links::provider_pk, links::user_pk))
        .load(conn)?;
    let mut by_provider: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (provider, user) in users {
        by_provider.entry(provider).or_default().extend(user);
    }
    let mut found = BTreeSet::new();
    for (provider, users) in by_provider {
        let parked = links::table
            .filter(links::provider_pk.eq(provider).and(links::group_id.is_not_null()))
            .filter(links::attempt_class.is_not_null().and(links::attempt_next_at.is_null()));
        if !diesel::select(exists(parked)).get_result(conn)? {
            continue;
        }
        let direct = memberships::table.filter(memberships::user_pk.eq_any(&users));
        let direct: Vec<Key> = direct.select(memberships::group_id).distinct().load(conn)?;
        let mut groups: BTreeSet<Key> = direct.into_iter().collect();
        if flattens(conn, ProviderPk(provider))? {
            let above = above_groups_of(conn, ProviderPk(provider), &users)?;
            groups.extend(above.into_iter().map(|(group, _)| group));
        }
        let parked: Vec<Option<Key>> =
            parked.filter(links::group_id.eq_any(groups)).select(links::group_id).load(conn)?;
        found.extend(parked.into_iter().flatten().map(GroupId::from));
    }
    Ok(found)
}

fn flattens(conn: &mut Conn, provider: ProviderPk) -> Result<bool, StoreError> {
    let flattens = providers::table
        .find(provider.0)
        .filter(providers::nested_groups.eq(NestedGroups::Flattened.as_str()));
    Ok(diesel::select(exists(flattens)).get_result(conn)?)
}

/// These users are linked from now on: mark their memberships in the groups that have a link too, and, where the
/// provider flattens groups, in those above; and those that the remote has from before. Answers those groups.
pub(crate) fn mark_groups_of(
    conn: &mut Conn,
    provider: ProviderPk,
    linked: &[UserPk],
) -> Result<BTreeSet<GroupId>, StoreError> {
    let pks: Vec<i32> = linked.iter().map(|pk| pk.0).collect();
    let direct: Vec<(Key, i32)> =
        memberships::table
            .inner_join(links::table.on(
                links::group_id.eq(memberships::group_id.nullable()).and(links::provider_pk.eq(provider.0)),
            ))
            .filter(memberships::user_pk.eq_any(few_lengths(pks.iter().copied())))
            .order((memberships::group_id, memberships::user_pk))
            .select((memberships::group_id, memberships::user_pk))
            .prepared()
            .load(conn)?;
    let mut found: BTreeSet<(Key, i32)> = direct.into_iter().collect();
    if flattens(conn, provider)? {
        found.extend(above_groups_of(conn, provider, &pks)?);
    }
    found.extend(rejoin(conn, provider, &pks)?);
    let rows: Vec<PendingRow> = found
        .iter()
        .map(|(group_id, user_pk)| PendingRow {
            provider_pk: provider.0,
            group_id: *group_id,
            user_pk: *user_pk,
        })
        .collect();
    mark(conn, &rows)?;
    Ok(found.into_iter().map(|(group, _)| group.into()).collect())
}

/// What the memberships of these users come to in the groups above, as far as those have a link.
fn above_groups_of(
    conn: &mut Conn,
    provider: ProviderPk,
    pks: &[i32],
) -> Result<Vec<(Key, i32)>, StoreError> {
    let direct: Vec<(Key, i32)> = memberships::table
        .filter(memberships::user_pk.eq_any(pks))
        .select((memberships::group_id, memberships::user_pk))
        .load(conn)?;
    let groups: BTreeSet<GroupId> = direct.iter().map(|(group, _)| (*group).into()).collect();
    let pairs = groups::all_above(conn, &groups.into_iter().collect::<Vec<_>>())?;
    let asked: BTreeSet<ObjectId> = pairs.iter().map(|(_, above)| ObjectId::Group(*above)).collect();
    let linked = crate::links::linked(conn, provider, &asked.into_iter().collect::<Vec<_>>())?;
    let mut above: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for (group, ancestor) in pairs.into_iter().filter(|(_, above)| linked.contains(&ObjectId::Group(*above)))
    {
        above.entry(group.into()).or_default().push(ancestor.into());
    }
    let of_one = |(group, user): (Key, i32)| {
        above.get(&group).into_iter().flatten().map(move |ancestor| (*ancestor, user))
    };
    Ok(direct.into_iter().flat_map(of_one).collect())
}

/// These have been looked at; those that were marked again meanwhile stay.
pub(super) fn unmark(
    conn: &mut Conn,
    provider: i32,
    group: Key,
    looked_at: &[Looked],
) -> Result<(), StoreError> {
    let mut marks: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
    for looked in looked_at {
        marks.entry(looked.mark).or_default().push(looked.user.0);
    }
    // Few marks occur: most memberships change once before they are looked at.
    for (mark, user_pks) in marks {
        let pending = pending_members::table.filter(
            pending_members::provider_pk
                .eq(provider)
                .and(pending_members::group_id.eq(group))
                .and(pending_members::user_pk.eq_any(user_pks))
                .and(pending_members::mark.eq(mark)),
        );
        diesel::delete(pending).execute(conn)?;
    }
    Ok(())
}

fn mark(conn: &mut Conn, rows: &[PendingRow]) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(pending_members::table)
            .values(rows)
            .on_conflict((pending_members::provider_pk, pending_members::group_id, pending_members::user_pk))
            .do_update()
            .set(pending_members::mark.eq(pending_members::mark + 1))
            .execute(conn))?;
    }
    Ok(())
}

#[derive(Debug, Insertable)]
#[diesel(table_name = pending_members, treat_none_as_default_value = false)]
struct PendingRow {
    provider_pk: i32,
    group_id: Key,
    user_pk: i32,
}

#[derive(Debug, QueryableByName)]
struct LookedRow {
    #[diesel(sql_type = Integer)]
    user_pk: i32,
    #[diesel(sql_type = BigInt)]
    mark: i64,
    #[diesel(sql_type = Nullable<Id>)]
    id: Option<Key>,
    #[diesel(sql_type = Nullable<Text>)]
    remote_id: Option<String>,
    #[diesel(sql_type = Bool)]
    is_member: bool,
    #[diesel(sql_type = Bool)]
    is_acked: bool,
}

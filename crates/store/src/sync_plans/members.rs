//! How a group's members would change, when the users whom its plan creates are there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use scimitar_domain::{GroupId, LinkId, PlanId, ProviderPk, UserPk};
use uuid::Uuid;

use crate::Conn;
use crate::error::StoreError;
use crate::members::{self, Member, Place, place};
use crate::nesting;
use crate::prepared::Prepared as _;
use crate::schema::{groups, links};
use crate::sql_types::{Id, Key};

/// A user who joins or leaves a group at the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMember<K> {
    pub key: K,
    pub username: String,
}

/// Members that the remote has not acknowledged, behind `after` in the order of their keys: those whom it knows,
/// and those whom the plan creates there.
pub fn joining(
    conn: &mut Conn,
    provider: ProviderPk,
    plan: PlanId,
    group: GroupId,
    after: Option<UserPk>,
    limit: i64,
) -> Result<Vec<PlannedMember<UserPk>>, StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    let (once, users) = (nesting::each_once(nesting), nesting::users_of(nesting, "$2"));
    let rows: Vec<JoiningRow> = diesel::sql_query(format!(
        "SELECT {once} m.user_pk, u.username FROM memberships m JOIN users u ON u.pk = m.user_pk \
         LEFT JOIN links l ON l.provider_pk = $1 AND l.user_pk = m.user_pk \
         WHERE m.group_id {users} AND m.user_pk > $3 AND (l.remote_id IS NOT NULL OR EXISTS (\
             SELECT 1 FROM plan_items p WHERE p.plan_id = $4 AND p.user_pk = m.user_pk \
             AND p.step IN ('create', 'adopt'))) \
         AND NOT EXISTS (SELECT 1 FROM acked_members a WHERE a.group_link_id = $5 AND a.user_link_id = l.id) \
         ORDER BY m.user_pk LIMIT $6"
    ))
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(Key::from(group))
    .bind::<Integer, _>(after.map_or(i32::MIN, |pk| pk.0))
    .bind::<Id, _>(Key::from(plan))
    .bind::<Id, _>(link)
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| PlannedMember { key: UserPk(row.user_pk), username: row.username })
        .collect())
}

/// Members that the remote has acknowledged and that are members no more, behind `after` in the order of their
/// links.
pub fn leaving(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<PlannedMember<LinkId>>, StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    let users = nesting::users_of(nesting, "$3");
    let rows: Vec<LeavingRow> = diesel::sql_query(format!(
        "SELECT l.id, u.username FROM acked_members a CROSS JOIN links l CROSS JOIN users u \
         WHERE a.group_link_id = $1 AND a.user_link_id > $2 AND l.id = a.user_link_id AND u.pk = l.user_pk \
         AND l.remote_id IS NOT NULL AND NOT EXISTS (\
             SELECT 1 FROM memberships m WHERE m.group_id {users} AND m.user_pk = l.user_pk) \
         ORDER BY a.user_link_id LIMIT $4"
    ))
    .bind::<Id, _>(link)
    .bind::<Id, _>(after.map_or(Key(Uuid::nil()), Key::from))
    .bind::<Id, _>(Key::from(group))
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    Ok(rows.into_iter().map(|row| PlannedMember { key: row.id.into(), username: row.username }).collect())
}

/// The names of the groups that join and leave as members of a group. Those that the plan creates are not known yet.
pub fn children(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    limit: i64,
) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let delta = members::difference_of_children(conn, provider, group, limit)?;
    let mut names = |members: Vec<Member>| -> Result<Vec<String>, StoreError> {
        let ids: Vec<Key> = members.iter().map(|member| Key::from(member.link)).collect();
        Ok(links::table
            .inner_join(groups::table)
            .filter(links::id.eq_any(ids))
            .order(groups::name)
            .select(groups::name)
            .load(conn)?)
    };
    Ok((names(delta.add)?, names(delta.remove)?))
}

#[derive(Debug, QueryableByName)]
struct JoiningRow {
    #[diesel(sql_type = Integer)]
    user_pk: i32,
    #[diesel(sql_type = Text)]
    username: String,
}

#[derive(Debug, QueryableByName)]
struct LeavingRow {
    #[diesel(sql_type = Id)]
    id: Key,
    #[diesel(sql_type = Text)]
    username: String,
}

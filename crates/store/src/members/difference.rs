//! The whole membership of a group: what is wanted, and how that differs from what is acknowledged.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use scimitar_domain::{GroupId, LinkId, ProviderPk};
use uuid::Uuid;

use super::{Member, MemberRow, Place, place};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::nesting;
use crate::prepared::Prepared as _;
use crate::sql_types::{Id, Key};

/// What would bring a remote group in step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    pub add: Vec<Member>,
    pub remove: Vec<Member>,
}

impl Delta {
    pub fn extend(&mut self, other: Self) {
        self.add.extend(other.add);
        self.remove.extend(other.remove);
    }
}

/// The members that the remote group is to have, in the order of their links, from behind `after` on.
pub fn desired(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<Member>, StoreError> {
    let Place { nesting, .. } = place(conn, provider, group)?;
    let (once, users) = (nesting::each_once(nesting), nesting::users_of(nesting, "$2"));
    let rows: Vec<MemberRow> = diesel::sql_query(format!(
        "SELECT {once} u.id, u.remote_id FROM memberships m CROSS JOIN links u \
         WHERE u.provider_pk = $1 AND u.user_pk = m.user_pk AND m.group_id {users} AND u.id > $3 \
         AND u.remote_id IS NOT NULL ORDER BY u.id LIMIT $4"
    ))
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(Key::from(group))
    .bind::<Id, _>(after.map_or(Key(Uuid::nil()), Key::from))
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// How the wanted members differ from the acknowledged ones: up to `limit` additions and up to `limit` removals.
pub fn difference(
    conn: &mut Conn,
    provider: ProviderPk,
    group: GroupId,
    limit: i64,
) -> Result<Delta, StoreError> {
    let Place { link, nesting } = place(conn, provider, group)?;
    let (once, users) = (nesting::each_once(nesting), nesting::users_of(nesting, "$2"));
    let add: Vec<MemberRow> = diesel::sql_query(format!(
        "SELECT {once} u.id, u.remote_id, m.user_pk FROM memberships m CROSS JOIN links u \
         WHERE u.provider_pk = $1 AND u.user_pk = m.user_pk AND m.group_id {users} AND u.remote_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM acked_members a WHERE a.group_link_id = $3 AND a.user_link_id = u.id) \
         ORDER BY m.user_pk LIMIT $4"
    ))
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(Key::from(group))
    .bind::<Id, _>(link)
    .bind::<BigInt, _>(limit)
    .prepared().load(conn)?;
    let remove: Vec<MemberRow> = diesel::sql_query(format!(
        "SELECT u.id, u.remote_id FROM acked_members a CROSS JOIN links u \
         WHERE a.group_link_id = $1 AND u.id = a.user_link_id AND u.remote_id IS NOT NULL AND NOT EXISTS (\
             SELECT 1 FROM memberships m WHERE m.group_id {users} AND m.user_pk = u.user_pk) \
         ORDER BY a.user_link_id LIMIT $3"
    ))
    .bind::<Id, _>(link)
    .bind::<Id, _>(Key::from(group))
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    Ok(Delta {
        add: add.into_iter().map(Member::from).collect(),
        remove: remove.into_iter().map(Member::from).collect(),
    })
}

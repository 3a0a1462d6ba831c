//! Users in scope.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};
use scimitar_domain::{Provider, UserKind, UserPk};

use super::IS_DUE;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::{memberships, users};
use crate::sql_types::{Id, Key};

/// The next users in scope for whom there is something to do, or with `all` just the next users in scope, in
/// the order of their keys: behind `after`, up to and with `upto`.
pub fn users_due(
    conn: &mut Conn,
    provider: &Provider,
    after: Option<UserPk>,
    upto: Option<UserPk>,
    limit: i64,
    all: bool,
) -> Result<Vec<UserPk>, StoreError> {
    if provider.draining {
        return Ok(Vec::new());
    }
    let due = |source: &str, rest: &str| {
        diesel::sql_query(format!(
            "SELECT o.pk FROM {source} \
             LEFT JOIN links l ON l.provider_pk = $1 AND l.user_pk = o.pk \
             AND l.user_pk > $2 AND l.user_pk <= $3 \
             WHERE o.pk > $2 AND o.pk <= $3 AND ({IS_DUE} OR $5) \
             AND NOT ($6 AND o.kind IN ('service_account', 'internal_service_account')) {rest}"
        ))
        .bind::<Integer, _>(provider.pk.0)
        .bind::<Integer, _>(after.map_or(i32::MIN, |pk| pk.0))
        .bind::<Integer, _>(upto.map_or(i32::MAX, |pk| pk.0))
        .bind::<BigInt, _>(provider.revision)
        .bind::<Bool, _>(all)
        .bind::<Bool, _>(provider.fields.exclude_users_service_account)
    };
    let rows: Vec<UserRow> = match provider.fields.filter_group {
        None => due("users o", "ORDER BY o.pk LIMIT $7").bind::<BigInt, _>(limit).prepared().load(conn)?,
        // Bounded and ordered by the membership, so that its index is what is scanned.
        Some(group) => due(
            "memberships m CROSS JOIN users o",
            "AND o.pk = m.user_pk AND m.user_pk > $2 AND m.user_pk <= $3 AND m.group_id = $7 \
             ORDER BY m.user_pk LIMIT $8",
        )
        .bind::<Id, _>(Key::from(group))
        .bind::<BigInt, _>(limit)
        .prepared()
        .load(conn)?,
    };
    Ok(rows.into_iter().map(|row| UserPk(row.pk)).collect())
}

/// Those of the users who are in scope.
pub fn users_in_scope(
    conn: &mut Conn,
    provider: &Provider,
    asked: &[UserPk],
) -> Result<BTreeSet<UserPk>, StoreError> {
    if provider.draining {
        return Ok(BTreeSet::new());
    }
    let pks: Vec<i32> = asked.iter().map(|pk| pk.0).collect();
    let mut query = users::table.filter(users::pk.eq_any(pks.clone())).select(users::pk).into_boxed();
    if provider.fields.exclude_users_service_account {
        query = query.filter(users::kind.ne_all(service_accounts()));
    }
    if let Some(group) = provider.fields.filter_group {
        let members = memberships::table
            .filter(memberships::group_id.eq(Key::from(group)).and(memberships::user_pk.eq_any(pks)))
            .select(memberships::user_pk);
        query = query.filter(users::pk.eq_any(members));
    }
    Ok(query.load(conn)?.into_iter().map(UserPk).collect())
}

/// Whether the group that limits the users has members, if there is one.
pub fn has_users(conn: &mut Conn, provider: &Provider) -> Result<bool, StoreError> {
    let Some(group) = provider.fields.filter_group else { return Ok(true) };
    let members = memberships::table.filter(memberships::group_id.eq(Key::from(group)));
    let first: Option<i32> = members.select(memberships::user_pk).first(conn).optional()?;
    Ok(first.is_some())
}

pub fn count_users(conn: &mut Conn, provider: &Provider) -> Result<i64, StoreError> {
    if provider.draining {
        return Ok(0);
    }
    let excluded = provider.fields.exclude_users_service_account;
    let Some(group) = provider.fields.filter_group else {
        let mut query = users::table.into_boxed();
        if excluded {
            query = query.filter(users::kind.ne_all(service_accounts()));
        }
        return Ok(query.count().get_result(conn)?);
    };
    let members = memberships::table.filter(memberships::group_id.eq(Key::from(group)));
    if !excluded {
        return Ok(members.count().get_result(conn)?);
    }
    Ok(members
        .inner_join(users::table)
        .filter(users::kind.ne_all(service_accounts()))
        .count()
        .get_result(conn)?)
}

fn service_accounts() -> Vec<&'static str> {
    UserKind::ALL.into_iter().filter(|kind| kind.is_service_account()).map(UserKind::as_str).collect()
}

#[derive(Debug, QueryableByName)]
struct UserRow {
    #[diesel(sql_type = Integer)]
    pk: i32,
}

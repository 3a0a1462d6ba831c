//! Whether there is anything in scope that the remote has never been asked for.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use scimitar_domain::{ObjectKind, Provider, UserKind};

use crate::conn::Conn;
use crate::error::StoreError;
use crate::schema::{groups, links, memberships, provider_group_filters, users};
use crate::sql_types::Key;

/// Whether an object of the kind in scope has no link. Ends at the first one.
pub fn any_unlinked(conn: &mut Conn, provider: &Provider, kind: ObjectKind) -> Result<bool, StoreError> {
    if provider.draining {
        return Ok(false);
    }
    match kind {
        ObjectKind::User => any_user(conn, provider),
        ObjectKind::Group => any_group(conn, provider),
    }
}

fn any_user(conn: &mut Conn, provider: &Provider) -> Result<bool, StoreError> {
    let link = links::table
        .filter(links::provider_pk.eq(provider.pk.0).and(links::user_pk.eq(users::pk.nullable())))
        .select(links::id);
    let mut query = users::table.filter(not(exists(link))).select(users::pk).into_boxed();
    if provider.fields.exclude_users_service_account {
        let accounts = UserKind::ALL.into_iter().filter(|kind| kind.is_service_account());
        query = query.filter(users::kind.ne_all(accounts.map(UserKind::as_str).collect::<Vec<_>>()));
    }
    if let Some(group) = provider.fields.filter_group {
        let members = memberships::table
            .filter(memberships::group_id.eq(Key::from(group)))
            .select(memberships::user_pk);
        query = query.filter(users::pk.eq_any(members));
    }
    Ok(query.first::<i32>(conn).optional()?.is_some())
}

fn any_group(conn: &mut Conn, provider: &Provider) -> Result<bool, StoreError> {
    let link = links::table
        .filter(links::provider_pk.eq(provider.pk.0).and(links::group_id.eq(groups::id.nullable())))
        .select(links::id);
    let mut query = groups::table.filter(not(exists(link))).select(groups::id).into_boxed();
    if !provider.fields.group_filters.is_empty() {
        let filters = provider_group_filters::table
            .filter(provider_group_filters::provider_pk.eq(provider.pk.0))
            .select(provider_group_filters::group_id);
        query = query.filter(groups::id.eq_any(filters));
    }
    Ok(query.first::<Key>(conn).optional()?.is_some())
}

//! The lists of linked users and of linked groups.

use diesel::prelude::*;
use scimitar_domain::{GroupId, Link, ObjectKind, ProviderPk, UserPk};

use super::row::LinkRow;
use crate::page::{order, search};
use crate::schema::{groups, links, providers, users};
use crate::sql_types::Key;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow a list of links by. What does not belong to the kind that is listed is ignored.
#[derive(Debug, Clone, Default)]
pub struct LinkFilter {
    pub provider: Option<ProviderPk>,
    pub user: Option<UserPk>,
    pub username: Option<String>,
    pub group: Option<GroupId>,
    pub group_name: Option<String>,
}

/// The links of one kind that have a remote resource.
pub fn page(
    conn: &mut Conn,
    kind: ObjectKind,
    filter: &LinkFilter,
    request: &PageRequest,
) -> Result<Page<Link>, StoreError> {
    let (count, window, rows) = match kind {
        ObjectKind::User => users_page(conn, filter, request)?,
        ObjectKind::Group => groups_page(conn, filter, request)?,
    };
    Ok(window.page(rows.into_iter().map(LinkRow::into_link).collect::<Result<_, _>>()?, count))
}

type Found = (i64, crate::page::Window, Vec<LinkRow>);

fn users_page(conn: &mut Conn, filter: &LinkFilter, request: &PageRequest) -> Result<Found, StoreError> {
    let narrowed = || {
        let mut query = links::table
            .inner_join(providers::table)
            .inner_join(users::table)
            .filter(links::remote_id.is_not_null())
            .into_boxed();
        if let Some(provider) = filter.provider {
            query = query.filter(links::provider_pk.eq(provider.0));
        }
        if let Some(user) = filter.user {
            query = query.filter(links::user_pk.eq(user.0));
        }
        if let Some(username) = &filter.username {
            query = query.filter(users::username.eq(username));
        }
        search!(query, request, providers::name, users::username);
        query
    };
    let count = narrowed().count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed().select(LinkRow::as_select());
    order!(
        query, request,
        fields {
            "id" => links::id,
            "user" => users::pk,
            "provider" => links::provider_pk,
        }
        nullable { "scim_id" => links::remote_id }
        default [users::username]
        key links::id
    );
    Ok((count, window, query.limit(window.size).offset(window.offset).load(conn)?))
}

fn groups_page(conn: &mut Conn, filter: &LinkFilter, request: &PageRequest) -> Result<Found, StoreError> {
    let narrowed = || {
        let mut query = links::table
            .inner_join(providers::table)
            .inner_join(groups::table)
            .filter(links::remote_id.is_not_null())
            .into_boxed();
        if let Some(provider) = filter.provider {
            query = query.filter(links::provider_pk.eq(provider.0));
        }
        if let Some(group) = filter.group {
            query = query.filter(links::group_id.eq(Key::from(group)));
        }
        if let Some(name) = &filter.group_name {
            query = query.filter(groups::name.eq(name));
        }
        search!(query, request, providers::name, groups::name);
        query
    };
    let count = narrowed().count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed().select(LinkRow::as_select());
    order!(
        query, request,
        fields {
            "id" => links::id,
            "group" => groups::id,
            "provider" => links::provider_pk,
        }
        nullable { "scim_id" => links::remote_id }
        default [groups::name]
        key links::id
    );
    Ok((count, window, query.limit(window.size).offset(window.offset).load(conn)?))
}

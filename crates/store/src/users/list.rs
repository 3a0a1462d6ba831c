//! The list of users.

use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use scimitar_domain::{GroupId, JsonObject, Timestamp, User, UserKind, UserUuid};
use serde_json::Value;

use crate::conn::MultiBackend;
use crate::functions::{self, uuid_text};
use crate::memberships::of_powerful_groups;
use crate::page::{order, search};
use crate::schema::{groups, memberships, users};
use crate::sql_types::{At, Json, Key};
use crate::users::UserRow;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of users by. All that is given must hold; of several values, any.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    pub username: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub is_active: Option<bool>,
    pub is_superuser: Option<bool>,
    pub uuid: Option<UserUuid>,
    pub path: Option<String>,
    pub path_startswith: Option<String>,
    pub kinds: Vec<UserKind>,
    pub groups_by_name: Vec<String>,
    pub groups_by_pk: Vec<GroupId>,
    /// Top-level keys and their exact values.
    pub attributes: JsonObject,
    pub date_joined: Span,
    pub last_updated: Span,
    pub last_login: Span,
    /// Whether nobody has ever signed in as the user.
    pub is_without_login: Option<bool>,
}

/// Moments: one, or those between two, both left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    pub at: Option<Timestamp>,
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

type Query<'a> = IntoBoxed<'a, users::table, MultiBackend>;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Part of a text, by characters counted from 1.
    fn substr(text: Text, from: Integer, length: Integer) -> Text;
}

pub fn page(conn: &mut Conn, filter: &UserFilter, request: &PageRequest) -> Result<Page<User>, StoreError> {
    let count = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request);
    order!(
        query, request,
        fields {
            "pk" => users::pk,
            "username" => users::username,
            "name" => users::name,
            "is_active" => users::is_active,
            "date_joined" => users::date_joined,
            "email" => users::email,
            "uuid" => users::uuid,
            "path" => users::path,
            "type" => users::kind,
            "last_updated" => users::last_updated,
            "password_change_date" => users::password_change_date,
        }
        nullable { "last_login" => users::last_login }
        default [users::username]
        key users::pk
    );
    let rows: Vec<UserRow> = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(rows.into_iter().map(UserRow::read).collect::<Result<_, _>>()?, count))
}

fn narrowed<'a>(filter: &'a UserFilter, request: &PageRequest) -> Query<'a> {
    let mut query = by_moments(by_groups(by_fields(filter), filter), filter);
    for (key, value) in &filter.attributes {
        let path = Json(Value::from(vec![key.clone()]));
        query = query.filter(functions::doc_is(users::attributes, path, Json(value.clone())));
    }
    search!(
        query,
        request,
        users::username,
        users::name,
        users::email,
        uuid_text(users::uuid),
        functions::doc_text(users::attributes),
    );
    query
}

fn by_fields(filter: &UserFilter) -> Query<'_> {
    let mut query = users::table.into_boxed();
    if let Some(username) = &filter.username {
        query = query.filter(users::username.eq(username));
    }
    if let Some(email) = &filter.email {
        query = query.filter(users::email.eq(email));
    }
    if let Some(name) = &filter.name {
        query = query.filter(users::name.eq(name));
    }
    if let Some(is_active) = filter.is_active {
        query = query.filter(users::is_active.eq(is_active));
    }
    if let Some(uuid) = filter.uuid {
        query = query.filter(users::uuid.eq(Key::from(uuid)));
    }
    if let Some(path) = &filter.path {
        query = query.filter(users::path.eq(path));
    }
    if let Some(start) = &filter.path_startswith {
        let length = i32::try_from(start.chars().count()).unwrap_or(i32::MAX);
        query = query.filter(substr(users::path, 1, length).eq(start));
    }
    if !filter.kinds.is_empty() {
        query = query.filter(users::kind.eq_any(filter.kinds.iter().map(|kind| kind.as_str())));
    }
    query
}

fn by_moments<'a>(mut query: Query<'a>, filter: &'a UserFilter) -> Query<'a> {
    macro_rules! within {
        ($column:expr, $span:expr) => {
            if let Some(moment) = $span.at {
                query = query.filter($column.eq(At(moment)));
            }
            if let Some(moment) = $span.after {
                query = query.filter($column.gt(At(moment)));
            }
            if let Some(moment) = $span.before {
                query = query.filter($column.lt(At(moment)));
            }
        };
    }
    within!(users::date_joined, filter.date_joined);
    within!(users::last_updated, filter.last_updated);
    within!(users::last_login.assume_not_null(), filter.last_login);
    match filter.is_without_login {
        Some(true) => query = query.filter(users::last_login.is_null()),
        Some(false) => query = query.filter(users::last_login.is_not_null()),
        None => {}
    }
    query
}

fn by_groups<'a>(mut query: Query<'a>, filter: &'a UserFilter) -> Query<'a> {
    if let Some(is_superuser) = filter.is_superuser {
        let members = memberships::table.filter(of_powerful_groups()).select(memberships::user_pk);
        query = if is_superuser {
            query.filter(users::pk.eq_any(members))
        } else {
            query.filter(users::pk.ne_all(members))
        };
    }
    if !filter.groups_by_name.is_empty() {
        let members = memberships::table
            .inner_join(groups::table)
            .filter(groups::name.eq_any(&filter.groups_by_name))
            .select(memberships::user_pk);
        query = query.filter(users::pk.eq_any(members));
    }
    if !filter.groups_by_pk.is_empty() {
        let keys = filter.groups_by_pk.iter().map(|id| Key::from(*id));
        let members =
            memberships::table.filter(memberships::group_id.eq_any(keys)).select(memberships::user_pk);
        query = query.filter(users::pk.eq_any(members));
    }
    query
}

//! The list of users.

use diesel::dsl::{IntoBoxed, max, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};
use scimitar_domain::{GroupId, JsonObject, Timestamp, User, UserKind, UserUuid};
use serde_json::Value;

use crate::conn::{Engine, MultiBackend};
use crate::functions;
use crate::memberships::of_powerful_groups;
use crate::page::order;
use crate::schema::{groups, memberships, user_texts, users};
use crate::search::{self, by_texts};
use crate::sql_types::{At, Doc, Json, Key};
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

/// How the rows of a page are found on SQLite, which plans without knowing how many rows a condition leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the conditions to the rows, which are then put in order.
    Narrow,
    /// Along the list in its order, looking at each row, until the page is full.
    Walk,
}

pub fn page(conn: &mut Conn, filter: &UserFilter, request: &PageRequest) -> Result<Page<User>, StoreError> {
    let engine = conn.engine();
    let count = narrowed(engine, Way::Narrow, filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let way = way(conn, count)?;
    let mut query = narrowed(engine, way, filter, request);
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

/// Who means most of the users need not have them all sorted: few are looked at until the page is full.
fn way(conn: &mut Conn, count: i64) -> Result<Way, StoreError> {
    match conn {
        // It knows its data.
        Conn::Postgres(_) => Ok(Way::Narrow),
        Conn::Sqlite(_) => {
            // Keys only rise, so there are no more users than this.
            let last: Option<i32> = users::table.select(max(users::pk)).get_result(conn)?;
            let is_most = count.saturating_mul(2) > last.map_or(0, i64::from);
            Ok(if is_most { Way::Walk } else { Way::Narrow })
        }
    }
}

fn narrowed<'a>(engine: Engine, way: Way, filter: &'a UserFilter, request: &PageRequest) -> Query<'a> {
    let mut query = by_fields(way, filter);
    query = by_moments(by_groups(query, way, filter), filter);
    query = by_attributes(query, engine, way, filter);
    by_texts!(
        query,
        search::words(engine, request),
        way == Way::Walk,
        users::pk,
        user_texts.user_pk,
        "users.pk IN (SELECT rowid FROM user_words WHERE (user_words MATCH "
    );
    query
}

/// Reading an object costs much, so that whatever finds it comes first.
fn by_attributes<'a>(mut query: Query<'a>, engine: Engine, way: Way, filter: &'a UserFilter) -> Query<'a> {
    for (key, value) in &filter.attributes {
        let member = search::member(key, value);
        match (engine, member) {
            (Engine::Postgres, _) => {
                let object = Json(Value::Object(JsonObject::from_iter([(key.clone(), value.clone())])));
                query = query.filter(sql::<Bool>("users.attributes @> ").bind::<Doc, _>(object));
            }
            (Engine::Sqlite, Some(member)) => {
                if let (Way::Narrow, Some(phrase)) = (way, search::phrase(engine, &member)) {
                    let found =
                        sql::<Bool>("users.pk IN (SELECT rowid FROM user_words WHERE user_words MATCH ");
                    query = query.filter(found.bind::<Text, _>(phrase.text).sql(")"));
                }
                let holds = sql::<Bool>("instr(users.attributes, ").bind::<Text, _>(member);
                query = query.filter(holds.sql(") > 0"));
            }
            (Engine::Sqlite, None) => {}
        }
        let path = Json(Value::from(vec![key.clone()]));
        query = query.filter(functions::doc_is(users::attributes, path, Json(value.clone())));
    }
    query
}

fn by_fields(way: Way, filter: &UserFilter) -> Query<'_> {
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
        query = match way {
            Way::Narrow => {
                let query = query.filter(users::path.ge(start));
                match search::end_of(start) {
                    Some(end) => query.filter(users::path.lt(end)),
                    None => query,
                }
            }
            Way::Walk => {
                let length = i32::try_from(start.chars().count()).unwrap_or(i32::MAX);
                query.filter(substr(users::path, 1, length).eq(start))
            }
        };
    }
    let kinds = || filter.kinds.iter().map(|kind| kind.as_str());
    query = match (filter.kinds.as_slice(), way) {
        ([], _) => query,
        ([kind], _) => query.filter(users::kind.eq(kind.as_str())),
        (_, Way::Narrow) => query.filter(users::kind.eq_any(kinds())),
        // No index knows this expression.
        (_, Way::Walk) => query.filter(users::kind.concat("").eq_any(kinds())),
    };
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

fn by_groups<'a>(mut query: Query<'a>, way: Way, filter: &'a UserFilter) -> Query<'a> {
    let powerful = || memberships::table.filter(of_powerful_groups()).select(memberships::user_pk);
    let named = || {
        let groups = memberships::table.inner_join(groups::table);
        groups.filter(groups::name.eq_any(&filter.groups_by_name)).select(memberships::user_pk)
    };
    let keyed = || {
        let keys = filter.groups_by_pk.iter().map(|id| Key::from(*id));
        memberships::table.filter(memberships::group_id.eq_any(keys)).select(memberships::user_pk)
    };
    // No index knows the sum: the members are gathered, and each row is looked for among them.
    let pk = || users::pk + 0;
    query = match (filter.is_superuser, way) {
        (None, _) => query,
        (Some(true), Way::Narrow) => query.filter(users::pk.eq_any(powerful())),
        (Some(true), Way::Walk) => query.filter(pk().eq_any(powerful())),
        (Some(false), _) => query.filter(users::pk.ne_all(powerful())),
    };
    if !filter.groups_by_name.is_empty() {
        query = match way {
            Way::Narrow => query.filter(users::pk.eq_any(named())),
            Way::Walk => query.filter(pk().eq_any(named())),
        };
    }
    if !filter.groups_by_pk.is_empty() {
        query = match way {
            Way::Narrow => query.filter(users::pk.eq_any(keyed())),
            Way::Walk => query.filter(pk().eq_any(keyed())),
        };
    }
    query
}

//! The list of groups.

use diesel::dsl::{IntoBoxed, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use scimitar_domain::{Group, JsonObject, UserPk};
use serde_json::Value;

use crate::conn::{Engine, MultiBackend};
use crate::functions;
use crate::groups::GroupRow;
use crate::page::order;
use crate::schema::{group_texts, groups, memberships, users};
use crate::search::{self, by_texts};
use crate::sql_types::{Doc, Json};
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of groups by. All that is given must hold; of several values, any.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    pub name: Option<String>,
    pub is_superuser: Option<bool>,
    pub members_by_pk: Vec<UserPk>,
    pub members_by_username: Vec<String>,
    /// Top-level keys and their exact values.
    pub attributes: JsonObject,
}

pub fn page(conn: &mut Conn, filter: &GroupFilter, request: &PageRequest) -> Result<Page<Group>, StoreError> {
    let engine = conn.engine();
    let count = narrowed(engine, filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(engine, filter, request);
    order!(
        query, request,
        fields {
            "pk" => groups::id,
            "name" => groups::name,
            "is_superuser" => groups::is_superuser,
        }
        nullable { "parent" => first_parent(engine) }
        default [groups::name]
        key groups::id
    );
    let rows: Vec<GroupRow> = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(rows.into_iter().map(GroupRow::read).collect(), count))
}

fn first_parent(engine: Engine) -> SqlLiteral<Nullable<Text>> {
    sql(match engine {
        Engine::Sqlite => "(groups.parents ->> 0)",
        Engine::Postgres => "(groups.parents ->> 0) COLLATE \"C\"",
    })
}

fn narrowed<'a>(
    engine: Engine,
    filter: &'a GroupFilter,
    request: &PageRequest,
) -> IntoBoxed<'a, groups::table, MultiBackend> {
    let mut query = groups::table.into_boxed();
    if let Some(name) = &filter.name {
        query = query.filter(groups::name.eq(name));
    }
    if let Some(is_superuser) = filter.is_superuser {
        query = query.filter(groups::is_superuser.eq(is_superuser));
    }
    if !filter.members_by_pk.is_empty() {
        let theirs = memberships::table
            .filter(memberships::user_pk.eq_any(filter.members_by_pk.iter().map(|pk| pk.0)))
            .select(memberships::group_id);
        query = query.filter(groups::id.eq_any(theirs));
    }
    if !filter.members_by_username.is_empty() {
        let theirs = memberships::table
            .inner_join(users::table)
            .filter(users::username.eq_any(&filter.members_by_username))
            .select(memberships::group_id);
        query = query.filter(groups::id.eq_any(theirs));
    }
    for (key, value) in &filter.attributes {
        // Reading an object costs much, so that whatever finds it comes first.
        match (engine, search::member(key, value)) {
            (Engine::Postgres, _) => {
                let object = Json(Value::Object(JsonObject::from_iter([(key.clone(), value.clone())])));
                query = query.filter(sql::<Bool>("groups.attributes @> ").bind::<Doc, _>(object));
            }
            (Engine::Sqlite, Some(member)) => {
                let holds = sql::<Bool>("instr(groups.attributes, ").bind::<Text, _>(member);
                query = query.filter(holds.sql(") > 0"));
            }
            (Engine::Sqlite, None) => {}
        }
        let path = Json(Value::from(vec![key.clone()]));
        query = query.filter(functions::doc_is(groups::attributes, path, Json(value.clone())));
    }
    by_texts!(
        query,
        search::words(engine, request),
        false,
        groups::id,
        group_texts.group_id,
        "groups.id IN (SELECT group_id FROM group_texts \
         WHERE id IN (SELECT rowid FROM group_words WHERE group_words MATCH "
    );
    query
}

//! Finding the user or group of the directory that somebody outside means. Where several fit, none is meant.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use scimitar_domain::{Group, GroupId, User};

use crate::groups::GroupRow;
use crate::schema::{groups, users};
use crate::users::UserRow;
use crate::{Conn, StoreError};

/// The user with this address, as it is written or in small letters.
pub fn user_by_email(conn: &mut Conn, email: &str) -> Result<Option<User>, StoreError> {
    if email.is_empty() {
        return Ok(None);
    }
    let spellings = [email.to_owned(), email.to_lowercase()];
    let rows: Vec<UserRow> = users::table.filter(users::email.eq_any(spellings)).limit(2).load(conn)?;
    only(rows).map(UserRow::read).transpose()
}

/// The user with this text as `external_id` in its attributes.
pub fn user_by_external_id(conn: &mut Conn, id: Option<&str>) -> Result<Option<User>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let is_theirs = sql::<Bool>(external_id_is(conn)).bind::<Text, _>(id);
    let rows: Vec<UserRow> = users::table.filter(is_theirs).limit(2).load(conn)?;
    only(rows).map(UserRow::read).transpose()
}

/// The same for a group.
pub fn group_by_external_id(conn: &mut Conn, id: Option<&str>) -> Result<Option<Group>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let is_theirs = sql::<Bool>(external_id_is(conn)).bind::<Text, _>(id);
    let rows: Vec<GroupRow> = groups::table.filter(is_theirs).limit(2).load(conn)?;
    Ok(only(rows).map(GroupRow::read))
}

/// Whether the members of a group are superusers, by itself or through one of its ancestors.
pub fn makes_superusers(conn: &mut Conn, id: GroupId) -> Result<bool, StoreError> {
    let itself = crate::groups::get(conn, id)?;
    let above = crate::groups::ancestors(conn, &[id])?;
    Ok(itself.fields.is_superuser || above.iter().any(|group| group.fields.is_superuser))
}

/// As the index has it, up to the value. Texts only: a number is no id that a client sends.
fn external_id_is(conn: &Conn) -> &'static str {
    match conn {
        Conn::Sqlite(_) => "json_extract(attributes, '$.external_id') = ",
        Conn::Postgres(_) => {
            "jsonb_typeof(attributes -> 'external_id') = 'string' AND (attributes ->> 'external_id') = "
        }
    }
}

fn only<T>(rows: Vec<T>) -> Option<T> {
    let mut rows = rows.into_iter();
    rows.next().filter(|_| rows.next().is_none())
}

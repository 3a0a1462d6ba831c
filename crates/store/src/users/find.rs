//! Finding single users, and those who may administer the service.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use scimitar_domain::{User, UserPk};
use serde_json::Value;
use uuid::Uuid;

use crate::conn::MultiBackend;
use crate::memberships::of_powerful_groups;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{memberships, users};
use crate::sql_types::{Json, Key};
use crate::users::UserRow;
use crate::{Conn, StoreError, functions};

/// The keys that one statement names.
const CHUNK: usize = 1000;

pub fn find(conn: &mut Conn, pk: UserPk) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = users::table.find(pk.0).first(conn).optional()?;
    row.map(UserRow::read).transpose()
}

pub fn get(conn: &mut Conn, pk: UserPk) -> Result<User, StoreError> {
    find(conn, pk)?.ok_or(StoreError::NotFound("user"))
}

/// Those of them that exist, by key.
pub fn find_many(conn: &mut Conn, pks: &[UserPk]) -> Result<Vec<User>, StoreError> {
    let distinct: BTreeSet<i32> = pks.iter().map(|pk| pk.0).collect();
    let distinct: Vec<i32> = distinct.into_iter().collect();
    let mut found = Vec::with_capacity(distinct.len());
    for chunk in distinct.chunks(CHUNK) {
        let rows: Vec<UserRow> = users::table
            .filter(users::pk.eq_any(few_lengths(chunk)))
            .order(users::pk.asc())
            .prepared()
            .load(conn)?;
        for row in rows {
            found.push(row.read()?);
        }
    }
    Ok(found)
}

pub fn find_by_username(conn: &mut Conn, username: &str) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = users::table.filter(users::username.eq(username)).first(conn).optional()?;
    row.map(UserRow::read).transpose()
}

/// The first user of whom all of this holds: `username`, `email`, `name`, `pk`, `uuid`, or
/// `attributes__<key>`, each exactly. `None` also for a name that is not among these, and for a value that
/// such a field cannot have.
pub fn find_by(conn: &mut Conn, conditions: &[(String, Value)]) -> Result<Option<User>, StoreError> {
    let mut query = users::table.order(users::pk.asc()).into_boxed::<MultiBackend>();
    for (name, value) in conditions {
        let text = value.as_str();
        query = match (name.as_str(), text) {
            ("username", Some(text)) => query.filter(users::username.eq(text.to_owned())),
            ("email", Some(text)) => query.filter(users::email.eq(text.to_owned())),
            ("name", Some(text)) => query.filter(users::name.eq(text.to_owned())),
            ("uuid", Some(text)) => {
                let Ok(uuid) = Uuid::parse_str(text) else { return Ok(None) };
                query.filter(users::uuid.eq(Key(uuid)))
            }
            ("pk", _) => {
                let Some(pk) = value.as_i64().and_then(|pk| i32::try_from(pk).ok()) else { return Ok(None) };
                query.filter(users::pk.eq(pk))
            }
            (name, _) => {
                let Some(path) = name.strip_prefix("attributes__") else { return Ok(None) };
                let path: Vec<&str> = path.split("__").collect();
                query.filter(functions::doc_is(
                    users::attributes,
                    Json(Value::from(path)),
                    Json(value.clone()),
                ))
            }
        };
    }
    let row: Option<UserRow> = query.first(conn).optional()?;
    row.map(UserRow::read).transpose()
}

/// Whether the user is a member of a group that makes superusers, itself or through one of its ancestors.
pub fn is_superuser(conn: &mut Conn, pk: UserPk) -> Result<bool, StoreError> {
    let powerful = memberships::table
        .filter(memberships::user_pk.eq(pk.0))
        .filter(of_powerful_groups())
        .select(memberships::user_pk);
    Ok(diesel::select(exists(powerful)).prepared().get_result(conn)?)
}

/// Those of them that are superusers.
pub fn superusers(conn: &mut Conn, pks: &[UserPk]) -> Result<BTreeSet<UserPk>, StoreError> {
    let mut found = BTreeSet::new();
    for chunk in pks.chunks(CHUNK) {
        let members: Vec<i32> = memberships::table
            .filter(memberships::user_pk.eq_any(chunk.iter().map(|pk| pk.0)))
            .filter(of_powerful_groups())
            .select(memberships::user_pk)
            .load(conn)?;
        found.extend(members.into_iter().map(UserPk));
    }
    Ok(found)
}

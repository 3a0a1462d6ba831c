//! A user as its row.

use diesel::prelude::*;
use scimitar_domain::{User, UserFields, UserPk, UserUuid};

use crate::StoreError;
use crate::schema::users;
use crate::sql_types::{At, Json, Key};

#[derive(Queryable)]
pub(crate) struct UserRow {
    pk: i32,
    uuid: Key,
    username: String,
    name: String,
    email: String,
    is_active: bool,
    kind: String,
    path: String,
    attributes: Json,
    last_login: Option<At>,
    date_joined: At,
    last_updated: At,
    password_change_date: At,
    version: i64,
}

/// The columns that a caller may set.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct UserColumns<'a> {
    username: &'a str,
    name: &'a str,
    email: &'a str,
    is_active: bool,
    kind: &'static str,
    path: &'a str,
    attributes: Json,
    last_login: Option<At>,
}

/// Of these columns the ones that change. SQLite writes every index anew of which a statement sets a column, whatever
/// its value.
#[expect(
    clippy::option_option,
    reason = "without one the column stays as it is; with one it may be set to null"
)]
#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct UserChanges<'a> {
    username: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
    is_active: Option<bool>,
    kind: Option<&'static str>,
    path: Option<&'a str>,
    attributes: Option<Json>,
    last_login: Option<Option<At>>,
}

impl UserRow {
    pub(crate) fn read(self) -> Result<User, StoreError> {
        let kind =
            self.kind.parse().map_err(|_unknown| StoreError::inconsistent("users", "kind", &self.pk))?;
        Ok(User {
            pk: UserPk(self.pk),
            uuid: UserUuid(self.uuid.0),
            fields: UserFields {
                username: self.username,
                name: self.name,
                email: self.email,
                is_active: self.is_active,
                kind,
                path: self.path,
                attributes: self.attributes.into_object(),
                last_login: self.last_login.map(|at| at.0),
            },
            date_joined: self.date_joined.0,
            last_updated: self.last_updated.0,
            password_change_date: self.password_change_date.0,
            version: self.version,
        })
    }
}

impl<'a> UserChanges<'a> {
    pub(super) fn between(before: &UserFields, after: &'a UserFields) -> Self {
        let UserFields { username, name, email, is_active, kind, path, attributes, last_login } = after;
        Self {
            username: (before.username != *username).then_some(username),
            name: (before.name != *name).then_some(name),
            email: (before.email != *email).then_some(email),
            is_active: (before.is_active != *is_active).then_some(*is_active),
            kind: (before.kind != *kind).then(|| kind.as_str()),
            path: (before.path != *path).then_some(path),
            attributes: (before.attributes != *attributes).then(|| Json::from(attributes)),
            last_login: (before.last_login != *last_login).then(|| last_login.map(At)),
        }
    }
}

impl<'a> UserColumns<'a> {
    pub(super) fn of(fields: &'a UserFields) -> Self {
        Self {
            username: &fields.username,
            name: &fields.name,
            email: &fields.email,
            is_active: fields.is_active,
            kind: fields.kind.as_str(),
            path: &fields.path,
            attributes: Json::from(&fields.attributes),
            last_login: fields.last_login.map(At),
        }
    }
}

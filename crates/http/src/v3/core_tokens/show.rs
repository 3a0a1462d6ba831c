//! Tokens as the wire shows them. Keys are never among it.

use std::collections::BTreeMap;

use scimitar_api as api;
use scimitar_domain::{InstallId, Token, UserPk};
use scimitar_store::{Conn, StoreError, users};

use crate::error::ApiError;
use crate::v3::core_users::show::{self, Include};

/// Tokens with their users. The number of queries does not depend on the number of tokens.
pub(in crate::v3) fn tokens(
    conn: &mut Conn,
    rows: &[Token],
    install: InstallId,
) -> Result<Vec<api::Token>, StoreError> {
    let pks: Vec<UserPk> = rows.iter().map(|token| token.fields.user).collect();
    let found = users::find_many(conn, &pks)?;
    let owners = show::users(conn, &found, install, Include::ALL)?;
    let owners: BTreeMap<i32, api::User> = owners.into_iter().map(|user| (user.pk, user)).collect();
    // A token's user cannot be missing: they go together.
    Ok(rows.iter().filter_map(|row| Some(token(row, owners.get(&row.fields.user.0)?.clone()))).collect())
}

pub(super) fn one(conn: &mut Conn, token: &Token, install: InstallId) -> Result<api::Token, ApiError> {
    let shown = tokens(conn, std::slice::from_ref(token), install)?;
    shown.into_iter().next().ok_or(ApiError::NotFound)
}

fn token(token: &Token, user: api::User) -> api::Token {
    let fields = &token.fields;
    api::Token {
        pk: token.id.0,
        managed: fields.managed.clone(),
        identifier: fields.identifier.clone(),
        intent: fields.intent.into(),
        user: fields.user.0,
        user_obj: user,
        description: fields.description.clone(),
        expires: fields.expires.map(Into::into),
        expiring: fields.expiring,
    }
}

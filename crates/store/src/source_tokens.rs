//! Tokens of sources beyond the documented ones. Only the hashes of their keys are kept.

use diesel::prelude::*;
use scimitar_domain::{
    Secret, SourceId, SourceScope, SourceToken, SourceTokenFields, SourceTokenId, Timestamp,
};

use crate::prepared::Prepared as _;
use crate::schema::source_tokens;
use crate::sql_types::{At, Key};
use crate::{Conn, Keyring, StoreError};

/// Add a token with this key.
pub fn insert(
    conn: &mut Conn,
    keyring: &Keyring,
    id: SourceTokenId,
    source: SourceId,
    fields: &SourceTokenFields,
    key: &Secret<String>,
    now: Timestamp,
) -> Result<SourceToken, StoreError> {
    diesel::insert_into(source_tokens::table)
        .values((
            source_tokens::id.eq(Key::from(id)),
            source_tokens::source_id.eq(Key::from(source)),
            source_tokens::name.eq(&fields.name),
            source_tokens::users.eq(fields.scope.users),
            source_tokens::groups.eq(fields.scope.groups),
            source_tokens::read_only.eq(fields.scope.read_only),
            source_tokens::key_hash.eq(keyring.lookup_hash(key)),
            source_tokens::created_at.eq(At(now)),
            source_tokens::expires_at.eq(fields.expires_at.map(At)),
        ))
        .execute(conn)?;
    find(conn, id)?.ok_or(StoreError::NotFound("source token"))
}

/// The token with this key. Whether it has expired is for the caller to judge.
pub fn authenticate(
    conn: &mut Conn,
    keyring: &Keyring,
    key: &Secret<String>,
) -> Result<Option<SourceToken>, StoreError> {
    // One after the other: a statement that does not depend on their number is prepared once.
    for hash in keyring.lookup_hashes(key) {
        let row: Option<SourceTokenRow> = source_tokens::table
            .filter(source_tokens::key_hash.eq(hash))
            .select(SourceTokenRow::as_select())
            .first(conn)
            .optional()?;
        if let Some(row) = row {
            return Ok(Some(row.into()));
        }
    }
    Ok(None)
}

pub fn find(conn: &mut Conn, id: SourceTokenId) -> Result<Option<SourceToken>, StoreError> {
    let row: Option<SourceTokenRow> = source_tokens::table
        .find(Key::from(id))
        .select(SourceTokenRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(SourceToken::from))
}

/// The tokens of a source, the oldest first.
pub fn of_source(conn: &mut Conn, source: SourceId) -> Result<Vec<SourceToken>, StoreError> {
    let rows: Vec<SourceTokenRow> = source_tokens::table
        .filter(source_tokens::source_id.eq(Key::from(source)))
        .order((source_tokens::created_at, source_tokens::id))
        .select(SourceTokenRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(SourceToken::from).collect())
}

/// Note when tokens were used. One that was revoked meanwhile is none any more.
pub fn used(conn: &mut Conn, uses: &[(SourceTokenId, Timestamp)]) -> Result<(), StoreError> {
    for (id, at) in uses {
        diesel::update(source_tokens::table.find(Key::from(*id)))
            .set(source_tokens::last_used_at.eq(Some(At(*at))))
            .prepared()
            .execute(conn)?;
    }
    Ok(())
}

/// Revoke a token of a source.
pub fn delete(conn: &mut Conn, source: SourceId, id: SourceTokenId) -> Result<(), StoreError> {
    let theirs = source_tokens::table.filter(source_tokens::source_id.eq(Key::from(source)));
    match diesel::delete(theirs.filter(source_tokens::id.eq(Key::from(id)))).execute(conn)? {
        0 => Err(StoreError::NotFound("source token")),
        _one => Ok(()),
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = source_tokens)]
struct SourceTokenRow {
    id: Key,
    source_id: Key,
    name: String,
    users: bool,
    groups: bool,
    read_only: bool,
    created_at: At,
    expires_at: Option<At>,
    last_used_at: Option<At>,
}

impl From<SourceTokenRow> for SourceToken {
    fn from(row: SourceTokenRow) -> Self {
        let scope = SourceScope { users: row.users, groups: row.groups, read_only: row.read_only };
        Self {
            id: row.id.into(),
            source: row.source_id.into(),
            fields: SourceTokenFields { name: row.name, scope, expires_at: row.expires_at.map(|at| at.0) },
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.map(|at| at.0),
        }
    }
}

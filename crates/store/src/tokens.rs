//! Tokens: the keys with which callers authenticate.

mod list;
mod row;

use diesel::prelude::*;
use scimitar_domain::{Secret, Token, TokenFields, TokenId, User, UserPk};

use crate::keyring::Keyring;
use crate::schema::{tokens, users};
use crate::sql_types::Key;
use crate::users::UserRow;
use crate::{Conn, StoreError};

pub use list::{TokenFilter, page};
use row::{TokenColumns, TokenRow};

/// Add a token with this key.
pub fn insert(
    conn: &mut Conn,
    keyring: &Keyring,
    id: TokenId,
    fields: &TokenFields,
    key: &Secret<String>,
) -> Result<Token, StoreError> {
    require_user(conn, fields.user)?;
    let row: TokenRow = diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(Key::from(id)),
            TokenColumns::of(fields),
            tokens::key_hash.eq(keyring.lookup_hash(key)),
            tokens::key_sealed.eq(keyring.seal(&place(id), key)?),
        ))
        .returning(row::COLUMNS)
        .get_result(conn)?;
    row.read()
}

pub fn update(conn: &mut Conn, id: TokenId, fields: &TokenFields) -> Result<Token, StoreError> {
    require_user(conn, fields.user)?;
    let row: Option<TokenRow> = diesel::update(tokens::table.find(Key::from(id)))
        .set(TokenColumns::of(fields))
        .returning(row::COLUMNS)
        .get_result(conn)
        .optional()?;
    row.ok_or(StoreError::NotFound("token"))?.read()
}

/// Give the token another key.
pub fn set_key(
    conn: &mut Conn,
    keyring: &Keyring,
    id: TokenId,
    key: &Secret<String>,
) -> Result<(), StoreError> {
    let changed = diesel::update(tokens::table.find(Key::from(id)))
        .set((
            tokens::key_hash.eq(keyring.lookup_hash(key)),
            tokens::key_sealed.eq(keyring.seal(&place(id), key)?),
        ))
        .execute(conn)?;
    if changed == 0 { Err(StoreError::NotFound("token")) } else { Ok(()) }
}

pub fn view_key(conn: &mut Conn, keyring: &Keyring, id: TokenId) -> Result<Secret<String>, StoreError> {
    let sealed: Option<Vec<u8>> =
        tokens::table.find(Key::from(id)).select(tokens::key_sealed).first(conn).optional()?;
    keyring.open(&place(id), &sealed.ok_or(StoreError::NotFound("token"))?)
}

pub fn find_by_identifier(conn: &mut Conn, identifier: &str) -> Result<Option<Token>, StoreError> {
    let row: Option<TokenRow> = tokens::table
        .filter(tokens::identifier.eq(identifier))
        .select(row::COLUMNS)
        .first(conn)
        .optional()?;
    row.map(TokenRow::read).transpose()
}

/// Those of them that exist, in no particular order.
pub fn find_many(conn: &mut Conn, ids: &[TokenId]) -> Result<Vec<Token>, StoreError> {
    let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
    let rows: Vec<TokenRow> =
        tokens::table.filter(tokens::id.eq_any(keys)).select(row::COLUMNS).load(conn)?;
    rows.into_iter().map(TokenRow::read).collect()
}

/// The token with this key, and whose it is. Whether it has expired, is meant for this and its user is active
/// is for the caller to judge.
pub fn authenticate(
    conn: &mut Conn,
    keyring: &Keyring,
    key: &Secret<String>,
) -> Result<Option<(Token, User)>, StoreError> {
    // One after the other: a statement that does not depend on their number is prepared once.
    for hash in keyring.lookup_hashes(key) {
        let found: Option<(TokenRow, UserRow)> = tokens::table
            .inner_join(users::table)
            .filter(tokens::key_hash.eq(hash))
            .select((row::COLUMNS, users::all_columns))
            .first(conn)
            .optional()?;
        if let Some((token, user)) = found {
            return Ok(Some((token.read()?, user.read()?)));
        }
    }
    Ok(None)
}

pub fn delete(conn: &mut Conn, id: TokenId) -> Result<(), StoreError> {
    let deleted = diesel::delete(tokens::table.find(Key::from(id))).execute(conn)?;
    if deleted == 0 { Err(StoreError::NotFound("token")) } else { Ok(()) }
}

pub fn count(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(tokens::table.count().get_result(conn)?)
}

fn place(id: TokenId) -> String {
    format!("tokens.key_sealed:{}", id.0)
}

fn require_user(conn: &mut Conn, pk: UserPk) -> Result<(), StoreError> {
    let found: i64 = users::table.filter(users::pk.eq(pk.0)).count().get_result(conn)?;
    if found == 0 { Err(StoreError::missing("user", &pk)) } else { Ok(()) }
}

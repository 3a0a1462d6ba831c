//! Sources: who fills the directory from outside. Each owns a service account and a token.

mod list;
mod row;

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{
    DeletePolicy, MappingId, MappingKind, ObjectKind, Secret, Source, SourceFields, SourceId, Timestamp,
    TokenId, UserFields, UserPk, UserUuid,
};

pub use self::list::{SourceFilter, page};
use self::row::{SettingsRow, SourceRow, complete};
use crate::conn::on_backend;
use crate::schema::{source_mappings, sources};
use crate::sql_types::Key;
use crate::{Conn, Keyring, StoreError, mappings, tokens, users};

/// What a source's account and token are made of, if they have to be: the store draws no ids and no keys.
#[derive(Debug, Clone)]
pub struct Spare {
    pub account: UserUuid,
    pub token: TokenId,
    pub key: Secret<String>,
}

/// Add a source, and with it its account and its token.
pub fn insert(
    conn: &mut Conn,
    keyring: &Keyring,
    id: SourceId,
    fields: &SourceFields,
    spare: &Spare,
    now: Timestamp,
) -> Result<Source, StoreError> {
    check_references(conn, fields)?;
    diesel::insert_into(sources::table)
        .values((sources::id.eq(Key::from(id)), SettingsRow::of(fields)))
        .execute(conn)?;
    write_lists(conn, id, fields)?;
    settle(conn, keyring, id, spare, now)?;
    get(conn, id)
}

/// Write what a caller may set. The account bears the source's name; the token keeps its key.
pub fn update(
    conn: &mut Conn,
    keyring: &Keyring,
    id: SourceId,
    fields: &SourceFields,
    spare: &Spare,
    now: Timestamp,
) -> Result<Source, StoreError> {
    check_references(conn, fields)?;
    let changed =
        diesel::update(sources::table.find(Key::from(id))).set(SettingsRow::of(fields)).execute(conn)?;
    if changed == 0 {
        return Err(StoreError::NotFound("source"));
    }
    diesel::delete(source_mappings::table.filter(source_mappings::source_id.eq(Key::from(id))))
        .execute(conn)?;
    write_lists(conn, id, fields)?;
    settle(conn, keyring, id, spare, now)?;
    get(conn, id)
}

/// Make what of a source's account and token is missing, and let the account bear the source's name.
///
/// Whoever deletes either calls this in the same unit, so that no source is ever without.
pub fn settle(
    conn: &mut Conn,
    keyring: &Keyring,
    id: SourceId,
    spare: &Spare,
    now: Timestamp,
) -> Result<(), StoreError> {
    type Found = (String, Option<i32>, Option<Key>);
    let found: Option<Found> = sources::table
        .find(Key::from(id))
        .select((sources::name, sources::account_pk, sources::token_id))
        .first(conn)
        .optional()?;
    let (name, account, token) = found.ok_or(StoreError::NotFound("source"))?;
    let account = match account {
        Some(pk) => rename_account(conn, UserPk(pk), id.account(&name), now)?,
        None => users::insert(conn, spare.account, &id.account(&name), &[], now)?.pk,
    };
    let token = match token {
        Some(key) => TokenId::from(key),
        None => tokens::insert(conn, keyring, spare.token, &id.token(account), &spare.key)?.id,
    };
    diesel::update(sources::table.find(Key::from(id)))
        .set((sources::account_pk.eq(account.0), sources::token_id.eq(Key::from(token))))
        .execute(conn)?;
    Ok(())
}

/// Delete a source with its account, its token, and what it knows of users and groups. Those stay.
pub fn delete(conn: &mut Conn, id: SourceId, now: Timestamp) -> Result<(), StoreError> {
    let source = get(conn, id)?;
    diesel::delete(sources::table.find(Key::from(id))).execute(conn)?;
    users::delete(conn, source.account, now)
}

pub fn find(conn: &mut Conn, id: SourceId) -> Result<Option<Source>, StoreError> {
    Ok(find_many(conn, &[id])?.pop())
}

pub fn get(conn: &mut Conn, id: SourceId) -> Result<Source, StoreError> {
    find(conn, id)?.ok_or(StoreError::NotFound("source"))
}

/// Those of them that exist, by name.
pub fn find_many(conn: &mut Conn, ids: &[SourceId]) -> Result<Vec<Source>, StoreError> {
    let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
    let rows: Vec<SourceRow> = sources::table
        .filter(sources::id.eq_any(keys))
        .order((sources::name, sources::id))
        .select(SourceRow::as_select())
        .load(conn)?;
    complete(conn, rows)
}

pub fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Source>, StoreError> {
    let rows = sources::table.filter(sources::slug.eq(slug)).select(SourceRow::as_select()).load(conn)?;
    Ok(complete(conn, rows)?.pop())
}

/// Read a source and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever
/// changes what it has read must read it this way.
pub fn lock(conn: &mut Conn, slug: &str) -> Result<Source, StoreError> {
    let query = sources::table.filter(sources::slug.eq(slug)).select(sources::id);
    let found: Option<Key> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    get(conn, found.ok_or(StoreError::NotFound("source"))?.into())
}

/// The sources that use a mapping, for whatever they use it, by name.
pub fn by_mapping(conn: &mut Conn, mapping: MappingId) -> Result<Vec<Source>, StoreError> {
    let using: Vec<Key> = source_mappings::table
        .filter(source_mappings::mapping_id.eq(Key::from(mapping)))
        .select(source_mappings::source_id)
        .load(conn)?;
    find_many(conn, &using.into_iter().map(SourceId::from).collect::<Vec<_>>())
}

/// The sources that delete what they have kept for some time, by name.
pub fn that_delete_later(conn: &mut Conn) -> Result<Vec<Source>, StoreError> {
    let rows = sources::table
        .filter(sources::delete_policy.eq(DeletePolicy::DeactivateThenDelete.as_str()))
        .order((sources::name, sources::id))
        .select(SourceRow::as_select())
        .load(conn)?;
    complete(conn, rows)
}

/// The source that owns a token.
pub fn by_token(conn: &mut Conn, token: TokenId) -> Result<Option<Source>, StoreError> {
    let rows = sources::table
        .filter(sources::token_id.eq(Key::from(token)))
        .select(SourceRow::as_select())
        .load(conn)?;
    Ok(complete(conn, rows)?.pop())
}

/// The source that owns an account.
pub fn by_account(conn: &mut Conn, account: UserPk) -> Result<Option<Source>, StoreError> {
    let rows =
        sources::table.filter(sources::account_pk.eq(account.0)).select(SourceRow::as_select()).load(conn)?;
    Ok(complete(conn, rows)?.pop())
}

/// What else people have changed of the account stays as it is.
fn rename_account(
    conn: &mut Conn,
    pk: UserPk,
    wanted: UserFields,
    now: Timestamp,
) -> Result<UserPk, StoreError> {
    let mut fields = users::lock(conn, pk)?.fields;
    fields.name = wanted.name;
    users::update(conn, pk, &fields, None, now)?;
    Ok(pk)
}

/// SQLite does not say which reference of several is broken, so they are looked up.
fn check_references(conn: &mut Conn, fields: &SourceFields) -> Result<(), StoreError> {
    for (field, ids) in [
        ("user_property_mappings", &fields.user_property_mappings),
        ("group_property_mappings", &fields.group_property_mappings),
    ] {
        if let Some(unknown) = mappings::first_unknown(conn, MappingKind::Source, ids)? {
            return Err(StoreError::missing(field, &unknown.0));
        }
    }
    Ok(())
}

fn write_lists(conn: &mut Conn, id: SourceId, fields: &SourceFields) -> Result<(), StoreError> {
    let kinds = [
        (ObjectKind::User, &fields.user_property_mappings),
        (ObjectKind::Group, &fields.group_property_mappings),
    ];
    let mut rows = Vec::new();
    for (kind, ids) in kinds {
        let mut seen = BTreeSet::new();
        for (position, mapping) in (0..).zip(ids.iter().filter(|mapping| seen.insert(**mapping))) {
            rows.push((
                source_mappings::source_id.eq(Key::from(id)),
                source_mappings::mapping_id.eq(Key::from(*mapping)),
                source_mappings::kind.eq(kind.as_str()),
                source_mappings::position.eq(position),
            ));
        }
    }
    if !rows.is_empty() {
        on_backend!(conn, |conn| diesel::insert_into(source_mappings::table).values(rows).execute(conn))?;
    }
    Ok(())
}

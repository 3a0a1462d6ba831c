//! Linking and unlinking by hand. The remote is asked nothing.

use diesel::dsl::exists;
use diesel::prelude::*;
use scimitar_domain::{JsonObject, Link, LinkId, ObjectId, ProviderPk};

use super::find;
use super::row::LinkRow;
use crate::prepared::Prepared as _;
use crate::schema::{groups, links, providers, users};
use crate::sql_types::{At, Json, Key};
use crate::{Conn, StoreError, Unique, members};

/// Say which remote resource stands for an object. The next sync brings it in step.
///
/// An object that was tried before and has no remote resource yet has a link already; then that one is taken,
/// id and all, and whoever is at work on it has lost it.
pub fn insert(
    conn: &mut Conn,
    id: LinkId,
    provider: ProviderPk,
    object: ObjectId,
    remote_id: &str,
) -> Result<Link, StoreError> {
    check_references(conn, provider, object)?;
    let (user_pk, group_id) = columns(object);
    let same = links::table.filter(links::provider_pk.eq(provider.0));
    let present: Option<LinkRow> = match object {
        ObjectId::User(pk) => {
            same.filter(links::user_pk.eq(pk.0)).select(LinkRow::as_select()).first(conn).optional()?
        }
        ObjectId::Group(id) => same
            .filter(links::group_id.eq(Key::from(id)))
            .select(LinkRow::as_select())
            .first(conn)
            .optional()?,
    };
    let (key, epoch) = match present {
        Some(row) if row.remote_id.is_some() => return Err(StoreError::Taken(Unique::LinkObject)),
        Some(row) => (row.id, row.lease_epoch + 1),
        None => {
            let row = (
                links::id.eq(Key::from(id)),
                links::provider_pk.eq(provider.0),
                links::kind.eq(object.kind().as_str()),
                links::user_pk.eq(user_pk),
                links::group_id.eq(group_id),
            );
            diesel::insert_into(links::table).values(row).execute(conn)?;
            (id.into(), 0)
        }
    };
    link(conn, key, epoch, remote_id)?;
    if let ObjectId::User(pk) = object {
        members::mark_groups_of(conn, provider, &[pk])?;
    }
    find(conn, key.into())?.ok_or(StoreError::NotFound("link"))
}

/// Forget which remote resource stands for an object. The remote keeps it.
pub fn unlink(conn: &mut Conn, id: LinkId) -> Result<(), StoreError> {
    members::leave(conn, &[id.into()])?;
    match diesel::delete(links::table.find(Key::from(id))).execute(conn)? {
        0 => Err(StoreError::NotFound("link")),
        _one => Ok(()),
    }
}

/// The remote holds something else than it has acknowledged: the next sync sends all that is ours. Whoever is at work
/// on one of these has lost it.
pub fn doubt(conn: &mut Conn, ids: &[LinkId]) -> Result<(), StoreError> {
    let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
    diesel::update(links::table.filter(links::id.eq_any(keys)))
        .set((
            links::fingerprint.eq(None::<i64>),
            links::synced_version.eq(0),
            links::lease_owner.eq(None::<String>),
            links::lease_until.eq(None::<At>),
            links::lease_epoch.eq(links::lease_epoch + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// A search has found what a lost create has made, and with which attributes.
pub fn found(conn: &mut Conn, id: LinkId, remote_id: &str, known: &JsonObject) -> Result<(), StoreError> {
    diesel::update(links::table.find(Key::from(id)))
        .filter(links::creating)
        .set((
            links::creating.eq(false),
            links::remote_id.eq(remote_id),
            links::external_id.eq(None::<String>),
            links::natural_key.eq(None::<String>),
            links::sent.eq(Json::from(known)),
        ))
        .execute(conn)?;
    Ok(())
}

fn link(conn: &mut Conn, key: Key, epoch: i64, remote_id: &str) -> Result<(), StoreError> {
    diesel::update(links::table.find(key))
        .set((
            (
                links::creating.eq(false),
                links::remote_id.eq(remote_id),
                links::external_id.eq(None::<String>),
                links::natural_key.eq(None::<String>),
                links::attributes.eq(Json(serde_json::json!({}))),
                links::sent.eq(Json(serde_json::json!({}))),
                links::fingerprint.eq(None::<i64>),
                links::etag.eq(None::<String>),
                links::synced_version.eq(0),
                links::synced_revision.eq(0),
            ),
            super::attempt::LinkAttempt::cleared(),
            links::lease_owner.eq(None::<String>),
            links::lease_until.eq(None::<At>),
            links::lease_epoch.eq(epoch),
        ))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// The two columns that name an object, of which exactly one is filled.
pub(crate) fn columns(object: ObjectId) -> (Option<i32>, Option<Key>) {
    match object {
        ObjectId::User(pk) => (Some(pk.0), None),
        ObjectId::Group(id) => (None, Some(id.into())),
    }
}

fn check_references(conn: &mut Conn, provider: ProviderPk, object: ObjectId) -> Result<(), StoreError> {
    let known: bool = diesel::select(exists(providers::table.find(provider.0))).get_result(conn)?;
    if !known {
        return Err(StoreError::missing("provider", &provider));
    }
    require_object(conn, object)
}

pub(crate) fn require_object(conn: &mut Conn, object: ObjectId) -> Result<(), StoreError> {
    let (field, known, key) = match object {
        ObjectId::User(pk) => {
            let known = diesel::select(exists(users::table.find(pk.0))).get_result(conn)?;
            ("user", known, pk.to_string())
        }
        ObjectId::Group(id) => {
            let known = diesel::select(exists(groups::table.find(Key::from(id)))).get_result(conn)?;
            ("group", known, id.to_string())
        }
    };
    if known { Ok(()) } else { Err(StoreError::missing(field, &key)) }
}

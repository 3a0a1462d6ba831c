//! Providers: where objects are sent to. Their token lies sealed and is opened on the way out.

mod access;
mod any;
mod drain;
mod lookup;
mod row;

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{
    ChangeKind, GroupId, MappingId, MappingKind, ObjectKind, Provider, ProviderFields, ProviderPk, Timestamp,
};
use uuid::Uuid;

pub use self::any::{AnyProviderFilter, page_any};
pub use self::drain::{Remains, drain, hold, remains};
pub use self::lookup::{
    ProviderFilter, attached, by_application, by_filter_group, by_mapping, due, find, find_by_name,
    find_many, get, page, unverified,
};
use self::row::SettingsRow;
use crate::conn::on_backend;
use crate::schema::{groups, provider_group_filters, provider_mappings, providers};
use crate::sql_types::{At, Key};
use crate::{Conn, Keyring, StoreError, changes, jobs, lanes, lessons, mappings};

/// Insert a provider. `seal_id` becomes its uuid, to which its token is sealed.
pub fn insert(
    conn: &mut Conn,
    keyring: &Keyring,
    seal_id: Uuid,
    fields: &ProviderFields,
    now: Timestamp,
) -> Result<Provider, StoreError> {
    check_references(conn, fields)?;
    let settings = SettingsRow::new(keyring, seal_id, fields)?;
    let pk: i32 = diesel::insert_into(providers::table)
        .values((providers::uuid.eq(Key(seal_id)), settings))
        .returning(providers::pk)
        .get_result(conn)?;
    let pk = ProviderPk(pk);
    access::write(conn, keyring, pk, seal_id, &fields.access)?;
    write_lists(conn, pk, fields)?;
    changes::append(conn, &[ChangeKind::ProviderSaved { provider: pk }], now)?;
    get(conn, keyring, pk)
}

/// Write what a caller may set. Whatever held the provider is thereby looked at, and holds it no longer, and
/// it is not drained any more.
pub fn update(
    conn: &mut Conn,
    keyring: &Keyring,
    pk: ProviderPk,
    fields: &ProviderFields,
    now: Timestamp,
) -> Result<Provider, StoreError> {
    check_references(conn, fields)?;
    let known = (providers::uuid, providers::url, providers::drift_check, providers::drift_check_every);
    let before: Option<(Key, String, String, String)> =
        providers::table.find(pk.0).select(known).first(conn).optional()?;
    let (Key(seal_id), url, mode, every) = before.ok_or(StoreError::NotFound("provider"))?;
    diesel::update(providers::table.find(pk.0))
        .set((
            SettingsRow::new(keyring, seal_id, fields)?,
            providers::held.eq(None::<String>),
            providers::draining.eq(false),
            providers::revision.eq(providers::revision + 1),
        ))
        .execute(conn)?;
    diesel::delete(provider_mappings::table.filter(provider_mappings::provider_pk.eq(pk.0))).execute(conn)?;
    diesel::delete(provider_group_filters::table.filter(provider_group_filters::provider_pk.eq(pk.0)))
        .execute(conn)?;
    access::write(conn, keyring, pk, seal_id, &fields.access)?;
    write_lists(conn, pk, fields)?;
    if mode != fields.drift_check.as_str() || every != fields.drift_check_every.as_str() {
        diesel::update(providers::table.find(pk.0))
            .set(providers::next_drift_at.eq(None::<At>))
            .execute(conn)?;
    }
    // The remote may be another one, or have become one.
    lessons::clear(conn, pk)?;
    if url != fields.url {
        lanes::open(conn, &lane_of(pk), now)?;
    }
    changes::append(conn, &[ChangeKind::ProviderSaved { provider: pk }], now)?;
    get(conn, keyring, pk)
}

/// Delete a provider with everything that is known of it: links, tombstones, runs, and the jobs of its lane.
/// The remote keeps what it has.
pub fn delete(conn: &mut Conn, pk: ProviderPk) -> Result<(), StoreError> {
    let deleted = diesel::delete(providers::table.find(pk.0)).execute(conn)?;
    if deleted == 0 {
        return Err(StoreError::NotFound("provider"));
    }
    let lane = lane_of(pk);
    jobs::remove_lane(conn, &lane)?;
    lanes::remove(conn, &lane)
}

/// When the next full sync is due.
pub fn schedule(conn: &mut Conn, pk: ProviderPk, next: Timestamp) -> Result<(), StoreError> {
    diesel::update(providers::table.find(pk.0)).set(providers::next_sync_at.eq(At(next))).execute(conn)?;
    Ok(())
}

/// Read a provider and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever
/// changes what it has read must read it this way.
pub fn lock(conn: &mut Conn, keyring: &Keyring, pk: ProviderPk) -> Result<Provider, StoreError> {
    let query = providers::table.find(pk.0).select(providers::pk);
    let found: Option<i32> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    found.ok_or(StoreError::NotFound("provider"))?;
    get(conn, keyring, pk)
}

/// The lane of a provider's jobs.
pub fn lane_of(pk: ProviderPk) -> String {
    format!("provider:{pk}")
}

/// SQLite does not say which reference of several is broken, so they are looked up.
fn check_references(conn: &mut Conn, fields: &ProviderFields) -> Result<(), StoreError> {
    for (field, ids) in [
        ("property_mappings", &fields.property_mappings),
        ("property_mappings_group", &fields.property_mappings_group),
    ] {
        if let Some(unknown) = mappings::first_unknown(conn, MappingKind::Provider, ids)? {
            return Err(StoreError::missing(field, &unknown.0));
        }
    }
    let asked: Vec<Key> =
        fields.filter_group.iter().chain(&fields.group_filters).copied().map(Key::from).collect();
    let found: Vec<Key> = groups::table.filter(groups::id.eq_any(asked)).select(groups::id).load(conn)?;
    let found: BTreeSet<GroupId> = found.into_iter().map(GroupId::from).collect();
    if let Some(unknown) = fields.filter_group.filter(|id| !found.contains(id)) {
        return Err(StoreError::missing("filter_group", &unknown));
    }
    if let Some(unknown) = fields.group_filters.iter().find(|id| !found.contains(id)) {
        return Err(StoreError::missing("group_filters", unknown));
    }
    Ok(())
}

fn write_lists(conn: &mut Conn, pk: ProviderPk, fields: &ProviderFields) -> Result<(), StoreError> {
    let kinds =
        [(ObjectKind::User, &fields.property_mappings), (ObjectKind::Group, &fields.property_mappings_group)];
    let rows: Vec<_> = kinds
        .into_iter()
        .flat_map(|(kind, ids)| {
            let ids: BTreeSet<MappingId> = ids.iter().copied().collect();
            ids.into_iter().map(move |id| {
                (
                    provider_mappings::provider_pk.eq(pk.0),
                    provider_mappings::mapping_id.eq(Key::from(id)),
                    provider_mappings::kind.eq(kind.as_str()),
                )
            })
        })
        .collect();
    if !rows.is_empty() {
        on_backend!(conn, |conn| diesel::insert_into(provider_mappings::table).values(rows).execute(conn))?;
    }
    let filters: BTreeSet<GroupId> = fields.group_filters.iter().copied().collect();
    let rows: Vec<_> = filters
        .into_iter()
        .map(|id| {
            (provider_group_filters::provider_pk.eq(pk.0), provider_group_filters::group_id.eq(Key::from(id)))
        })
        .collect();
    if !rows.is_empty() {
        on_backend!(conn, |conn| diesel::insert_into(provider_group_filters::table)
            .values(rows)
            .execute(conn))?;
    }
    Ok(())
}

//! Applications: what a provider is attached to before it is synced.

mod list;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use scimitar_domain::{
    Application, ApplicationFields, ApplicationId, AttachedTo, ChangeKind, ProviderPk, Timestamp,
};

use crate::schema::{applications, providers};
use crate::sql_types::Key;
use crate::{Conn, StoreError, changes};

pub use list::{ApplicationFilter, page};
use row::{ApplicationColumns, ApplicationRow};

pub fn insert(
    conn: &mut Conn,
    id: ApplicationId,
    fields: &ApplicationFields,
    now: Timestamp,
) -> Result<Application, StoreError> {
    require_providers(conn, "provider", fields.provider.as_slice())?;
    require_providers(conn, "backchannel_providers", &fields.backchannel_providers)?;
    let row: ApplicationRow = diesel::insert_into(applications::table)
        .values((applications::id.eq(Key::from(id)), ApplicationColumns::of(fields)))
        .returning(applications::all_columns)
        .get_result(conn)?;
    finish(conn, row, fields, now)
}

/// Change an application. Providers that are no longer named are let go and not synced any more.
pub fn update(
    conn: &mut Conn,
    id: ApplicationId,
    fields: &ApplicationFields,
    now: Timestamp,
) -> Result<Application, StoreError> {
    require_providers(conn, "provider", fields.provider.as_slice())?;
    require_providers(conn, "backchannel_providers", &fields.backchannel_providers)?;
    let row: Option<ApplicationRow> = diesel::update(applications::table.find(Key::from(id)))
        .set(ApplicationColumns::of(fields))
        .returning(applications::all_columns)
        .get_result(conn)
        .optional()?;
    finish(conn, row.ok_or(StoreError::NotFound("application"))?, fields, now)
}

/// Delete an application and the providers that it provisions through. What they sent stays at the remotes.
pub fn delete(conn: &mut Conn, id: ApplicationId) -> Result<(), StoreError> {
    let deleted = diesel::delete(applications::table.find(Key::from(id))).execute(conn)?;
    if deleted == 0 { Err(StoreError::NotFound("application")) } else { Ok(()) }
}

pub fn find(conn: &mut Conn, id: ApplicationId) -> Result<Option<Application>, StoreError> {
    let row: Option<ApplicationRow> = applications::table.find(Key::from(id)).first(conn).optional()?;
    row.map(|row| with_backchannel(conn, row)).transpose()
}

pub fn get(conn: &mut Conn, id: ApplicationId) -> Result<Application, StoreError> {
    find(conn, id)?.ok_or(StoreError::NotFound("application"))
}

pub fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Application>, StoreError> {
    let row: Option<ApplicationRow> =
        applications::table.filter(applications::slug.eq(slug)).first(conn).optional()?;
    row.map(|row| with_backchannel(conn, row)).transpose()
}

/// The applications that have one of these providers as their main one, by provider.
pub fn main_of(conn: &mut Conn, pks: &[ProviderPk]) -> Result<BTreeMap<ProviderPk, AttachedTo>, StoreError> {
    let rows: Vec<(Option<i32>, Key, String, String)> = applications::table
        .filter(applications::provider_pk.eq_any(pks.iter().map(|pk| Some(pk.0))))
        .select((applications::provider_pk, applications::id, applications::slug, applications::name))
        .load(conn)?;
    let found = rows.into_iter().filter_map(|(pk, id, slug, name)| {
        Some((ProviderPk(pk?), AttachedTo { id: ApplicationId::from(id), slug, name }))
    });
    Ok(found.collect())
}

/// Read an application and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever
/// changes what it has read must read it this way.
pub fn lock(conn: &mut Conn, slug: &str) -> Result<Application, StoreError> {
    let query = applications::table.filter(applications::slug.eq(slug));
    let row: Option<ApplicationRow> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    with_backchannel(conn, row.ok_or(StoreError::NotFound("application"))?)
}

fn with_backchannel(conn: &mut Conn, row: ApplicationRow) -> Result<Application, StoreError> {
    let backchannel: Vec<i32> = providers::table
        .filter(providers::application_id.eq(row.id))
        .order(providers::pk.asc())
        .select(providers::pk)
        .load(conn)?;
    row.read(backchannel.into_iter().map(ProviderPk).collect())
}

/// Settle which providers hang on the application, and note what was saved.
fn finish(
    conn: &mut Conn,
    row: ApplicationRow,
    fields: &ApplicationFields,
    now: Timestamp,
) -> Result<Application, StoreError> {
    let key = row.id;
    let wanted: Vec<i32> = fields.backchannel_providers.iter().map(|pk| pk.0).collect();
    diesel::update(providers::table.filter(providers::application_id.eq(key)))
        .filter(providers::pk.ne_all(&wanted))
        .set(providers::application_id.eq(None::<Key>))
        .execute(conn)?;
    let elsewhere =
        providers::application_id.is_null().or(providers::application_id.ne(key).assume_not_null());
    let attached: Vec<i32> = diesel::update(providers::table.filter(providers::pk.eq_any(&wanted)))
        .filter(elsewhere)
        .set((providers::application_id.eq(key), providers::revision.eq(providers::revision + 1)))
        .returning(providers::pk)
        .get_results(conn)?;
    let attached: BTreeSet<i32> = attached.into_iter().collect();
    let mut notes = vec![ChangeKind::ApplicationSaved { application: ApplicationId::from(key) }];
    notes.extend(attached.into_iter().map(|pk| ChangeKind::ProviderSaved { provider: ProviderPk(pk) }));
    changes::append(conn, &notes, now)?;
    with_backchannel(conn, row)
}

fn require_providers(conn: &mut Conn, field: &'static str, pks: &[ProviderPk]) -> Result<(), StoreError> {
    let found: Vec<i32> = providers::table
        .filter(providers::pk.eq_any(pks.iter().map(|pk| pk.0)))
        .select(providers::pk)
        .load(conn)?;
    match pks.iter().find(|pk| !found.contains(&pk.0)) {
        Some(missing) => Err(StoreError::missing(field, missing)),
        None => Ok(()),
    }
}

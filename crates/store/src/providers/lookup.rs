//! Finding and listing providers.

use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use scimitar_domain::{ApplicationId, GroupId, MappingId, Provider, ProviderPk, Timestamp};

use super::row::{ProviderRow, complete};
use crate::conn::MultiBackend;
use crate::page::{order, search};
use crate::schema::{provider_group_filters, provider_mappings, providers};
use crate::sql_types::{At, Key};
use crate::{Conn, Keyring, Page, PageRequest, StoreError};

/// What a list of providers is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct ProviderFilter {
    pub name: Option<String>,
    pub url: Option<String>,
    pub exclude_users_service_account: Option<bool>,
    pub filter_group: Option<GroupId>,
    /// Providers that name any of these groups.
    pub group_filters: Vec<GroupId>,
}

pub fn find(conn: &mut Conn, keyring: &Keyring, pk: ProviderPk) -> Result<Option<Provider>, StoreError> {
    Ok(find_many(conn, keyring, &[pk])?.pop())
}

pub fn get(conn: &mut Conn, keyring: &Keyring, pk: ProviderPk) -> Result<Provider, StoreError> {
    find(conn, keyring, pk)?.ok_or(StoreError::NotFound("provider"))
}

pub fn find_many(
    conn: &mut Conn,
    keyring: &Keyring,
    pks: &[ProviderPk],
) -> Result<Vec<Provider>, StoreError> {
    let pks: Vec<i32> = pks.iter().map(|pk| pk.0).collect();
    let rows: Vec<ProviderRow> = providers::table
        .filter(providers::pk.eq_any(pks))
        .order(providers::pk)
        .select(ProviderRow::as_select())
        .load(conn)?;
    complete(conn, keyring, rows)
}

pub fn find_by_name(conn: &mut Conn, keyring: &Keyring, name: &str) -> Result<Option<Provider>, StoreError> {
    let pk: Option<i32> =
        providers::table.filter(providers::name.eq(name)).select(providers::pk).first(conn).optional()?;
    pk.map_or(Ok(None), |pk| find(conn, keyring, ProviderPk(pk)))
}

pub fn page(
    conn: &mut Conn,
    keyring: &Keyring,
    filter: &ProviderFilter,
    request: &PageRequest,
) -> Result<Page<Provider>, StoreError> {
    let count: i64 = narrowed(filter, request).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request).select(ProviderRow::as_select());
    order!(
        query, request,
        fields {
            "pk" => providers::pk,
            "name" => providers::name,
            "url" => providers::url,
            "verify_certificates" => providers::verify_certificates,
            "exclude_users_service_account" => providers::exclude_users_service_account,
            "dry_run" => providers::dry_run,
            "compatibility_mode" => providers::compatibility_mode,
            "sync_page_size" => providers::sync_page_size,
        }
        nullable { "filter_group" => providers::filter_group_id }
        default [providers::name, providers::url]
        key providers::pk
    );
    let rows = query.limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(complete(conn, keyring, rows)?, count))
}

fn narrowed<'a>(
    filter: &'a ProviderFilter,
    request: &PageRequest,
) -> IntoBoxed<'a, providers::table, MultiBackend> {
    let mut query = providers::table.into_boxed();
    if let Some(name) = &filter.name {
        query = query.filter(providers::name.eq(name));
    }
    if let Some(url) = &filter.url {
        query = query.filter(providers::url.eq(url));
    }
    if let Some(excluded) = filter.exclude_users_service_account {
        query = query.filter(providers::exclude_users_service_account.eq(excluded));
    }
    if let Some(group) = filter.filter_group {
        query = query.filter(providers::filter_group_id.eq(Key::from(group)));
    }
    if !filter.group_filters.is_empty() {
        let ids: Vec<Key> = filter.group_filters.iter().copied().map(Key::from).collect();
        let naming = provider_group_filters::table
            .filter(provider_group_filters::group_id.eq_any(ids))
            .select(provider_group_filters::provider_pk);
        query = query.filter(providers::pk.eq_any(naming));
    }
    search!(query, request, providers::name, providers::url);
    query
}

/// The providers that are synced: attached to an application and not held.
pub fn attached(conn: &mut Conn) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = providers::table
        .filter(providers::application_id.is_not_null().and(providers::held.is_null()))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

/// The synced providers whose full sync is due, or was never scheduled.
pub fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = providers::table
        .filter(providers::application_id.is_not_null().and(providers::held.is_null()))
        .filter(providers::next_sync_at.is_null().or(providers::next_sync_at.le(At(now))))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

/// Those that do not look at the certificate of their remote.
pub fn unverified(conn: &mut Conn) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = providers::table
        .filter(providers::verify_certificates.eq(false))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

pub fn by_filter_group(conn: &mut Conn, group: GroupId) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = providers::table
        .filter(providers::filter_group_id.eq(Key::from(group)))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

pub fn by_mapping(conn: &mut Conn, mapping: MappingId) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = provider_mappings::table
        .filter(provider_mappings::mapping_id.eq(Key::from(mapping)))
        .order(provider_mappings::provider_pk)
        .select(provider_mappings::provider_pk)
        .distinct()
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

pub fn by_application(conn: &mut Conn, application: ApplicationId) -> Result<Vec<ProviderPk>, StoreError> {
    let pks: Vec<i32> = providers::table
        .filter(providers::application_id.eq(Key::from(application)))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(pks.into_iter().map(ProviderPk).collect())
}

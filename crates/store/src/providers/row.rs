//! How a provider lies in its table and in the two lists beside it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use scimitar_domain::{
    AttachedTo, GroupId, MappingId, ObjectKind, Provider, ProviderFields, ProviderPk, RemoteAccess,
};
use uuid::Uuid;

use super::access::{self, AccessRow};
use crate::schema::{applications, provider_group_filters, provider_mappings, providers};
use crate::sql_types::{Json, Key};
use crate::{Conn, Keyring, StoreError};

/// The columns that a caller may set.
#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = providers, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct SettingsRow<'a> {
    name: &'a str,
    url: &'a str,
    token_sealed: Vec<u8>,
    verify_certificates: bool,
    exclude_users_service_account: bool,
    filter_group_id: Option<Key>,
    dry_run: bool,
    compatibility_mode: &'static str,
    auth_mode: &'static str,
    auth_oauth_params: Json,
    sync_page_size: i32,
    sync_page_timeout: &'a str,
    config_cache_timeout: &'a str,
    discovery_enabled: bool,
    nested_groups: &'static str,
    drift_check: &'static str,
    drift_check_every: &'a str,
    profile: &'a str,
    config_override: Json,
    four_eyes: bool,
    keep_exchanges: bool,
    user_deprovisioning: &'static str,
    group_deprovisioning: &'static str,
    deprovisioning_days: i32,
}

impl<'a> SettingsRow<'a> {
    pub(super) fn new(
        keyring: &Keyring,
        seal_id: Uuid,
        fields: &'a ProviderFields,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            name: &fields.name,
            url: &fields.url,
            token_sealed: keyring.seal(&aad(seal_id), &fields.token)?,
            verify_certificates: fields.verify_certificates,
            exclude_users_service_account: fields.exclude_users_service_account,
            filter_group_id: fields.filter_group.map(Key::from),
            dry_run: fields.dry_run,
            compatibility_mode: fields.compatibility_mode.as_str(),
            auth_mode: fields.auth_mode.as_str(),
            auth_oauth_params: Json::from(&fields.auth_oauth_params),
            sync_page_size: fields.sync_page_size,
            sync_page_timeout: fields.sync_page_timeout.as_str(),
            config_cache_timeout: fields.service_provider_config_cache_timeout.as_str(),
            discovery_enabled: fields.discovery_enabled,
            nested_groups: fields.nested_groups.as_str(),
            drift_check: fields.drift_check.as_str(),
            drift_check_every: fields.drift_check_every.as_str(),
            profile: &fields.profile,
            config_override: Json::from(&fields.service_provider_config_override),
            four_eyes: fields.four_eyes,
            keep_exchanges: fields.keep_exchanges,
            user_deprovisioning: fields.user_deprovisioning.as_str(),
            group_deprovisioning: fields.group_deprovisioning.as_str(),
            deprovisioning_days: fields.deprovisioning_days,
        })
    }
}

/// What a sealed token is bound to, so that it cannot be moved to another row or column.
fn aad(seal_id: Uuid) -> String {
    format!("providers.token_sealed:{seal_id}")
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = providers)]
pub(super) struct ProviderRow {
    pk: i32,
    uuid: Key,
    name: String,
    url: String,
    token_sealed: Vec<u8>,
    verify_certificates: bool,
    exclude_users_service_account: bool,
    filter_group_id: Option<Key>,
    application_id: Option<Key>,
    dry_run: bool,
    compatibility_mode: String,
    auth_mode: String,
    auth_oauth_params: Json,
    sync_page_size: i32,
    sync_page_timeout: String,
    config_cache_timeout: String,
    discovery_enabled: bool,
    nested_groups: String,
    drift_check: String,
    drift_check_every: String,
    profile: String,
    config_override: Json,
    four_eyes: bool,
    keep_exchanges: bool,
    user_deprovisioning: String,
    group_deprovisioning: String,
    deprovisioning_days: i32,
    revision: i64,
    held: Option<String>,
    draining: bool,
}

/// Make providers of rows: a fixed number of further queries, however many rows there are.
pub(super) fn complete(
    conn: &mut Conn,
    keyring: &Keyring,
    rows: Vec<ProviderRow>,
) -> Result<Vec<Provider>, StoreError> {
    let mut beside = Beside::load(conn, &rows)?;
    rows.into_iter().map(|row| row.into_provider(keyring, &mut beside)).collect()
}

/// What lies beside the rows.
#[derive(Debug, Default)]
struct Beside {
    applications: BTreeMap<Key, AttachedTo>,
    user_mappings: BTreeMap<i32, Vec<MappingId>>,
    group_mappings: BTreeMap<i32, Vec<MappingId>>,
    group_filters: BTreeMap<i32, Vec<GroupId>>,
    access: BTreeMap<i32, AccessRow>,
}

impl Beside {
    fn load(conn: &mut Conn, rows: &[ProviderRow]) -> Result<Self, StoreError> {
        let mut beside = Self::default();
        let pks: Vec<i32> = rows.iter().map(|row| row.pk).collect();
        let ids: Vec<Key> = rows.iter().filter_map(|row| row.application_id).collect();
        let attached: Vec<(Key, String, String)> = applications::table
            .filter(applications::id.eq_any(ids))
            .select((applications::id, applications::slug, applications::name))
            .load(conn)?;
        for (key, slug, name) in attached {
            beside.applications.insert(key, AttachedTo { id: key.into(), slug, name });
        }
        let mappings: Vec<(i32, Key, String)> = provider_mappings::table
            .filter(provider_mappings::provider_pk.eq_any(pks.clone()))
            .order((provider_mappings::provider_pk, provider_mappings::mapping_id))
            .select((provider_mappings::provider_pk, provider_mappings::mapping_id, provider_mappings::kind))
            .load(conn)?;
        for (pk, id, kind) in mappings {
            let list = if kind == ObjectKind::User.as_str() {
                &mut beside.user_mappings
            } else {
                &mut beside.group_mappings
            };
            list.entry(pk).or_default().push(id.into());
        }
        let filters: Vec<(i32, Key)> = provider_group_filters::table
            .filter(provider_group_filters::provider_pk.eq_any(pks.clone()))
            .order((provider_group_filters::provider_pk, provider_group_filters::group_id))
            .select((provider_group_filters::provider_pk, provider_group_filters::group_id))
            .load(conn)?;
        for (pk, id) in filters {
            beside.group_filters.entry(pk).or_default().push(id.into());
        }
        beside.access = access::load(conn, pks)?;
        Ok(beside)
    }
}

impl ProviderRow {
    fn into_provider(self, keyring: &Keyring, beside: &mut Beside) -> Result<Provider, StoreError> {
        let pk = self.pk;
        let broken = |column| StoreError::inconsistent("providers", column, &pk);
        let fields = ProviderFields {
            name: self.name,
            url: self.url,
            token: keyring.open(&aad(self.uuid.0), &self.token_sealed)?,
            verify_certificates: self.verify_certificates,
            property_mappings: beside.user_mappings.remove(&pk).unwrap_or_default(),
            property_mappings_group: beside.group_mappings.remove(&pk).unwrap_or_default(),
            exclude_users_service_account: self.exclude_users_service_account,
            filter_group: self.filter_group_id.map(GroupId::from),
            group_filters: beside.group_filters.remove(&pk).unwrap_or_default(),
            dry_run: self.dry_run,
            compatibility_mode: self
                .compatibility_mode
                .parse()
                .map_err(|_unknown| broken("compatibility_mode"))?,
            auth_mode: self.auth_mode.parse().map_err(|_unknown| broken("auth_mode"))?,
            auth_oauth_params: self.auth_oauth_params.into_object(),
            access: match beside.access.remove(&pk) {
                Some(row) => row.open(keyring, self.uuid.0)?,
                None => RemoteAccess::default(),
            },
            sync_page_size: self.sync_page_size,
            sync_page_timeout: self
                .sync_page_timeout
                .parse()
                .map_err(|_unreadable| broken("sync_page_timeout"))?,
            service_provider_config_cache_timeout: self
                .config_cache_timeout
                .parse()
                .map_err(|_unreadable| broken("config_cache_timeout"))?,
            discovery_enabled: self.discovery_enabled,
            nested_groups: self.nested_groups.parse().map_err(|_unknown| broken("nested_groups"))?,
            drift_check: self.drift_check.parse().map_err(|_unknown| broken("drift_check"))?,
            drift_check_every: self
                .drift_check_every
                .parse()
                .map_err(|_unreadable| broken("drift_check_every"))?,
            profile: self.profile,
            service_provider_config_override: self.config_override.into_object(),
            four_eyes: self.four_eyes,
            keep_exchanges: self.keep_exchanges,
            user_deprovisioning: self
                .user_deprovisioning
                .parse()
                .map_err(|_unknown| broken("user_deprovisioning"))?,
            group_deprovisioning: self
                .group_deprovisioning
                .parse()
                .map_err(|_unknown| broken("group_deprovisioning"))?,
            deprovisioning_days: self.deprovisioning_days,
        };
        Ok(Provider {
            pk: ProviderPk(pk),
            fields,
            application: self.application_id.and_then(|id| beside.applications.get(&id).cloned()),
            revision: self.revision,
            held: self.held,
            draining: self.draining,
        })
    }
}

//! An application as its row.

use diesel::prelude::*;
use scimitar_domain::{Application, ApplicationFields, ApplicationId, ProviderPk};

use crate::StoreError;
use crate::schema::applications;
use crate::sql_types::Key;

#[derive(Queryable)]
pub(super) struct ApplicationRow {
    pub(super) id: Key,
    name: String,
    slug: String,
    provider_pk: Option<i32>,
    open_in_new_tab: bool,
    meta_launch_url: String,
    meta_description: String,
    meta_publisher: String,
    policy_engine_mode: String,
    group_name: String,
    meta_hide: bool,
}

/// The columns that a caller may set.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = applications, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct ApplicationColumns<'a> {
    name: &'a str,
    slug: &'a str,
    provider_pk: Option<i32>,
    open_in_new_tab: bool,
    meta_launch_url: &'a str,
    meta_description: &'a str,
    meta_publisher: &'a str,
    policy_engine_mode: &'static str,
    group_name: &'a str,
    meta_hide: bool,
}

impl ApplicationRow {
    pub(super) fn read(self, backchannel_providers: Vec<ProviderPk>) -> Result<Application, StoreError> {
        let policy_engine_mode = self
            .policy_engine_mode
            .parse()
            .map_err(|_unknown| StoreError::inconsistent("applications", "policy_engine_mode", &self.id.0))?;
        Ok(Application {
            id: ApplicationId::from(self.id),
            fields: ApplicationFields {
                name: self.name,
                slug: self.slug,
                provider: self.provider_pk.map(ProviderPk),
                backchannel_providers,
                open_in_new_tab: self.open_in_new_tab,
                meta_launch_url: self.meta_launch_url,
                meta_description: self.meta_description,
                meta_publisher: self.meta_publisher,
                policy_engine_mode,
                group: self.group_name,
                meta_hide: self.meta_hide,
            },
        })
    }
}

impl<'a> ApplicationColumns<'a> {
    pub(super) fn of(fields: &'a ApplicationFields) -> Self {
        Self {
            name: &fields.name,
            slug: &fields.slug,
            provider_pk: fields.provider.map(|pk| pk.0),
            open_in_new_tab: fields.open_in_new_tab,
            meta_launch_url: &fields.meta_launch_url,
            meta_description: &fields.meta_description,
            meta_publisher: &fields.meta_publisher,
            policy_engine_mode: fields.policy_engine_mode.as_str(),
            group_name: &fields.group,
            meta_hide: fields.meta_hide,
        }
    }
}

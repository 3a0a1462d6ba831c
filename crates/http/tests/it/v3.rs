//! The operations of `/api/v3`.

mod core_applications;
mod core_groups;
mod core_tokens;
mod core_users;
mod propertymappings_all;
mod propertymappings_provider_scim;
mod propertymappings_source_scim;
mod providers_all;
pub(crate) mod providers_scim;
mod providers_scim_groups;
mod providers_scim_users;
mod root_config;
mod schema;
mod sources_all;
mod sources_scim;
mod sources_scim_groups;
mod sources_scim_users;

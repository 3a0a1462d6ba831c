//! The operations of `/api/v3`, one module for each group of them.

pub(crate) mod admin_version;
mod connections;
pub(crate) mod core_applications;
pub(crate) mod core_groups;
pub(crate) mod core_tokens;
pub(crate) mod core_users;
mod property_mappings;
pub(crate) mod propertymappings_all;
pub(crate) mod propertymappings_provider_scim;
pub(crate) mod propertymappings_source_scim;
pub(crate) mod providers_all;
pub(crate) mod providers_scim;
pub(crate) mod providers_scim_groups;
pub(crate) mod providers_scim_users;
pub(crate) mod root_config;
pub(crate) mod schema;
mod source_connections;
pub(crate) mod sources_all;
pub(crate) mod sources_scim;
pub(crate) mod sources_scim_groups;
pub(crate) mod sources_scim_users;

//! SCIM providers: the applications' ends that objects are sent to.

mod choice;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use self::choice::{
    CompatibilityModeEnum, DeprovisioningEnum, DriftCheckEnum, NestedGroupsEnum, ScimAuthenticationModeEnum,
};
use crate::{Credential, JsonObject, Moment, Paginated, attributes};

/// A SCIM provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProvider)]
pub struct ScimProvider {
    #[schema(read_only)]
    pub pk: i32,
    pub name: String,
    /// Mappings for users.
    pub property_mappings: Vec<Uuid>,
    /// Mappings for groups.
    pub property_mappings_group: Vec<Uuid>,
    #[schema(read_only)]
    pub component: String,
    /// Empty while the provider is attached to no application; then it is not synced.
    #[schema(read_only)]
    pub assigned_backchannel_application_slug: String,
    /// Empty while the provider is attached to no application; then it is not synced.
    #[schema(read_only)]
    pub assigned_backchannel_application_name: String,
    #[schema(read_only)]
    pub verbose_name: String,
    #[schema(read_only)]
    pub verbose_name_plural: String,
    #[schema(read_only)]
    pub meta_model_name: String,
    /// The base address of the remote's SCIM service.
    pub url: String,
    pub verify_certificates: bool,
    /// The bearer token that the remote asks for; with `auth_mode` `oauth` the client's secret.
    #[schema(value_type = String)]
    pub token: Credential,
    #[schema(inline = false)]
    pub auth_mode: ScimAuthenticationModeEnum,
    /// Always null.
    pub auth_oauth: Option<Uuid>,
    /// For `auth_mode` `oauth`: `token_url`, `client_id`, `client_authentication` (`basic` or `body`), and what is
    /// sent along with each request for an access token, such as `scope`.
    #[schema(schema_with = attributes)]
    pub auth_oauth_params: JsonObject,
    /// For `auth_mode` `basic`: the user's name. Empty where it is not used.
    pub auth_user: String,
    /// For `auth_mode` `header`: the header's name. Empty where it is not used.
    pub auth_header: String,
    /// Whether a password, or a header's value, is stored. It is never shown.
    #[schema(read_only)]
    pub auth_secret_set: bool,
    /// The client certificate, in PEM, before those that lead to its authority. Empty where there is none.
    pub client_certificate: String,
    /// Whether the client certificate's key is stored. It is never shown.
    #[schema(read_only)]
    pub client_certificate_key_set: bool,
    /// Authorities, in PEM, that are trusted beside those that the machine trusts.
    pub ca_certificates: String,
    /// Always null.
    #[schema(read_only, value_type = Option<String>, format = DateTime, required)]
    pub auth_oauth_token_last_updated: Option<Moment>,
    /// Always null.
    #[schema(read_only, value_type = Option<String>, format = DateTime, required)]
    pub auth_oauth_token_expires: Option<Moment>,
    /// Always null.
    #[schema(read_only, required)]
    pub auth_oauth_url_callback: Option<String>,
    /// Always null.
    #[schema(read_only, required)]
    pub auth_oauth_url_start: Option<String>,
    #[schema(inline = false)]
    pub compatibility_mode: CompatibilityModeEnum,
    pub service_provider_config_cache_timeout: String,
    pub exclude_users_service_account: bool,
    /// When set, only direct members of this group are sent. Groups are not limited by it.
    pub filter_group: Option<Uuid>,
    /// When not empty, only these groups are sent. Users are not limited by it.
    pub group_filters: Vec<Uuid>,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub sync_page_size: i32,
    pub sync_page_timeout: String,
    /// Whether the remote is searched for resources that already stand for an object.
    pub discovery_enabled: bool,
    /// What is known of the remote's vendor, by name. Empty: by the compatibility mode, then by the remote's address.
    /// Scimitar's own.
    pub profile: String,
    /// What the remote's `ServiceProviderConfig` is taken to be. Empty: the remote is asked. Scimitar's own.
    #[schema(schema_with = attributes)]
    pub service_provider_config_override: JsonObject,
    /// What the members of a group are that has others below it. Scimitar's own.
    #[schema(inline = false)]
    pub nested_groups: NestedGroupsEnum,
    /// Whether the remote is compared with what was last sent, and what follows. Scimitar's own.
    #[schema(inline = false)]
    pub drift_check: DriftCheckEnum,
    /// Between two checks, at least a minute.
    pub drift_check_every: String,
    /// Rehearse: read from the remote, write nothing.
    pub dry_run: bool,
    /// Whether what the guard holds has to be approved by another person than the one who brought it about.
    pub four_eyes: bool,
    /// Whether the last exchange with the remote is kept of every object, and not only of what fails.
    pub keep_exchanges: bool,
    /// What becomes of users at the remote who leave the scope or are deleted.
    #[schema(inline = false)]
    pub user_deprovisioning: DeprovisioningEnum,
    /// What becomes of groups at the remote that leave the scope or are deleted. They cannot be deactivated.
    #[schema(inline = false)]
    pub group_deprovisioning: DeprovisioningEnum,
    /// With `deactivate_then_delete`, how many days lie between the two.
    #[schema(minimum = 1, maximum = 3_650)]
    pub deprovisioning_days: i32,
}

/// One page of SCIM providers.
pub type PaginatedScimProviderList = Paginated<ScimProvider>;

/// A provider as applications show it, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    #[schema(read_only)]
    pub pk: i32,
    pub name: String,
    pub authentication_flow: Option<Uuid>,
    /// There are no flows; always the nil UUID.
    pub authorization_flow: Uuid,
    /// There are no flows; always the nil UUID.
    pub invalidation_flow: Uuid,
    pub property_mappings: Vec<Uuid>,
    #[schema(read_only)]
    pub component: String,
    #[schema(read_only)]
    pub assigned_application_slug: String,
    #[schema(read_only)]
    pub assigned_application_name: String,
    #[schema(read_only)]
    pub assigned_backchannel_application_slug: String,
    #[schema(read_only)]
    pub assigned_backchannel_application_name: String,
    #[schema(read_only)]
    pub verbose_name: String,
    #[schema(read_only)]
    pub verbose_name_plural: String,
    #[schema(read_only)]
    pub meta_model_name: String,
}

/// One page of providers of all kinds.
pub type PaginatedProviderList = Paginated<Provider>;

/// How to narrow down a list of providers of all kinds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProviderListParams {
    /// Whether no application has the provider.
    #[serde(rename = "application__isnull")]
    #[param(nullable = false)]
    pub application_isnull: Option<bool>,
    /// Whether the provider can stand beside the main one of an application.
    #[param(nullable = false)]
    pub backchannel: Option<bool>,
}

/// A SCIM provider to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderRequest)]
pub struct ScimProviderRequest {
    #[schema(min_length = 1)]
    pub name: String,
    /// Mappings for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_mappings: Option<Vec<Uuid>>,
    /// Mappings for groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_mappings_group: Option<Vec<Uuid>>,
    /// The base address of the remote's SCIM service.
    #[schema(min_length = 1)]
    pub url: String,
    /// Off only for a remote whose certificate cannot be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub verify_certificates: Option<bool>,
    /// The bearer token that the remote asks for; with `auth_mode` `oauth` the client's secret.
    #[schema(value_type = String, min_length = 1)]
    pub token: Credential,
    /// How calls are authenticated. For `basic` and `header` see `auth_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub auth_mode: Option<ScimAuthenticationModeEnum>,
    /// Only null is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_oauth: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub auth_oauth_params: Option<JsonObject>,
    /// For `auth_mode` `basic`: the user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512)]
    pub auth_user: Option<String>,
    /// For `auth_mode` `header`: the header's name, such as `X-Api-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512)]
    pub auth_header: Option<String>,
    /// For `auth_mode` `basic` the password, for `header` the header's value; null forgets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only)]
    pub auth_secret: Option<Credential>,
    /// A client certificate in PEM, before those that lead to its authority. It is used whatever `auth_mode` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_certificate: Option<String>,
    /// The client certificate's key in PEM, not encrypted; null forgets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only)]
    pub client_certificate_key: Option<Credential>,
    /// Authorities in PEM that are trusted beside those that the machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ca_certificates: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub compatibility_mode: Option<CompatibilityModeEnum>,
    /// How long the remote's `ServiceProviderConfig` is remembered, such as `hours=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub service_provider_config_cache_timeout: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exclude_users_service_account: Option<bool>,
    /// When set, only direct members of this group are sent. Groups are not limited by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_group: Option<Uuid>,
    /// When not empty, only these groups are sent. Users are not limited by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_filters: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    pub sync_page_size: Option<i32>,
    /// How long one page of a sync may take, such as `minutes=30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub sync_page_timeout: Option<String>,
    /// Whether the remote is searched for resources that already stand for an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discovery_enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub nested_groups: Option<NestedGroupsEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub drift_check: Option<DriftCheckEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub drift_check_every: Option<String>,
    /// What is known of the remote's vendor, by name. Empty: by the compatibility mode, then by the remote's address.
    /// Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub profile: Option<String>,
    /// What the remote's `ServiceProviderConfig` is taken to be. Empty: the remote is asked. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub service_provider_config_override: Option<JsonObject>,
    /// Rehearse: read from the remote, write nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dry_run: Option<bool>,
    /// Whether what the guard holds has to be approved by another person than the one who brought it about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub four_eyes: Option<bool>,
    /// Whether the last exchange with the remote is kept of every object, and not only of what fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_exchanges: Option<bool>,
    /// What becomes of users at the remote who leave the scope or are deleted. A new provider does what its profile
    /// says, which is usually `delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub user_deprovisioning: Option<DeprovisioningEnum>,
    /// What becomes of groups at the remote that leave the scope or are deleted. A new provider does what its profile
    /// says, which is usually `delete`. They cannot be deactivated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub group_deprovisioning: Option<DeprovisioningEnum>,
    /// With `deactivate_then_delete`, how many days lie between the two; usually 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 3_650)]
    pub deprovisioning_days: Option<i32>,
}

/// What to change of a SCIM provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PatchedSCIMProviderRequest)]
pub struct PatchedScimProviderRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub name: Option<String>,
    /// Mappings for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_mappings: Option<Vec<Uuid>>,
    /// Mappings for groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_mappings_group: Option<Vec<Uuid>>,
    /// The base address of the remote's SCIM service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub url: Option<String>,
    /// Off only for a remote whose certificate cannot be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub verify_certificates: Option<bool>,
    /// The bearer token that the remote asks for; with `auth_mode` `oauth` the client's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1)]
    pub token: Option<Credential>,
    /// How calls are authenticated. For `basic` and `header` see `auth_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub auth_mode: Option<ScimAuthenticationModeEnum>,
    /// Only null is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_oauth: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub auth_oauth_params: Option<JsonObject>,
    /// For `auth_mode` `basic`: the user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512)]
    pub auth_user: Option<String>,
    /// For `auth_mode` `header`: the header's name, such as `X-Api-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512)]
    pub auth_header: Option<String>,
    /// For `auth_mode` `basic` the password, for `header` the header's value; null forgets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only)]
    pub auth_secret: Option<Credential>,
    /// A client certificate in PEM, before those that lead to its authority. It is used whatever `auth_mode` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_certificate: Option<String>,
    /// The client certificate's key in PEM, not encrypted; null forgets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, write_only)]
    pub client_certificate_key: Option<Credential>,
    /// Authorities in PEM that are trusted beside those that the machine trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ca_certificates: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub compatibility_mode: Option<CompatibilityModeEnum>,
    /// How long the remote's `ServiceProviderConfig` is remembered, such as `hours=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub service_provider_config_cache_timeout: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exclude_users_service_account: Option<bool>,
    /// When set, only direct members of this group are sent. Groups are not limited by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_group: Option<Uuid>,
    /// When not empty, only these groups are sent. Users are not limited by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_filters: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    pub sync_page_size: Option<i32>,
    /// How long one page of a sync may take, such as `minutes=30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub sync_page_timeout: Option<String>,
    /// Whether the remote is searched for resources that already stand for an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discovery_enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub nested_groups: Option<NestedGroupsEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub drift_check: Option<DriftCheckEnum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub drift_check_every: Option<String>,
    /// What is known of the remote's vendor, by name. Empty: by the compatibility mode, then by the remote's address.
    /// Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub profile: Option<String>,
    /// What the remote's `ServiceProviderConfig` is taken to be. Empty: the remote is asked. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub service_provider_config_override: Option<JsonObject>,
    /// Rehearse: read from the remote, write nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dry_run: Option<bool>,
    /// Whether what the guard holds has to be approved by another person than the one who brought it about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub four_eyes: Option<bool>,
    /// Whether the last exchange with the remote is kept of every object, and not only of what fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub keep_exchanges: Option<bool>,
    /// What becomes of users at the remote who leave the scope or are deleted. A new provider does what its profile
    /// says, which is usually `delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub user_deprovisioning: Option<DeprovisioningEnum>,
    /// What becomes of groups at the remote that leave the scope or are deleted. A new provider does what its profile
    /// says, which is usually `delete`. They cannot be deactivated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub group_deprovisioning: Option<DeprovisioningEnum>,
    /// With `deactivate_then_delete`, how many days lie between the two; usually 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 3_650)]
    pub deprovisioning_days: Option<i32>,
}

/// How to narrow down a list of SCIM providers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimProviderListParams {
    #[param(nullable = false)]
    pub exclude_users_service_account: Option<bool>,
    #[param(nullable = false)]
    pub filter_group: Option<Uuid>,
    #[param(nullable = false)]
    pub group_filters: Option<Vec<Uuid>>,
    #[param(nullable = false)]
    pub name: Option<String>,
    #[param(nullable = false)]
    pub url: Option<String>,
}

//! What a provider's remote can do, and how that is known. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{JsonObject, Moment, attributes};

/// What is known of a vendor beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProfile)]
pub struct ScimProfile {
    /// What a provider's `profile` says to have it.
    pub name: String,
    /// Whose services these are.
    pub title: String,
    /// Where they are: a provider whose URL is there has this profile, unless it says otherwise.
    pub hosts: Vec<String>,
    /// All that is known, in the form of the file.
    #[schema(schema_with = attributes)]
    pub settings: JsonObject,
}

/// What is known of a SCIM provider's remote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderCapabilities)]
pub struct ScimProviderCapabilities {
    /// What has to be said of the provider before anything else, such as that its remote's certificate is not verified.
    /// Mostly empty.
    pub warnings: Vec<String>,
    /// The name of what is known of its vendor.
    pub profile: String,
    #[schema(inline = false)]
    pub profile_chosen_by: ScimProfileChosenByEnum,
    /// What is known of its vendor.
    #[schema(schema_with = attributes)]
    pub profile_settings: JsonObject,
    #[schema(inline = false)]
    pub service_provider_config_by: ScimServiceProviderConfigByEnum,
    /// What it says that it can do, block by block; null where a block is missing.
    #[schema(schema_with = attributes)]
    pub service_provider_config: JsonObject,
    /// Why it could not be asked; empty when it could.
    pub service_provider_config_error: String,
    /// What it has refused. Forgotten when the provider is saved, or by DELETE.
    pub learned: Vec<ScimProviderLesson>,
    /// How users are dealt with in the end.
    #[schema(inline = false)]
    pub users: ScimProviderKindCapabilities,
    /// How groups are dealt with in the end.
    #[schema(inline = false)]
    pub groups: ScimProviderKindCapabilities,
    #[schema(inline = false)]
    pub members_by: ScimChangeVerbEnum,
    /// Changes of users in one request, at most; 1 where each goes by itself.
    #[schema(minimum = 1)]
    pub operations_per_request: i64,
    /// Members in one request, at most.
    #[schema(minimum = 1)]
    pub members_per_request: i64,
}

/// How one kind of resource is dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderKindCapabilities)]
pub struct ScimProviderKindCapabilities {
    /// Whether the remote has the kind at all.
    pub offered: bool,
    /// The verbs that change a resource, the one to begin with first. Empty when it has refused all of them.
    pub change: Vec<ScimChangeVerbEnum>,
    /// Whether resources are searched for by filters; null when that is found out by trying.
    #[schema(required)]
    pub filter: Option<bool>,
    /// Whether changes name the version that they are made for (`If-Match`); null when that depends on whether the
    /// answers tell versions.
    #[schema(required)]
    pub etag: Option<bool>,
}

/// One thing that a remote has refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderLesson)]
pub struct ScimProviderLesson {
    /// `user` or `group`.
    pub kind: String,
    /// `not_offered`, `no_patch`, `no_put`, `no_delete`, `no_filter`, `no_etag`, `no_bulk`, `removed_by_value_path`,
    /// `removed_by_value_list`, `members_per_request` or `operations_per_request`.
    pub lesson: String,
    /// The number that belongs to it, if one does.
    #[schema(required)]
    pub value: Option<i64>,
    /// What the remote answered.
    pub detail: String,
    #[schema(value_type = String, format = DateTime)]
    pub learned_at: Moment,
}

/// What decides which profile a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProfileChosenByEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimProfileChosenByEnum {
    Profile,
    CompatibilityMode,
    Host,
    Default,
}

/// Who says what the remote can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMServiceProviderConfigByEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimServiceProviderConfigByEnum {
    Remote,
    Override,
    Nobody,
}

/// A verb that changes a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMChangeVerbEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimChangeVerbEnum {
    Patch,
    Put,
}

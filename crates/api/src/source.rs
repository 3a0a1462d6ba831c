//! Sources: identity providers that push users and groups to us.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Moment, Paginated, PolicyEngineMode, ThemedUrls, Token};

/// A SCIM source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSource)]
pub struct ScimSource {
    #[schema(read_only)]
    pub pk: Uuid,
    pub name: String,
    #[schema(max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: String,
    pub enabled: bool,
    #[schema(read_only)]
    pub component: String,
    #[schema(read_only)]
    pub verbose_name: String,
    #[schema(read_only)]
    pub verbose_name_plural: String,
    #[schema(read_only)]
    pub meta_model_name: String,
    /// By which key a program finds a source that it brought along.
    #[schema(read_only, required)]
    pub managed: Option<String>,
    /// The folder of users that the source makes; `%(slug)s` in it stands for the source's slug.
    pub user_path_template: String,
    /// Mappings for users.
    pub user_property_mappings: Vec<Uuid>,
    /// Mappings for groups.
    pub group_property_mappings: Vec<Uuid>,
    /// What becomes of users and groups that the source's client deletes. Scimitar's own.
    #[schema(inline = false)]
    pub delete_policy: DeletePolicyEnum,
    /// For how many days `deactivate_then_delete` keeps them. Scimitar's own.
    #[schema(minimum = 1, maximum = 3650)]
    pub delete_after_days: i32,
    /// Which users and groups of the directory the source may take as its own. Scimitar's own.
    #[schema(inline = false)]
    pub link_policy: LinkPolicyEnum,
    /// Whether that holds for superusers, and for groups that make such. Scimitar's own.
    pub link_superusers: bool,
    /// So many users the client may deactivate or delete in an hour before somebody has to agree. Scimitar's own.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub guard_floor: i32,
    /// Or so many of a hundred of the source's users, whichever is more; with 100, any number. Scimitar's own.
    #[schema(minimum = 0, maximum = 100)]
    pub guard_percent: i32,
    /// Since when more than that is held; null when nothing is. Scimitar's own.
    #[schema(value_type = Option<String>, format = DateTime, read_only, required)]
    pub guard_held_since: Option<Moment>,
    /// The address that the source's client is given.
    #[schema(read_only)]
    pub root_url: String,
    /// The token that the source's client authenticates with. `core_tokens_view_key_retrieve` shows its key.
    #[schema(read_only, inline = false)]
    pub token_obj: Token,
}

/// One page of SCIM sources.
pub type PaginatedScimSourceList = Paginated<ScimSource>;

/// A SCIM source to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceRequest)]
pub struct ScimSourceRequest {
    #[schema(min_length = 1)]
    pub name: String,
    #[schema(min_length = 1, max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// The folder of users that the source makes; `%(slug)s` in it stands for the source's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub user_path_template: Option<String>,
    /// Mappings for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_property_mappings: Option<Vec<Uuid>>,
    /// Mappings for groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_property_mappings: Option<Vec<Uuid>>,
    /// What becomes of users and groups that the source's client deletes. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub delete_policy: Option<DeletePolicyEnum>,
    /// For how many days `deactivate_then_delete` keeps them. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 3650)]
    pub delete_after_days: Option<i32>,
    /// Which users and groups of the directory the source may take as its own. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub link_policy: Option<LinkPolicyEnum>,
    /// Whether that holds for superusers, and for groups that make such. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link_superusers: Option<bool>,
    /// So many users the client may deactivate or delete in an hour before somebody has to agree. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    pub guard_floor: Option<i32>,
    /// Or so many of a hundred of the source's users, whichever is more; with 100, any number. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    pub guard_percent: Option<i32>,
}

/// What to change of a SCIM source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PatchedSCIMSourceRequest)]
pub struct PatchedScimSourceRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// The folder of users that the source makes; `%(slug)s` in it stands for the source's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub user_path_template: Option<String>,
    /// Mappings for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user_property_mappings: Option<Vec<Uuid>>,
    /// Mappings for groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_property_mappings: Option<Vec<Uuid>>,
    /// What becomes of users and groups that the source's client deletes. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub delete_policy: Option<DeletePolicyEnum>,
    /// For how many days `deactivate_then_delete` keeps them. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 3650)]
    pub delete_after_days: Option<i32>,
    /// Which users and groups of the directory the source may take as its own. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub link_policy: Option<LinkPolicyEnum>,
    /// Whether that holds for superusers, and for groups that make such. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link_superusers: Option<bool>,
    /// So many users the client may deactivate or delete in an hour before somebody has to agree. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000)]
    pub guard_floor: Option<i32>,
    /// Or so many of a hundred of the source's users, whichever is more; with 100, any number. Scimitar's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 100)]
    pub guard_percent: Option<i32>,
}

/// What becomes of a user or a group that the source's client deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeletePolicyEnum {
    Unlink,
    Deactivate,
    Delete,
    DeactivateThenDelete,
}

/// What a new resource is linked to, instead of making a user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkPolicyEnum {
    None,
    UserName,
    Email,
    ExternalId,
}

/// How to narrow down a list of SCIM sources.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimSourceListParams {
    #[param(nullable = false)]
    pub name: Option<String>,
    /// The source's key.
    #[param(nullable = false)]
    pub pbm_uuid: Option<Uuid>,
    #[param(nullable = false)]
    pub slug: Option<String>,
}

/// A source, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    #[schema(read_only)]
    pub pk: Uuid,
    pub name: String,
    #[schema(max_length = 50, pattern = "^[-a-zA-Z0-9_]+$")]
    pub slug: String,
    pub enabled: bool,
    /// Nobody signs in through a SCIM source.
    pub promoted: bool,
    /// There are no flows; always null.
    pub authentication_flow: Option<Uuid>,
    /// There are no flows; always null.
    pub enrollment_flow: Option<Uuid>,
    /// Mappings for users.
    pub user_property_mappings: Vec<Uuid>,
    /// Mappings for groups.
    pub group_property_mappings: Vec<Uuid>,
    #[schema(read_only)]
    pub component: String,
    #[schema(read_only)]
    pub verbose_name: String,
    #[schema(read_only)]
    pub verbose_name_plural: String,
    #[schema(read_only)]
    pub meta_model_name: String,
    #[schema(inline = false)]
    pub policy_engine_mode: PolicyEngineMode,
    #[schema(inline = false)]
    pub user_matching_mode: UserMatchingModeEnum,
    /// By which key a program finds a source that it brought along.
    #[schema(read_only, required)]
    pub managed: Option<String>,
    /// The folder of users that the source makes; `%(slug)s` in it stands for the source's slug.
    pub user_path_template: String,
    /// There are no icons; always null.
    #[schema(read_only, required)]
    pub icon: Option<String>,
    /// There are no icons; always null.
    #[schema(read_only, required)]
    pub icon_url: Option<String>,
    /// There are no icons; always null.
    #[schema(read_only, required)]
    pub icon_themed_urls: Option<ThemedUrls>,
}

/// One page of sources of all kinds.
pub type PaginatedSourceList = Paginated<Source>;

/// How a source finds the user that a foreign one stands for. SCIM goes by its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserMatchingModeEnum {
    Identifier,
    EmailLink,
    EmailDeny,
    UsernameLink,
    UsernameDeny,
}

/// How to narrow down a list of sources of all kinds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SourceListParams {
    #[param(nullable = false)]
    pub managed: Option<String>,
    #[param(nullable = false)]
    pub name: Option<String>,
    /// The source's key.
    #[param(nullable = false)]
    pub pbm_uuid: Option<Uuid>,
    #[param(nullable = false)]
    pub slug: Option<String>,
}

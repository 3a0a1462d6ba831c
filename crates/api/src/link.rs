//! Connections: which remote resource stands for which user or group at one provider.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{GroupMember, JsonObject, Paginated, UserGroup, read_only_attributes};

/// A user at a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderUser)]
pub struct ScimProviderUser {
    #[schema(read_only)]
    pub id: Uuid,
    /// The remote's id of the user.
    pub scim_id: String,
    pub user: i32,
    #[schema(read_only, inline = false)]
    pub user_obj: GroupMember,
    pub provider: i32,
    /// What the remote last answered.
    #[schema(schema_with = read_only_attributes)]
    pub attributes: JsonObject,
}

/// A group at a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderGroup)]
pub struct ScimProviderGroup {
    #[schema(read_only)]
    pub id: Uuid,
    /// The remote's id of the group.
    pub scim_id: String,
    pub group: Uuid,
    #[schema(read_only, inline = false)]
    pub group_obj: UserGroup,
    pub provider: i32,
    /// What the remote last answered.
    #[schema(schema_with = read_only_attributes)]
    pub attributes: JsonObject,
}

/// One page of users at providers.
pub type PaginatedScimProviderUserList = Paginated<ScimProviderUser>;

/// One page of groups at providers.
pub type PaginatedScimProviderGroupList = Paginated<ScimProviderGroup>;

/// Says which remote resource stands for a user. The remote is not called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderUserRequest)]
pub struct ScimProviderUserRequest {
    /// The remote's id of the user.
    #[schema(min_length = 1)]
    pub scim_id: String,
    pub user: i32,
    pub provider: i32,
}

/// Says which remote resource stands for a group. The remote is not called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderGroupRequest)]
pub struct ScimProviderGroupRequest {
    /// The remote's id of the group.
    #[schema(min_length = 1)]
    pub scim_id: String,
    pub group: Uuid,
    pub provider: i32,
}

/// How to narrow down a list of users at providers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimProviderUserListParams {
    #[serde(rename = "provider__id")]
    #[param(nullable = false)]
    pub provider: Option<i32>,
    #[serde(rename = "user__id")]
    #[param(nullable = false)]
    pub user: Option<i32>,
    #[serde(rename = "user__username")]
    #[param(nullable = false)]
    pub username: Option<String>,
}

/// How to narrow down a list of groups at providers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimProviderGroupListParams {
    #[serde(rename = "group__group_uuid")]
    #[param(nullable = false)]
    pub group: Option<Uuid>,
    #[serde(rename = "group__name")]
    #[param(nullable = false)]
    pub group_name: Option<String>,
    #[serde(rename = "provider__id")]
    #[param(nullable = false)]
    pub provider: Option<i32>,
}

//! What a source knows of a user or group: under which ids, and what its client last sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{GroupMember, Paginated, UserGroup, any};

/// A user of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceUser)]
pub struct ScimSourceUser {
    /// The key, unique among the users of all sources.
    pub id: String,
    /// The id under which the source's client knows the user.
    pub external_id: String,
    pub user: i32,
    #[schema(read_only, inline = false)]
    pub user_obj: GroupMember,
    pub source: Uuid,
    /// What the source's client last sent.
    #[schema(schema_with = any, required = false)]
    pub attributes: Value,
}

/// A group of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceGroup)]
pub struct ScimSourceGroup {
    /// The key, unique among the groups of all sources.
    pub id: String,
    /// The id under which the source's client knows the group.
    pub external_id: String,
    pub group: Uuid,
    #[schema(read_only, inline = false)]
    pub group_obj: UserGroup,
    pub source: Uuid,
    /// What the source's client last sent.
    #[schema(schema_with = any, required = false)]
    pub attributes: Value,
}

/// One page of users of sources.
pub type PaginatedScimSourceUserList = Paginated<ScimSourceUser>;

/// One page of groups of sources.
pub type PaginatedScimSourceGroupList = Paginated<ScimSourceGroup>;

/// Says under which ids a source knows a user. At least one of the two ids is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceUserRequest)]
pub struct ScimSourceUserRequest {
    /// Made up unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub id: Option<String>,
    /// The same as `id` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub external_id: Option<String>,
    pub user: i32,
    pub source: Uuid,
    /// Any JSON but null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = any, required = false)]
    pub attributes: Option<Value>,
}

/// Says under which ids a source knows a group. At least one of the two ids is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceGroupRequest)]
pub struct ScimSourceGroupRequest {
    /// Made up unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub id: Option<String>,
    /// The same as `id` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub external_id: Option<String>,
    pub group: Uuid,
    pub source: Uuid,
    /// Any JSON but null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = any, required = false)]
    pub attributes: Option<Value>,
}

/// What to change of a user of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PatchedSCIMSourceUserRequest)]
pub struct PatchedScimSourceUserRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source: Option<Uuid>,
    /// Any JSON but null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = any, required = false)]
    pub attributes: Option<Value>,
}

/// What to change of a group of a source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PatchedSCIMSourceGroupRequest)]
pub struct PatchedScimSourceGroupRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source: Option<Uuid>,
    /// Any JSON but null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = any, required = false)]
    pub attributes: Option<Value>,
}

/// How to narrow down a list of users of sources.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimSourceUserListParams {
    #[serde(rename = "source__slug")]
    #[param(nullable = false)]
    pub source_slug: Option<String>,
    #[serde(rename = "user__id")]
    #[param(nullable = false)]
    pub user: Option<i32>,
    #[serde(rename = "user__username")]
    #[param(nullable = false)]
    pub username: Option<String>,
}

/// How to narrow down a list of groups of sources.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimSourceGroupListParams {
    #[serde(rename = "group__group_uuid")]
    #[param(nullable = false)]
    pub group: Option<Uuid>,
    #[serde(rename = "group__name")]
    #[param(nullable = false)]
    pub group_name: Option<String>,
    #[serde(rename = "source__slug")]
    #[param(nullable = false)]
    pub source_slug: Option<String>,
}

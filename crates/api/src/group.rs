//! Groups.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{JsonObject, Moment, Paginated, attributes};

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    #[schema(read_only)]
    pub pk: Uuid,
    /// A number for systems that need one.
    #[schema(read_only)]
    pub num_pk: i64,
    pub name: String,
    /// Members of such a group administer the service.
    pub is_superuser: bool,
    #[schema(required)]
    pub parent: Option<Uuid>,
    #[schema(read_only, required)]
    pub parent_name: Option<String>,
    /// The groups right above it. `parent` is the first of them.
    pub parents: Vec<Uuid>,
    /// Given on demand, else null.
    #[schema(read_only, required)]
    pub parents_obj: Option<Vec<RelatedGroup>>,
    pub users: Vec<i32>,
    /// Left out on demand, then null.
    #[schema(read_only, required)]
    pub users_obj: Option<Vec<GroupMember>>,
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
    /// Always empty: there are no roles.
    pub roles: Vec<Uuid>,
    #[schema(read_only)]
    pub roles_obj: Vec<Role>,
    #[schema(read_only, required)]
    pub inherited_roles_obj: Option<Vec<Role>>,
    #[schema(read_only)]
    pub children: Vec<Uuid>,
    /// Given on demand, else null.
    #[schema(read_only, required)]
    pub children_obj: Option<Vec<RelatedGroup>>,
}

/// One page of groups.
pub type PaginatedGroupList = Paginated<Group>;

/// A user as its groups show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupMember {
    #[schema(read_only)]
    pub pk: i32,
    #[schema(max_length = 150, pattern = r"^[\w.@+-]+$")]
    pub username: String,
    /// The user's display name.
    pub name: String,
    pub is_active: bool,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_login: Option<Moment>,
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
    #[schema(read_only)]
    pub uid: String,
}

/// A group as its parents and children show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RelatedGroup {
    #[schema(read_only)]
    pub pk: Uuid,
    pub name: String,
    pub is_superuser: bool,
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
    #[schema(read_only)]
    pub group_uuid: Uuid,
}

/// A role. None exist here; the type is kept for clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Role {
    #[schema(read_only)]
    pub pk: Uuid,
    #[schema(max_length = 150)]
    pub name: String,
}

/// A group to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupRequest {
    #[schema(min_length = 1)]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_superuser: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// The groups right above it, in the form of newer releases. Wins over `parent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parents: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub users: Option<Vec<i32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub attributes: Option<JsonObject>,
    /// Accepted and ignored: there are no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<Vec<Uuid>>,
}

/// What to change of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatchedGroupRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_superuser: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// The groups right above it, in the form of newer releases. Wins over `parent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parents: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub users: Option<Vec<i32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub attributes: Option<JsonObject>,
    /// Accepted and ignored: there are no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<Vec<Uuid>>,
}

/// The user to add to a group or to take out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserAccountRequest {
    pub pk: i32,
}

/// How to narrow down a list of groups.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupListParams {
    /// A JSON object; groups whose attributes contain it.
    #[param(nullable = false)]
    pub attributes: Option<String>,
    #[param(nullable = false, default = false)]
    pub include_children: Option<bool>,
    #[param(nullable = false, default = false)]
    pub include_inherited_roles: Option<bool>,
    #[param(nullable = false, default = false)]
    pub include_parents: Option<bool>,
    #[param(nullable = false, default = true)]
    pub include_users: Option<bool>,
    #[param(nullable = false)]
    pub is_superuser: Option<bool>,
    #[param(nullable = false)]
    pub members_by_pk: Option<Vec<i32>>,
    #[param(nullable = false)]
    pub members_by_username: Option<Vec<String>>,
    #[param(nullable = false)]
    pub name: Option<String>,
}

/// What to show of a group.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupRetrieveParams {
    #[param(nullable = false, default = false)]
    pub include_children: Option<bool>,
    #[param(nullable = false, default = false)]
    pub include_inherited_roles: Option<bool>,
    #[param(nullable = false, default = false)]
    pub include_parents: Option<bool>,
    #[param(nullable = false, default = true)]
    pub include_users: Option<bool>,
}

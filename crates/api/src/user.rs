//! Users.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use scimitar_domain::UserKind;

use crate::{Credential, JsonObject, Moment, Paginated, Role, attributes, read_only_attributes};

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct User {
    #[schema(read_only)]
    pub pk: i32,
    #[schema(max_length = 150)]
    pub username: String,
    /// The user's display name.
    pub name: String,
    /// Whether the user may sign in. Users are deactivated rather than deleted where their history matters.
    pub is_active: bool,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_login: Option<Moment>,
    #[schema(read_only, value_type = String, format = DateTime)]
    pub date_joined: Moment,
    #[schema(read_only)]
    pub is_superuser: bool,
    pub groups: Vec<Uuid>,
    /// Left out on demand, then null.
    #[schema(read_only, required)]
    pub groups_obj: Option<Vec<UserGroup>>,
    /// Always empty: there are no roles.
    pub roles: Vec<Uuid>,
    #[schema(read_only, required)]
    pub roles_obj: Option<Vec<Role>>,
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(read_only)]
    pub avatar: String,
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
    /// 64 hexadecimal digits, stable within one installation.
    #[schema(read_only)]
    pub uid: String,
    pub path: String,
    #[serde(rename = "type")]
    #[schema(inline = false)]
    pub kind: UserTypeEnum,
    #[schema(read_only)]
    pub uuid: Uuid,
    #[schema(read_only, value_type = String, format = DateTime)]
    pub password_change_date: Moment,
    #[schema(read_only, value_type = String, format = DateTime)]
    pub last_updated: Moment,
}

/// One page of users.
pub type PaginatedUserList = Paginated<User>;

/// A group as its members show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserGroup {
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
    #[schema(schema_with = attributes)]
    pub attributes: JsonObject,
}

/// What sort of user this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserTypeEnum {
    Internal,
    External,
    ServiceAccount,
    InternalServiceAccount,
}

/// A user to create, or what to make of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserRequest {
    #[schema(min_length = 1, max_length = 150)]
    pub username: String,
    /// The user's display name.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub groups: Option<Vec<Uuid>>,
    /// Accepted and ignored: there are no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "email", max_length = 254)]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub attributes: Option<JsonObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub path: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub kind: Option<UserTypeEnum>,
}

/// What to change of a user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatchedUserRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 150)]
    pub username: Option<String>,
    /// The user's display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_active: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub groups: Option<Vec<Uuid>>,
    /// Accepted and ignored: there are no roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub roles: Option<Vec<Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "email", max_length = 254)]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub attributes: Option<JsonObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1)]
    pub path: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub kind: Option<UserTypeEnum>,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionUser {
    #[schema(inline = false)]
    pub user: UserSelf,
    /// The user alone, for clients of newer releases.
    pub users: Vec<UserSelf>,
    /// Who acts as `user`. Nobody does here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline = false)]
    pub original: Option<UserSelf>,
}

/// A user, to itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserSelf {
    #[schema(read_only)]
    pub pk: i32,
    #[schema(max_length = 150, pattern = r"^[\w.@+-]+$")]
    pub username: String,
    /// The user's display name.
    pub name: String,
    #[schema(read_only)]
    pub is_active: bool,
    #[schema(read_only)]
    pub is_superuser: bool,
    #[schema(read_only)]
    pub groups: Vec<UserSelfGroups>,
    #[schema(read_only)]
    pub roles: Vec<UserSelfRoles>,
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(read_only)]
    pub avatar: String,
    #[schema(read_only)]
    pub uid: String,
    #[schema(schema_with = read_only_attributes)]
    pub settings: JsonObject,
    #[serde(rename = "type")]
    #[schema(inline = false)]
    pub kind: UserTypeEnum,
    #[schema(read_only)]
    pub system_permissions: Vec<String>,
    #[schema(read_only)]
    pub is_current: bool,
}

/// A group of the user who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSelfGroups {
    #[schema(read_only)]
    pub name: String,
    #[schema(read_only)]
    pub pk: String,
}

/// A role of the user who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSelfRoles {
    #[schema(read_only)]
    pub name: String,
    #[schema(read_only)]
    pub pk: String,
}

/// A user's new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPasswordSetRequest {
    #[schema(value_type = String, min_length = 1)]
    pub password: Credential,
}

/// A service account to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserServiceAccountRequest {
    #[schema(min_length = 1)]
    pub name: String,
    /// Also make a group of the same name, with the account as its member.
    #[serde(default)]
    #[schema(default = false)]
    pub create_group: bool,
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub expiring: bool,
    /// When the account's token stops working; 360 days ahead when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub expires: Option<Moment>,
}

/// A service account and its token: the only time that the key comes without being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserServiceAccountResponse {
    pub username: String,
    pub token: String,
    pub user_uid: String,
    pub user_pk: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group_pk: Option<String>,
}

/// How to narrow down a list of users.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserListParams {
    /// A JSON object; users whose attributes contain it.
    #[param(nullable = false)]
    pub attributes: Option<String>,
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub date_joined: Option<Moment>,
    #[serde(rename = "date_joined__gt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub date_joined_gt: Option<Moment>,
    #[serde(rename = "date_joined__lt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub date_joined_lt: Option<Moment>,
    #[param(nullable = false)]
    pub email: Option<String>,
    #[param(nullable = false)]
    pub groups_by_name: Option<Vec<String>>,
    #[param(nullable = false)]
    pub groups_by_pk: Option<Vec<Uuid>>,
    #[param(nullable = false, default = true)]
    pub include_groups: Option<bool>,
    #[param(nullable = false, default = true)]
    pub include_roles: Option<bool>,
    #[param(nullable = false)]
    pub is_active: Option<bool>,
    #[param(nullable = false)]
    pub is_superuser: Option<bool>,
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_login: Option<Moment>,
    #[serde(rename = "last_login__gt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_login_gt: Option<Moment>,
    #[serde(rename = "last_login__isnull")]
    #[param(nullable = false)]
    pub last_login_isnull: Option<bool>,
    #[serde(rename = "last_login__lt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_login_lt: Option<Moment>,
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_updated: Option<Moment>,
    #[serde(rename = "last_updated__gt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_updated_gt: Option<Moment>,
    #[serde(rename = "last_updated__lt")]
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub last_updated_lt: Option<Moment>,
    #[param(nullable = false)]
    pub name: Option<String>,
    #[param(nullable = false)]
    pub path: Option<String>,
    #[param(nullable = false)]
    pub path_startswith: Option<String>,
    /// There are no roles to choose from.
    #[param(nullable = false)]
    pub roles_by_name: Option<Vec<String>>,
    /// There are no roles to choose from.
    #[param(nullable = false)]
    pub roles_by_pk: Option<Vec<Uuid>>,
    #[serde(rename = "type")]
    #[param(nullable = false, inline)]
    pub kind: Option<Vec<UserTypeEnum>>,
    #[param(nullable = false)]
    pub username: Option<String>,
    #[param(nullable = false)]
    pub uuid: Option<Uuid>,
}

impl From<UserKind> for UserTypeEnum {
    fn from(kind: UserKind) -> Self {
        match kind {
            UserKind::Internal => Self::Internal,
            UserKind::External => Self::External,
            UserKind::ServiceAccount => Self::ServiceAccount,
            UserKind::InternalServiceAccount => Self::InternalServiceAccount,
        }
    }
}

fn yes() -> bool {
    true
}

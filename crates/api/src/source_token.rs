//! Tokens of sources beyond the documented one of each. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Moment;

/// A token of a SCIM source, without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceToken)]
pub struct ScimSourceToken {
    #[schema(read_only)]
    pub pk: Uuid,
    /// What people call it. No two of a source have the same.
    pub name: String,
    /// Whether it opens Users.
    pub users: bool,
    /// Whether it opens Groups.
    pub groups: bool,
    /// Whether it only reads.
    pub read_only: bool,
    #[schema(value_type = String, format = DateTime, read_only)]
    pub created: Moment,
    /// When it stops working; null for never.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires: Option<Moment>,
    /// To the minute; null as long as nobody has come with it.
    #[schema(value_type = Option<String>, format = DateTime, read_only, required)]
    pub last_used: Option<Moment>,
}

/// A token that was just made, with its key, which is shown only now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceTokenCreated)]
pub struct ScimSourceTokenCreated {
    #[schema(inline = false)]
    pub token: ScimSourceToken,
    pub key: String,
}

/// A token to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMSourceTokenRequest)]
pub struct ScimSourceTokenRequest {
    #[schema(min_length = 1, max_length = 512)]
    pub name: String,
    /// Whether it opens Users; usually so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub users: Option<bool>,
    /// Whether it opens Groups; usually so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub groups: Option<bool>,
    /// Whether it only reads; usually not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub read_only: Option<bool>,
    /// When it stops working; null for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Moment>,
}

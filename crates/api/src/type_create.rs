//! Kinds of objects, as lists of all kinds offer them for creation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of object that can be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TypeCreate {
    pub name: String,
    pub description: String,
    pub component: String,
    pub model_name: String,
    /// There are no icons, so it is left out; clients take no null here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub icon_url: Option<String>,
    #[serde(default)]
    #[schema(default = false)]
    pub requires_enterprise: bool,
    #[serde(default)]
    #[schema(default = false)]
    pub deprecated: bool,
}

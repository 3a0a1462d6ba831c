//! What refers to an object, and what becomes of it when the object is deleted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One object that refers to the one asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedBy {
    pub app: String,
    pub model_name: String,
    pub pk: String,
    pub name: String,
    #[schema(inline = false)]
    pub action: UsedByActionEnum,
}

/// What becomes of the referring object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsedByActionEnum {
    /// It is deleted along.
    Cascade,
    /// It stays; only the link goes.
    CascadeMany,
    SetNull,
    SetDefault,
}

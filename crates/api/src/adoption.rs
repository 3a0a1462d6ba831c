//! Adoptions: which remote resources could stand for objects. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Paginated;

/// An object, and what at the remote could stand for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderAdoption)]
pub struct ScimProviderAdoption {
    /// The key of the user, if it is one.
    #[schema(required)]
    pub user: Option<i32>,
    /// The key of the group, if it is one.
    #[schema(required)]
    pub group: Option<Uuid>,
    /// The user's or the group's name.
    pub name: String,
    pub state: AdoptionStateEnum,
    pub candidates: Vec<AdoptionCandidate>,
}

/// A remote resource that could stand for an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AdoptionCandidate {
    pub remote_id: String,
    pub matched_by: MatchedByEnum,
    /// What is the same on both sides.
    pub value: String,
}

/// How far an adoption has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdoptionStateEnum {
    /// One resource could be it; the next sync takes it over.
    Match,
    /// Several could be it; somebody has to say which.
    Ambiguous,
    /// It was taken over by its name or address. Until somebody confirms that, it is not deleted.
    Adopted,
}

/// By what a resource was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchedByEnum {
    ExternalId,
    Name,
    Email,
}

/// Which remote resource is an object's. Either a user or a group is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMProviderAdoptionRequest)]
pub struct ScimProviderAdoptionRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Uuid>,
    pub remote_id: String,
}

/// One page of a provider's adoptions.
pub type PaginatedScimProviderAdoptionList = Paginated<ScimProviderAdoption>;

/// How to narrow down the adoptions of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimProviderAdoptionParams {
    /// `match`, `ambiguous` or `adopted`.
    #[param(nullable = false)]
    pub state: Option<String>,
}

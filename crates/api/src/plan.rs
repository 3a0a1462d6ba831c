//! Plans of providers: what a full sync would do, and doing exactly that. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{JsonObject, Moment, Paginated, Pagination, any, attributes, number};

/// What a full sync of a SCIM provider would do, in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlan)]
pub struct ScimPlan {
    pub pk: Uuid,
    pub provider: i32,
    /// `building`, `ready`, `applying`, `applied`, `failed`.
    pub state: String,
    /// The user who asked for it, or a word for the command line.
    pub asked_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created: Moment,
    /// From then on it cannot be seen or applied any more.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Moment,
    #[schema(inline = false)]
    pub counts: ScimPlanCounts,
    /// How many items have come to which end: `created`, `adopted`, `updated`, `deleted`, `failed`, `held` because
    /// somebody has to approve it, `outdated` because something has changed since the plan was made.
    #[schema(schema_with = attributes)]
    pub outcomes: JsonObject,
    /// Why it could not be made, that and why it was made without a look at the remote, or what holds a part of it.
    #[schema(required)]
    pub detail: Option<String>,
}

/// One page of plans.
pub type PaginatedScimPlanList = Paginated<ScimPlan>;

/// How many objects need which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanCounts)]
pub struct ScimPlanCounts {
    #[schema(schema_with = number)]
    pub in_scope: i64,
    #[schema(schema_with = number)]
    pub create: i64,
    /// The remote has them already, and they are taken over.
    #[schema(schema_with = number)]
    pub adopt: i64,
    #[schema(schema_with = number)]
    pub update: i64,
    #[schema(schema_with = number)]
    pub deactivate: i64,
    #[schema(schema_with = number)]
    pub delete: i64,
    /// Both sides agree.
    #[schema(schema_with = number)]
    pub keep: i64,
    /// Their mapping leaves them alone.
    #[schema(schema_with = number)]
    pub skip: i64,
    /// Their mapping fails, or they are parked.
    #[schema(schema_with = number)]
    pub broken: i64,
}

/// What a plan says of one object. What is kept or skipped is only counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanItem)]
pub struct ScimPlanItem {
    /// Its place in the order in which a sync works.
    #[schema(schema_with = number)]
    pub position: i64,
    /// `user` or `group`.
    pub kind: String,
    /// The key of the user or group.
    pub object: String,
    pub name: String,
    /// `create`, `adopt`, `update`, `deactivate`, `delete`, `broken`.
    pub step: String,
    /// Each attribute that differs. Secrets are `***`, and long values are told by their length.
    #[schema(inline = false)]
    pub attributes: Vec<ScimPlanDifference>,
    #[schema(inline = false, required)]
    pub members: Option<ScimPlanMembers>,
    /// Why it is broken.
    #[schema(required)]
    pub reason: Option<String>,
    /// What became of it when the plan was applied.
    #[schema(required)]
    pub outcome: Option<String>,
}

/// An attribute that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanDifference)]
pub struct ScimPlanDifference {
    pub attribute: String,
    /// What was sent last; null for nothing.
    #[schema(schema_with = any)]
    pub from: serde_json::Value,
    /// What would be sent; null for nothing.
    #[schema(schema_with = any)]
    pub to: serde_json::Value,
}

/// How a group's members would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanMembers)]
pub struct ScimPlanMembers {
    #[schema(schema_with = number)]
    pub n_added: i64,
    #[schema(schema_with = number)]
    pub n_removed: i64,
    /// The names of the first hundred.
    pub added: Vec<String>,
    /// The names of the first hundred.
    pub removed: Vec<String>,
}

/// A plan with one page of its items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanPage)]
pub struct ScimPlanPage {
    #[schema(inline = false)]
    pub plan: ScimPlan,
    #[schema(inline = false)]
    pub pagination: Pagination,
    #[schema(inline = false)]
    pub results: Vec<ScimPlanItem>,
}

/// How to apply a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMPlanApplyRequest)]
pub struct ScimPlanApplyRequest {
    /// Write to the remote although the provider only rehearses.
    #[serde(default)]
    #[schema(default = false)]
    pub override_dry_run: bool,
}

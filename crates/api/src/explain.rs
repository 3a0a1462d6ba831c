//! Why an object is, or is not, at a provider as people expect it. Scimitar's own.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{JsonObject, Moment, ScimPlanDifference, ScimPlanMembers};

/// Which object to explain: a user or a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimExplainParams {
    /// The key of a user.
    #[param(nullable = false)]
    pub user: Option<i32>,
    /// The key of a group.
    #[param(nullable = false)]
    pub group: Option<Uuid>,
}

/// Everything that a sync of one object would look at, and what it would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMExplanation)]
pub struct ScimExplanation {
    /// The key of the user or group.
    pub object: String,
    /// Its name.
    pub name: String,
    pub in_scope: bool,
    /// Why it is in scope, or is not.
    pub reasons: Vec<String>,
    /// Why nothing is sent to this provider now; empty when it is.
    pub stopped: Vec<String>,
    #[schema(inline = false)]
    pub mapping: ScimExplainedMapping,
    /// What the object's link says; null before the first attempt.
    #[schema(required, inline = false)]
    pub link: Option<ScimExplainedLink>,
    /// What a search at the remote finds, where no link says which resource it is; null otherwise.
    #[schema(required, inline = false)]
    pub matched: Option<ScimExplainedMatch>,
    #[schema(inline = false)]
    pub step: ScimStepEnum,
    /// Each attribute that differs between what the remote has acknowledged and what the mappings give. Secrets are
    /// `***`, and long values are told by their length.
    #[schema(inline = false)]
    pub attributes: Vec<ScimPlanDifference>,
    /// Of groups.
    #[schema(required, inline = false)]
    pub members: Option<ScimPlanMembers>,
    /// When the object's own job is due; null when nothing waits for it.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub due: Option<Moment>,
    /// The failed attempts since the last success.
    #[schema(required, inline = false)]
    pub attempt: Option<ScimAttempt>,
    /// The last ten of them, the newest first. They stay when it is in step again, until it fails anew.
    pub history: Vec<ScimAttempt>,
    /// What was said last about it, where it failed or was asked for.
    #[schema(required, inline = false)]
    pub exchange: Option<ScimExchange>,
}

/// What the mappings make of the object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMExplainedMapping)]
pub struct ScimExplainedMapping {
    #[schema(inline = false)]
    pub outcome: ScimMappingOutcomeEnum,
    /// The resource; empty where there is none. Secrets are `***`, and long values are told by their length.
    #[schema(schema_with = crate::read_only_attributes)]
    pub resource: JsonObject,
    /// Why they fail.
    pub error: String,
}

/// What mappings come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMMappingOutcomeEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimMappingOutcomeEnum {
    /// They were not asked: the object is out of scope.
    Nothing,
    Resource,
    /// They leave the object as it is.
    Skipped,
    Failed,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMExplainedLink)]
pub struct ScimExplainedLink {
    /// `new` before anything was sent, `creating` while the answer to a create is not known, `linked`.
    pub state: String,
    #[schema(required)]
    pub remote_id: Option<String>,
    /// Whether the remote has last acknowledged what the mappings give now; null where they give nothing.
    #[schema(required)]
    pub acknowledged: Option<bool>,
}

/// What a search at the remote finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMExplainedMatch)]
pub struct ScimExplainedMatch {
    #[schema(inline = false)]
    pub outcome: ScimMatchOutcomeEnum,
    #[schema(required)]
    pub remote_id: Option<String>,
    /// Why it cannot be told.
    pub error: String,
}

/// What a search comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMMatchOutcomeEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimMatchOutcomeEnum {
    Nothing,
    One,
    /// Only what stands for other objects.
    Others,
    Unknown,
}

/// What a sync would do with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMStepEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScimStepEnum {
    /// Nothing: both sides agree.
    Keep,
    Create,
    /// Take over what the remote has.
    Adopt,
    Update,
    Deactivate,
    Delete,
    /// Nothing: its mapping leaves it alone.
    Skip,
    /// Nothing: its mapping fails.
    Broken,
}

/// Failed attempts in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMAttempt)]
pub struct ScimAttempt {
    /// The class of the failure.
    pub class: String,
    pub detail: String,
    pub count: i32,
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Moment,
    /// When it is tried again; null when only a change, or a person, can help.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub next_at: Option<Moment>,
}

/// One HTTP exchange, without credentials and passwords, both bodies cut at 4,096 bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SCIMExchange)]
pub struct ScimExchange {
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Moment,
    pub method: String,
    /// Without its query.
    pub url: String,
    /// The status of the answer; null when there was none.
    #[schema(required)]
    pub status: Option<i32>,
    /// In milliseconds.
    pub duration_ms: i64,
    #[schema(required)]
    pub request: Option<String>,
    #[schema(required)]
    pub response: Option<String>,
}

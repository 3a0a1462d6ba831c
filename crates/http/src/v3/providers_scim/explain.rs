//! `/providers/scim/{id}/explain/`: why one object is, or is not, at the remote as people expect it.

use actix_web::{get, web};

use scimitar_api::{
    GenericError, ScimAttempt, ScimExchange, ScimExplainParams, ScimExplainedLink, ScimExplainedMapping,
    ScimExplainedMatch, ScimExplanation, ScimMappingOutcomeEnum, ScimMatchOutcomeEnum, ScimStepEnum,
    ValidationError,
};
use scimitar_domain::{Attempt, GroupId, KeptExchange, ObjectId, PlanStep, ProviderPk, UserPk};
use scimitar_sync::{Explanation, LinkSeen, MappedAs, Match, StepKind};

use super::plan::part;
use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::FieldErrors;
use crate::params::Params;
use crate::path_key;

/// Explain one object: whether and why it is in scope, what its mappings give, what the remote is known to have, and
/// what a sync would do.
///
/// Where no link says which resource stands for it, the remote is searched; nothing is written. Scimitar's own;
/// authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_explain_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), ScimExplainParams),
    responses(
        (status = 200, body = ScimExplanation, description = "What is known of the object"),
        (status = 400, body = ValidationError, description = "Neither a user nor a group is named, or both"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/explain/")]
pub(crate) async fn explain(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<ScimExplanation>, ApiError> {
    let object = read(&params)?;
    let provider = ProviderPk(path_key::integer(&id)?);
    let found = app.engine.explain(provider, object).await?;
    let found = found.ok_or(ApiError::NoMatch(Model::ScimProvider))?;
    Ok(web::Json(shown(found)))
}

fn read(params: &Params) -> Result<ObjectId, ApiError> {
    let mut errors = FieldErrors::default();
    let user = params.number("user", &mut errors);
    let group = params.uuid("group", &mut errors);
    let object = match (user, group) {
        (Some(user), None) => ObjectId::User(UserPk(i32::try_from(user).unwrap_or(i32::MAX))),
        (None, Some(group)) => ObjectId::Group(GroupId(group)),
        (None, None) | (Some(_), Some(_)) => {
            if errors.is_empty() {
                errors.add("user", "Name either a `user` or a `group`.");
            }
            ObjectId::User(UserPk(0))
        }
    };
    errors.accept(object)
}

fn shown(mut found: Explanation) -> ScimExplanation {
    ScimExplanation {
        object: match found.object {
            ObjectId::User(pk) => pk.to_string(),
            ObjectId::Group(id) => id.to_string(),
        },
        name: found.label,
        in_scope: found.is_in_scope,
        reasons: found.reasons,
        stopped: found.stopped,
        mapping: mapping(found.mapped),
        link: found.link.map(link),
        matched: found.found.map(matched),
        step: step(found.step),
        attributes: part(&mut found.detail, "attributes").unwrap_or_default(),
        members: part(&mut found.detail, "members"),
        due: found.due.map(Into::into),
        attempt: found.attempt.map(attempt),
        history: found.history.into_iter().map(attempt).collect(),
        exchange: found.exchange.map(exchange),
    }
}

fn mapping(mapped: MappedAs) -> ScimExplainedMapping {
    let (outcome, resource, error) = match mapped {
        MappedAs::Nothing => (ScimMappingOutcomeEnum::Nothing, None, None),
        MappedAs::Body(body) => (ScimMappingOutcomeEnum::Resource, Some(body), None),
        MappedAs::Skipped => (ScimMappingOutcomeEnum::Skipped, None, None),
        MappedAs::Failed(error) => (ScimMappingOutcomeEnum::Failed, None, Some(error)),
    };
    ScimExplainedMapping { outcome, resource: resource.unwrap_or_default(), error: error.unwrap_or_default() }
}

fn link(link: LinkSeen) -> ScimExplainedLink {
    ScimExplainedLink {
        state: link.state.to_owned(),
        remote_id: link.remote_id,
        acknowledged: link.is_acknowledged,
    }
}

fn matched(found: Match) -> ScimExplainedMatch {
    let (outcome, remote_id, error) = match found {
        Match::Nothing => (ScimMatchOutcomeEnum::Nothing, None, String::new()),
        Match::One { remote_id } => (ScimMatchOutcomeEnum::One, Some(remote_id), String::new()),
        Match::Others => (ScimMatchOutcomeEnum::Others, None, String::new()),
        Match::Unknown(error) => (ScimMatchOutcomeEnum::Unknown, None, error),
    };
    ScimExplainedMatch { outcome, remote_id, error }
}

fn step(step: StepKind) -> ScimStepEnum {
    match step {
        StepKind::Keep => ScimStepEnum::Keep,
        StepKind::Skip => ScimStepEnum::Skip,
        StepKind::Take(PlanStep::Create) => ScimStepEnum::Create,
        StepKind::Take(PlanStep::Adopt) => ScimStepEnum::Adopt,
        StepKind::Take(PlanStep::Update) => ScimStepEnum::Update,
        StepKind::Take(PlanStep::Deactivate) => ScimStepEnum::Deactivate,
        StepKind::Take(PlanStep::Delete) => ScimStepEnum::Delete,
        StepKind::Take(PlanStep::Broken) => ScimStepEnum::Broken,
    }
}

fn attempt(attempt: Attempt) -> ScimAttempt {
    ScimAttempt {
        class: attempt.class.as_str().to_owned(),
        detail: attempt.detail,
        count: attempt.count,
        last_at: attempt.last_at.into(),
        next_at: attempt.next_at.map(Into::into),
    }
}

fn exchange(exchange: KeptExchange) -> ScimExchange {
    ScimExchange {
        timestamp: exchange.at.into(),
        method: exchange.method,
        url: exchange.url,
        status: exchange.status,
        duration_ms: exchange.duration_ms,
        request: exchange.request,
        response: exchange.response,
    }
}

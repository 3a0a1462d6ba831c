//! `/providers/scim/{id}/plan/`: what a full sync would do, and doing exactly that.

use actix_web::{HttpResponse, get, post, web};
use serde_json::Value;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimPlanList, ScimPlan, ScimPlanApplyRequest, ScimPlanCounts,
    ScimPlanItem, ScimPlanPage, ValidationError,
};
use scimitar_domain::{JsonObject, ObjectId, Plan, PlanId, PlanItem, ProviderPk};
use scimitar_store::{Conn, StoreError, sync_plans};
use scimitar_sync::{APPLIED_AT_ONCE, NotApplied};

use super::sync::existing;
use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::{Mode, Reader};
use crate::params::Params;
use crate::{page, path_key};

/// Plan a full sync: what it would do now is written down and can be looked at and applied for a day.
///
/// Where a full sync would walk through the remote before it creates (`discovery_enabled`, and something has no link),
/// the remote is walked through by reading alone, and what would be taken over is told. A plan for which that was not
/// possible says so in `detail`. Where more than 1,000 objects are in scope, or the walk has more than ten pages, the
/// plan is made in the background. The latest five plans are kept. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_plan_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 201, body = ScimPlan, description = "The plan"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/plan/")]
pub(crate) async fn create(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    let plan = app.engine.plan(provider, &admin.0.user.fields.username).await?;
    Ok(HttpResponse::Created().json(found(&app, provider, plan).await?))
}

/// List the plans of a provider that can still be looked at, the newest first, with what they count and what became of
/// them.
///
/// The latest five are kept, for a day. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_plan_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), PageParams),
    responses(
        (status = 200, body = PaginatedScimPlanList, description = "One page of plans"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider, or no such page"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/plan/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimPlanList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let (provider, now) = (existing(&app, &id).await?, app.clock.now());
    let read = move |conn: &mut Conn| {
        let plans = sync_plans::list(conn, provider, now, &request)?;
        // No more than are kept.
        let outcomes: Result<Vec<_>, StoreError> =
            plans.rows.iter().map(|plan| sync_plans::outcomes(conn, plan.id)).collect();
        Ok::<_, StoreError>((plans, outcomes?))
    };
    let (plans, outcomes) = app.store.read(read).await?;
    let rows =
        plans.rows.iter().cloned().zip(outcomes).map(|(plan, outcomes)| shown(plan, outcomes)).collect();
    Ok(web::Json(page::paginated(&plans, rows)))
}

/// Show a plan with one page of its items, in the order in which a sync works.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_plan_retrieve",
    tag = "providers",
    params(
        ("id" = i32, Path, description = "The provider's key"),
        ("plan" = uuid::Uuid, Path, description = "The plan's key"),
        PageParams,
    ),
    responses(
        (status = 200, body = ScimPlanPage, description = "The plan"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider, plan or page"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/plan/{plan}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    params: Params,
) -> Result<web::Json<ScimPlanPage>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let (provider, plan) = keys(&path)?;
    let shown = found(&app, provider, plan).await?;
    let items = app.store.read(move |conn| sync_plans::page(conn, plan, &request)).await?;
    let pagination = page::locate(&items);
    let results = items.rows.into_iter().map(item).collect();
    Ok(web::Json(ScimPlanPage { plan: shown, pagination, results }))
}

/// Do exactly what a plan says. An object for which something else would be sent by now is left alone and counted
/// as `outdated`; what the guard holds can be applied again once it is approved.
///
/// A plan with more than 100 steps is applied in the background. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_plan_apply_create",
    tag = "providers",
    params(
        ("id" = i32, Path, description = "The provider's key"),
        ("plan" = uuid::Uuid, Path, description = "The plan's key"),
    ),
    request_body = ScimPlanApplyRequest,
    responses(
        (status = 200, body = ScimPlan, description = "What became of it"),
        (status = 400, body = ValidationError, description = "It cannot be applied"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider or plan"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/plan/{plan}/apply/")]
pub(crate) async fn apply(
    admin: Admin,
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    body: Body,
) -> Result<web::Json<ScimPlan>, ApiError> {
    let (provider, plan) = keys(&path)?;
    found(&app, provider, plan).await?;
    let given = body.object()?;
    let mut override_dry_run = false;
    let mut reader = Reader::new(&given, Mode::Create);
    reader.boolean("override_dry_run", &mut override_dry_run);
    reader.finish()?;
    match app.engine.apply_plan(provider, plan, override_dry_run, APPLIED_AT_ONCE).await? {
        Ok(()) => {}
        Err(NotApplied::NoPlan) => return Err(ApiError::NoMatch(Model::ScimPlan)),
        Err(refusal @ (NotApplied::NotReady(_) | NotApplied::DryRun | NotApplied::NotSynced(_))) => {
            return Err(ApiError::whole(sentence(&refusal.to_string())));
        }
    }
    let by = &admin.0.user.fields.username;
    tracing::info!(provider.pk = provider.0, "{by} applied plan {} of provider {provider}", plan.0);
    Ok(web::Json(found(&app, provider, plan).await?))
}

fn keys((provider, plan): &(String, String)) -> Result<(ProviderPk, PlanId), ApiError> {
    Ok((ProviderPk(path_key::integer(provider)?), PlanId(path_key::uuid(plan)?)))
}

async fn found(app: &App, provider: ProviderPk, id: PlanId) -> Result<ScimPlan, ApiError> {
    let now = app.clock.now();
    let found = app
        .store
        .read(move |conn| {
            let Some(plan) = sync_plans::find(conn, provider, id, now)? else { return Ok(None) };
            Ok::<_, StoreError>(Some((plan, sync_plans::outcomes(conn, id)?)))
        })
        .await?;
    let (plan, outcomes) = found.ok_or(ApiError::NoMatch(Model::ScimPlan))?;
    Ok(shown(plan, outcomes))
}

fn shown(plan: Plan, outcomes: Vec<(String, i64)>) -> ScimPlan {
    let counts = plan.counts;
    ScimPlan {
        pk: plan.id.0,
        provider: plan.provider.0,
        state: plan.state.as_str().to_owned(),
        asked_by: plan.asked_by,
        created: plan.created_at.into(),
        expires: plan.expires_at.into(),
        counts: ScimPlanCounts {
            in_scope: counts.in_scope,
            create: counts.create,
            adopt: counts.adopt,
            update: counts.update,
            deactivate: counts.deactivate,
            delete: counts.delete,
            keep: counts.keep,
            skip: counts.skip,
            broken: counts.broken,
        },
        outcomes: outcomes.into_iter().map(|(outcome, n)| (outcome, n.into())).collect(),
        detail: plan.detail,
    }
}

fn item(item: PlanItem) -> ScimPlanItem {
    let PlanItem { position, object, tombstone: _, label, step, fingerprint: _, mut detail, outcome } = item;
    let object_key = match object {
        ObjectId::User(pk) => pk.to_string(),
        ObjectId::Group(id) => id.to_string(),
    };
    ScimPlanItem {
        position,
        kind: object.kind().as_str().to_owned(),
        object: object_key,
        name: label,
        step: step.as_str().to_owned(),
        attributes: part(&mut detail, "attributes").unwrap_or_default(),
        members: part(&mut detail, "members"),
        reason: part(&mut detail, "reason"),
        outcome,
    }
}

/// A part of what the engine has written down of an item; it writes no other form.
pub(super) fn part<T: serde::de::DeserializeOwned>(detail: &mut JsonObject, name: &str) -> Option<T> {
    serde_json::from_value(detail.remove(name).unwrap_or(Value::Null)).ok()
}

/// With a capital at the beginning and a full stop at the end.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

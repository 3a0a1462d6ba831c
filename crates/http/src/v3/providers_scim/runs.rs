//! `/providers/scim/{id}/runs/`: the full syncs of a provider, with what each did.

use actix_web::{get, web};

use scimitar_api::{
    GenericError, PageParams, PaginatedScimRunList, ScimRun, ScimRunCounts, ScimRunStateEnum,
    ScimRunTriggerEnum, ValidationError,
};
use scimitar_domain::{KindCounts, Run, RunState, RunTrigger};
use scimitar_store::runs;

use super::sync::existing;
use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::page;
use crate::params::Params;

/// List the full syncs of a provider, the newest first, with what each did with users and with groups.
///
/// The newest 20 are kept. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_runs_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), PageParams),
    responses(
        (status = 200, body = PaginatedScimRunList, description = "One page of full syncs"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider, or no such page"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/runs/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimRunList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let provider = existing(&app, &id).await?;
    let found = app.store.read(move |conn| runs::page(conn, provider, &request)).await?;
    let shown = found.rows.iter().map(run).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

fn run(run: &Run) -> ScimRun {
    ScimRun {
        id: run.id.0,
        trigger: match run.trigger {
            RunTrigger::Schedule => ScimRunTriggerEnum::Schedule,
            RunTrigger::Saved => ScimRunTriggerEnum::Saved,
            RunTrigger::Manual => ScimRunTriggerEnum::Manual,
        },
        dry_run: run.dry_run,
        state: match run.state {
            RunState::Users => ScimRunStateEnum::Users,
            RunState::Groups => ScimRunStateEnum::Groups,
            RunState::Sweep => ScimRunStateEnum::Sweep,
            RunState::Done => ScimRunStateEnum::Done,
            RunState::Warning => ScimRunStateEnum::Warning,
            RunState::Error => ScimRunStateEnum::Error,
        },
        started_at: run.started_at.into(),
        finished_at: run.finished_at.map(Into::into),
        users: counts(run.counts.of_users()),
        groups: counts(run.counts.of_groups),
        member_changes: run.counts.member_changes,
        detail: run.detail.clone().unwrap_or_default(),
    }
}

fn counts(counts: KindCounts) -> ScimRunCounts {
    let KindCounts { in_scope, created, adopted, updated, deleted, skipped, failed } = counts;
    ScimRunCounts { in_scope, created, adopted, updated, deleted, skipped, failed }
}

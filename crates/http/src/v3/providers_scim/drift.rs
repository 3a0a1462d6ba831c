//! `/providers/scim/{id}/drift/`: what a remote holds otherwise than it was sent.

use actix_web::{HttpResponse, get, post, web};

use scimitar_api::{
    DriftDifference, DriftStatus, GenericError, PageParams, PaginatedScimProviderDriftList,
    ScimProviderDrift, ScimProviderDriftRequest, ValidationError,
};
use scimitar_domain::{DriftCheck, ObjectId};
use scimitar_store::drift::{self, Listed};
use scimitar_store::jobs;
use scimitar_sync::Work;

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::fields::{Mode, Reader};
use crate::page;
use crate::params::Params;

use super::sync::existing;

/// List what the last check of a provider's remote has found to differ from what was last sent.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_drift_list",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key"), PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderDriftList, description = "One page of what differs"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/drift/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderDriftList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    let provider = existing(&app, &id).await?;
    let found = app.store.read(move |conn| drift::page(conn, provider, &request)).await?;
    let rows = found.rows.iter().map(shown).collect();
    Ok(web::Json(page::paginated(&found, rows)))
}

/// Compare a provider's remote with what was last sent, in the background; with `repair`, what differs is sent again.
#[utoipa::path(
    operation_id = "providers_scim_drift_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = ScimProviderDriftRequest,
    responses(
        (status = 204, description = "It is compared; `sync/status` tells when that has ended"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/drift/")]
pub(crate) async fn compare(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    let given = body.object()?;
    let mut repair = false;
    let mut reader = Reader::new(&given, Mode::Create);
    reader.boolean("repair", &mut repair);
    reader.finish()?;
    let now = app.clock.now();
    app.store
        .write(move |conn| jobs::enqueue(conn, &[Work::Drift { provider, repair }.job(now)], now))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(listed: &Listed) -> ScimProviderDrift {
    let drift = &listed.drift;
    let (user, group) = match drift.object {
        ObjectId::User(pk) => (Some(pk.0), None),
        ObjectId::Group(id) => (None, Some(id.0)),
    };
    ScimProviderDrift {
        user,
        group,
        name: listed.label.clone(),
        remote_id: drift.remote_id.clone(),
        missing: drift.is_missing,
        differences: drift
            .differences
            .iter()
            .map(|it| DriftDifference {
                attribute: it.attribute.clone(),
                sent: it.sent.clone(),
                found: it.found.clone(),
            })
            .collect(),
        repaired: drift.is_repaired,
        found_at: drift.found_at.into(),
    }
}

/// A check as `sync/status` tells it.
pub(super) fn status(check: DriftCheck) -> DriftStatus {
    DriftStatus {
        started_at: check.started_at.into(),
        finished_at: check.finished_at.map(Into::into),
        compared: check.compared,
        differing: check.differing,
        missing: check.missing,
        unmanaged: check.unmanaged,
        detail: check.detail,
    }
}

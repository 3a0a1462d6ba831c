//! `/providers/scim/{id}/drain/`: taking everything away on purpose, before a provider is deleted.

use actix_web::{get, post, web};

use scimitar_api::{GenericError, ScimDrain, ValidationError};
use scimitar_sync::DrainView;

use super::sync::existing;
use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;

/// Deprovision everything that a SCIM provider manages, by its policy, and then hold it, so that it can be deleted.
///
/// The guard holds for this too. Saving the provider ends it, and fills the remote again. Scimitar's own; authentik has
/// no such operation.
#[utoipa::path(
    operation_id = "providers_scim_drain_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimDrain, description = "How far it has come"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/drain/")]
pub(crate) async fn drain(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimDrain>, ApiError> {
    let provider = existing(&app, &id).await?;
    let view = app.engine.drain(provider, &admin.0.user.fields.username).await?;
    Ok(web::Json(shown(view)))
}

/// Show how far the draining of a SCIM provider has come.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_drain_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimDrain, description = "How far it has come"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/drain/")]
pub(crate) async fn drained(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimDrain>, ApiError> {
    let provider = existing(&app, &id).await?;
    Ok(web::Json(shown(app.engine.drained(provider).await?)))
}

fn shown(view: DrainView) -> ScimDrain {
    ScimDrain {
        draining: view.draining,
        open: view.remains.open,
        waiting: view.remains.waiting,
        detail: view.detail,
    }
}

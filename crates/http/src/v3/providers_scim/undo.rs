//! `/providers/scim/{id}/sync/undo/`: bringing back what was taken away by mistake.

use actix_web::{get, post, web};

use scimitar_api::{GenericError, ScimTaken, ScimUndo, ScimUndoable, ValidationError};
use scimitar_sync::{NotUndone, Undoable};

use super::failures::named_as;
use super::plan::sentence;
use super::sync::existing;
use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;

/// Objects that are listed.
const SHOWN: i64 = 100;

/// Show what an undo would bring back: what the last run that took something away has deleted or deactivated because
/// its object had left, and what was taken away since. It is remembered for 30 days.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_undo_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimUndoable, description = "What can be brought back"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/sync/undo/")]
pub(crate) async fn undoable(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimUndoable>, ApiError> {
    let provider = existing(&app, &id).await?;
    let Undoable { since, count, taken } = app.engine.undoable(provider, SHOWN).await?;
    let taken = taken.into_iter().map(|it| {
        let (sync_object_model, sync_object_id) = named_as(it.object);
        ScimTaken { sync_object_model, sync_object_id, label: it.label, at: it.at.into() }
    });
    Ok(web::Json(ScimUndoable { since: since.map(Into::into), count, taken: taken.collect() }))
}

/// Bring back what the last run that took something away has deleted or deactivated at the remote.
///
/// Up to 500 objects at once; `left` says how many wait for the next call. Where one is outside of the scope, the
/// provider is held until it is saved. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_undo_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimUndo, description = "What came of it"),
        (status = 400, body = ValidationError, description = "It cannot be undone"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/sync/undo/")]
pub(crate) async fn undo(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimUndo>, ApiError> {
    let provider = existing(&app, &id).await?;
    let undone = match app.engine.undo(provider, &admin.0.user.fields.username).await? {
        Ok(undone) => undone,
        Err(refusal @ (NotUndone::DryRun | NotUndone::NotAttached)) => {
            return Err(ApiError::whole(sentence(&refusal.to_string())));
        }
    };
    Ok(web::Json(ScimUndo {
        restored: undone.restored,
        failed: undone.failed,
        left: undone.left,
        impossible: undone.impossible,
        held: undone.held,
    }))
}

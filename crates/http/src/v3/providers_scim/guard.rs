//! `/providers/scim/{id}/sync/approve/` and `…/sync/guard/`: what is held, who said what to it, and letting it pass.

use actix_web::{HttpResponse, get, post, web};

use scimitar_api::{
    GenericError, ScimGuard, ScimGuardEvent, ScimGuardRejectRequest, ScimGuardRejected, ValidationError,
};
use scimitar_domain::{GuardDeed, GuardEvent, ProviderPk, Timestamp};
use scimitar_store::Conn;
use scimitar_store::guards::{self, Approval};

use super::sync::existing;
use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::fields::{Mode, Reader};

/// Characters of a reason for the record.
const LONGEST_REASON: usize = 1_000;

/// Let pass the deletions and deactivations that are held, and start a full sync.
///
/// For an hour everything destructive passes. A provider with `four_eyes` refuses the approval of the one who brought
/// it about, and names whom it needs. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_approve_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 204, description = "Approved"),
        (status = 400, body = ValidationError, description = "Another person has to approve"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/sync/approve/")]
pub(crate) async fn sync_approve(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let provider = existing(&app, &id).await?;
    match app.engine.approve(provider, Some(&admin.0.user.fields.username)).await? {
        Approval::Given => Ok(HttpResponse::NoContent().finish()),
        Approval::Refused(why) => Err(ApiError::whole(why)),
    }
}

/// Keep at the remote what is held, as it is. Nobody is asked about it again until more would go, or until it is
/// approved after all; what comes back into the scope is like any other.
///
/// One person is enough, with `four_eyes` too. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_reject_create",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = ScimGuardRejectRequest,
    responses(
        (status = 200, body = ScimGuardRejected, description = "Rejected, if anything was held"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/{id}/sync/reject/")]
pub(crate) async fn sync_reject(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimGuardRejected>, ApiError> {
    let provider = existing(&app, &id).await?;
    let given = body.object()?;
    let mut reason = String::new();
    let mut reader = Reader::new(&given, Mode::Create);
    reader.text("reason", &mut reason);
    if reason.chars().count() > LONGEST_REASON {
        reader.fault("reason", format!("Ensure this field has no more than {LONGEST_REASON} characters."));
    }
    reader.finish()?;
    let rejected = app.engine.reject(provider, Some(&admin.0.user.fields.username), &reason).await?;
    Ok(web::Json(ScimGuardRejected { rejected }))
}

/// Show what the guard of a provider holds, and who changed, approved and refused what of late.
///
/// Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_sync_guard_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimGuard, description = "The guard"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/sync/guard/")]
pub(crate) async fn sync_guard(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimGuard>, ApiError> {
    let provider = existing(&app, &id).await?;
    let view = app.engine.guard(provider).await?;
    Ok(web::Json(ScimGuard {
        held: view.held,
        held_since: view.held_since.map(Into::into),
        approved_until: view.approved_until.map(Into::into),
        detail: view.detail,
        events: view.events.into_iter().map(event).collect(),
    }))
}

/// That somebody has saved the provider.
pub(super) fn saved(by: Option<&str>, at: Timestamp) -> GuardEvent {
    let detail = "saved the provider".to_owned();
    GuardEvent { at, deed: GuardDeed::Changed, actor: by.map(str::to_owned), detail }
}

/// As long as something waits for two people, one of them cannot make it wait for one.
pub(super) fn keep_four_eyes(
    conn: &mut Conn,
    provider: ProviderPk,
    before: bool,
    after: bool,
) -> Result<(), ApiError> {
    if before && !after && guards::find(conn, provider)?.is_some_and(|guard| guard.held_since.is_some()) {
        let why = "Deletions of this provider are held and need the approval of two. Once they are approved, or \
                   nothing is left to delete, this can be switched off.";
        return Err(ApiError::field("four_eyes", why));
    }
    Ok(())
}

fn event(event: GuardEvent) -> ScimGuardEvent {
    ScimGuardEvent {
        timestamp: event.at.into(),
        deed: event.deed.as_str().to_owned(),
        by: event.actor,
        detail: event.detail,
    }
}

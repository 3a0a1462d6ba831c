//! `/sources/scim/{slug}/release/`: let a source's client go on with what its guard holds.

use actix_web::{HttpResponse, post, web};

use scimitar_api::{GenericError, ValidationError};
use scimitar_store::sources;

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};

/// Let pass the deactivations and deletions that are held because they are many.
///
/// For an hour everything passes; the client sends again what it was refused. Scimitar's own; authentik has no such
/// operation.
#[utoipa::path(
    operation_id = "sources_scim_release_create",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 204, description = "Released"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[post("/sources/scim/{slug}/release/")]
pub(crate) async fn release(
    admin: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let source = app
        .store
        .read(move |conn| sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::ScimSource)))
        .await?;
    app.inbound.release(source.id).await?;
    let by = &admin.0.user.fields.username;
    tracing::info!(source = source.fields.slug, "{by} released what the guard of the source held");
    Ok(HttpResponse::NoContent().finish())
}

//! `/propertymappings/all/{pm_uuid}/used_by/`: what refers to a mapping of any kind.

use actix_web::{get, web};

use scimitar_api::{GenericError, UsedBy, ValidationError};
use scimitar_domain::MappingKind;

use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::v3::{
    propertymappings_provider_scim as provider_scim, propertymappings_source_scim as source_scim,
};

/// List what uses a property mapping. It stays when the mapping is deleted.
#[utoipa::path(
    operation_id = "propertymappings_all_used_by_list",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the mapping"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/all/{pm_uuid}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    let mapping = super::SHELF.find(&app, &id).await?;
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| match mapping.kind {
            MappingKind::Provider => provider_scim::references(conn, &keyring, mapping.id),
            MappingKind::Source => source_scim::references(conn, mapping.id),
        })
        .await?;
    Ok(web::Json(found))
}

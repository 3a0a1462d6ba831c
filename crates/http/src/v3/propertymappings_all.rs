//! `/propertymappings/all/`: expressions whatever they shape.

mod trial;
mod used_by;

use actix_web::{HttpResponse, delete, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedPropertyMappingList, PropertyMapping, PropertyMappingListParams,
    TypeCreate, ValidationError,
};
use scimitar_domain::MappingKind;

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::params::Params;
use crate::v3::property_mappings::{self, Shelf};

const SHELF: Shelf = Shelf { kind: None, model: Model::PropertyMapping };

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    // `types` goes before the paths that would take it for a key.
    cfg.service(types)
        .service(list)
        .service(retrieve)
        .service(destroy)
        .service(trial::test_mapping)
        .service(used_by::used_by);
}

/// List property mappings of all kinds.
#[utoipa::path(
    operation_id = "propertymappings_all_list",
    tag = "propertymappings",
    params(PropertyMappingListParams, PageParams),
    responses(
        (status = 200, body = PaginatedPropertyMappingList, description = "One page of mappings"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/all/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedPropertyMappingList>, ApiError> {
    Ok(web::Json(SHELF.page(&app, &params, |mapping| mapping).await?))
}

/// List the kinds of property mappings that can be made.
#[utoipa::path(
    operation_id = "propertymappings_all_types_list",
    tag = "propertymappings",
    responses(
        (status = 200, body = Vec<TypeCreate>, description = "The kinds, by name"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/all/types/")]
pub(crate) async fn types(_: Admin) -> web::Json<Vec<TypeCreate>> {
    // By name.
    web::Json([MappingKind::Provider, MappingKind::Source].into_iter().map(property_mappings::kind).collect())
}

/// Show a property mapping of any kind.
#[utoipa::path(
    operation_id = "propertymappings_all_retrieve",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 200, body = PropertyMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/all/{pm_uuid}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<PropertyMapping>, ApiError> {
    let found = SHELF.find(&app, &id).await?;
    Ok(web::Json(property_mappings::mapping(&found)))
}

/// Delete a property mapping of any kind. What uses it goes on without it.
#[utoipa::path(
    operation_id = "propertymappings_all_destroy",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[delete("/propertymappings/all/{pm_uuid}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    SHELF.delete(&app, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

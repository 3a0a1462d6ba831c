//! `/propertymappings/provider/scim/`: expressions that shape what a remote receives.

mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimMappingList, PatchedScimMappingRequest, PropertyMapping,
    ScimMapping, ScimMappingListParams, ScimMappingRequest, ValidationError,
};
use scimitar_domain::MappingKind;

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::Mode;
use crate::params::Params;
use crate::v3::property_mappings::{self, Shelf};

pub(super) use used_by::references;

const SHELF: Shelf = Shelf { kind: Some(MappingKind::Provider), model: Model::ScimMapping };

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by::used_by);
}

/// List property mappings of SCIM providers.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_list",
    tag = "propertymappings",
    params(ScimMappingListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimMappingList, description = "One page of mappings"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/provider/scim/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimMappingList>, ApiError> {
    Ok(web::Json(SHELF.page(&app, &params, show).await?))
}

/// Create a property mapping of SCIM providers.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_create",
    tag = "propertymappings",
    request_body = ScimMappingRequest,
    responses(
        (status = 201, body = ScimMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/propertymappings/provider/scim/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let created = property_mappings::create(&app, MappingKind::Provider, &body).await?;
    Ok(HttpResponse::Created().json(show(created)))
}

/// Show a property mapping of SCIM providers.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_retrieve",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 200, body = ScimMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/provider/scim/{pm_uuid}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimMapping>, ApiError> {
    let found = SHELF.find(&app, &id).await?;
    Ok(web::Json(show(property_mappings::mapping(&found))))
}

/// Replace a property mapping of SCIM providers. The providers that use it are synced.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_update",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    request_body = ScimMappingRequest,
    responses(
        (status = 200, body = ScimMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[put("/propertymappings/provider/scim/{pm_uuid}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimMapping>, ApiError> {
    Ok(web::Json(show(SHELF.change(&app, &id, body, Mode::Replace).await?)))
}

/// Change a property mapping of SCIM providers. The providers that use it are synced.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_partial_update",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    request_body = PatchedScimMappingRequest,
    responses(
        (status = 200, body = ScimMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[patch("/propertymappings/provider/scim/{pm_uuid}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimMapping>, ApiError> {
    Ok(web::Json(show(SHELF.change(&app, &id, body, Mode::Patch).await?)))
}

/// Delete a property mapping of SCIM providers. What uses it goes on without it.
#[utoipa::path(
    operation_id = "propertymappings_provider_scim_destroy",
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
#[delete("/propertymappings/provider/scim/{pm_uuid}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    SHELF.delete(&app, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn show(mapping: PropertyMapping) -> ScimMapping {
    let PropertyMapping {
        pk,
        managed,
        name,
        expression,
        component,
        verbose_name,
        verbose_name_plural,
        meta_model_name,
    } = mapping;
    ScimMapping {
        pk,
        managed,
        name,
        expression,
        component,
        verbose_name,
        verbose_name_plural,
        meta_model_name,
    }
}

//! `/propertymappings/source/scim/`: expressions that shape what is made of what a source sends.

mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimSourcePropertyMappingList,
    PatchedScimSourcePropertyMappingRequest, PropertyMapping, ScimSourcePropertyMapping,
    ScimSourcePropertyMappingListParams, ScimSourcePropertyMappingRequest, ValidationError,
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

const SHELF: Shelf = Shelf { kind: Some(MappingKind::Source), model: Model::ScimSourcePropertyMapping };

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by::used_by);
}

/// List property mappings of SCIM sources.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_list",
    tag = "propertymappings",
    params(ScimSourcePropertyMappingListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimSourcePropertyMappingList, description = "One page of mappings"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/source/scim/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimSourcePropertyMappingList>, ApiError> {
    Ok(web::Json(SHELF.page(&app, &params, show).await?))
}

/// Create a property mapping of SCIM sources.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_create",
    tag = "propertymappings",
    request_body = ScimSourcePropertyMappingRequest,
    responses(
        (status = 201, body = ScimSourcePropertyMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/propertymappings/source/scim/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let created = property_mappings::create(&app, MappingKind::Source, &body).await?;
    Ok(HttpResponse::Created().json(show(created)))
}

/// Show a property mapping of SCIM sources.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_retrieve",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    responses(
        (status = 200, body = ScimSourcePropertyMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[get("/propertymappings/source/scim/{pm_uuid}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimSourcePropertyMapping>, ApiError> {
    let found = SHELF.find(&app, &id).await?;
    Ok(web::Json(show(property_mappings::mapping(&found))))
}

/// Replace a property mapping of SCIM sources. What a source has sent before stays as it is.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_update",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    request_body = ScimSourcePropertyMappingRequest,
    responses(
        (status = 200, body = ScimSourcePropertyMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[put("/propertymappings/source/scim/{pm_uuid}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourcePropertyMapping>, ApiError> {
    Ok(web::Json(show(SHELF.change(&app, &id, body, Mode::Replace).await?)))
}

/// Change a property mapping of SCIM sources. What a source has sent before stays as it is.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_partial_update",
    tag = "propertymappings",
    params(("pm_uuid" = uuid::Uuid, Path, description = "The mapping's key")),
    request_body = PatchedScimSourcePropertyMappingRequest,
    responses(
        (status = 200, body = ScimSourcePropertyMapping, description = "The mapping"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such mapping"),
    ),
    security(("authentik" = [])),
)]
#[patch("/propertymappings/source/scim/{pm_uuid}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourcePropertyMapping>, ApiError> {
    Ok(web::Json(show(SHELF.change(&app, &id, body, Mode::Patch).await?)))
}

/// Delete a property mapping of SCIM sources. What uses it goes on without it.
#[utoipa::path(
    operation_id = "propertymappings_source_scim_destroy",
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
#[delete("/propertymappings/source/scim/{pm_uuid}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    SHELF.delete(&app, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn show(mapping: PropertyMapping) -> ScimSourcePropertyMapping {
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
    ScimSourcePropertyMapping {
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

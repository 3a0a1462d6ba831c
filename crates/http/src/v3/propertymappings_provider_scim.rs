//! `/propertymappings/provider/scim/`: expressions that shape what a remote receives.

pub(super) mod filter;
mod read;
mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimMappingList, PatchedScimMappingRequest, ScimMapping,
    ScimMappingListParams, ScimMappingRequest, TypeCreate, ValidationError,
};
use scimitar_domain::{Mapping, MappingFields, MappingId};
use scimitar_store::mappings;

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::Mode;
use crate::params::Params;
use crate::{page, path_key};

pub(super) use used_by::references;

const COMPONENT: &str = "ak-property-mapping-provider-scim-form";
const VERBOSE_NAME: &str = "SCIM Provider Mapping";

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
    let filter = filter::read(&params);
    let request = page::request(&params, app.page_size_cap)?;
    let found = app
        .store
        .read(move |conn| {
            filter::check(conn, &filter)?;
            mappings::page(conn, &filter, &request).map_err(ApiError::from)
        })
        .await?;
    let shown = found.rows.iter().map(show).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

/// Create a property mapping.
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
    let given = body.object()?;
    let syntax = read::syntax(&given);
    let draft = read::read(&given, Mode::Create, MappingFields::default(), syntax.as_deref());
    let id = MappingId(app.ids.uuid());
    let mapping = app
        .store
        .write(move |conn| {
            let fields = draft.settled(conn, None)?;
            mappings::insert(conn, id, fields).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::Created().json(show(&mapping)))
}

/// Show a property mapping.
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
    let id = MappingId(path_key::uuid(&id)?);
    let found = app.store.read(move |conn| mappings::find(conn, id)).await?;
    let mapping = found.ok_or(ApiError::NoMatch(Model::ScimMapping))?;
    Ok(web::Json(show(&mapping)))
}

/// Replace a property mapping. The providers that use it are synced.
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
    change(&app, &id, body, Mode::Replace).await
}

/// Change a property mapping. The providers that use it are synced.
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
    change(&app, &id, body, Mode::Patch).await
}

/// Delete a property mapping. Providers go on without it.
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
    let id = MappingId(path_key::uuid(&id)?);
    let now = app.clock.now();
    app.store
        .write(move |conn| {
            mappings::find(conn, id)?.ok_or(ApiError::NoMatch(Model::ScimMapping))?;
            mappings::delete(conn, id, now).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The stored mapping is read, changed and written in one unit, so that no two changes undo each other. The
/// expression is parsed before, because nobody else writes meanwhile.
async fn change(app: &App, id: &str, body: Body, mode: Mode) -> Result<web::Json<ScimMapping>, ApiError> {
    let id = MappingId(path_key::uuid(id)?);
    let syntax = body.object().ok().and_then(|given| read::syntax(&given));
    let now = app.clock.now();
    let mapping = app
        .store
        .write(move |conn| {
            let stored = mappings::lock(conn, id)?;
            let draft = read::read(&body.object()?, mode, stored.fields, syntax.as_deref());
            let fields = draft.settled(conn, Some(id))?;
            mappings::update(conn, id, fields, now).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(show(&mapping)))
}

pub(super) fn show(mapping: &Mapping) -> ScimMapping {
    ScimMapping {
        pk: mapping.id.0,
        managed: mapping.fields.managed.clone(),
        name: mapping.fields.name.clone(),
        expression: mapping.fields.expression.clone(),
        component: COMPONENT.to_owned(),
        verbose_name: VERBOSE_NAME.to_owned(),
        verbose_name_plural: "SCIM Provider Mappings".to_owned(),
        meta_model_name: "authentik_providers_scim.scimmapping".to_owned(),
    }
}

/// The kind, as something that can be made.
pub(super) fn kind() -> TypeCreate {
    TypeCreate {
        name: VERBOSE_NAME.to_owned(),
        description: "Shapes the users or groups that a SCIM provider sends".to_owned(),
        component: COMPONENT.to_owned(),
        model_name: "scimmapping".to_owned(),
        icon_url: None,
        requires_enterprise: false,
        deprecated: false,
    }
}

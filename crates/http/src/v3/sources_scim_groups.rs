//! `/sources/scim_groups/`: what sources know of groups.

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimSourceGroupList, PatchedScimSourceGroupRequest, ScimSourceGroup,
    ScimSourceGroupListParams, ScimSourceGroupRequest, UsedBy, ValidationError,
};
use scimitar_domain::{GroupId, InstallId, ObjectId, ObjectKind, SourceLink};
use scimitar_store::source_links::SourceLinkFilter;
use scimitar_store::{Conn, StoreError};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::FieldErrors;
use crate::fields::Mode;
use crate::page;
use crate::params::Params;
use crate::v3::connections;
use crate::v3::source_connections::Kind;

const KIND: Kind<ScimSourceGroup> =
    Kind { object: ObjectKind::Group, model: Model::ScimSourceGroup, field: "group", show };

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by);
}

/// List groups of SCIM sources.
#[utoipa::path(
    operation_id = "sources_scim_groups_list",
    tag = "sources",
    params(ScimSourceGroupListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimSourceGroupList, description = "One page of connections"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim_groups/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimSourceGroupList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    Ok(web::Json(KIND.page(&app, filter(&params)?, request).await?))
}

/// Say under which ids a source knows a group.
#[utoipa::path(
    operation_id = "sources_scim_groups_create",
    tag = "sources",
    request_body = ScimSourceGroupRequest,
    responses(
        (status = 201, body = ScimSourceGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/sources/scim_groups/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Created().json(KIND.create(&app, &body).await?))
}

/// Show under which ids a source knows a group, and what its client last sent.
#[utoipa::path(
    operation_id = "sources_scim_groups_retrieve",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    responses(
        (status = 200, body = ScimSourceGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim_groups/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimSourceGroup>, ApiError> {
    Ok(web::Json(KIND.find(&app, id.into_inner()).await?))
}

/// Replace what a source knows of a group.
#[utoipa::path(
    operation_id = "sources_scim_groups_update",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    request_body = ScimSourceGroupRequest,
    responses(
        (status = 200, body = ScimSourceGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[put("/sources/scim_groups/{id}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourceGroup>, ApiError> {
    Ok(web::Json(KIND.change(&app, id.into_inner(), body, Mode::Replace).await?))
}

/// Change what a source knows of a group. A new `id` takes the place of the old one.
#[utoipa::path(
    operation_id = "sources_scim_groups_partial_update",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    request_body = PatchedScimSourceGroupRequest,
    responses(
        (status = 200, body = ScimSourceGroup, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[patch("/sources/scim_groups/{id}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourceGroup>, ApiError> {
    Ok(web::Json(KIND.change(&app, id.into_inner(), body, Mode::Patch).await?))
}

/// Forget what a source knows of a group. The group stays.
#[utoipa::path(
    operation_id = "sources_scim_groups_destroy",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[delete("/sources/scim_groups/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    KIND.forget(&app, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what refers to a connection: nothing does.
#[utoipa::path(
    operation_id = "sources_scim_groups_used_by_list",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "Nothing"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim_groups/{id}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    KIND.find(&app, id.into_inner()).await?;
    Ok(web::Json(Vec::new()))
}

fn filter(params: &Params) -> Result<SourceLinkFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = SourceLinkFilter {
        source_slug: params.owned("source__slug"),
        group: params.uuid("group__group_uuid", &mut errors).map(GroupId),
        group_name: params.owned("group__name"),
        ..SourceLinkFilter::default()
    };
    errors.accept(filter)
}

/// One query for all groups of the page, and one for their parents.
fn show(conn: &mut Conn, _: InstallId, links: &[SourceLink]) -> Result<Vec<ScimSourceGroup>, StoreError> {
    let found = connections::user_groups(conn, links.iter().map(|link| link.fields.object))?;
    let shown = links.iter().filter_map(|link| {
        let fields = &link.fields;
        let ObjectId::Group(id) = fields.object else { return None };
        Some(ScimSourceGroup {
            id: fields.id.clone(),
            external_id: fields.shown_external_id().to_owned(),
            group: id.0,
            group_obj: found.get(&fields.object)?.clone(),
            source: fields.source.0,
            attributes: fields.resource.clone(),
        })
    });
    Ok(shown.collect())
}

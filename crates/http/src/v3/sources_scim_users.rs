//! `/sources/scim_users/`: what sources know of users.

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimSourceUserList, PatchedScimSourceUserRequest, ScimSourceUser,
    ScimSourceUserListParams, ScimSourceUserRequest, UsedBy, ValidationError,
};
use scimitar_domain::{InstallId, ObjectId, ObjectKind, SourceLink, UserPk};
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

const KIND: Kind<ScimSourceUser> =
    Kind { object: ObjectKind::User, model: Model::ScimSourceUser, field: "user", show };

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by);
}

/// List users of SCIM sources.
#[utoipa::path(
    operation_id = "sources_scim_users_list",
    tag = "sources",
    params(ScimSourceUserListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimSourceUserList, description = "One page of connections"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim_users/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimSourceUserList>, ApiError> {
    let request = page::request(&params, app.page_size_cap)?;
    Ok(web::Json(KIND.page(&app, filter(&params)?, request).await?))
}

/// Say under which ids a source knows a user.
#[utoipa::path(
    operation_id = "sources_scim_users_create",
    tag = "sources",
    request_body = ScimSourceUserRequest,
    responses(
        (status = 201, body = ScimSourceUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/sources/scim_users/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Created().json(KIND.create(&app, &body).await?))
}

/// Show under which ids a source knows a user, and what its client last sent.
#[utoipa::path(
    operation_id = "sources_scim_users_retrieve",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    responses(
        (status = 200, body = ScimSourceUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim_users/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimSourceUser>, ApiError> {
    Ok(web::Json(KIND.find(&app, id.into_inner()).await?))
}

/// Replace what a source knows of a user.
#[utoipa::path(
    operation_id = "sources_scim_users_update",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    request_body = ScimSourceUserRequest,
    responses(
        (status = 200, body = ScimSourceUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[put("/sources/scim_users/{id}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourceUser>, ApiError> {
    Ok(web::Json(KIND.change(&app, id.into_inner(), body, Mode::Replace).await?))
}

/// Change what a source knows of a user. A new `id` takes the place of the old one.
#[utoipa::path(
    operation_id = "sources_scim_users_partial_update",
    tag = "sources",
    params(("id" = String, Path, description = "The connection's key")),
    request_body = PatchedScimSourceUserRequest,
    responses(
        (status = 200, body = ScimSourceUser, description = "The connection"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such connection"),
    ),
    security(("authentik" = [])),
)]
#[patch("/sources/scim_users/{id}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSourceUser>, ApiError> {
    Ok(web::Json(KIND.change(&app, id.into_inner(), body, Mode::Patch).await?))
}

/// Forget what a source knows of a user. The user stays.
#[utoipa::path(
    operation_id = "sources_scim_users_destroy",
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
#[delete("/sources/scim_users/{id}/")]
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
    operation_id = "sources_scim_users_used_by_list",
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
#[get("/sources/scim_users/{id}/used_by/")]
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
        user: params.number("user__id", &mut errors).map(|pk| UserPk(i32::try_from(pk).unwrap_or(-1))),
        username: params.owned("user__username"),
        ..SourceLinkFilter::default()
    };
    errors.accept(filter)
}

/// One query for all users of the page.
fn show(
    conn: &mut Conn,
    install: InstallId,
    links: &[SourceLink],
) -> Result<Vec<ScimSourceUser>, StoreError> {
    let found = connections::members(conn, install, links.iter().map(|link| link.fields.object))?;
    let shown = links.iter().filter_map(|link| {
        let fields = &link.fields;
        let ObjectId::User(pk) = fields.object else { return None };
        Some(ScimSourceUser {
            id: fields.id.clone(),
            external_id: fields.shown_external_id().to_owned(),
            user: pk.0,
            user_obj: found.get(&fields.object)?.clone(),
            source: fields.source.0,
            attributes: fields.resource.clone(),
        })
    });
    Ok(shown.collect())
}

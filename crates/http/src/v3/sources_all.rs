//! `/sources/all/`: who fills the directory, whatever its kind.

use actix_web::{HttpResponse, delete, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedSourceList, Source, SourceListParams, TypeCreate, UsedBy,
    ValidationError,
};
use scimitar_store::sources::{self, SourceFilter};

use crate::app::App;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::page;
use crate::params::Params;
use crate::v3::sources_scim::{self, show, used_by::of_slug};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    // `types` goes before the paths that would take it for a slug.
    cfg.service(types).service(list).service(retrieve).service(destroy).service(used_by);
}

/// List sources of all kinds.
#[utoipa::path(
    operation_id = "sources_all_list",
    tag = "sources",
    params(SourceListParams, PageParams),
    responses(
        (status = 200, body = PaginatedSourceList, description = "One page of sources"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/all/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedSourceList>, ApiError> {
    let filter = SourceFilter {
        managed: params.owned("managed"),
        is_without_token: true,
        ..sources_scim::filter(&params)?
    };
    let request = page::request(&params, app.page_size_cap)?;
    let found = app.store.read(move |conn| sources::page(conn, &filter, &request)).await?;
    let shown = found.rows.iter().map(show::any_source).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

/// List the kinds of sources that can be made.
#[utoipa::path(
    operation_id = "sources_all_types_list",
    tag = "sources",
    responses(
        (status = 200, body = Vec<TypeCreate>, description = "The kinds, by name"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/all/types/")]
pub(crate) async fn types(_: Admin) -> web::Json<Vec<TypeCreate>> {
    web::Json(vec![show::kind()])
}

/// Show a source of any kind.
#[utoipa::path(
    operation_id = "sources_all_retrieve",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 200, body = Source, description = "The source"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/all/{slug}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Source>, ApiError> {
    let found = app.store.read(move |conn| sources::find_by_slug(conn, &slug)).await?;
    Ok(web::Json(show::any_source(&found.ok_or(ApiError::NoMatch(Model::Source))?)))
}

/// Delete a source of any kind. The users and groups that it has brought stay.
#[utoipa::path(
    operation_id = "sources_all_destroy",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[delete("/sources/all/{slug}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    sources_scim::delete(&app, slug.into_inner(), Model::Source).await
}

/// List what refers to a source, and what its deletion would do to that.
#[utoipa::path(
    operation_id = "sources_all_used_by_list",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 200, body = Vec<UsedBy>, description = "What refers to the source"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/all/{slug}/used_by/")]
pub(crate) async fn used_by(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Vec<UsedBy>>, ApiError> {
    Ok(web::Json(of_slug(&app, slug.into_inner(), Model::Source).await?))
}

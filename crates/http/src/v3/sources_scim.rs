//! `/sources/scim/`: who fills the directory from outside.

mod log;
mod read;
mod release;
pub(super) mod show;
mod tokens;
pub(super) mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimSourceList, PatchedScimSourceRequest, ScimSource,
    ScimSourceListParams, ScimSourceRequest, ValidationError,
};
use scimitar_domain::{SourceFields, SourceId, TokenId, UserUuid};
use scimitar_store::sources::{self, SourceFilter, Spare};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::field_errors::FieldErrors;
use crate::fields::Mode;
use crate::origin::Origin;
use crate::page;
use crate::params::Params;

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by::used_by)
        .service(log::log)
        .service(release::release)
        .service(tokens::list)
        .service(tokens::create)
        .service(tokens::destroy);
}

/// List SCIM sources.
#[utoipa::path(
    operation_id = "sources_scim_list",
    tag = "sources",
    params(ScimSourceListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimSourceList, description = "One page of sources"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    origin: Origin,
    params: Params,
) -> Result<web::Json<PaginatedScimSourceList>, ApiError> {
    let filter = filter(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let install = app.install;
    let found = app
        .store
        .read(move |conn| {
            let found = sources::page(conn, &filter, &request)?;
            let shown = show::sources(conn, &found.rows, &origin, install)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Create a SCIM source, and with it the account and the token of its client.
#[utoipa::path(
    operation_id = "sources_scim_create",
    tag = "sources",
    request_body = ScimSourceRequest,
    responses(
        (status = 201, body = ScimSource, description = "The source"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/sources/scim/")]
pub(crate) async fn create(
    _: Admin,
    app: web::Data<App>,
    origin: Origin,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let draft = read::read(&body.object()?, Mode::Create, SourceFields::default());
    let (id, spare) = (SourceId(app.ids.uuid()), spare(&app));
    let (keyring, install, now) = (app.keyring.clone(), app.install, app.clock.now());
    let created = app
        .store
        .write(move |conn| {
            let fields = draft.settled(conn, None)?;
            let source = sources::insert(conn, &keyring, id, fields, &spare, now)?;
            show::source(conn, &source, &origin, install)
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// Show a SCIM source.
#[utoipa::path(
    operation_id = "sources_scim_retrieve",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    responses(
        (status = 200, body = ScimSource, description = "The source"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[get("/sources/scim/{slug}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    origin: Origin,
    slug: web::Path<String>,
) -> Result<web::Json<ScimSource>, ApiError> {
    let install = app.install;
    let found = app
        .store
        .read(move |conn| {
            let found = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::ScimSource))?;
            show::source(conn, &found, &origin, install)
        })
        .await?;
    Ok(web::Json(found))
}

/// Replace a SCIM source. Its token keeps its key.
#[utoipa::path(
    operation_id = "sources_scim_update",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    request_body = ScimSourceRequest,
    responses(
        (status = 200, body = ScimSource, description = "The source"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[put("/sources/scim/{slug}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    origin: Origin,
    slug: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSource>, ApiError> {
    change(&app, origin, slug.into_inner(), body, Mode::Replace).await
}

/// Change a SCIM source. Its token keeps its key.
#[utoipa::path(
    operation_id = "sources_scim_partial_update",
    tag = "sources",
    params(("slug" = String, Path, description = "The source's slug")),
    request_body = PatchedScimSourceRequest,
    responses(
        (status = 200, body = ScimSource, description = "The source"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such source"),
    ),
    security(("authentik" = [])),
)]
#[patch("/sources/scim/{slug}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    origin: Origin,
    slug: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimSource>, ApiError> {
    change(&app, origin, slug.into_inner(), body, Mode::Patch).await
}

/// Delete a SCIM source with its account and its token. The users and groups that it has brought stay.
#[utoipa::path(
    operation_id = "sources_scim_destroy",
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
#[delete("/sources/scim/{slug}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    delete(&app, slug.into_inner(), Model::ScimSource).await
}

/// Delete a source, which is called `model` where it is missing.
pub(super) async fn delete(app: &App, slug: String, model: Model) -> Result<HttpResponse, ApiError> {
    let now = app.clock.now();
    app.store
        .write(move |conn| {
            let found = sources::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(model))?;
            sources::delete(conn, found.id, now).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the lists of sources of this kind and of all kinds are narrowed by.
pub(super) fn filter(params: &Params) -> Result<SourceFilter, ApiError> {
    let mut errors = FieldErrors::default();
    let filter = SourceFilter {
        id: params.uuid("pbm_uuid", &mut errors).map(SourceId),
        name: params.owned("name"),
        slug: params.owned("slug"),
        ..SourceFilter::default()
    };
    errors.accept(filter)
}

/// What a source's account and token are made of, if they have to be.
pub(super) fn spare(app: &App) -> Spare {
    Spare { account: UserUuid(app.ids.uuid()), token: TokenId(app.ids.uuid()), key: app.ids.key() }
}

/// The stored source is read, changed and written in one unit, so that no two changes undo each other.
async fn change(
    app: &App,
    origin: Origin,
    slug: String,
    body: Body,
    mode: Mode,
) -> Result<web::Json<ScimSource>, ApiError> {
    let spare = spare(app);
    let (keyring, install, now) = (app.keyring.clone(), app.install, app.clock.now());
    let changed = app
        .store
        .write(move |conn| {
            let stored = sources::lock(conn, &slug)?;
            let draft = read::read(&body.object()?, mode, stored.fields);
            let fields = draft.settled(conn, Some(stored.id))?;
            let source = sources::update(conn, &keyring, stored.id, fields, &spare, now)?;
            show::source(conn, &source, &origin, install)
        })
        .await?;
    Ok(web::Json(changed))
}

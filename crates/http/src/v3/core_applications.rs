//! `/core/applications/`: what providers are attached to before they are synced.

mod filter;
mod read;
mod show;
mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    Application, ApplicationListParams, ApplicationRequest, GenericError, PageParams,
    PaginatedApplicationList, PatchedApplicationRequest, ValidationError,
};
use scimitar_domain::{ApplicationFields, ApplicationId};
use scimitar_store::applications;

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::Mode;
use crate::page;
use crate::params::Params;

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(used_by::used_by);
}

/// List applications.
#[utoipa::path(
    operation_id = "core_applications_list",
    tag = "core",
    params(ApplicationListParams, PageParams),
    responses(
        (status = 200, body = PaginatedApplicationList, description = "One page of applications"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/applications/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedApplicationList>, ApiError> {
    let (filter, for_user) = filter::read(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            filter::check(conn, for_user)?;
            let found = applications::page(conn, &filter, &request)?;
            let shown = show::applications(conn, &keyring, &found.rows)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Create an application.
#[utoipa::path(
    operation_id = "core_applications_create",
    tag = "core",
    request_body = ApplicationRequest,
    responses(
        (status = 201, body = Application, description = "The application"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/applications/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let given = body.object()?;
    let draft = read::read(&given, Mode::Create, ApplicationFields::default());
    let (keyring, id, now) = (app.keyring.clone(), ApplicationId(app.ids.uuid()), app.clock.now());
    let created = app
        .store
        .write(move |conn| {
            let fields = draft.settled(conn, &keyring, None)?;
            let application = applications::insert(conn, id, fields, now)?;
            show::application(conn, &keyring, &application).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::Created().json(created))
}

/// Show an application.
#[utoipa::path(
    operation_id = "core_applications_retrieve",
    tag = "core",
    params(("slug" = String, Path, description = "The application's slug")),
    responses(
        (status = 200, body = Application, description = "The application"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such application"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/applications/{slug}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<web::Json<Application>, ApiError> {
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            let found =
                applications::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::Application))?;
            show::application(conn, &keyring, &found).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(found))
}

/// Replace an application. Providers that become attached are synced fully.
#[utoipa::path(
    operation_id = "core_applications_update",
    tag = "core",
    params(("slug" = String, Path, description = "The application's slug")),
    request_body = ApplicationRequest,
    responses(
        (status = 200, body = Application, description = "The application"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such application"),
    ),
    security(("authentik" = [])),
)]
#[put("/core/applications/{slug}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
    body: Body,
) -> Result<web::Json<Application>, ApiError> {
    change(&app, slug.into_inner(), body, Mode::Replace).await
}

/// Change an application. Providers that become attached are synced fully.
#[utoipa::path(
    operation_id = "core_applications_partial_update",
    tag = "core",
    params(("slug" = String, Path, description = "The application's slug")),
    request_body = PatchedApplicationRequest,
    responses(
        (status = 200, body = Application, description = "The application"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such application"),
    ),
    security(("authentik" = [])),
)]
#[patch("/core/applications/{slug}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
    body: Body,
) -> Result<web::Json<Application>, ApiError> {
    change(&app, slug.into_inner(), body, Mode::Patch).await
}

/// Delete an application and its backchannel providers.
#[utoipa::path(
    operation_id = "core_applications_destroy",
    tag = "core",
    params(("slug" = String, Path, description = "The application's slug")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such application"),
    ),
    security(("authentik" = [])),
)]
#[delete("/core/applications/{slug}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    slug: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    app.store
        .write(move |conn| {
            let found =
                applications::find_by_slug(conn, &slug)?.ok_or(ApiError::NoMatch(Model::Application))?;
            applications::delete(conn, found.id).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The stored application is read, changed and written in one unit, so that no two changes undo each other.
async fn change(app: &App, slug: String, body: Body, mode: Mode) -> Result<web::Json<Application>, ApiError> {
    let (keyring, now) = (app.keyring.clone(), app.clock.now());
    let changed = app
        .store
        .write(move |conn| {
            let stored = applications::lock(conn, &slug)?;
            let draft = read::read(&body.object()?, mode, stored.fields);
            let fields = draft.settled(conn, &keyring, Some(stored.id))?;
            let application = applications::update(conn, stored.id, fields, now)?;
            show::application(conn, &keyring, &application).map_err(ApiError::from)
        })
        .await?;
    Ok(web::Json(changed))
}

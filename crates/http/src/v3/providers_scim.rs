//! `/providers/scim/`: the applications' ends that objects are sent to.

mod adoptions;
mod capabilities;
mod drain;
mod drift;
mod explain;
mod failures;
mod filter;
mod guard;
mod plan;
mod profiles;
mod read;
mod runs;
pub(crate) mod settings;
pub(super) mod show;
mod sync;
mod undo;
pub(super) mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedScimProviderList, PatchedScimProviderRequest, ScimProvider,
    ScimProviderListParams, ScimProviderRequest, ValidationError,
};
use scimitar_domain::{ProviderFields, ProviderPk};
use scimitar_store::{guards, providers};

use self::settings::Saving;
use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::Mode;
use crate::params::Params;
use crate::{page, path_key};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(capabilities::retrieve)
        .service(capabilities::destroy)
        .service(failures::list)
        .service(failures::retry)
        .service(sync::sync_object)
        .service(sync::sync_status)
        .service(guard::sync_approve)
        .service(guard::sync_guard)
        .service(guard::sync_reject)
        .service(drain::drain)
        .service(drain::drained)
        .service(undo::undoable)
        .service(undo::undo)
        .service(plan::create)
        .service(plan::list)
        .service(plan::retrieve)
        .service(plan::apply)
        .service(explain::explain)
        .service(runs::list)
        .service(drift::list)
        .service(drift::compare)
        .service(adoptions::list)
        .service(adoptions::adopt)
        .service(adoptions::discover)
        .service(used_by::used_by)
        .service(profiles::list);
}

/// List SCIM providers.
#[utoipa::path(
    operation_id = "providers_scim_list",
    tag = "providers",
    params(ScimProviderListParams, PageParams),
    responses(
        (status = 200, body = PaginatedScimProviderList, description = "One page of providers"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedScimProviderList>, ApiError> {
    let filter = filter::read(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let keyring = app.keyring.clone();
    let found = app
        .store
        .read(move |conn| {
            filter::check(conn, &filter)?;
            providers::page(conn, &keyring, &filter, &request).map_err(ApiError::from)
        })
        .await?;
    let shown = found.rows.iter().map(show::provider).collect();
    Ok(web::Json(page::paginated(&found, shown)))
}

/// Create a SCIM provider. It is synced once it is a backchannel provider of an application.
#[utoipa::path(
    operation_id = "providers_scim_create",
    tag = "providers",
    request_body = ScimProviderRequest,
    responses(
        (status = 201, body = ScimProvider, description = "The provider"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/providers/scim/")]
pub(crate) async fn create(admin: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let given = body.object()?;
    let draft = read::read(&given, Mode::Create, ProviderFields::default(), app.engine.profiles());
    let (keyring, seal_id, now) = (app.keyring.clone(), app.ids.uuid(), app.clock.now());
    let by = admin.0.user.fields.username;
    let provider = app
        .store
        .write(move |conn| {
            let fields = draft.settled(conn, &keyring, None)?;
            let made = providers::insert(conn, &keyring, seal_id, fields, now)?;
            guards::note(conn, made.pk, &guard::saved(Some(&by), now))?;
            Ok::<_, ApiError>(made)
        })
        .await?;
    Ok(HttpResponse::Created().json(show::provider(&provider)))
}

/// Show a SCIM provider.
#[utoipa::path(
    operation_id = "providers_scim_retrieve",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 200, body = ScimProvider, description = "The provider"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<ScimProvider>, ApiError> {
    let pk = ProviderPk(path_key::integer(&id)?);
    let keyring = app.keyring.clone();
    let found = app.store.read(move |conn| providers::find(conn, &keyring, pk)).await?;
    let provider = found.ok_or(ApiError::NoMatch(Model::ScimProvider))?;
    Ok(web::Json(show::provider(&provider)))
}

/// Replace a SCIM provider. A full sync follows.
#[utoipa::path(
    operation_id = "providers_scim_update",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = ScimProviderRequest,
    responses(
        (status = 200, body = ScimProvider, description = "The provider"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[put("/providers/scim/{id}/")]
pub(crate) async fn update(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimProvider>, ApiError> {
    change(admin, &app, &id, body, Mode::Replace).await
}

/// Change a SCIM provider. A full sync follows.
#[utoipa::path(
    operation_id = "providers_scim_partial_update",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    request_body = PatchedScimProviderRequest,
    responses(
        (status = 200, body = ScimProvider, description = "The provider"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[patch("/providers/scim/{id}/")]
pub(crate) async fn partial_update(
    admin: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<ScimProvider>, ApiError> {
    change(admin, &app, &id, body, Mode::Patch).await
}

/// Delete a SCIM provider. What it has created at the remote stays there.
#[utoipa::path(
    operation_id = "providers_scim_destroy",
    tag = "providers",
    params(("id" = i32, Path, description = "The provider's key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such provider"),
    ),
    security(("authentik" = [])),
)]
#[delete("/providers/scim/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let pk = ProviderPk(path_key::integer(&id)?);
    let keyring = app.keyring.clone();
    app.store
        .write(move |conn| {
            providers::find(conn, &keyring, pk)?.ok_or(ApiError::NoMatch(Model::ScimProvider))?;
            providers::delete(conn, pk).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The stored provider is read, changed and written in one unit, so that no two changes undo each other.
async fn change(
    admin: Admin,
    app: &App,
    id: &str,
    body: Body,
    mode: Mode,
) -> Result<web::Json<ScimProvider>, ApiError> {
    let pk = ProviderPk(path_key::integer(id)?);
    let saving = Saving {
        keyring: app.keyring.clone(),
        profiles: app.engine.profiles().clone(),
        by: Some(admin.0.user.fields.username),
        now: app.clock.now(),
    };
    let provider = app
        .store
        .write(move |conn| {
            let stored = providers::lock(conn, &saving.keyring, pk)?;
            saving.save(conn, stored, &body.object()?, mode)
        })
        .await?;
    Ok(web::Json(show::provider(&provider)))
}

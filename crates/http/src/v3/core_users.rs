//! `/core/users/`: the people and services of the directory.

mod filter;
mod me;
mod read;
mod service_account;
mod set_password;
pub(crate) mod show;
mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, PageParams, PaginatedUserList, PatchedUserRequest, User, UserListParams, UserRequest,
    ValidationError,
};
use scimitar_domain::{UserFields, UserPk, UserUuid};
use scimitar_store::{sources, users};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::explain::explain;
use crate::fields::Mode;
use crate::params::Params;
use crate::v3::sources_scim;
use crate::{page, path_key};

use show::Include;

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    // `me` and `service_account` go before the paths that would take them for a key.
    cfg.service(me::me)
        .service(service_account::service_account)
        .service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(set_password::set_password)
        .service(used_by::used_by);
}

/// List users.
#[utoipa::path(
    operation_id = "core_users_list",
    tag = "core",
    params(UserListParams, PageParams),
    responses(
        (status = 200, body = PaginatedUserList, description = "One page of users"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/users/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedUserList>, ApiError> {
    let filter = filter::read(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let (include, install) = (Include::read(&params), app.install);
    let found = app
        .store
        .read(move |conn| {
            filter::check(conn, &filter)?;
            let found = users::page(conn, &filter, &request)?;
            let shown = show::users(conn, &found.rows, install, include)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Create a user.
#[utoipa::path(
    operation_id = "core_users_create",
    tag = "core",
    request_body = UserRequest,
    responses(
        (status = 201, body = User, description = "The user"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/users/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let given = body.object()?;
    let draft = read::read(&given, Mode::Create, UserFields::default());
    let (now, install, uuid) = (app.clock.now(), app.install, UserUuid(app.ids.uuid()));
    let attempt = {
        let draft = draft.clone();
        app.store
            .write(move |conn| {
                let groups = draft.accepted()?;
                let user = users::insert(conn, uuid, &draft.fields, groups, now)?;
                show::written(conn, &user, !groups.is_empty(), install)
            })
            .await
    };
    match attempt {
        Ok(user) => Ok(HttpResponse::Created().json(user)),
        Err(error) => Err(explain(&app, error, move |conn| read::faults(conn, &draft, None)).await),
    }
}

/// Show a user.
#[utoipa::path(
    operation_id = "core_users_retrieve",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    responses(
        (status = 200, body = User, description = "The user"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/users/{id}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<User>, ApiError> {
    let pk = UserPk(path_key::integer(&id)?);
    let install = app.install;
    let found = app
        .store
        .read(move |conn| {
            let user = users::find(conn, pk)?.ok_or(ApiError::NoMatch(Model::User))?;
            show::written(conn, &user, true, install)
        })
        .await?;
    Ok(web::Json(found))
}

/// Replace a user.
#[utoipa::path(
    operation_id = "core_users_update",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    request_body = UserRequest,
    responses(
        (status = 200, body = User, description = "The user"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[put("/core/users/{id}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<User>, ApiError> {
    change(app, &id, &body, Mode::Replace).await
}

/// Change a user.
#[utoipa::path(
    operation_id = "core_users_partial_update",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    request_body(content = PatchedUserRequest),
    responses(
        (status = 200, body = User, description = "The user"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[patch("/core/users/{id}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<User>, ApiError> {
    change(app, &id, &body, Mode::Patch).await
}

/// Delete a user, and what it has in the applications.
#[utoipa::path(
    operation_id = "core_users_destroy",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[delete("/core/users/{id}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let pk = UserPk(path_key::integer(&id)?);
    let (keyring, spare, now) = (app.keyring.clone(), sources_scim::spare(&app), app.clock.now());
    app.store
        .write(move |conn| {
            users::find(conn, pk)?.ok_or(ApiError::NoMatch(Model::User))?;
            let source = sources::by_account(conn, pk)?;
            users::delete(conn, pk, now)?;
            if let Some(source) = source {
                sources::settle(conn, &keyring, source.id, &spare, now)?;
            }
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The stored user is read, changed and written in one unit, so that no two changes undo each other.
async fn change(app: web::Data<App>, id: &str, body: &Body, mode: Mode) -> Result<web::Json<User>, ApiError> {
    let pk = UserPk(path_key::integer(id)?);
    let given = match body.object() {
        Ok(given) => given,
        Err(error) => {
            // A missing object outweighs a broken body.
            app.store.read(move |conn| users::find(conn, pk)).await?.ok_or(ApiError::NoMatch(Model::User))?;
            return Err(error);
        }
    };
    let (now, install) = (app.clock.now(), app.install);
    let attempt = {
        let given = given.clone();
        app.store
            .write(move |conn| {
                let stored = users::lock(conn, pk)?;
                let draft = read::read(&given, mode, stored.fields);
                draft.accepted()?;
                let user = users::update(conn, pk, &draft.fields, draft.groups.as_deref(), now)?;
                show::written(conn, &user, true, install)
            })
            .await
    };
    match attempt {
        Ok(user) => Ok(web::Json(user)),
        Err(error) if error.faults().is_some() => {
            let stored = app.store.read(move |conn| users::find(conn, pk)).await?;
            let stored = stored.ok_or(ApiError::NoMatch(Model::User))?;
            let draft = read::read(&given, mode, stored.fields);
            Err(explain(&app, error, move |conn| read::faults(conn, &draft, Some(pk))).await)
        }
        Err(error) => Err(error),
    }
}

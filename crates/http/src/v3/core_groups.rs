//! `/core/groups/`: named sets of users, in a tree.

mod filter;
mod members;
mod read;
pub(crate) mod show;
mod used_by;

use actix_web::{HttpResponse, delete, get, patch, post, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{
    GenericError, Group, GroupListParams, GroupRequest, GroupRetrieveParams, PageParams, PaginatedGroupList,
    PatchedGroupRequest, ValidationError,
};
use scimitar_domain::{GroupFields, GroupId};
use scimitar_store::groups;

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::explain::explain;
use crate::fields::Mode;
use crate::params::Params;
use crate::{page, path_key};

use show::Include;

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list)
        .service(create)
        .service(retrieve)
        .service(update)
        .service(partial_update)
        .service(destroy)
        .service(members::add_user)
        .service(members::remove_user)
        .service(used_by::used_by);
}

/// List groups.
#[utoipa::path(
    operation_id = "core_groups_list",
    tag = "core",
    params(GroupListParams, PageParams),
    responses(
        (status = 200, body = PaginatedGroupList, description = "One page of groups"),
        (status = 400, body = ValidationError, description = "A filter cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/groups/")]
pub(crate) async fn list(
    _: Admin,
    app: web::Data<App>,
    params: Params,
) -> Result<web::Json<PaginatedGroupList>, ApiError> {
    let filter = filter::read(&params)?;
    let request = page::request(&params, app.page_size_cap)?;
    let (include, install) = (Include::read(&params), app.install);
    let found = app
        .store
        .read(move |conn| {
            filter::check(conn, &filter)?;
            let found = groups::page(conn, &filter, &request)?;
            let shown = show::groups(conn, &found.rows, install, include)?;
            Ok::<_, ApiError>(page::paginated(&found, shown))
        })
        .await?;
    Ok(web::Json(found))
}

/// Create a group.
#[utoipa::path(
    operation_id = "core_groups_create",
    tag = "core",
    request_body = GroupRequest,
    responses(
        (status = 201, body = Group, description = "The group"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/groups/")]
pub(crate) async fn create(_: Admin, app: web::Data<App>, body: Body) -> Result<HttpResponse, ApiError> {
    let given = body.object()?;
    let id = GroupId(app.ids.uuid());
    let draft = read::read(&given, Mode::Create, id, GroupFields::default());
    let (now, install) = (app.clock.now(), app.install);
    let attempt = {
        let draft = draft.clone();
        app.store
            .write(move |conn| {
                let members = draft.accepted()?;
                let group = groups::insert(conn, id, &draft.fields, members, now)?;
                show::one(conn, &group, install, Include::USUAL)
            })
            .await
    };
    match attempt {
        Ok(group) => Ok(HttpResponse::Created().json(group)),
        Err(error) => Err(explain(&app, error, move |conn| read::faults(conn, &draft, id)).await),
    }
}

/// Show a group.
#[utoipa::path(
    operation_id = "core_groups_retrieve",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key"), GroupRetrieveParams),
    responses(
        (status = 200, body = Group, description = "The group"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such group"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/groups/{group_uuid}/")]
pub(crate) async fn retrieve(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Params,
) -> Result<web::Json<Group>, ApiError> {
    let id = GroupId(path_key::uuid(&id)?);
    let (include, install) = (Include::read(&params), app.install);
    let found = app
        .store
        .read(move |conn| {
            let group = groups::find(conn, id)?.ok_or(ApiError::NoMatch(Model::Group))?;
            show::one(conn, &group, install, include)
        })
        .await?;
    Ok(web::Json(found))
}

/// Replace a group.
#[utoipa::path(
    operation_id = "core_groups_update",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    request_body = GroupRequest,
    responses(
        (status = 200, body = Group, description = "The group"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such group"),
    ),
    security(("authentik" = [])),
)]
#[put("/core/groups/{group_uuid}/")]
pub(crate) async fn update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<Group>, ApiError> {
    change(app, &id, &body, Mode::Replace).await
}

/// Change a group.
#[utoipa::path(
    operation_id = "core_groups_partial_update",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    request_body(content = PatchedGroupRequest),
    responses(
        (status = 200, body = Group, description = "The group"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such group"),
    ),
    security(("authentik" = [])),
)]
#[patch("/core/groups/{group_uuid}/")]
pub(crate) async fn partial_update(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<web::Json<Group>, ApiError> {
    change(app, &id, &body, Mode::Patch).await
}

/// Delete a group, and what it has in the applications. Its members stay.
#[utoipa::path(
    operation_id = "core_groups_destroy",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such group"),
    ),
    security(("authentik" = [])),
)]
#[delete("/core/groups/{group_uuid}/")]
pub(crate) async fn destroy(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = GroupId(path_key::uuid(&id)?);
    let now = app.clock.now();
    app.store
        .write(move |conn| {
            groups::find(conn, id)?.ok_or(ApiError::NoMatch(Model::Group))?;
            groups::delete(conn, id, now).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The stored group is read, changed and written in one unit, so that no two changes undo each other.
async fn change(
    app: web::Data<App>,
    id: &str,
    body: &Body,
    mode: Mode,
) -> Result<web::Json<Group>, ApiError> {
    let id = GroupId(path_key::uuid(id)?);
    let given = match body.object() {
        Ok(given) => given,
        Err(error) => {
            // A missing object outweighs a broken body.
            app.store
                .read(move |conn| groups::find(conn, id))
                .await?
                .ok_or(ApiError::NoMatch(Model::Group))?;
            return Err(error);
        }
    };
    let (now, install) = (app.clock.now(), app.install);
    let attempt = {
        let given = given.clone();
        app.store
            .write(move |conn| {
                let stored = groups::lock(conn, id)?;
                let draft = read::read(&given, mode, id, stored.fields);
                draft.accepted()?;
                let group = groups::update(conn, id, &draft.fields, draft.members.as_deref(), now)?;
                show::one(conn, &group, install, Include::USUAL)
            })
            .await
    };
    match attempt {
        Ok(group) => Ok(web::Json(group)),
        Err(error) if error.faults().is_some() => {
            let stored = app.store.read(move |conn| groups::find(conn, id)).await?;
            let stored = stored.ok_or(ApiError::NoMatch(Model::Group))?;
            let draft = read::read(&given, mode, id, stored.fields);
            Err(explain(&app, error, move |conn| read::faults(conn, &draft, id)).await)
        }
        Err(error) => Err(error),
    }
}

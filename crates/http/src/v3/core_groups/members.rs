//! `/core/groups/{group_uuid}/add_user/` and `remove_user/`: one membership at a time.

use actix_web::{HttpResponse, post, web};

use scimitar_api::{GenericError, UserAccountRequest, ValidationError};
use scimitar_domain::{GroupId, JsonObject, UserPk};
use scimitar_store::{groups, users};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::{Mode, Reader};
use crate::path_key;

/// Add a user to a group.
#[utoipa::path(
    operation_id = "core_groups_add_user_create",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    request_body = UserAccountRequest,
    responses(
        (status = 204, description = "The user is a member"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, description = "No such group or user"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/groups/{group_uuid}/add_user/")]
pub(crate) async fn add_user(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    set(app, &id, &body, true).await
}

/// Take a user out of a group.
#[utoipa::path(
    operation_id = "core_groups_remove_user_create",
    tag = "core",
    params(("group_uuid" = uuid::Uuid, Path, description = "The group's key")),
    request_body = UserAccountRequest,
    responses(
        (status = 204, description = "The user is no member"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, description = "No such group or user"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/groups/{group_uuid}/remove_user/")]
pub(crate) async fn remove_user(
    _: Admin,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    set(app, &id, &body, false).await
}

async fn set(app: web::Data<App>, id: &str, body: &Body, member: bool) -> Result<HttpResponse, ApiError> {
    let id = GroupId(path_key::uuid(id)?);
    let user = match body.object().and_then(|given| read(&given)) {
        Ok(user) => user,
        Err(error) => {
            // A missing object outweighs a broken body.
            app.store
                .read(move |conn| groups::find(conn, id))
                .await?
                .ok_or(ApiError::NoMatch(Model::Group))?;
            return Err(error);
        }
    };
    let now = app.clock.now();
    app.store
        .write(move |conn| {
            groups::find(conn, id)?.ok_or(ApiError::NoMatch(Model::Group))?;
            users::find(conn, user)?.ok_or(ApiError::NotFound)?;
            let change = if member { groups::add_member } else { groups::remove_member };
            change(conn, id, user, now).map_err(ApiError::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(given: &JsonObject) -> Result<UserPk, ApiError> {
    let mut pk = 0;
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["pk"]);
    reader.integer("pk", &mut pk);
    reader.finish()?;
    Ok(UserPk(pk))
}

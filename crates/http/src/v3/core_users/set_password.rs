//! `/core/users/{id}/set_password/`: a new password for a user.

use actix_web::{HttpResponse, post, web};

use scimitar_api::{GenericError, UserPasswordSetRequest};
use scimitar_domain::{JsonObject, Secret, UserPk};
use scimitar_store::{passwords, users};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::{ApiError, Model};
use crate::fields::{Mode, Reader};
use crate::passwords::Hasher;
use crate::path_key;

/// Set a user's password. It is kept as a hash; nobody is shown or sent it.
#[utoipa::path(
    operation_id = "core_users_set_password_create",
    tag = "core",
    params(("id" = i32, Path, description = "The user's key")),
    request_body = UserPasswordSetRequest,
    responses(
        (status = 204, description = "Set"),
        (status = 400, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such user"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/users/{id}/set_password/")]
pub(crate) async fn set_password(
    _: Admin,
    app: web::Data<App>,
    hasher: web::Data<Hasher>,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let pk = UserPk(path_key::integer(&id)?);
    app.store.read(move |conn| users::find(conn, pk)).await?.ok_or(ApiError::NoMatch(Model::User))?;
    let password = read(&body.object()?)?;
    let hash = hasher.hash(password, app.ids.bytes()).await?;
    let now = app.clock.now();
    app.store.write(move |conn| passwords::set(conn, pk, &hash, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(given: &JsonObject) -> Result<Secret<String>, ApiError> {
    let mut password = Secret::new(String::new());
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["password"]);
    reader.secret("password", &mut password);
    reader.finish()?;
    Ok(password)
}

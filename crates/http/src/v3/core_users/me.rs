//! `/core/users/me/`: who is asking.

use actix_web::{get, web};

use scimitar_api::{GenericError, SessionUser, UserSelf, UserSelfGroups, ValidationError};
use scimitar_store::groups;

use crate::app::App;
use crate::caller::Caller;
use crate::error::ApiError;

/// Show the caller to itself.
#[utoipa::path(
    operation_id = "core_users_me_retrieve",
    tag = "core",
    responses(
        (status = 200, body = SessionUser, description = "The caller"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/core/users/me/")]
pub(crate) async fn me(caller: Caller, app: web::Data<App>) -> Result<web::Json<SessionUser>, ApiError> {
    let pk = caller.user.pk;
    let memberships = app.store.read(move |conn| groups::of_users(conn, &[pk])).await?;
    let fields = caller.user.fields;
    let user = UserSelf {
        pk: pk.0,
        username: fields.username,
        name: fields.name,
        is_active: fields.is_active,
        is_superuser: caller.is_superuser,
        groups: memberships
            .into_iter()
            .map(|(_, group)| UserSelfGroups { name: group.fields.name, pk: group.id.to_string() })
            .collect(),
        roles: Vec::new(),
        email: fields.email,
        avatar: String::new(),
        uid: app.install.uid(pk),
        settings: scimitar_api::JsonObject::new(),
        kind: fields.kind.into(),
        system_permissions: Vec::new(),
        is_current: true,
    };
    Ok(web::Json(SessionUser { users: vec![user.clone()], user, original: None }))
}

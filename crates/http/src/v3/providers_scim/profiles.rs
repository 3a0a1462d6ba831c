//! `/providers/scim_profiles/`: what is known of vendors beforehand.

use actix_web::{get, web};

use scimitar_api::{GenericError, ScimProfile};

use super::capabilities::object;
use crate::app::App;
use crate::caller::Admin;
use crate::error::ApiError;

/// List what is known of vendors, by the names that a provider's `profile` may have: those that are built in, and
/// those of the installation. Scimitar's own; authentik has no such operation.
#[utoipa::path(
    operation_id = "providers_scim_profiles_list",
    tag = "providers",
    responses(
        (status = 200, body = Vec<ScimProfile>, description = "All of them, by name"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/providers/scim_profiles/")]
pub(crate) async fn list(_: Admin, app: web::Data<App>) -> Result<web::Json<Vec<ScimProfile>>, ApiError> {
    let shown = app.engine.profiles().iter().map(|(name, profile)| ScimProfile {
        name: name.to_owned(),
        title: profile.title.clone(),
        hosts: profile.hosts.clone(),
        settings: object(profile),
    });
    Ok(web::Json(shown.collect()))
}

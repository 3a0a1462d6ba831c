//! `/admin/version/`: which version runs. Open to every authenticated user.

use actix_web::{get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{GenericError, ValidationError, Version};

use crate::caller::Caller;

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(retrieve);
}

/// Show which version runs.
#[utoipa::path(
    operation_id = "admin_version_retrieve",
    tag = "admin",
    responses(
        (status = 200, body = Version, description = "The version"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[get("/admin/version/")]
pub(crate) async fn retrieve(_: Caller) -> web::Json<Version> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    web::Json(Version {
        version_latest: version.clone(),
        version_current: version,
        version_latest_valid: false,
        build_hash: String::new(),
        outdated: false,
        outpost_outdated: false,
    })
}

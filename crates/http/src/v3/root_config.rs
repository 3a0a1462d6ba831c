//! `/root/config/`: what clients ask before they log in. Open to everybody.

use actix_web::{get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{Config, ErrorReportingConfig, GenericError, ValidationError};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(retrieve);
}

/// Show what clients may want to know before they log in.
#[utoipa::path(
    operation_id = "root_config_retrieve",
    tag = "root",
    responses(
        (status = 200, body = Config, description = "The same for everybody"),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = []), ()),
)]
#[get("/root/config/")]
pub(crate) async fn retrieve() -> web::Json<Config> {
    web::Json(Config {
        error_reporting: ErrorReportingConfig {
            enabled: false,
            sentry_dsn: String::new(),
            environment: String::new(),
            send_pii: false,
            traces_sample_rate: 0.0,
        },
        capabilities: Vec::new(),
        cache_timeout: 0,
        cache_timeout_flows: 0,
        cache_timeout_policies: 0,
        cache_timeout_reputation: 0,
    })
}

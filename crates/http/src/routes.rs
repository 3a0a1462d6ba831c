//! The one list of routes: what is served and what is documented.

use actix_web::{App, HttpResponse, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{health, metrics, v3};

/// Where the API begins.
pub const PREFIX: &str = "/api/v3";

/// The operations below [`PREFIX`].
pub(crate) fn api(cfg: &mut ServiceConfig<'_>) {
    // Fixed paths go before those that would take them for a key.
    v3::core_users::routes(cfg);
    v3::core_groups::routes(cfg);
    v3::core_tokens::routes(cfg);
    v3::core_applications::routes(cfg);
    v3::providers_all::routes(cfg);
    v3::providers_scim::routes(cfg);
    v3::providers_scim_users::routes(cfg);
    v3::providers_scim_groups::routes(cfg);
    v3::propertymappings_all::routes(cfg);
    v3::propertymappings_provider_scim::routes(cfg);
    v3::propertymappings_source_scim::routes(cfg);
    v3::root_config::routes(cfg);
    v3::admin_version::routes(cfg);
    v3::sources_all::routes(cfg);
    v3::sources_scim::routes(cfg);
    v3::sources_scim_users::routes(cfg);
    v3::sources_scim_groups::routes(cfg);
    v3::schema::routes(cfg);
}

/// What watches over the service; not part of the API.
pub(crate) fn watch(cfg: &mut web::ServiceConfig) {
    for slash in ["", "/"] {
        let at = |name: &str| web::resource(format!("/-/{name}{slash}"));
        cfg.service(at("health/live").route(web::get().to(health::live)).route(web::head().to(health::live)))
            .service(
                at("health/ready").route(web::get().to(health::ready)).route(web::head().to(health::ready)),
            )
            .service(at("metrics").route(web::get().to(metrics::show)).route(web::head().to(metrics::show)));
    }
}

/// Whether it is one of the pages by which others watch the service.
pub(crate) fn is_watch(path: &str) -> bool {
    path.starts_with("/-/")
}

/// The document of the API as the routes say it: OpenAPI 3.1, paths without [`PREFIX`].
pub fn document() -> OpenApi {
    let (_, document) = App::new().into_utoipa_app().configure(api).split_for_parts();
    document
}

/// Everything else.
pub(crate) async fn nothing_here() -> HttpResponse {
    use actix_web::ResponseError;
    crate::ApiError::NotFound.error_response()
}

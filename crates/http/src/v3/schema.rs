//! `/schema/`: the OpenAPI document itself, in the types that generators ask for. Open to everybody.

mod describe;
mod media;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use scimitar_api::{GenericError, ValidationError};

use crate::error::ApiError;
use crate::openapi::{self, Version};
use crate::params::Params;

use describe::{AnyObject, SchemaParams};
use media::{Form, MediaType};

pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(retrieve);
}

/// Show this document.
#[utoipa::path(
    operation_id = "schema_retrieve",
    tag = "schema",
    params(SchemaParams),
    responses(
        (status = 200, description = "The document", content(
            (inline(AnyObject) = "application/vnd.oai.openapi"),
            (inline(AnyObject) = "application/yaml"),
            (inline(AnyObject) = "application/vnd.oai.openapi+json"),
            (inline(AnyObject) = "application/json"),
        )),
        (status = 400, body = ValidationError, description = "The request cannot be read"),
        (status = 403, body = GenericError, description = "Not permitted"),
        (status = 404, body = GenericError, description = "No such format or version"),
        (status = 406, body = GenericError, description = "No acceptable type"),
    ),
    security(("authentik" = []), ()),
)]
#[get("/schema/")]
pub(crate) async fn retrieve(req: HttpRequest, params: Params) -> Result<HttpResponse, ApiError> {
    let form = match params.text("format") {
        None => None,
        Some("json") => Some(Form::Json),
        Some("yaml") => Some(Form::Yaml),
        Some(_other) => return Err(ApiError::NotFound),
    };
    let version = match params.text("version") {
        None | Some("3.0") => Version::V3_0,
        Some("3.1") => Version::V3_1,
        Some(_other) => return Err(ApiError::NotFound),
    };
    let accepted = req.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let accepted: Vec<&str> = accepted.flat_map(|value| value.split(',')).collect();
    let media_type = MediaType::choose(&accepted, form).ok_or(ApiError::NotAcceptable)?;
    let (text, file) = match media_type.form() {
        Form::Json => (openapi::json(version), "authentik.json"),
        Form::Yaml => (openapi::yaml(version), "authentik.yaml"),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type.header()))
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{file}\"")))
        .insert_header((CACHE_CONTROL, "max-age=86400"))
        .insert_header((VARY, "Accept"))
        .body(text))
}

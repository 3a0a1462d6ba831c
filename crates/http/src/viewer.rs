//! `/api/v3/`: the API for the eyes of people. Open to everybody, as the document that it shows is.
//!
//! The viewer is Swagger UI, whose files are part of the program: nothing is fetched from elsewhere.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use crate::error::ApiError;

const PAGE: &str = include_str!("viewer/page.html");
const SCRIPT: &str = include_str!("viewer/start.js");

/// Those of the viewer's files that the page asks for.
const FILES: [&str; 3] = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The page may load what this server has and call this server, and nothing else. Swagger UI styles its elements
/// one by one and has its pictures inside of its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/api/v3/").to(page)).service(web::resource("/-/viewer/{file}").to(file));
}

async fn page(req: HttpRequest) -> Result<HttpResponse, ApiError> {
    only_reads(&req)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ALLOW, ALLOWED))
        .body(PAGE))
}

/// The files are compressed already. Every browser takes them so, and nobody else asks for them.
async fn file(req: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    only_reads(&req)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "max-age=86400")).insert_header((ALLOW, ALLOWED));
    if name.as_str() == "start.js" {
        return Ok(answer.insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8")).body(SCRIPT));
    }
    let known = FILES.contains(&name.as_str());
    let found = known.then(|| utoipa_swagger_ui::serve(&name, Arc::new(Config::default())));
    let Some(Ok(Some(file))) = found else { return Err(ApiError::NotFound) };
    if file.gzpipped {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.insert_header((CONTENT_TYPE, file.content_type)).body(file.bytes.into_owned()))
}

fn only_reads(req: &HttpRequest) -> Result<(), ApiError> {
    match *req.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => Ok(()),
        ref other => Err(ApiError::MethodNotAllowed { method: other.to_string(), allow: ALLOWED }),
    }
}

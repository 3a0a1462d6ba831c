//! Answers as SCIM has them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LOCATION, ETAG, LOCATION};
use serde_json::Value;

use scimitar_inbound::Reply;

/// RFC 7644 §8.1.
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

/// A document. Nothing of it may be kept by anybody on the way: it is about people.
pub(super) fn document(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(MEDIA_TYPE)
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

/// What the client has is what there is (RFC 7644 §3.14).
pub(super) fn not_modified(version: &str) -> HttpResponse {
    HttpResponse::NotModified().insert_header((ETAG, version)).finish()
}

/// A resource with its address and its version (RFC 7644 §3.1, §3.14).
pub(super) fn resource(status: StatusCode, reply: Reply) -> HttpResponse {
    let status = if reply.resource.is_some() { status } else { StatusCode::NO_CONTENT };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((LOCATION, reply.location.as_str()))
        .insert_header((CONTENT_LOCATION, reply.location.as_str()))
        .insert_header((ETAG, reply.version.as_str()));
    match reply.resource {
        Some(resource) => {
            response.content_type(MEDIA_TYPE);
            response.body(Value::Object(resource).to_string())
        }
        None => response.finish(),
    }
}

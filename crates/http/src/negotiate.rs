//! What is settled before a handler is reached: path, `Accept`, and, for a wrong method, who may learn that.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, ALLOW, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError, web};
use serde_json::json;

use crate::app::App;
use crate::caller::{Caller, anonymous};
use crate::error::ApiError;
use crate::params::Params;
use crate::permission::{Audience, audience};
use crate::route_table::{Entry, RouteTable};
use crate::routes::PREFIX;

/// The door to `/api/v3`.
pub(crate) async fn gate(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let table = req.app_data::<web::Data<RouteTable>>().cloned();
    let path = req.path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
    // PostgreSQL cannot look for NUL, and nothing has a key with it.
    let entry = table.as_ref().filter(|_| !path.contains("%00")).and_then(|table| table.find(&path));
    let Some(entry) = entry else {
        return Ok(refuse(req, &ApiError::NotFound));
    };

    let settled = settle(&req, &path, entry).await;
    let mut response = match settled {
        Err(error) => refuse(req, &error),
        Ok(Some(answer)) => req.into_response(answer),
        Ok(None) => {
            if req.method() == Method::HEAD {
                // The answer to GET; the connection leaves the body out.
                req.head_mut().method = Method::GET;
            }
            next.call(req).await?.map_into_boxed_body()
        }
    };
    response.headers_mut().insert(ALLOW, entry.allow.clone());
    Ok(response)
}

/// An answer that needs no handler, or none if a handler is to go on.
async fn settle(req: &ServiceRequest, path: &str, entry: &Entry) -> Result<Option<HttpResponse>, ApiError> {
    let audience = audience(path);
    // The document itself comes in several types, and its handler knows them.
    if path != "/schema/" {
        negotiate(req.headers(), req.query_string())?;
    }
    let method = req.method();
    if entry.takes(method) || (method == Method::HEAD && entry.takes(&Method::GET)) {
        return Ok(None);
    }
    if audience != Audience::Anyone {
        let app = req.app_data::<web::Data<App>>().ok_or(ApiError::NoState)?;
        let caller = Caller::find(app, req.headers()).await?;
        let caller = caller.ok_or_else(|| anonymous(entry.one_object))?;
        if audience == Audience::Administrators {
            caller.require_superuser()?;
        }
    }
    if method == Method::OPTIONS {
        let body = json!({"renders": ["application/json"], "parses": ["application/json"]});
        return Ok(Some(HttpResponse::Ok().json(body)));
    }
    Err(ApiError::MethodNotAllowed { method: method.to_string(), allow: entry.allow.clone() })
}

/// Whether the caller takes JSON.
fn negotiate(headers: &HeaderMap, query: &str) -> Result<(), ApiError> {
    if query.contains("format=") && Params::parse(query).text("format").is_some_and(|format| format != "json")
    {
        return Err(ApiError::NotFound);
    }
    let mut accepted = headers.get_all(ACCEPT).peekable();
    if accepted.peek().is_none() {
        return Ok(());
    }
    let takes_json = accepted.any(|value| value.as_bytes().split(|byte| *byte == b',').any(takes_json));
    if takes_json { Ok(()) } else { Err(ApiError::NotAcceptable) }
}

fn takes_json(media_range: &[u8]) -> bool {
    let range = String::from_utf8_lossy(media_range).to_ascii_lowercase();
    let essence = range.split(';').next().unwrap_or_default().trim();
    matches!(essence, "*/*" | "application/*" | "application/json")
}

pub(crate) fn refuse(req: ServiceRequest, error: &ApiError) -> ServiceResponse<BoxBody> {
    req.into_response(error.error_response())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(accept: Option<&'static str>, query: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        let got = negotiate(&headers, query).map_or_else(|error| error.to_string(), |()| "ok".to_owned());
        assert_eq!(got, expected, "{accept:?} {query}");
    }

    #[test]
    fn json_is_what_there_is() {
        let refusal = "Could not satisfy the request Accept header.";
        check(None, "", "ok");
        check(Some("*/*"), "", "ok");
        check(Some("text/html, application/*;q=0.8"), "", "ok");
        check(Some("Application/JSON; indent=4"), "", "ok");
        check(Some("text/html"), "", refusal);
        check(Some(""), "", refusal);
        check(None, "format=json", "ok");
        check(None, "format=xml", "Not found.");
        check(None, "reformat=xml", "ok");
    }
}

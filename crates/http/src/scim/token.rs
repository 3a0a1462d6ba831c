//! The token endpoint of a source (RFC 6749 §3.2). It is open to everybody: who asks says who it is in the request.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use scimitar_domain::Secret;
use scimitar_inbound::{GrantRequest, Ungranted};

use super::error::ScimError;
use crate::app::App;

/// The largest request, in octets.
const LARGEST: usize = 16 * 1024;

/// Answer with an access token, or say by the words of RFC 6749 §5.2 why there is none.
pub(super) async fn grant(
    app: web::Data<App>,
    slug: web::Path<String>,
    req: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ScimError> {
    let Some(request) = body.ok().and_then(|body| read(&req, &body)) else {
        return Ok(refused(Ungranted::InvalidRequest));
    };
    match app.inbound.grant(slug.into_inner(), request).await? {
        Ok(granted) => Ok(answer(StatusCode::OK).json(json!({
            "access_token": granted.access_token.expose(),
            "token_type": "Bearer",
            "expires_in": granted.expires_in,
            "scope": granted.scope,
        }))),
        Err(refusal) => Ok(refused(refusal)),
    }
}

/// `None` for what is no form, and where something is said twice.
fn read(req: &HttpRequest, body: &[u8]) -> Option<GrantRequest> {
    let header = |name| req.headers().get(name).and_then(|it| it.to_str().ok());
    let media_type = header(CONTENT_TYPE)?.split(';').next()?.trim().to_ascii_lowercase();
    if media_type != "application/x-www-form-urlencoded" || body.len() > LARGEST {
        return None;
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(std::str::from_utf8(body).ok()?).ok()?;
    let mut request = GrantRequest {
        authorization: header(AUTHORIZATION).map(|it| Secret::new(it.to_owned())),
        ..GrantRequest::default()
    };
    for (name, value) in pairs.into_inner() {
        let is_new = match &*name {
            "grant_type" => request.grant_type.replace(value).is_none(),
            "client_id" => request.client_id.replace(value).is_none(),
            "client_secret" => request.client_secret.replace(Secret::new(value)).is_none(),
            _other => true,
        };
        if !is_new {
            return None;
        }
    }
    Some(request)
}

fn refused(refusal: Ungranted) -> HttpResponse {
    let (status, error, description) = match refusal {
        Ungranted::InvalidRequest => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "send a form with grant_type, client_id and client_secret",
        ),
        Ungranted::InvalidClient { by_header: _ } => (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "the client is unknown, or its secret is wrong or expired",
        ),
        Ungranted::UnsupportedGrantType => {
            (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only client_credentials is possible here")
        }
    };
    let mut response = answer(status);
    if refusal == (Ungranted::InvalidClient { by_header: true }) {
        response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"scim\""));
    }
    response.json(json!({"error": error, "error_description": description}))
}

fn answer(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
    response
}

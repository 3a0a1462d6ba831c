//! Around every request: its id, the headers that every answer carries, one line of log, two metrics.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError as _, web};
use scimitar_store::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::PREFIX;
use crate::scim::{self, ScimError};
use crate::{metrics, routes};

/// The request's id, under the name that clients of the documented API know.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-authentik-id");

/// The outermost layer.
pub(crate) async fn accompany(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = req.app_data::<web::Data<App>>().map_or(Uuid::nil(), |app| app.ids.uuid());
    let id = id.simple().to_string();
    forgive_doubled_slash(&mut req);

    let started = Instant::now();
    let method = req.method().clone();
    let span = tracing::info_span!("request", request.id = id);
    let is_leaving = req.app_data::<web::Data<App>>().is_some_and(|app| app.leaving.is_cancelled());
    let mut response = if is_leaving && !routes::is_watch(req.path()) {
        let answer = turn_away(req.path());
        req.into_response(answer).map_into_right_body()
    } else {
        next.call(req).instrument(span.clone()).await?.map_into_left_body()
    };
    if is_leaving {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }

    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    let status = response.status();
    let elapsed = started.elapsed();
    metrics::request(&method, status, elapsed);
    span.in_scope(|| {
        tracing::info!(
            http.method = %method,
            http.route = route,
            http.status = status.as_u16(),
            duration_ms = elapsed.as_secs_f64() * 1e3,
            "answered"
        );
    });

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// In the words of whoever is spoken to.
fn turn_away(path: &str) -> HttpResponse {
    if path.starts_with(scim::PREFIX) {
        ScimError::from(StoreError::Closed).error_response()
    } else {
        ApiError::from(StoreError::Closed).error_response()
    }
}

/// The rendered documentation prints `/api/v3//providers/scim/`, so two slashes count as one there.
fn forgive_doubled_slash(req: &mut ServiceRequest) {
    let Some(uri) = single_slash(req.uri()) else { return };
    req.match_info_mut().get_mut().update(&uri);
    req.head_mut().uri = uri;
}

fn single_slash(uri: &Uri) -> Option<Uri> {
    let rest = uri.path().strip_prefix(PREFIX)?.strip_prefix("//")?;
    let path = match uri.query() {
        Some(query) => format!("{PREFIX}/{rest}?{query}"),
        None => format!("{PREFIX}/{rest}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &'static str, expected: Option<&str>) {
        let got = single_slash(&Uri::from_static(path)).map(|uri| uri.to_string());
        assert_eq!(got.as_deref(), expected, "{path}");
    }

    #[test]
    fn only_the_slash_after_the_prefix_may_be_doubled() {
        check("/api/v3//core/users/?page=2", Some("/api/v3/core/users/?page=2"));
        check("/api/v3/core/users/", None);
        check("/api/v3/core//users/", None);
        check("//api/v3/core/users/", None);
    }
}

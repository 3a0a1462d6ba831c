//! Metrics of the HTTP layer, and the page that shows all metrics.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;

/// Requests answered, by method and class of status.
pub const REQUESTS: &str = "scimitar_http_requests_total";
/// Seconds until an answer was ready, by method and class of status.
pub const DURATION: &str = "scimitar_http_request_duration_seconds";

pub(crate) fn request(method: &Method, status: StatusCode, elapsed: Duration) {
    let labels = [("method", method_name(method)), ("status", class(status))];
    metrics::counter!(REQUESTS, &labels).increment(1);
    metrics::histogram!(DURATION, &labels).record(elapsed);
}

/// The recorded metrics in Prometheus' text format.
pub(crate) async fn show(handle: Option<web::Data<PrometheusHandle>>) -> HttpResponse {
    let Some(handle) = handle else { return HttpResponse::NotFound().finish() };
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
}

/// A caller may send any word as a method; labels are bounded.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _other => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _other => "other",
    }
}

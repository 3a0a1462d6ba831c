//! Is the process alive, and can it do its work?

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::App;

/// The process runs and answers.
pub(crate) async fn live() -> HttpResponse {
    say(StatusCode::OK, "live")
}

/// The database can be reached and has the schema that is needed, and the server is not about to stop.
pub(crate) async fn ready(app: web::Data<App>) -> HttpResponse {
    if app.leaving.is_cancelled() {
        return say(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    match app.store.is_ready().await {
        Ok(()) => say(StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            say(StatusCode::SERVICE_UNAVAILABLE, "not ready")
        }
    }
}

fn say(status: StatusCode, word: &'static str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(word)
}

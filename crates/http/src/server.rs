//! The HTTP server: from a bound listener to answers.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::connections::Connections;
use crate::headers::accompany;
use crate::negotiate::gate;
use crate::passwords::Hasher;
use crate::route_table::RouteTable;
use crate::routes::{self, PREFIX};
use crate::{scim, viewer};

/// How the server behaves.
#[derive(Clone)]
pub struct ServerSettings {
    /// Threads that answer requests.
    pub workers: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a caller may take to send the head of a request.
    pub head_timeout: Duration,
    /// How long requests under way may take when the server is told to stop.
    pub shutdown_timeout: Duration,
    /// What renders `/-/metrics/`; without it the page does not exist.
    pub metrics: Option<PrometheusHandle>,
    /// Counts the connections that are open.
    pub connections: Connections,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(2, Into::into),
            keep_alive: Duration::from_secs(75),
            head_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(30),
            metrics: None,
            connections: Connections::default(),
        }
    }
}

/// Start to serve. The server runs while the answer is awaited; its
/// [`handle`](Server::handle) stops it, letting requests under way come to their end.
pub fn run(app: App, listener: TcpListener, settings: &ServerSettings) -> std::io::Result<Server> {
    let app = web::Data::new(app);
    let table = web::Data::new(RouteTable::new(&routes::document()));
    let hasher = web::Data::new(Hasher::default());
    let metrics = settings.metrics.clone().map(web::Data::new);
    let shutdown_seconds = settings.shutdown_timeout.as_secs();
    let connections = settings.connections.clone();

    let server = HttpServer::new(move || {
        let mut state =
            ActixApp::new().app_data(app.clone()).app_data(table.clone()).app_data(hasher.clone());
        if let Some(metrics) = &metrics {
            state = state.app_data(metrics.clone());
        }
        state
            .wrap(from_fn(accompany))
            // Before the API, whose scope begins with the same path.
            .configure(viewer::routes)
            .service(
                web::scope(PREFIX)
                    .wrap(from_fn(gate))
                    .configure(|cfg| routes::api(&mut ServiceConfig::new(cfg))),
            )
            .configure(scim::routes)
            .configure(routes::watch)
            .default_service(web::to(routes::nothing_here))
    });
    let server = server
        // What is put there lives as long as the connection.
        .on_connect(move |_stream, held| drop(held.insert(connections.accept())))
        .workers(settings.workers)
        .keep_alive(settings.keep_alive)
        .client_request_timeout(settings.head_timeout)
        .shutdown_timeout(shutdown_seconds)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

//! The sockets: accept, serve, and break connections for real.

use std::error::Error;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::HangUp;
use super::exchange::exchange;
use super::shared::Shared;

/// Serve until cancelled. Connections are tracked, so that a stop can wait for them.
pub(super) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    connections: TaskTracker,
    cancel: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&shared), cancel.clone()));
            }
            // Out of file descriptors: some will be closed.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, cancel: CancellationToken) {
    // Answers are written whole; waiting to fill a packet only adds latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| exchange(Arc::clone(&shared), request));
    let mut connection =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    let outcome = tokio::select! {
        () = cancel.cancelled() => return,
        outcome = &mut connection => outcome,
    };
    let Err(error) = outcome else { return };
    if error.source().and_then(|source| source.downcast_ref()) == Some(&HangUp::Reset) {
        let stream = connection.into_parts().io.into_inner();
        // Closing a socket that lingers for no time sends RST instead of FIN.
        let _ = stream.set_zero_linger();
    }
}

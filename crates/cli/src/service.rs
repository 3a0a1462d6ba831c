//! A service that runs: the API and the engine on one installation, until they are told to end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use scimitar_http::{App, Connections, ServerHandle, ServerSettings};
use scimitar_store::Store;
use scimitar_sync::Engine;

use crate::compose::{self, Installation};
use crate::config::Config;

/// How long requests that are under way may take once the process is told to end.
const LAST_REQUESTS: Duration = Duration::from_secs(15);

/// How long callers who keep their connection have to learn that it ends, each by one answer: at least, and at most.
const FAREWELL: Duration = Duration::from_millis(300);
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);
/// How often it is looked whether all have gone.
const LOOK: Duration = Duration::from_millis(20);

/// The API and the engine of one installation, at work.
pub(crate) struct Service {
    store: Store,
    handle: ServerHandle,
    served: JoinHandle<std::io::Result<()>>,
    worked: JoinHandle<()>,
    tasks: TaskTracker,
    stop: CancellationToken,
    leaving: CancellationToken,
    connections: Connections,
}

impl Service {
    /// Begin to answer on the listener and to send. `engine` leases as `worker`.
    pub(crate) fn start(
        config: &Config,
        installation: &Installation,
        engine: Engine,
        worker: &str,
        listener: TcpListener,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        let inbound = installation.inbound(&engine);
        let leaving = CancellationToken::new();
        let app = App {
            store: installation.store.clone(),
            keyring: installation.keyring.clone(),
            clock: Arc::clone(&installation.clock),
            ids: Arc::clone(&installation.ids),
            install: installation.install,
            engine: engine.clone(),
            inbound: inbound.clone(),
            page_size_cap: config.http.page_size_cap,
            public_url: config.http.public_url.clone(),
            leaving: leaving.clone(),
        };
        let settings = ServerSettings {
            workers: config.http.workers.unwrap_or_else(compose::processors),
            shutdown_timeout: LAST_REQUESTS,
            metrics,
            ..ServerSettings::default()
        };
        let connections = settings.connections.clone();
        let server =
            scimitar_http::run(app, listener, &settings).context("the server could not be started")?;
        let handle = server.handle();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let served = tasks.spawn(server);
        let worked = tasks.spawn({
            let (queue, stop) = (compose::queue(config, worker), stop.clone());
            async move { engine.run(queue, stop).await }
        });
        tasks.spawn({
            let stop = stop.clone();
            async move { inbound.keep_up(stop).await }
        });
        Ok(Self {
            store: installation.store.clone(),
            handle,
            served,
            worked,
            tasks,
            stop,
            leaving,
            connections,
        })
    }

    /// Wait until one of its parts ends although nobody has told it to, which no part should.
    pub(crate) async fn broken(&mut self) -> anyhow::Error {
        tokio::select! {
            ended = &mut self.served => {
                let reason = ended.map_err(anyhow::Error::new).and_then(|ended| Ok(ended?));
                let reason = reason.err().unwrap_or_else(|| anyhow::anyhow!("nothing listens any more"));
                reason.context("the server ended")
            }
            ended = &mut self.worked => anyhow::anyhow!("the engine ended by itself: {ended:?}"),
        }
    }

    /// Let requests and jobs under way come to their end.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.leaving.cancel();
        self.farewell().await;
        tokio::join!(self.handle.stop(true), self.tasks.wait());
        self.store.close().await;
    }

    /// Wait until nobody is connected any more, and nobody has come for a while. Who keeps an idle connection without
    /// asking anything is not waited for beyond the longest time.
    async fn farewell(&self) {
        let begun = Instant::now();
        let (mut quiet_since, mut accepted) = (begun, self.connections.accepted());
        while begun.elapsed() < LONGEST_FAREWELL && quiet_since.elapsed() < FAREWELL {
            tokio::time::sleep(LOOK).await;
            let now = self.connections.accepted();
            if self.connections.open() > 0 || now != accepted {
                (quiet_since, accepted) = (Instant::now(), now);
            }
        }
    }
}

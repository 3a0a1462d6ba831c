//! `scimitar serve`: the API and the engine in one process.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use scimitar_http::{App, ServerSettings};

use crate::compose::{self, Installation};
use crate::config::Config;
use crate::first_start::{ADMIN, AdminKey};
use crate::instance::{self, Claim};
use crate::report::{self, Problem};
use crate::shutdown::Signals;
use crate::{database, metrics};

/// How long requests that are under way may take once the process is told to end.
const LAST_REQUESTS: Duration = Duration::from_secs(15);
/// How long the end may take altogether. Supervisors commonly kill after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(25);

pub(crate) async fn run(config: &Config, host: Option<&str>) -> anyhow::Result<()> {
    let claim = Claim::insist(&config.database)?;
    // Before anything is made or printed: a start that cannot listen must not spend the first key.
    let (listener, address) = bind(&config.http.listen)?;
    let recorder = metrics::start()?;
    let (installation, key) = Installation::settle(config, &claim).await?;
    tell_key(&key, &address.to_string());

    let worker = instance::worker_name(host, installation.ids.as_ref());
    let engine = installation.engine(config, &worker)?;
    let app = App {
        store: installation.store.clone(),
        keyring: installation.keyring.clone(),
        clock: Arc::clone(&installation.clock),
        ids: Arc::clone(&installation.ids),
        install: installation.install,
        engine: engine.clone(),
        inbound: installation.inbound(&engine),
        page_size_cap: config.http.page_size_cap,
        public_url: config.http.public_url.clone(),
    };
    let settings = ServerSettings {
        workers: config.http.workers.unwrap_or_else(compose::processors),
        shutdown_timeout: LAST_REQUESTS,
        metrics: Some(recorder.clone()),
        ..ServerSettings::default()
    };
    let server = scimitar_http::run(app, listener, &settings).context("the server could not be started")?;
    let handle = server.handle();

    let mut signals = Signals::listen()?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut served = tasks.spawn(server);
    let mut worked = tasks.spawn({
        let (queue, stop) = (compose::queue(config, &worker), stop.clone());
        async move { engine.run(queue, stop).await }
    });
    let upkeep = tasks.spawn(metrics::keep_up(recorder));
    tracing::info!(
        worker,
        "scimitar {} serves {}",
        env!("CARGO_PKG_VERSION"),
        database::place(&config.database)
    );
    report::line(format!("listening on http://{address}"));

    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        ended = &mut served => {
            let reason = ended.map_err(anyhow::Error::new).and_then(|ended| Ok(ended?));
            Err(reason.err().unwrap_or_else(|| anyhow::anyhow!("nothing listens any more")).context("the server ended"))
        }
        ended = &mut worked => Err(anyhow::anyhow!("the engine ended by itself: {ended:?}")),
    };
    tracing::info!("stopping: requests and jobs under way come to their end");
    upkeep.abort();
    stop.cancel();
    tasks.close();
    within_patience(&mut signals, async {
        tokio::join!(handle.stop(true), tasks.wait());
        installation.store.close().await;
        ended
    })
    .await
}

/// End in good time, or at once when asked a second time. Either way nothing is lost: what was under way is taken
/// up at the next start.
pub(crate) async fn within_patience(
    signals: &mut Signals,
    ending: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        ended = tokio::time::timeout(PATIENCE, ending) => match ended {
            Ok(ended) => ended,
            Err(_elapsed) => {
                tracing::warn!("what is under way takes too long; it is taken up at the next start");
                Ok(())
            }
        },
        () = signals.next() => bail!("ended at once, as asked"),
    }
}

/// Say what became of the first administrator's key; show it to whoever cannot know it.
pub(crate) fn tell_key(key: &AdminKey, address: &str) {
    match key {
        AdminKey::Made(key) => {
            let (key, address) = (key.expose(), reachable(address));
            report::line(format!(
                "This is the first start. The administrator `{ADMIN}` has this API token, shown only now:\n\n    \
                 {key}\n\nTry it:\n\n    \
                 curl -H 'Authorization: Bearer {key}' http://{address}/api/v3/core/users/me/\n"
            ));
        }
        AdminKey::Taken => tracing::info!("first start: `{ADMIN}` has the API token that was given"),
        AdminKey::Kept => {}
        AdminKey::Replaced => {
            tracing::warn!(
                "`bootstrap_token` has changed: it is the API token of `{ADMIN}` now, the old one is void"
            );
        }
        AdminKey::Gone => {
            tracing::info!(
                "the first API token was deleted; `scimitar token create --user {ADMIN}` makes another"
            );
        }
    }
}

/// An address that a call from this machine can use.
fn reachable(address: &str) -> String {
    match address.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
        Ok(_) | Err(_) => address.to_owned(),
    }
}

fn bind(listen: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let bound = TcpListener::bind(listen).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.with_context(|| {
        let hint = "another program may have the port: stop it, or choose another (`SCIMITAR_HTTP__LISTEN`)";
        Problem::new(format!("cannot listen on `{listen}`"), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_to_try_can_be_made_from_here() {
        assert_eq!(reachable("0.0.0.0:9000"), "127.0.0.1:9000");
        assert_eq!(reachable("[::]:9000"), "127.0.0.1:9000");
        assert_eq!(reachable("192.0.2.7:80"), "192.0.2.7:80");
        assert_eq!(reachable("localhost:9000"), "localhost:9000");
    }
}

//! `scimitar serve`: the API and the engine in one process.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::compose::Installation;
use crate::config::Config;
use crate::first_start::{ADMIN, AdminKey};
use crate::instance::{self, Claim};
use crate::report::{self, Problem};
use crate::service::Service;
use crate::shutdown::Signals;
use crate::{database, metrics};

/// How long the end may take altogether. Supervisors commonly kill after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(25);

pub(crate) async fn run(config: &Config, host: Option<&str>) -> anyhow::Result<()> {
    let claim = Claim::insist(&config.database)?;
    // Before anything is made or printed: a start that cannot listen must not spend the first key.
    let (listener, address) = bind(&config.http.listen, "SCIMITAR_HTTP__LISTEN")?;
    let recorder = metrics::start()?;
    let (installation, key) = Installation::settle(config, &claim).await?;
    tell_key(&key, &address.to_string());

    let worker = instance::worker_name(host, installation.ids.as_ref());
    let engine = installation.engine(config, &worker)?;
    engine.tell_unverified().await.context("the providers could not be read")?;
    let mut signals = Signals::listen()?;
    let mut service =
        Service::start(config, &installation, engine, &worker, listener, Some(recorder.clone()))?;
    tracing::info!(
        worker,
        "scimitar {} serves {}",
        env!("CARGO_PKG_VERSION"),
        database::place(&config.database)
    );
    report::line(format!("listening on http://{address}"));

    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        error = service.broken() => Err(error),
        () = metrics::keep_up(recorder) => Ok(()),
    };
    tracing::info!("stopping: requests and jobs under way come to their end");
    within_patience(&mut signals, async {
        service.end().await;
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
pub(super) fn reachable(address: &str) -> String {
    match address.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
        Ok(_) | Err(_) => address.to_owned(),
    }
}

/// Take the port, or say which setting chooses another.
pub(super) fn bind(listen: &str, setting: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let bound = TcpListener::bind(listen).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.with_context(|| {
        let hint = format!("another program may have the port: stop it, or choose another (`{setting}`)");
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

//! `scimitar worker`: the engine without the API.

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::compose::{self, Installation};
use crate::config::Config;
use crate::instance::{self, Claim};
use crate::report;
use crate::shutdown::Signals;

use super::serve;

pub(crate) async fn run(config: &Config, host: Option<&str>) -> anyhow::Result<()> {
    let claim = Claim::insist(&config.database)?;
    let (installation, key) = Installation::settle(config, &claim).await?;
    serve::tell_key(&key, &config.http.listen);
    let worker = instance::worker_name(host, installation.ids.as_ref());
    let engine = installation.engine(config, &worker)?;
    engine.tell_unverified().await.context("the providers could not be read")?;

    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let inbound = installation.inbound(&engine);
    let work = async {
        tokio::join!(
            engine.run(compose::queue(config, &worker), stop.clone()),
            inbound.keep_up(stop.clone())
        );
    };
    tokio::pin!(work);
    report::line(format!("working as {worker}"));
    tokio::select! {
        () = signals.next() => {}
        () = &mut work => anyhow::bail!("the engine ended by itself"),
    }
    tracing::info!("stopping");
    stop.cancel();
    serve::within_patience(&mut signals, async {
        work.await;
        installation.store.close().await;
        Ok(())
    })
    .await
}

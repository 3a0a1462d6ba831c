//! Hears of the commits of other replicas.

use std::pin::pin;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures_util::StreamExt;
use tokio::sync::watch;

use crate::notice::CHANNEL;
use crate::pgnet;

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listen for ever, over as many connections as it takes. It ends with the runtime of the store.
pub(super) async fn run(url: String, wake: watch::Sender<u64>) {
    loop {
        if let Err(error) = listen(&url, &wake).await {
            tracing::debug!(%error, "not listening to the database");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(url: &str, wake: &watch::Sender<u64>) -> Result<(), diesel::result::Error> {
    let Ok(mut conn) = pgnet::connect(url).await else { return Ok(()) };
    conn.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    let mut notifications = pin!(conn.notifications_stream());
    // What was said while nobody listened is lost, so look once.
    wake.send_modify(|count| *count += 1);
    while let Some(notification) = notifications.next().await {
        notification?;
        wake.send_modify(|count| *count += 1);
    }
    Ok(())
}

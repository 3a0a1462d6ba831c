//! What becomes due by the clock: the end of what clients have deleted and sources have kept, and the notes about
//! the use of tokens.

use std::time::Duration;

use scimitar_domain::{Source, Timestamp};
use scimitar_store::{StoreError, departed, sources};
use tokio_util::sync::CancellationToken;

use crate::Inbound;

/// Between two looks at what was logged.
const EVERY: Duration = Duration::from_secs(1);
/// So many of them between two looks at what is due: it is due by days.
const TURNS: u32 = 60;
/// Objects that are looked at before others get their turn.
const AT_ONCE: i64 = 100;

impl Inbound {
    /// Do what is due again and again, until `stop` is cancelled.
    pub async fn keep_up(&self, stop: CancellationToken) {
        for turn in (0..TURNS).cycle() {
            if turn == 0
                && let Err(error) = self.catch_up().await
            {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "what sources have deleted could not be deleted for good");
            }
            if let Err(error) = self.write_log().await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "requests of sources' clients could not be logged");
            }
            if stop.is_cancelled() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Write down when tokens were used, forget what of the logs is too old, and delete what has been kept for as long as its source's policy says now. Returns how much.
    ///
    /// Others may do the same at the same time: each object is decided about under its lock.
    pub async fn catch_up(&self) -> Result<usize, StoreError> {
        self.uses.write(&self.parts.store).await?;
        let now = self.parts.clock.now();
        self.journal.trim(&self.parts.store, now).await?;
        let mut n_deleted = 0;
        for source in self.parts.store.read(sources::that_delete_later).await? {
            if let Some(kept_for) = source.fields.kept_for() {
                n_deleted += self.expire(&source, now - kept_for, now).await?;
            }
        }
        Ok(n_deleted)
    }

    async fn expire(&self, source: &Source, moment: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
        let (id, mut n_deleted) = (source.id, 0);
        loop {
            let due = self.parts.store.read(move |conn| departed::before(conn, id, moment, AT_ONCE)).await?;
            if due.is_empty() {
                return Ok(n_deleted);
            }
            for object in due {
                let gone = self
                    .parts
                    .store
                    .write(move |conn| departed::expire(conn, id, object, moment, now))
                    .await?;
                if gone {
                    n_deleted += 1;
                    tracing::info!(
                        source = source.fields.slug,
                        "{object}, which its source deleted before {moment}, was deleted for good"
                    );
                }
            }
        }
    }
}

//! What becomes due by the clock: the end of what clients have deleted and sources have kept, and the notes about
//! the use of tokens.

use std::time::Duration;

use scimitar_domain::{Source, Timestamp};
use scimitar_store::{StoreError, departed, sources};
use tokio_util::sync::CancellationToken;

use crate::Inbound;

/// Between two looks. What is due is due by days.
const EVERY: Duration = Duration::from_mins(1);
/// Objects that are looked at before others get their turn.
const AT_ONCE: i64 = 100;

impl Inbound {
    /// Do what is due again and again, until `stop` is cancelled.
    pub async fn keep_up(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.catch_up().await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "what sources have deleted could not be deleted for good");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Write down when tokens were used, and delete what has been kept for as long as its source's policy says now. Returns how much.
    ///
    /// Others may do the same at the same time: each object is decided about under its lock.
    pub async fn catch_up(&self) -> Result<usize, StoreError> {
        self.uses.write(&self.parts.store).await?;
        let now = self.parts.clock.now();
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

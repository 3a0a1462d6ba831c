//! Full syncs by the clock.

use chrono::TimeDelta;

use scimitar_domain::{ProviderPk, RunTrigger, Timestamp};
use scimitar_store::{StoreError, jobs, providers};

use crate::engine::Engine;
use crate::error::SyncError;
use crate::work::Work;

impl Engine {
    /// Start the full syncs that are due, and set when each is due again. Returns how many.
    pub async fn start_scheduled(&self) -> Result<usize, SyncError> {
        let (now, every) = (self.parts().clock.now(), self.parts().settings.full_sync_every);
        let due = self.parts().store.read(move |conn| providers::due(conn, now)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let n_due = due.len();
        self.parts()
            .store
            .write(move |conn| {
                for provider in &due {
                    providers::schedule(conn, *provider, next(*provider, now, every))?;
                    let work = Work::Run { provider: *provider, trigger: RunTrigger::Schedule };
                    jobs::enqueue(conn, &[work.job(now)], now)?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(n_due)
    }
}

/// One period from now, up to a tenth later by the provider's key, so that providers do not start together.
pub(crate) fn next(provider: ProviderPk, now: Timestamp, every: TimeDelta) -> Timestamp {
    let tenth = (every.num_seconds() / 10).max(1);
    now + every + TimeDelta::seconds(i64::from(provider.0).wrapping_mul(7_919).rem_euclid(tenth))
}

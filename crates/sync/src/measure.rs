//! Looking from time to time how much waits, for the gauges.

use std::collections::BTreeSet;

use scimitar_domain::{ProviderPk, Timestamp};
use scimitar_store::{Conn, StoreError, changes, jobs};

use crate::engine::Engine;
use crate::error::SyncError;
use crate::metrics::{LAG, OUTBOX_AGE, QUEUE_AGE, QUEUE_JOBS, QUEUED};

impl Engine {
    /// Set the gauges of what waits. `known` are the providers that have some; those that have none any more are told
    /// once with zeros.
    pub async fn measure(&self, known: &mut BTreeSet<ProviderPk>) -> Result<(), SyncError> {
        let now = self.parts().clock.now();
        let read = |conn: &mut Conn| Ok::<_, StoreError>((jobs::load(conn)?, changes::oldest_at(conn)?));
        let (lanes, oldest) = self.parts().store.read(read).await?;
        metrics::gauge!(OUTBOX_AGE).set(age(oldest, now));
        let mut gone = std::mem::take(known);
        let mut n_jobs = 0;
        for lane in lanes {
            n_jobs += lane.n_jobs;
            let Some(provider) = lane.lane.strip_prefix("provider:").and_then(|pk| pk.parse().ok()) else {
                continue;
            };
            let provider = ProviderPk(provider);
            gone.remove(&provider);
            known.insert(provider);
            tell(provider, age(lane.oldest, now), age(lane.due, now), lane.n_jobs);
        }
        for provider in gone {
            tell(provider, 0.0, 0.0, 0);
        }
        metrics::gauge!(QUEUED, "queue_name" => "default").set(float(n_jobs));
        Ok(())
    }
}

fn tell(provider: ProviderPk, lag: f64, queued_for: f64, n_jobs: i64) {
    let label = provider.to_string();
    metrics::gauge!(LAG, "provider" => label.clone()).set(lag);
    metrics::gauge!(QUEUE_AGE, "provider" => label.clone()).set(queued_for);
    metrics::gauge!(QUEUE_JOBS, "provider" => label).set(float(n_jobs));
}

/// Seconds from `since` to `now`; none where it lies ahead.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.and_then(|since| (now - since).to_std().ok()).unwrap_or_default().as_secs_f64()
}

/// Far more jobs than there ever are can be told exactly.
fn float(n: i64) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

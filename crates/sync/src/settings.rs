//! How the engine behaves; handed over at construction.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;

use scimitar_domain::ProviderPk;
use scimitar_store::guards::GuardLimits;

use crate::announce::Webhooks;
use crate::pace::Pause;
use crate::profile::Profiles;
use crate::report::ObjectReport;

type Tell = dyn Fn(ProviderPk, &ObjectReport) + Send + Sync;

/// Told of every object that this process has dealt with, as it happens.
#[derive(Clone)]
pub struct Watcher(Arc<Tell>);

impl Watcher {
    pub fn new(tell: impl Fn(ProviderPk, &ObjectReport) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(crate) fn tell(&self, provider: ProviderPk, report: &ObjectReport) {
        (self.0)(provider, report);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

/// Limits and periods of the engine.
#[derive(Debug, Clone)]
pub struct SyncSettings {
    /// The name under which this process leases objects. Unique among live processes.
    pub worker: String,
    /// Requests in flight at one remote, from this process.
    pub max_in_flight: usize,
    /// How long an object stays leased without a sign of life.
    pub lease: TimeDelta,
    /// Between two scheduled full syncs of a provider.
    pub full_sync_every: TimeDelta,
    /// Members in one request, unless the remote takes fewer.
    pub members_per_request: usize,
    /// Pages of 100 that a search without filters reads before it gives up.
    pub scan_pages: usize,
    /// Deletions and deactivations at one remote that need nobody's approval.
    pub guard: GuardLimits,
    pub watcher: Option<Watcher>,
    pub pause: Pause,
    /// What is known of vendors.
    pub profiles: Profiles,
    /// Who is told of events, if anybody is.
    pub webhooks: Option<Arc<Webhooks>>,
    /// Runs of a provider that are kept.
    pub runs_kept: i64,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self {
            worker: "worker".to_owned(),
            max_in_flight: 16,
            lease: TimeDelta::seconds(10),
            full_sync_every: TimeDelta::hours(4),
            members_per_request: 500,
            scan_pages: 200,
            guard: GuardLimits { floor: 10, percent: 10, window: TimeDelta::hours(1) },
            watcher: None,
            pause: Pause::default(),
            profiles: Profiles::default(),
            webhooks: None,
            runs_kept: 20,
        }
    }
}

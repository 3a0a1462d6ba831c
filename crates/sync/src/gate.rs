//! The gate of one provider: how many requests are in flight, and whether it rests.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use scimitar_domain::{FailureClass, Timestamp};

/// For each call in flight, how many may be made ready. A crash leaves that many doubts at most.
const AHEAD: usize = 4;

/// Everything that wants to call the provider from this process goes through here.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Semaphore,
    ready: Semaphore,
    rest: Mutex<Option<Rest>>,
}

/// Why nothing is sent to a provider for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: Timestamp,
    pub(crate) class: FailureClass,
    pub(crate) reason: String,
}

impl Gate {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let max_in_flight = max_in_flight.max(1);
        Self {
            permits: Semaphore::new(max_in_flight),
            ready: Semaphore::new(max_in_flight.saturating_mul(AHEAD).min(Semaphore::MAX_PERMITS)),
            rest: Mutex::default(),
        }
    }

    /// Wait until what a call needs may be made ready, a little ahead of its turn: so the disk works while the
    /// remote does.
    pub(crate) async fn make_ready(
        &self,
        now: impl Fn() -> Timestamp,
    ) -> Result<Option<SemaphorePermit<'_>>, Rest> {
        self.admit(&self.ready, now).await
    }

    /// Wait for a place among the calls in flight.
    pub(crate) async fn enter(
        &self,
        now: impl Fn() -> Timestamp,
    ) -> Result<Option<SemaphorePermit<'_>>, Rest> {
        self.admit(&self.permits, now).await
    }

    /// The rest is checked after the wait: it may have begun meanwhile.
    async fn admit<'a>(
        &self,
        places: &'a Semaphore,
        now: impl Fn() -> Timestamp,
    ) -> Result<Option<SemaphorePermit<'a>>, Rest> {
        // The semaphore is never closed; if it were, no cap would be better than no call.
        let permit = places.acquire().await.ok();
        match self.resting(now()) {
            Some(rest) => Err(rest),
            None => Ok(permit),
        }
    }

    pub(crate) fn resting(&self, now: Timestamp) -> Option<Rest> {
        self.lock().clone().filter(|rest| rest.until > now)
    }

    /// Rest at least until then.
    pub(crate) fn rest(&self, rest: Rest) {
        let mut current = self.lock();
        if current.as_ref().is_none_or(|it| it.until < rest.until) {
            *current = Some(rest);
        }
    }

    /// Whether a rest has come to its end since this was last asked.
    pub(crate) fn take_rested(&self, now: Timestamp) -> bool {
        let mut rest = self.lock();
        let over = rest.as_ref().is_some_and(|rest| rest.until <= now);
        if over {
            *rest = None;
        }
        over
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Rest>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Keeping to a remote's rate: every call takes a turn, and turns are the same for all replicas.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use scimitar_domain::{ProviderPk, Timestamp};
use scimitar_store::rates::{self, Pace};
use scimitar_store::{Store, StoreError};

use crate::profile::Rate;

/// Nobody waits longer for a turn: what is leased meanwhile must not run out.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(3);
/// Turns that are taken at once, at most.
const MOST_TURNS: f64 = 100.0;

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;
type Wait = dyn Fn(Timestamp, TimeDelta) -> Waiting + Send + Sync;

/// How this process waits. Tests let their clock go on instead.
#[derive(Clone)]
pub struct Pause(Arc<Wait>);

impl Pause {
    /// `wait` gets the moment to wait for, and how far off it is.
    pub fn new(wait: impl Fn(Timestamp, TimeDelta) -> Waiting + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    pub(crate) async fn until(&self, moment: Timestamp, now: Timestamp) {
        if moment > now {
            (self.0)(moment, moment - now).await;
        }
    }
}

impl Default for Pause {
    fn default() -> Self {
        Self::new(|_, by| Box::pin(tokio::time::sleep(by.to_std().unwrap_or_default())))
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").finish_non_exhaustive()
    }
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// At this moment, which may have passed.
    At(Timestamp),
    /// Not for so long that it is better to come back at this moment.
    Later(Timestamp),
}

/// The turns of one provider that this process has taken, a second's worth at a time.
#[derive(Debug)]
pub(crate) struct Pacer {
    store: Store,
    provider: ProviderPk,
    pace: Pace,
    at_once: i32,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: Timestamp,
    left: i32,
}

impl Pacer {
    pub(crate) fn new(store: Store, provider: ProviderPk, rate: Rate) -> Self {
        let interval = TimeDelta::nanoseconds(as_i64(1e9 / rate.per_second)).max(TimeDelta::microseconds(1));
        let pace = Pace { interval, burst: i32::try_from(rate.burst.max(1)).unwrap_or(i32::MAX) };
        let at_once = i32::try_from(as_i64(rate.per_second.ceil().clamp(1.0, MOST_TURNS))).unwrap_or(1);
        Self { store, provider, pace, at_once, taken: Mutex::default() }
    }

    /// The next turn. One that is too far off is left for somebody else.
    pub(crate) async fn turn(&self, now: Timestamp) -> Result<Turn, StoreError> {
        let mut taken = self.taken.lock().await;
        let stale = now - self.pace.interval * self.pace.burst.max(self.at_once);
        if taken.left == 0 || taken.next < stale {
            let (provider, pace, n) = (self.provider, self.pace, self.at_once);
            let first = self.store.write(move |conn| rates::take(conn, provider, pace, n, now)).await?;
            *taken = Taken { next: first, left: n };
        }
        if taken.next > now + LONGEST_WAIT {
            return Ok(Turn::Later(taken.next));
        }
        let turn = taken.next;
        taken.next += self.pace.interval;
        taken.left -= 1;
        Ok(Turn::At(turn))
    }
}

/// The whole part of a number that is known to fit.
#[expect(clippy::cast_possible_truncation, reason = "bounded by the profile's reader")]
fn as_i64(number: f64) -> i64 {
    number as i64
}

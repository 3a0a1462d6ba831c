//! A token bucket, as rate-limited services have it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use scimitar_domain::Timestamp;

/// `per_second` requests on the long run, `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

/// Counts in micro-tokens, so that no fraction is lost between two requests.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    level: i64,
    filled: Option<Timestamp>,
}

const TOKEN: i64 = 1_000_000;

impl Bucket {
    /// Take one token, or say in how many seconds there will be one.
    pub(super) fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let full = i64::from(rate.burst.max(1)).saturating_mul(TOKEN);
        let gained = match self.filled {
            None => full,
            Some(before) => (now - before)
                .max(TimeDelta::zero())
                .num_microseconds()
                .unwrap_or(i64::MAX)
                .saturating_mul(i64::from(rate.per_second)),
        };
        self.filled = Some(now);
        self.level = self.level.saturating_add(gained).min(full);
        if self.level >= TOKEN {
            self.level -= TOKEN;
            return Ok(());
        }
        let micros = (TOKEN - self.level) / i64::from(rate.per_second.max(1));
        Err(u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_steady_rate() {
        let rate = Rate { per_second: 2, burst: 3 };
        let mut bucket = Bucket::default();
        let start = Timestamp::default();
        assert!((0..3).all(|_| bucket.take(rate, start).is_ok()));
        assert_eq!(bucket.take(rate, start), Err(1));
        assert_eq!(bucket.take(rate, start + TimeDelta::milliseconds(400)), Err(1));
        assert_eq!(bucket.take(rate, start + TimeDelta::milliseconds(500)), Ok(()));
        assert_eq!(bucket.take(rate, start + TimeDelta::milliseconds(501)), Err(1));
    }
}

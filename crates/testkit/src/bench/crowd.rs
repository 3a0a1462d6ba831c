//! Many connections at once, and how long their calls took.

use std::time::Instant;

use anyhow::{Result, bail};

/// One thread for each of `n`, all their times together.
pub(super) fn side_by_side(n: usize, each: impl Fn(usize) -> Result<Vec<f64>> + Sync) -> Result<Vec<f64>> {
    let each = &each;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..n).map(|first| scope.spawn(move || each(first))).collect();
        let mut times = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(more) => times.extend(more?),
                Err(_panic) => bail!("a connection's thread panicked"),
            }
        }
        Ok(times)
    })
}

/// Wait until a call is due.
pub(super) fn wait_until(due: Instant) {
    while Instant::now() < due {
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
    }
}

/// The time that this share of the calls did not exceed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small number")]
#[expect(clippy::cast_precision_loss, reason = "few times")]
pub(super) fn percentile(mut times: Vec<f64>, share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

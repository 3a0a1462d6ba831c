//! Waiting for what another process does. It tells nobody when it is done, so it has to be asked.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Ask until the answer is `Break`, at most so long. `Continue` says what is still missing. Costly questions are
/// asked less often, so that asking does not slow down what it waits for.
pub async fn eventually<T>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<ControlFlow<T, String>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        let missing = match ask().await? {
            ControlFlow::Break(found) => return Ok(found),
            ControlFlow::Continue(missing) => missing,
        };
        if start.elapsed() > limit {
            bail!("waited {limit:?} for {what}, in vain: {missing}");
        }
        pass(PAUSE.max(asked.elapsed())).await;
    }
}

/// Say something whether or not the test passes: the test harness keeps back what is printed.
pub fn say(line: &str) {
    // A test run without anybody to tell is still a test run.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Let real time go by, for what has no other clock: another process.
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

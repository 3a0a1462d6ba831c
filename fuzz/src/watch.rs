//! A guard against inputs that never come back.

use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::report;

/// After this time an input has hung.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is being tried, and since when.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<Tried>>>);

type Tried = (Instant, Vec<u8>);

impl Watch {
    /// Begin to look. An input that hangs is written to `finding`, and the process ends: nothing else stops a loop.
    pub(crate) fn start(&self, finding: PathBuf) {
        let watch = self.clone();
        thread::spawn(move || {
            loop {
                thread::park_timeout(Duration::from_secs(1));
                let state = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((since, input)) = state.as_ref() else { continue };
                if since.elapsed() > PATIENCE {
                    let kept = std::fs::write(&finding, input).is_ok();
                    let place = if kept { finding.display().to_string() } else { format!("{input:?}") };
                    report::line(format!("an input hangs: {place}"));
                    process::abort();
                }
            }
        });
    }

    pub(crate) fn begin(&self, input: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.as_mut() {
            Some((since, kept)) => {
                *since = Instant::now();
                kept.clear();
                kept.extend_from_slice(input);
            }
            None => *state = Some((Instant::now(), input.to_vec())),
        }
    }

    pub(crate) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

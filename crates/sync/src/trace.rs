//! The HTTP exchanges of one object, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use scimitar_client::{Exchange, Recorder, Wanted};
use scimitar_domain::{Clock, JsonObject, KeptExchange, Timestamp};

use crate::report::{LogLevel, ObjectReport};

/// Exchanges of one object that are kept. A large group takes hundreds.
const KEPT: usize = 50;
/// In characters.
const LONGEST_URL: usize = 2_000;

/// Keeps what is said while one object is brought in step.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    kept: Arc<Mutex<Kept>>,
    recorder: Recorder,
    keeps: Keeps,
}

/// What a trace is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// What was said last about something that failed.
    LastFailure,
    /// What was said last.
    Last,
    /// Whatever is said.
    All,
}

#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<(Timestamp, Exchange)>,
    n_left_out: usize,
    last: Option<(Timestamp, Exchange)>,
}

impl Trace {
    /// Of what failed last. It costs nothing as long as nothing does.
    pub(crate) fn of_failures(clock: &Arc<dyn Clock>) -> Self {
        Self::of_last(clock, Wanted::Failures, Keeps::LastFailure)
    }

    /// Of what was said last, however it went.
    pub(crate) fn of_any(clock: &Arc<dyn Clock>) -> Self {
        Self::of_last(clock, Wanted::All, Keeps::Last)
    }

    fn of_last(clock: &Arc<dyn Clock>, wanted: Wanted, keeps: Keeps) -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let (keep, clock) = (Arc::clone(&kept), Arc::clone(clock));
        let recorder = Recorder::new(wanted, move |exchange| {
            lock(&keep).last = Some((clock.now(), exchange));
        });
        Self { kept, recorder, keeps }
    }

    /// Of every exchange, with the time when it was over.
    pub(crate) fn of_all(clock: Arc<dyn Clock>) -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let keep = Arc::clone(&kept);
        let recorder = Recorder::new(Wanted::All, move |exchange| {
            let mut kept = lock(&keep);
            kept.last = Some((clock.now(), exchange.clone()));
            if kept.exchanges.len() < KEPT {
                kept.exchanges.push((clock.now(), exchange));
            } else {
                kept.n_left_out += 1;
            }
        });
        Self { kept, recorder, keeps: Keeps::All }
    }

    /// Whether somebody wants to see whatever is said.
    pub(crate) fn tells_all(&self) -> bool {
        self.keeps == Keeps::All
    }

    pub(crate) fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// The last exchange that is worth keeping: any where somebody asked for the object or for all of them, else one
    /// of what has failed.
    pub(crate) fn worth_keeping(&self, has_failed: bool) -> Option<KeptExchange> {
        let is_wanted = match self.keeps {
            Keeps::All | Keeps::Last => true,
            Keeps::LastFailure => has_failed,
        };
        let (at, exchange) = lock(&self.kept).last.clone().filter(|_| is_wanted)?;
        let Exchange { method, url, status, duration, request, response } = exchange;
        Some(KeptExchange {
            at,
            method: method.as_str().to_owned(),
            url: url.chars().take(LONGEST_URL).collect(),
            status: status.map(i32::from),
            duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            request,
            response,
        })
    }

    /// Tell in `report`, before what it tells already, what was said so far, and forget it.
    pub(crate) fn tell(&self, report: &mut ObjectReport, now: Timestamp) {
        let Kept { exchanges, n_left_out, .. } = std::mem::take(&mut *lock(&self.kept));
        let after = std::mem::take(&mut report.events);
        for (at, exchange) in exchanges {
            report.tell(at, LogLevel::Info, sentence(&exchange), attributes(exchange));
        }
        if n_left_out > 0 {
            let event = format!("{n_left_out} more requests are not shown");
            report.tell(now, LogLevel::Info, event, JsonObject::new());
        }
        report.events.extend(after);
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sentence(exchange: &Exchange) -> String {
    let Exchange { method, url, status, duration, .. } = exchange;
    match status {
        Some(status) => {
            format!("{method} {url} was answered with {status} after {} ms", duration.as_millis())
        }
        None => format!("{method} {url} was not answered; given up after {} ms", duration.as_millis()),
    }
}

fn attributes(exchange: Exchange) -> JsonObject {
    let Exchange { method, url, status, duration, request, response } = exchange;
    let mut attributes = JsonObject::new();
    attributes.insert("method".to_owned(), json!(method.as_str()));
    attributes.insert("url".to_owned(), json!(url));
    attributes.insert("status".to_owned(), json!(status));
    attributes
        .insert("duration_ms".to_owned(), json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)));
    attributes.insert("request".to_owned(), json!(request));
    attributes.insert("response".to_owned(), json!(response));
    attributes
}

//! What was asked and how it ended: the counters, and the record of each request.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use scimitar_domain::Timestamp;

use super::call::{Call, Payload};
use super::fault::FaultKind;

/// One request.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Recorded {
    /// 1 for the first request, in the order of arrival.
    pub seq: u64,
    pub method: String,
    /// Below the base URL, still encoded: `/Users/u1`.
    pub path: String,
    /// Decoded.
    pub query: Option<String>,
    pub body: Option<Value>,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Whether the token was the one that was asked for.
    pub authorized: bool,
    /// What was answered, if anything was.
    pub status: Option<u16>,
    pub ending: Ending,
    pub fault: Option<FaultKind>,
    /// When it came and when it was answered, by the remote's clock (see `FakeRemote::set_clock`).
    pub at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// The end of the pause that the answer's `Retry-After` asked for.
    pub silence_until: Option<Timestamp>,
    #[serde(skip)]
    pub started: Instant,
    #[serde(skip)]
    pub finished: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Not yet.
    Pending,
    Answered,
    /// The connection was reset on purpose.
    Reset,
    /// The connection was closed on purpose, without an answer.
    Closed,
    /// The client went away first.
    Abandoned,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

/// A line of a transcript: `POST /Users -> 201`.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        match (self.ending, self.status, &self.fault) {
            // A success does not tell what was wrong with it.
            (Ending::Answered, Some(status @ 200..300), Some(fault)) => {
                write!(f, " -> {status} ({})", fault.name())
            }
            (Ending::Answered, Some(status), _) => write!(f, " -> {status}"),
            (Ending::Reset | Ending::Closed, _, Some(fault)) => write!(f, " -> {}", fault.name()),
            (Ending::Reset, _, None) => write!(f, " -> reset"),
            (Ending::Answered | Ending::Closed, _, _) => write!(f, " -> closed"),
            (Ending::Pending, ..) => write!(f, " -> pending"),
            (Ending::Abandoned, ..) => write!(f, " -> abandoned"),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    n_requests: u64,
    n_in_flight: usize,
    max_in_flight: usize,
    pub(super) methods: BTreeMap<String, u64>,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// How many records were thrown away, so that a ticket still finds its own.
    n_forgotten: u64,
    records: Vec<Recorded>,
}

/// Where the record of a request is, if there is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(Option<u64>);

impl Journal {
    pub(super) fn open(&mut self, call: &Call, fault: Option<&FaultKind>, entry: &Entry) -> Place {
        self.n_requests += 1;
        self.n_in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.n_in_flight);
        match self.methods.get_mut(call.method.as_str()) {
            Some(n) => *n += 1,
            None => {
                self.methods.insert(call.method.to_string(), 1);
            }
        }
        if let Some(fault) = fault {
            *self.faults.entry(fault.name()).or_default() += 1;
        }
        if !entry.record {
            return Place(None);
        }
        let place = self.n_forgotten + u64::try_from(self.records.len()).unwrap_or(0);
        self.records.push(record(self.n_requests, call, fault, entry));
        Place(Some(place))
    }

    pub(super) fn close(
        &mut self,
        place: Place,
        ending: Ending,
        status: Option<u16>,
        now: Option<Timestamp>,
    ) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        if let Some(status) = status {
            *self.statuses.entry(status).or_default() += 1;
        }
        let at = place.0.and_then(|place| place.checked_sub(self.n_forgotten));
        if let Some(record) = at.and_then(|at| self.records.get_mut(usize::try_from(at).ok()?)) {
            record.ending = ending;
            record.status = status;
            record.answered_at = now;
            record.finished = Some(Instant::now());
            if let (Ending::Answered, Some(fault), Some(now)) = (ending, &record.fault, now) {
                record.silence_until = fault.silence_until(now);
            }
        }
    }

    pub(super) fn records(&self) -> &[Recorded] {
        &self.records
    }

    pub(super) fn n_requests(&self) -> u64 {
        self.n_requests
    }

    pub(super) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Forget records and counters; what is in flight still counts.
    pub(super) fn clear(&mut self) {
        self.n_forgotten += u64::try_from(self.records.len()).unwrap_or(0);
        self.records.clear();
        self.max_in_flight = self.n_in_flight;
        self.n_requests = 0;
        self.methods.clear();
        self.statuses.clear();
        self.faults.clear();
    }
}

/// What the journal cannot see in the request.
pub(super) struct Entry {
    pub(super) record: bool,
    pub(super) authorized: bool,
    pub(super) at: Timestamp,
}

fn record(seq: u64, call: &Call, fault: Option<&FaultKind>, entry: &Entry) -> Recorded {
    let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Recorded {
        seq,
        method: call.method.to_string(),
        path: call.path.clone(),
        query: (!query.is_empty()).then(|| query.join("&")),
        body: match &call.payload {
            Payload::Json(body) => Some(body.clone()),
            Payload::Absent | Payload::NotJson => None,
        },
        headers: call.headers.iter().map(header).collect(),
        authorized: entry.authorized,
        status: None,
        ending: Ending::Pending,
        fault: fault.cloned(),
        at: entry.at,
        answered_at: None,
        silence_until: None,
        started: Instant::now(),
        finished: None,
    }
}

//! Judgements over what the remote holds and what it was asked.

use std::fmt::Write;

use chrono::TimeDelta;
use serde::Serialize;

use scimitar_domain::Timestamp;

use super::directory::Directory;
use super::journal::Recorded;
use super::kind::Kind;

/// Several live resources where there should be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    pub kind: Kind,
    pub attribute: &'static str,
    pub value: String,
    pub ids: Vec<String>,
}

/// A request that came although a client had been told to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Early {
    /// `Recorded::seq` of the request and of the answer that asked for patience.
    pub seq: u64,
    pub after: u64,
    pub by_ms: i64,
}

/// The same `externalId`, or the same `userName` but for case. Groups may share a name.
pub(super) fn duplicates(directory: &Directory) -> Vec<Duplicate> {
    let asked = [(Kind::User, "externalId"), (Kind::User, "userName"), (Kind::Group, "externalId")];
    let mut found = Vec::new();
    for (kind, attribute) in asked {
        let shelf = directory.shelf(kind);
        for (value, places) in shelf.index(attribute).map(super::index::Index::shared).unwrap_or_default() {
            let ids = places.iter().filter_map(|at| Some(shelf.at(*at)?.id.clone())).collect();
            found.push(Duplicate { kind, attribute, value: value.to_owned(), ids });
        }
    }
    found
}

/// Requests that came later than `grace` after the answer that asked for patience: what was on its way then
/// is not early. Absurd waits are not counted, since no client has to keep them.
pub(super) fn early_requests(records: &[Recorded], grace: TimeDelta) -> Vec<Early> {
    let mut pauses: Vec<(Timestamp, u64, Timestamp)> = records
        .iter()
        .filter_map(|record| Some((record.answered_at? + grace, record.seq, record.silence_until?)))
        .collect();
    pauses.sort_unstable();
    let mut pauses = pauses.into_iter().peekable();
    let mut longest: Option<(Timestamp, u64)> = None;
    let mut early = Vec::new();
    for record in records {
        while let Some((_, seq, until)) =
            pauses.next_if(|(from, seq, _)| *from <= record.at && *seq < record.seq)
        {
            longest = longest.max(Some((until, seq)));
        }
        if let Some((until, after)) = longest
            && record.at < until
        {
            early.push(Early { seq: record.seq, after, by_ms: (until - record.at).num_milliseconds() });
        }
    }
    early
}

pub(super) fn transcript<'a>(records: impl Iterator<Item = &'a Recorded>) -> String {
    let mut text = String::new();
    for record in records {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{record}");
    }
    text
}

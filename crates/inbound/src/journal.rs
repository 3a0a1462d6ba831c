//! The log of each source: gathered beside the answers, written together a little later, and bounded everywhere.
//!
//! A request only pushes onto a list in memory. Where more comes than can be written, reads are left out first and
//! then everything, and how much was left out is told. What waits when the process is killed is lost: the log explains
//! what happened, it is no record that anything rests on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use scimitar_domain::{SourceId, SourceLogEntry, Timestamp};
use scimitar_store::{Store, StoreError, source_log, sources};

/// Entries that wait in memory.
const MOST_WAITING: usize = 2048;
/// Of them, those that only read.
const MOST_READS: usize = 1024;
/// Entries in one unit: others get their turn at the database in between.
const AT_ONCE: usize = 100;
/// Entries of one source that are kept.
pub(crate) const KEPT: i64 = 10_000;
/// For how long they are kept.
pub(crate) const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What waits to be written. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    entries: Vec<(Of, SourceLogEntry)>,
    n_lost: u64,
}

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Of {
    Known(SourceId),
    /// The source with this slug, if there is one: nobody was admitted to it.
    Named(String),
}

impl Journal {
    pub(crate) fn push(&self, of: Of, entry: SourceLogEntry) {
        let mut waiting = self.lock();
        let most = if entry.method == "GET" || entry.method == "HEAD" { MOST_READS } else { MOST_WAITING };
        if waiting.entries.len() < most {
            waiting.entries.push((of, entry));
        } else {
            waiting.n_lost += 1;
        }
    }

    /// Write down what waits. Returns how much.
    pub(crate) async fn write(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let Waiting { entries, n_lost } = std::mem::take(&mut *self.lock());
        if n_lost > 0 {
            tracing::warn!("{n_lost} requests of sources' clients came too fast to be logged");
        }
        let (n_entries, mut written) = (entries.len(), BTreeSet::new());
        for some in entries.chunks(AT_ONCE) {
            let some = some.to_vec();
            let unit = move |conn: &mut scimitar_store::Conn| {
                let mut settled = Vec::with_capacity(some.len());
                for (of, mut entry) in some.clone() {
                    match of {
                        Of::Known(source) => entry.source = source,
                        Of::Named(slug) => match sources::find_by_slug(conn, &slug)? {
                            Some(source) => entry.source = source.id,
                            None => continue,
                        },
                    }
                    settled.push(entry);
                }
                source_log::append(conn, &settled)?;
                Ok::<_, StoreError>(settled.into_iter().map(|entry| entry.source).collect::<Vec<_>>())
            };
            written.extend(store.write(unit).await?);
        }
        if !written.is_empty() {
            let written: Vec<SourceId> = written.into_iter().collect();
            store.write(move |conn| source_log::trim(conn, &written, now - KEPT_FOR, KEPT)).await?;
        }
        Ok(n_entries)
    }

    /// Forget what is too old, also of sources whose clients have fallen silent.
    pub(crate) async fn trim(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let of = store.read(source_log::sources_with_entries).await?;
        if of.is_empty() {
            return Ok(());
        }
        store.write(move |conn| source_log::trim(conn, &of, now - KEPT_FOR, KEPT)).await
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn entry(method: &str) -> SourceLogEntry {
        SourceLogEntry {
            source: SourceId(Uuid::nil()),
            at: Timestamp::default(),
            method: method.to_owned(),
            path: "/Users".to_owned(),
            client: String::new(),
            status: 200,
            micros: 0,
            object: None,
            detail: json!({}),
        }
    }

    fn counts(journal: &Journal) -> (usize, u64) {
        let waiting = journal.lock();
        (waiting.entries.len(), waiting.n_lost)
    }

    #[test]
    fn what_waits_is_bounded_and_reads_are_left_out_first() {
        let journal = Journal::default();
        let of = || Of::Known(SourceId(Uuid::nil()));
        for _ in 0..=MOST_READS {
            journal.push(of(), entry("GET"));
        }
        assert_eq!(counts(&journal), (MOST_READS, 1));
        for _ in 0..MOST_WAITING {
            journal.push(of(), entry("POST"));
        }
        let n_lost = u64::try_from(MOST_READS).unwrap() + 1;
        assert_eq!(counts(&journal), (MOST_WAITING, n_lost));
    }
}

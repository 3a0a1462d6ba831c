//! Trying again what fails: one object, some, or all of a provider. What was parked waits for a person, and this is
//! the person's word.

use std::collections::BTreeSet;

use scimitar_domain::{ObjectId, ProviderPk, Timestamp};
use scimitar_store::{Store, StoreError, jobs, links, tombstones};

use crate::error::SyncError;
use crate::work::Work;

/// Objects whose jobs are written in one transaction.
const AT_ONCE: i64 = 1_000;

/// Try again now what failed when it was last tried; only these objects, if some are named. Whoever works for the
/// provider does it, and a provider that rests goes on resting first. Answers how many there are.
pub async fn retry(
    store: &Store,
    provider: ProviderPk,
    only: Option<BTreeSet<ObjectId>>,
    now: Timestamp,
) -> Result<usize, SyncError> {
    let is_meant = |object: &ObjectId| only.as_ref().is_none_or(|only| only.contains(object));
    let (mut n_retried, mut after) = (0, None);
    loop {
        let failing = store.read(move |conn| links::failing(conn, provider, after, AT_ONCE)).await?;
        let Some((last, _)) = failing.last().copied() else { break };
        after = Some(last);
        let meant = failing.into_iter().map(|(_, object)| object).filter(is_meant);
        n_retried +=
            enqueue(store, meant.map(|object| Work::Object { provider, object }).collect(), now).await?;
    }
    let mut after = None;
    loop {
        let failing = store.read(move |conn| tombstones::failing(conn, provider, after, AT_ONCE)).await?;
        let Some((last, _)) = failing.last().copied() else { return Ok(n_retried) };
        after = Some(last);
        let meant = failing.into_iter().filter(|(_, object)| is_meant(object));
        let work = meant.map(|(tombstone, _)| Work::Tombstone { provider, tombstone }).collect();
        n_retried += enqueue(store, work, now).await?;
    }
}

async fn enqueue(store: &Store, work: Vec<Work>, now: Timestamp) -> Result<usize, StoreError> {
    let n_jobs = work.len();
    if n_jobs > 0 {
        let work: Vec<_> = work.iter().map(|work| work.job(now)).collect();
        store.write(move |conn| jobs::enqueue(conn, &work, now)).await?;
    }
    Ok(n_jobs)
}

//! Writing down together what is ready at the same time: intents before creates, outcomes after steps.
//!
//! Whoever comes while a unit is being written waits for its end, and the first of them writes for all. So a
//! sync that is faster than the disk makes larger units instead of more of them, and one that is slower waits
//! for nobody.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use scimitar_domain::{KeptExchange, LinkId, ObjectId, ProviderPk, Timestamp};
use scimitar_store::claims::{self, Intent, LinkOutcome};
use scimitar_store::{Store, StoreError, exchanges, jobs};

use crate::announce::{Event, Herald};
use crate::work::Work;

/// One provider's notes.
pub(crate) struct Scribe {
    intents: Gather<Arc<Intent>, bool>,
    outcomes: Gather<Arc<Note>, Noted>,
    herald: Herald,
}

/// What became of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    Written,
    /// Nothing is written of it: another has claimed the link since, or its object was deleted.
    Overtaken,
    /// Nothing is written of it: the remote id stands for another object already.
    Conflict,
}

/// An outcome, and what is to be done because of it.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) outcome: LinkOutcome,
    /// A job that looks at the object again.
    pub(crate) again: Option<(ObjectId, Timestamp)>,
    /// What was said last about it, for whoever wants to know why.
    pub(crate) exchange: Option<KeptExchange>,
    /// What people want to hear of it.
    pub(crate) event: Option<Event>,
}

impl Scribe {
    pub(crate) fn new(herald: Herald) -> Self {
        Self { intents: Gather::default(), outcomes: Gather::default(), herald }
    }

    /// Write down a create that is about to be sent. Answers whether the fence holds; only then it may be sent.
    pub(crate) async fn intend(
        &self,
        store: &Store,
        intent: Intent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let write = |intents: Vec<Arc<Intent>>| {
            store.write(move |conn| {
                let begun = claims::begin_create(conn, &intents, now)?;
                Ok(intents.iter().map(|intent| begun.contains(&intent.link)).collect())
            })
        };
        self.intents.write(Arc::new(intent), write).await
    }

    /// Write down an outcome with the jobs that follow from it.
    pub(crate) async fn record(
        &self,
        store: &Store,
        provider: ProviderPk,
        note: Note,
        now: Timestamp,
    ) -> Result<Noted, StoreError> {
        let write = |notes: Vec<Arc<Note>>| {
            let herald = self.herald.clone();
            store.write(move |conn| {
                let outcomes: Vec<&LinkOutcome> = notes.iter().map(|note| &note.outcome).collect();
                let recorded = claims::record(conn, &outcomes)?;
                for note in &notes {
                    if let Some(exchange) = &note.exchange {
                        exchanges::keep(conn, note.outcome.link, exchange)?;
                    }
                    if let Some(event) = &note.event {
                        herald.tell(conn, event, now)?;
                    }
                }
                let groups = recorded.groups.iter().map(|group| (ObjectId::Group(*group), now));
                let follow_ups: Vec<_> = groups
                    .chain(notes.iter().filter_map(|note| note.again))
                    .map(|(object, at)| Work::Object { provider, object }.job(at))
                    .collect();
                if !follow_ups.is_empty() {
                    jobs::enqueue(conn, &follow_ups, now)?;
                }
                let held: BTreeSet<LinkId> = recorded.held.into_iter().collect();
                let noted = |link: &LinkId| match (held.contains(link), recorded.conflicts.contains(link)) {
                    (_, true) => Noted::Conflict,
                    (true, false) => Noted::Written,
                    (false, false) => Noted::Overtaken,
                };
                Ok(outcomes.iter().map(|outcome| noted(&outcome.link)).collect())
            })
        };
        self.outcomes.write(Arc::new(note), write).await
    }
}

/// Items that wait to be written, each with its own answer.
#[derive(Debug)]
struct Gather<T, R> {
    waiting: Mutex<Vec<(T, oneshot::Sender<R>)>>,
    turn: tokio::sync::Mutex<()>,
}

impl<T, R> Default for Gather<T, R> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone, R> Gather<T, R> {
    /// Write `item` with whatever else waits. `write` answers one result for each item, in their order, and may
    /// be called twice for one item.
    async fn write<F>(&self, item: T, write: impl Fn(Vec<T>) -> F) -> Result<R, StoreError>
    where
        F: Future<Output = Result<Vec<R>, StoreError>>,
    {
        let (tell, mut told) = oneshot::channel();
        self.lock().push((item.clone(), tell));
        let turn = tokio::select! {
            biased;
            answer = &mut told => return self.or_alone(answer.ok(), item, write).await,
            turn = self.turn.lock() => turn,
        };
        let (items, answers): (Vec<T>, Vec<_>) = std::mem::take(&mut *self.lock()).into_iter().unzip();
        if items.is_empty() {
            // The one before took this item along, and has just told.
            drop(turn);
            return self.or_alone(told.await.ok(), item, write).await;
        }
        let written = write(items).await;
        drop(turn);
        for (answer, result) in answers.into_iter().zip(written.into_iter().flatten()) {
            // Who has gone away needs no answer.
            drop(answer.send(result));
        }
        self.or_alone(told.await.ok(), item, write).await
    }

    /// An item that got no answer is written by itself, so that one that spoils a unit, or a writer that went
    /// away, costs its neighbours nothing but time.
    async fn or_alone<F>(
        &self,
        answer: Option<R>,
        item: T,
        write: impl Fn(Vec<T>) -> F,
    ) -> Result<R, StoreError>
    where
        F: Future<Output = Result<Vec<R>, StoreError>>,
    {
        match answer {
            Some(result) => Ok(result),
            None => write(vec![item]).await?.pop().ok_or(StoreError::Closed),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(T, oneshot::Sender<R>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::future::join_all;

    use super::*;

    /// Writes down what it is given; a unit with `spoil` among its items fails.
    async fn write(
        units: &Mutex<Vec<Vec<i32>>>,
        items: Vec<i32>,
        spoil: i32,
    ) -> Result<Vec<i32>, StoreError> {
        units.lock().unwrap().push(items.clone());
        tokio::task::yield_now().await;
        if items.contains(&spoil) { Err(StoreError::Overloaded) } else { Ok(items) }
    }

    #[tokio::test]
    async fn what_waits_is_written_together_and_each_gets_its_own_answer() {
        let (gather, units) = (Gather::default(), Mutex::default());
        let all = (0..10).map(|n| gather.write(n, |items| write(&units, items, -1)));
        let answers: Vec<i32> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..10).collect::<Vec<_>>());
        assert_eq!(*units.lock().unwrap(), [vec![0], (1..10).collect()]);
    }

    #[tokio::test]
    async fn one_that_spoils_a_unit_fails_alone() {
        let (gather, units) = (Gather::default(), Mutex::default());
        let all = (0..10).map(|n| gather.write(n, |items| write(&units, items, 4)));
        for (n, answer) in join_all(all).await.into_iter().enumerate() {
            assert_eq!(answer.is_err(), n == 4, "{n}");
        }
    }

    #[tokio::test]
    async fn a_writer_that_goes_away_leaves_nobody_without_an_answer() {
        let (gather, units) = (Gather::default(), Mutex::default());
        let mut first = Box::pin(gather.write(1, |items| write(&units, items, -1)));
        let mut second = Box::pin(gather.write(2, |items| write(&units, items, -1)));
        let mut third = Box::pin(gather.write(3, |items| write(&units, items, -1)));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        assert!(futures_util::poll!(&mut second).is_pending(), "it writes for the third too");
        drop(second);
        assert_eq!(third.await.unwrap(), 3);
    }
}

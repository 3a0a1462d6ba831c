//! The changes of one provider that wait to be sent in one request, and what is known of whether they may.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use scimitar_client::{Answer, Operation, Recorder};
use scimitar_scim::BulkSupport;

use crate::bulk::Sent;
use crate::context::Context;
use crate::failure::Trouble;

/// What goes in one request at most, where the remote names no limit or a larger one. One that takes a quarter of a
/// second for each change still answers in time.
const MOST_OPERATIONS: usize = 100;
/// In bytes.
const LARGEST_REQUEST: usize = 1_000_000;
/// So many other changes under way make it worth to ask a remote whether it takes them together.
pub(crate) const WORTH_ASKING: usize = 4;
/// Requests with many changes that fail in a row, before changes go by themselves for a while.
const MOST_FAILURES: usize = 3;

/// What goes in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// At least two.
    pub(crate) operations: usize,
    bytes: usize,
}

/// Whether changes may go together, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Nothing,
    Yes,
    No,
}

/// The changes of one provider that wait to be sent.
#[derive(Debug)]
pub(crate) struct Together {
    known: AtomicU8,
    /// Changes that go by themselves as long as nothing is known.
    n_alone: AtomicUsize,
    /// Operations in one request that the remote has answered in time, as far as is known.
    most: AtomicUsize,
    n_failures: AtomicUsize,
    /// Changes that are about to wait.
    n_coming: AtomicUsize,
    came: Notify,
    waiting: Mutex<Vec<Waiting>>,
    /// Whoever has it sends for all.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

/// A change, who wants to know what is said of it, and who waits for what becomes of it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) part: Part,
    pub(crate) size: usize,
    pub(crate) tell: oneshot::Sender<Sent>,
}

type Part = (Operation, Option<Recorder>);
type Teller = (usize, oneshot::Sender<Sent>);

/// A change that goes by itself because nothing is known. It counts as long as it is under way.
pub(crate) struct Alone<'a> {
    together: &'a Together,
    n_others: usize,
}

/// A change that is about to wait, as soon as it may be sent. Nothing that it waits for waits for others.
pub(crate) struct Coming<'a> {
    together: &'a Together,
}

impl Limits {
    /// What the remote says, within `learned` and what is reasonable. `None` where nothing can go together.
    pub(crate) fn new(said: BulkSupport, learned: usize) -> Option<Self> {
        let limit = |limit: Option<u64>, usual: usize| {
            limit.map_or(usual, |limit| usize::try_from(limit).unwrap_or(usize::MAX).min(usual))
        };
        let operations = limit(said.max_operations, MOST_OPERATIONS).min(learned);
        let bytes = limit(said.max_payload_size, LARGEST_REQUEST);
        (operations > 1).then_some(Self { operations, bytes })
    }

    /// Whether an operation of this size goes with others.
    pub(crate) fn take(self, size: usize) -> bool {
        size.saturating_add(Operation::envelope()) <= self.bytes
    }
}

impl Default for Together {
    fn default() -> Self {
        Self {
            known: AtomicU8::new(Known::Nothing as u8),
            n_alone: AtomicUsize::new(0),
            most: AtomicUsize::new(MOST_OPERATIONS),
            n_failures: AtomicUsize::new(0),
            n_coming: AtomicUsize::new(0),
            came: Notify::new(),
            waiting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl Together {
    pub(crate) fn known(&self) -> Known {
        match self.known.load(Ordering::Relaxed) {
            known if known == Known::Yes as u8 => Known::Yes,
            known if known == Known::No as u8 => Known::No,
            _ => Known::Nothing,
        }
    }

    /// The remote takes changes together, or does not.
    pub(crate) fn offer(&self, is_offered: bool) {
        let known = if is_offered { Known::Yes } else { Known::No };
        self.known.store(known as u8, Ordering::Relaxed);
    }

    pub(crate) fn alone(&self) -> Alone<'_> {
        Alone { together: self, n_others: self.n_alone.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn coming(&self) -> Coming<'_> {
        self.n_coming.fetch_add(1, Ordering::Relaxed);
        Coming { together: self }
    }

    /// Let those who are about to wait come, unless there are enough. For whoever has the turn.
    pub(crate) async fn gather(&self, limits: Limits) {
        // Those that are ready at the same moment, too.
        tokio::task::yield_now().await;
        while self.n_coming.load(Ordering::Relaxed) > 0 && self.lock().len() < self.most(limits) {
            self.came.notified().await;
        }
    }

    /// Answers whether as many wait now as go in one request.
    pub(crate) fn add(&self, waiting: Waiting, limits: Limits) -> bool {
        let mut all = self.lock();
        all.push(waiting);
        all.len() >= self.most(limits)
    }

    /// What fits in one request, in the order in which it came; at least one if any waits.
    pub(crate) fn take(&self, limits: Limits) -> Vec<Waiting> {
        let most = self.most(limits);
        let mut waiting = self.lock();
        let mut bytes = Operation::envelope();
        let fits = waiting.iter().take(most).take_while(|it| {
            bytes = bytes.saturating_add(it.size);
            bytes <= limits.bytes
        });
        let count = fits.count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }

    fn most(&self, limits: Limits) -> usize {
        limits.operations.min(self.most.load(Ordering::Relaxed))
    }

    /// A request was answered.
    pub(crate) fn went_well(&self) {
        self.n_failures.store(0, Ordering::Relaxed);
        let most = self.most.load(Ordering::Relaxed);
        self.most.store(most.saturating_mul(2).min(MOST_OPERATIONS), Ordering::Relaxed);
    }

    /// A request with `n` changes may have been done, and its answer was of no use. The next is smaller. Answers
    /// whether changes go by themselves from now on, until the remote is asked again what it can do.
    pub(crate) fn went_badly(&self, n: usize) -> bool {
        self.most.store((n / 2).max(2), Ordering::Relaxed);
        let n_failures = self.n_failures.fetch_add(1, Ordering::Relaxed) + 1;
        let gives_up = n_failures >= MOST_FAILURES;
        if gives_up {
            self.n_failures.store(0, Ordering::Relaxed);
            self.offer(false);
        }
        gives_up
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alone<'_> {
    /// Those that were under way when it came.
    pub(crate) fn n_others(&self) -> usize {
        self.n_others
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.together.n_coming.fetch_sub(1, Ordering::Relaxed);
        self.together.came.notify_one();
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.together.n_alone.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Waiting {
    pub(crate) fn split(self) -> (Part, Teller) {
        (self.part, (self.size, self.tell))
    }

    pub(crate) fn join((part, (size, tell)): (Part, Teller)) -> Self {
        Self { part, size, tell }
    }

    /// Send it by itself, for whoever waits.
    pub(crate) async fn send_alone(self, context: &Context) {
        let Self { part: (operation, recorder), tell, .. } = self;
        let send = |client: scimitar_client::Client| async move { client.change(&operation).await };
        let result = context.call_for(recorder, send).await;
        drop(tell.send(Sent::Result(result)));
    }

    /// Who has gone away needs no answer.
    pub(crate) fn answer(self, result: Result<Answer, Trouble>) {
        drop(self.tell.send(Sent::Result(result)));
    }

    /// It is to go by itself.
    pub(crate) fn give_back(self) {
        drop(self.tell.send(Sent::Back(self.part.0)));
    }
}

#[cfg(test)]
mod tests {
    use scimitar_client::Deed;
    use scimitar_scim::ResourceKind;

    use super::*;

    fn said(max_operations: Option<u64>, max_payload_size: Option<u64>) -> BulkSupport {
        BulkSupport { supported: true, max_operations, max_payload_size }
    }

    fn waiting(size: usize) -> Waiting {
        let deed = Deed::Delete { remote_id: size.to_string() };
        let operation = Operation { deed, kind: ResourceKind::User, version: None };
        Waiting { part: (operation, None), size, tell: oneshot::channel().0 }
    }

    #[test]
    fn what_the_remote_says_what_it_has_taught_and_what_is_reasonable_bound_a_request() {
        let operations = |said, learned| Limits::new(said, learned).map(|limits| limits.operations);
        assert_eq!(operations(said(None, None), usize::MAX), Some(MOST_OPERATIONS));
        assert_eq!(operations(said(Some(1_000), None), usize::MAX), Some(MOST_OPERATIONS));
        assert_eq!(operations(said(Some(1_000), None), 7), Some(7));
        assert_eq!(operations(said(Some(5), None), 7), Some(5));
        for (said, learned) in [(said(Some(1), None), 7), (said(Some(0), None), 7), (said(None, None), 1)] {
            assert_eq!(operations(said, learned), None);
        }
    }

    #[test]
    fn a_request_takes_what_came_first_and_fits() {
        let room = Operation::envelope() + 100;
        let limits = Limits::new(said(Some(3), u64::try_from(room).ok()), usize::MAX).unwrap();
        assert!(limits.take(100) && !limits.take(101));
        let together = Together::default();
        for size in [60, 40, 1, 100, 200, 5, 5, 5, 5] {
            together.add(waiting(size), limits);
        }
        let mut taken = Vec::new();
        loop {
            let sizes: Vec<usize> = together.take(limits).iter().map(|it| it.size).collect();
            if sizes.is_empty() {
                break;
            }
            taken.push(sizes);
        }
        assert_eq!(taken, [vec![60, 40], vec![1], vec![100], vec![200], vec![5, 5, 5], vec![5]]);
    }

    #[test]
    fn failures_in_a_row_make_requests_smaller_and_then_separate() {
        let together = Together::default();
        let limits = Limits::new(said(None, None), usize::MAX).unwrap();
        let fits = || {
            for _ in 0..MOST_OPERATIONS {
                together.add(waiting(1), limits);
            }
            let fits = together.take(limits).len();
            together.lock().clear();
            fits
        };
        together.offer(true);
        assert!(!together.went_badly(100));
        assert_eq!(fits(), 50);
        assert!(!together.went_badly(50));
        together.went_well();
        assert_eq!(fits(), 50);
        assert!(!together.went_badly(3) && !together.went_badly(2));
        assert_eq!((fits(), together.known()), (2, Known::Yes));
        assert!(together.went_badly(2));
        assert_eq!(together.known(), Known::No);
    }

    #[test]
    fn who_goes_alone_is_counted_until_he_is_back() {
        let together = Together::default();
        let (first, second) = (together.alone(), together.alone());
        assert_eq!((first.n_others(), second.n_others()), (0, 1));
        drop((first, second));
        assert_eq!(together.alone().n_others(), 0);
    }
}

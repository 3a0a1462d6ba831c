//! The gate of one provider: how many requests are in flight, and whether it rests.
//!
//! How many depends on what the remote bears: each answer that says "too much", or does not come in time, halves it,
//! and each round of good answers adds one, up to what was agreed. After an outage a single call goes first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::{Semaphore, SemaphorePermit};

use scimitar_domain::{FailureClass, Timestamp};
use scimitar_queue::Verdict;

/// For each call in flight, how many may be made ready. A crash leaves that many doubts at most.
const AHEAD: usize = 4;

/// Everything that wants to call the provider from this process goes through here.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Semaphore,
    ready: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rest: Option<Rest>,
    /// Calls in flight that were agreed.
    most: usize,
    /// Calls in flight that the remote bears, as far as is known.
    limit: usize,
    /// Permits that are to be taken back from calls in flight.
    owed: usize,
    /// Below this, each good answer adds one, and not only a round of them.
    calm: usize,
    /// Good answers since the limit was last raised.
    good: usize,
    /// Rises with each lowering, so that the calls of one bad moment lower the limit once.
    lowered: u64,
}

/// Why nothing is sent to a provider for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: Timestamp,
    pub(crate) class: FailureClass,
    pub(crate) reason: String,
}

/// A job that meets a rest lets its whole lane wait.
impl From<Rest> for Verdict {
    fn from(Rest { until, class, reason }: Rest) -> Self {
        Self::Pause { until, class: class.as_str().to_owned(), reason }
    }
}

/// A place among the calls in flight.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    gate: &'a Gate,
    permit: Option<SemaphorePermit<'a>>,
    /// What `lowered` was when the call began.
    since: u64,
}

/// What an answer says about how much the remote bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// It answers.
    Fine,
    /// It is asked for too much at once.
    TooMuch,
    /// It does not work at all; after the rest one call goes first.
    Out,
    /// The answer says nothing about it.
    Unknown,
}

impl Gate {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let most = max_in_flight.clamp(1, Semaphore::MAX_PERMITS / AHEAD);
        Self {
            permits: Semaphore::new(most),
            ready: Semaphore::new(most.saturating_mul(AHEAD)),
            state: Mutex::new(State {
                rest: None,
                most,
                limit: most,
                owed: 0,
                calm: most,
                good: 0,
                lowered: 0,
            }),
        }
    }

    /// Wait until what a call needs may be made ready, a little ahead of its turn: so the disk works while the
    /// remote does.
    pub(crate) async fn make_ready(
        &self,
        now: impl Fn() -> Timestamp,
    ) -> Result<Option<SemaphorePermit<'_>>, Rest> {
        let permit = self.ready.acquire().await.ok();
        match self.resting(now()) {
            Some(rest) => Err(rest),
            None => Ok(permit),
        }
    }

    /// Wait for a place among the calls in flight. The rest is checked after the wait: it may have begun meanwhile.
    pub(crate) async fn enter(&self, now: impl Fn() -> Timestamp) -> Result<Place<'_>, Rest> {
        // The semaphore is never closed; if it were, no cap would be better than no call.
        let permit = self.permits.acquire().await.ok();
        let (since, rest) = {
            let state = self.lock();
            (state.lowered, state.rest.clone())
        };
        let place = Place { gate: self, permit, since };
        match rest.filter(|rest| rest.until > now()) {
            Some(rest) => Err(rest),
            None => Ok(place),
        }
    }

    pub(crate) fn resting(&self, now: Timestamp) -> Option<Rest> {
        self.lock().rest.clone().filter(|rest| rest.until > now)
    }

    /// Rest at least until then. Answers by how much that is longer than before.
    pub(crate) fn rest(&self, rest: Rest, now: Timestamp) -> TimeDelta {
        let mut state = self.lock();
        let before = state.rest.as_ref().map_or(now, |it| it.until.max(now));
        let longer = (rest.until - before).max(TimeDelta::zero());
        if state.rest.as_ref().is_none_or(|it| it.until < rest.until) {
            state.rest = Some(rest);
        }
        longer
    }

    /// Whether a rest has come to its end since this was last asked.
    pub(crate) fn take_rested(&self, now: Timestamp) -> bool {
        let mut state = self.lock();
        let over = state.rest.as_ref().is_some_and(|rest| rest.until <= now);
        if over {
            state.rest = None;
        }
        over
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Tell what the answer says about the remote. The place is given back when it is dropped.
    pub(crate) fn answered(&self, load: Load) {
        let mut state = self.gate.lock();
        match load {
            Load::Fine => {
                if state.raise() {
                    self.gate.permits.add_permits(1);
                }
            }
            Load::TooMuch if self.since == state.lowered => {
                let half = (state.limit / 2).max(1);
                state.lower(half, half, &self.gate.permits);
            }
            Load::Out if state.limit > 1 => {
                let calm = (state.limit / 2).max(1);
                state.lower(1, calm, &self.gate.permits);
            }
            Load::TooMuch | Load::Out | Load::Unknown => {}
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}

impl State {
    /// Count a good answer. Answers whether a permit is to be added for it.
    fn raise(&mut self) -> bool {
        if self.limit >= self.most {
            return false;
        }
        self.good += 1;
        if self.limit >= self.calm && self.good < self.limit {
            return false;
        }
        self.good = 0;
        self.limit += 1;
        if self.owed > 0 {
            self.owed -= 1;
            return false;
        }
        true
    }

    fn lower(&mut self, limit: usize, calm: usize, permits: &Semaphore) {
        self.lowered += 1;
        self.good = 0;
        self.calm = calm;
        let less = self.limit.saturating_sub(limit);
        self.limit = self.limit.min(limit);
        self.owed += less - permits.forget_permits(less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::default()
    }

    async fn places(gate: &Gate, n: usize) -> Vec<Place<'_>> {
        let mut places = Vec::new();
        for _ in 0..n {
            places.push(gate.enter(now).await.unwrap());
        }
        places
    }

    /// Permits that can be had at this moment.
    fn free(gate: &Gate) -> usize {
        gate.permits.available_permits()
    }

    #[tokio::test]
    async fn one_bad_moment_halves_what_is_in_flight_once() {
        let gate = Gate::new(16);
        let all = places(&gate, 16).await;
        for place in &all {
            place.answered(Load::TooMuch);
        }
        assert_eq!(gate.lock().limit, 8, "sixteen calls of one moment count as one");
        drop(all);
        assert_eq!(free(&gate), 8);

        let few = places(&gate, 2).await;
        for place in &few {
            place.answered(Load::TooMuch);
        }
        drop(few);
        assert_eq!(free(&gate), 4);
    }

    #[tokio::test]
    async fn a_round_of_good_answers_adds_one_up_to_what_was_agreed() {
        let gate = Gate::new(4);
        gate.enter(now).await.unwrap().answered(Load::TooMuch);
        assert_eq!(free(&gate), 2);
        let mut limits = Vec::new();
        for _ in 0..8 {
            gate.enter(now).await.unwrap().answered(Load::Fine);
            limits.push(free(&gate));
        }
        assert_eq!(limits, [2, 3, 3, 3, 4, 4, 4, 4]);
    }

    #[tokio::test]
    async fn after_an_outage_one_call_goes_first_and_the_others_follow_quickly() {
        let gate = Gate::new(16);
        let all = places(&gate, 16).await;
        for place in &all {
            place.answered(Load::Out);
        }
        drop(all);
        assert_eq!(free(&gate), 1);
        let probe = gate.enter(now).await.unwrap();
        assert_eq!(free(&gate), 0, "nobody else until it is answered");
        probe.answered(Load::Fine);
        drop(probe);
        assert_eq!(free(&gate), 2);
    }

    #[tokio::test]
    async fn the_least_is_one_and_what_says_nothing_changes_nothing() {
        let gate = Gate::new(2);
        for _ in 0..5 {
            gate.enter(now).await.unwrap().answered(Load::TooMuch);
        }
        gate.enter(now).await.unwrap().answered(Load::Unknown);
        assert_eq!(free(&gate), 1);
        for _ in 0..5 {
            gate.enter(now).await.unwrap().answered(Load::Fine);
        }
        assert_eq!(free(&gate), 2);
    }

    #[test]
    fn a_rest_counts_from_the_end_of_the_one_before() {
        let gate = Gate::new(2);
        let rest = |seconds| {
            let until = now() + TimeDelta::seconds(seconds);
            gate.rest(Rest { until, class: FailureClass::Throttled, reason: String::new() }, now())
                .num_seconds()
        };
        assert_eq!([rest(30), rest(20), rest(45)], [30, 0, 15]);
        assert_eq!(gate.resting(now()).map(|rest| rest.until), Some(now() + TimeDelta::seconds(45)));
    }

    #[tokio::test]
    async fn who_leaves_without_an_answer_gives_the_place_back() {
        let gate = Gate::new(2);
        drop(places(&gate, 2).await);
        assert_eq!(free(&gate), 2);
    }
}

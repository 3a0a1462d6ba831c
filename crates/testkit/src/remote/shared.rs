//! The state that all connections share, behind one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::Method;

use scimitar_domain::{Clock, Timestamp};

use super::answer::Answer;
use super::behaviour::Behaviour;
use super::bulk;
use super::call::{Call, Target};
use super::dice::Dice;
use super::directory::Directory;
use super::fault::{FaultKind, RetryAfter};
use super::journal::{Ending, Entry, Journal, Place};
use super::luck::Luck;
use super::operations::Service;
use super::rate::Bucket;
use super::script::{Order, Script};

#[derive(Debug)]
pub(super) struct Shared {
    /// `http://127.0.0.1:1234/scim/v2`.
    pub(super) base: String,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) behaviour: Arc<Behaviour>,
    pub(super) directory: Directory,
    pub(super) journal: Journal,
    pub(super) script: Script,
    /// For the order of pages.
    dice: Dice,
    luck: Luck,
    bucket: Bucket,
}

/// A request that has come in and will be judged by what is in here.
pub(super) struct Opened<'a> {
    pub(super) ticket: Ticket<'a>,
    pub(super) fault: Option<FaultKind>,
    pub(super) behaviour: Arc<Behaviour>,
    pub(super) now: Timestamp,
}

impl Shared {
    pub(super) fn new(base: String, behaviour: Behaviour, clock: Arc<dyn Clock>) -> Self {
        let state = State {
            directory: Directory::new(clock, behaviour.ids, behaviour.seed),
            journal: Journal::default(),
            script: Script::default(),
            dice: Dice::new(behaviour.seed),
            luck: Luck::new(behaviour.seed),
            bucket: Bucket::default(),
            behaviour: Arc::new(behaviour),
        };
        Self { base, state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, call: &Call) -> Opened<'_> {
        let mut state = self.lock();
        let now = state.directory.now();
        let fault = state.choose_fault(call, now);
        let entry = Entry {
            record: state.behaviour.record,
            authorized: call.is_authorized(state.behaviour.token.as_deref()),
            at: now,
        };
        let place = state.journal.open(call, fault.as_ref(), &entry);
        let ticket = Ticket { shared: self, place, is_closed: false };
        Opened { ticket, fault, behaviour: Arc::clone(&state.behaviour), now }
    }

    pub(super) fn commit(&self, call: Call) -> Answer {
        let mut state = self.lock();
        if call.method == Method::POST && matches!(&call.target, Target::Top(name) if name == "Bulk") {
            return bulk::serve(&mut state, &self.base, &call);
        }
        state.service(&self.base).serve(call)
    }
}

impl State {
    pub(super) fn set_behaviour(&mut self, behaviour: Behaviour) {
        if behaviour.seed != self.behaviour.seed {
            self.dice = Dice::new(behaviour.seed);
            self.luck = Luck::new(behaviour.seed);
        }
        self.directory.ids = behaviour.ids;
        self.behaviour = Arc::new(behaviour);
    }

    pub(super) fn service<'a>(&'a mut self, base: &'a str) -> Service<'a> {
        let Self { behaviour, directory, dice, .. } = self;
        Service { directory, behaviour, dice, base }
    }

    /// One of many requests in one counts for no rate limit.
    pub(super) fn choose_fault_of_part(&mut self, call: &Call) -> Option<FaultKind> {
        match self.script.take(call) {
            Order::Fault(kind) => Some(kind),
            Order::Healthy => None,
            Order::Chance => self.chance(call),
        }
    }

    /// The script comes first, then the rate limit, then chance.
    fn choose_fault(&mut self, call: &Call, now: Timestamp) -> Option<FaultKind> {
        match self.script.take(call) {
            Order::Fault(kind) => return Some(kind),
            Order::Healthy => return None,
            Order::Chance => {}
        }
        if let Some(rate) = self.behaviour.rate
            && let Err(seconds) = self.bucket.take(rate, now)
        {
            return Some(FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(seconds) });
        }
        self.chance(call)
    }

    fn chance(&mut self, call: &Call) -> Option<FaultKind> {
        if self.behaviour.fault_percent == 0 {
            return None;
        }
        let mut dice = self.luck.dice(call);
        if !dice.percent(self.behaviour.fault_percent) {
            return None;
        }
        let fitting: Vec<&FaultKind> = self.behaviour.faults.iter().filter(|kind| kind.fits(call)).collect();
        dice.pick(&fitting).cloned()
    }
}

/// Closes the record of its request, also when the client goes away in the middle.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    shared: &'a Shared,
    place: Place,
    is_closed: bool,
}

impl Ticket<'_> {
    pub(super) fn close(mut self, ending: Ending, status: Option<u16>) {
        self.is_closed = true;
        let mut state = self.shared.lock();
        let now = state.directory.now();
        state.journal.close(self.place, ending, status, Some(now));
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.is_closed {
            self.shared.lock().journal.close(self.place, Ending::Abandoned, None, None);
        }
    }
}

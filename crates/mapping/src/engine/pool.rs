//! The books of the pool: what waits, what runs where and until when, and which threads were given up.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::oneshot;

use crate::{Answer, Expression, Limit, Limits, Lookup, MappingError, MappingSet, Scope, alloc};

/// More than waits in a healthy program, whose lanes are bounded.
const LONGEST_QUEUE: usize = 10_000;

pub(crate) struct Pool {
    pub(crate) limits: Limits,
    pub(crate) lookup: Arc<dyn Lookup>,
    threads: usize,
    state: Mutex<State>,
    /// There is work, or the end.
    work: Condvar,
    /// There is something to watch, or the end.
    watch: Condvar,
}

/// What to evaluate.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Set(Arc<MappingSet>, Scope),
    One(Expression, Scope),
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) task: Task,
    pub(crate) reply: Reply,
}

type Reply = oneshot::Sender<Result<Answer, MappingError>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WorkerId(u64);

/// Whether a worker goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    /// Another thread has taken its place.
    Retire,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    last_id: u64,
    queue: VecDeque<Job>,
    /// Seats: threads that are not given up, and those about to start.
    live: usize,
    running: BTreeMap<WorkerId, Running>,
    /// Threads that were given up and still run, with what they run.
    stuck: BTreeMap<WorkerId, Key>,
}

/// A mapping and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Key {
    id: String,
    version: i64,
}

#[derive(Debug)]
struct Running {
    reply: Reply,
    key: Key,
    mapping: String,
    slot: Option<usize>,
    /// None between mappings and while the host answers.
    deadline: Option<Instant>,
}

impl Pool {
    pub(crate) fn new(limits: Limits, threads: usize, lookup: Arc<dyn Lookup>) -> Self {
        let state = Mutex::new(State { live: threads, ..State::default() });
        Self { limits, lookup, threads, state, work: Condvar::new(), watch: Condvar::new() }
    }

    pub(crate) fn submit(&self, job: Job) -> Result<(), MappingError> {
        let mut state = self.lock();
        if state.stopping {
            return Err(MappingError::Stopped);
        }
        let full = state.stuck.len() >= self.limits.stuck_threads;
        let overran = full && state.stuck.values().any(|key| job.task.holds(key));
        if state.live == 0 || overran || state.queue.len() >= LONGEST_QUEUE {
            return Err(MappingError::Overloaded);
        }
        state.queue.push_back(job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        state.queue.clear();
        drop(state);
        self.work.notify_all();
        self.watch.notify_all();
    }

    /// A new thread's number. It takes a seat that is free from the start, or that of a thread given up.
    pub(crate) fn enrol(&self) -> WorkerId {
        let mut state = self.lock();
        state.last_id += 1;
        WorkerId(state.last_id)
    }

    /// The thread could not start.
    pub(crate) fn leave(&self) {
        self.lock().lose_seat();
    }

    /// Waits for work. None is the end.
    pub(crate) fn next(&self, worker: WorkerId, slot: Option<usize>) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return None;
            }
            while let Some(Job { task, reply }) = state.queue.pop_front() {
                if reply.is_closed() {
                    continue;
                }
                let running =
                    Running { reply, key: Key::default(), mapping: String::new(), slot, deadline: None };
                state.running.insert(worker, running);
                return Some(task);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The worker begins with a mapping.
    pub(crate) fn begin(&self, worker: WorkerId, expression: &Expression) {
        let mut state = self.lock();
        let Some(running) = state.running.get_mut(&worker) else { return };
        running.key = Key { id: expression.id.clone(), version: expression.version };
        running.mapping.clone_from(&expression.name);
        self.set_deadline(state, worker, true);
    }

    /// The time that follows does not count, or counts again.
    pub(crate) fn count_time(&self, worker: WorkerId, counts: bool) {
        self.set_deadline(self.lock(), worker, counts);
    }

    /// Answers the caller, unless the thread was given up and he has long been answered.
    pub(crate) fn finish(&self, worker: WorkerId, result: Result<Answer, MappingError>) -> Next {
        let mut state = self.lock();
        if let Some(running) = state.running.remove(&worker) {
            drop(state);
            // A caller who no longer waits is none to answer.
            let _ = running.reply.send(result);
            return Next::Continue;
        }
        state.stuck.remove(&worker);
        if state.live < self.threads && !state.stopping {
            state.live += 1;
            return Next::Continue;
        }
        Next::Retire
    }

    /// The watchdog's round: gives up threads that are over their time. Returns how many need replacing.
    /// None is the end.
    pub(crate) fn watch(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopping && state.running.is_empty() {
                return None;
            }
            let now = Instant::now();
            let over: Vec<WorkerId> = state
                .running
                .iter()
                .filter(|(_, running)| running.deadline.is_some_and(|deadline| deadline <= now))
                .map(|(&id, _)| id)
                .collect();
            if !over.is_empty() {
                return Some(self.give_up(state, &over));
            }
            let earliest = state.running.values().filter_map(|running| running.deadline).min();
            state = match earliest {
                Some(deadline) => {
                    let wait = deadline.saturating_duration_since(now);
                    self.watch.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.watch.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn give_up(&self, mut state: MutexGuard<'_, State>, over: &[WorkerId]) -> usize {
        let mut replaced = 0;
        for &worker in over {
            let Some(Running { reply, key, mapping, slot, deadline: _ }) = state.running.remove(&worker)
            else {
                continue;
            };
            let halted = slot.is_some_and(alloc::is_halted);
            if let Some(slot) = slot {
                alloc::forgive(slot);
            }
            tracing::warn!(mapping = %mapping, "a mapping runs on past its limit and was given up");
            let limit = if halted { Limit::Memory } else { Limit::Time };
            // A caller who no longer waits is none to answer.
            let _ = reply.send(Err(MappingError::LimitExceeded { mapping, limit }));
            state.stuck.insert(worker, key);
            if state.stuck.len() <= self.limits.stuck_threads && !state.stopping {
                replaced += 1;
            } else {
                state.lose_seat();
            }
        }
        replaced
    }

    fn set_deadline(&self, mut state: MutexGuard<'_, State>, worker: WorkerId, counts: bool) {
        let watched = state.running.values().any(|running| running.deadline.is_some());
        let Some(running) = state.running.get_mut(&worker) else { return };
        running.deadline = counts.then(|| Instant::now() + self.limits.patience());
        drop(state);
        // All deadlines are equally far ahead, so a watchdog that waits for one already waits for the earliest.
        if counts && !watched {
            self.watch.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// One thread fewer. Without any, nobody would ever answer those who wait.
    fn lose_seat(&mut self) {
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            for job in self.queue.drain(..) {
                let _ = job.reply.send(Err(MappingError::Overloaded));
            }
        }
    }
}

impl Task {
    fn holds(&self, key: &Key) -> bool {
        let same = |expression: &Expression| expression.id == key.id && expression.version == key.version;
        match self {
            Self::Set(set, _) => set.iter().any(same),
            Self::One(expression, _) => same(expression),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("limits", &self.limits)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

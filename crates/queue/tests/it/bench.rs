//! What the stories about the queue begin with: a database, a clock, and handlers that do as they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use scimitar_domain::{Clock, ManualClock, Timestamp};
use scimitar_queue::{Handler, QueueSettings, Runner, Verdict};
use scimitar_store::jobs::{self, Job, NewJob};
use scimitar_store::{Conn, Store, StoreError};
use scimitar_testkit::database::Database;

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    _database: Database,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let database = Database::fresh();
        Self { store: database.store(), clock: Arc::new(ManualClock::default()), _database: database }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn run<T, F>(&self, unit: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(unit).await.unwrap()
    }

    /// Put a job into the queue, due now.
    pub(crate) async fn put(&self, lane: &str, key: &str) {
        self.put_in(lane, key, TimeDelta::zero()).await;
    }

    pub(crate) async fn put_in(&self, lane: &str, key: &str, wait: TimeDelta) {
        let now = self.now();
        let job = job(lane, key, now + wait);
        self.run(move |conn| jobs::enqueue(conn, std::slice::from_ref(&job), now)).await;
    }

    /// Put a job that `worker` has from the beginning, so that nobody else can be faster.
    pub(crate) async fn put_claimed(&self, lane: &str, key: &str, worker: &'static str, lease: TimeDelta) {
        let now = self.now();
        let job = job(lane, key, now);
        let claimed = self
            .run(move |conn| {
                jobs::enqueue(conn, std::slice::from_ref(&job), now)?;
                jobs::claim(conn, worker, now, now + lease, 1, &[])
            })
            .await;
        assert_eq!(claimed.len(), 1);
    }

    pub(crate) async fn n_jobs(&self) -> i64 {
        self.run(jobs::count).await
    }

    /// Take one job as `worker` would.
    pub(crate) async fn claim(&self, worker: &'static str, lease: TimeDelta) -> Option<Job> {
        let now = self.now();
        let claimed = self.run(move |conn| jobs::claim(conn, worker, now, now + lease, 1, &[])).await;
        claimed.into_iter().next()
    }

    pub(crate) fn runner<H: Handler>(&self, worker: &str, handler: H) -> Runner<H> {
        self.runner_with(QueueSettings { worker: worker.to_owned(), ..QueueSettings::default() }, handler)
    }

    pub(crate) fn runner_with<H: Handler>(&self, settings: QueueSettings, handler: H) -> Runner<H> {
        Runner::new(self.store.clone(), Arc::clone(&self.clock) as Arc<dyn Clock>, settings, handler)
    }
}

fn job(lane: &str, key: &str, run_at: Timestamp) -> NewJob {
    NewJob {
        lane: lane.to_owned(),
        kind: "story".to_owned(),
        key: key.to_owned(),
        payload: serde_json::json!({}),
        priority: 0,
        run_at,
    }
}

/// Remembers what ran, and ends each job as it is told.
#[derive(Clone)]
pub(crate) struct Script {
    ran: Arc<Mutex<Vec<String>>>,
    verdict: Arc<dyn Fn(&Job) -> Verdict + Send + Sync>,
}

impl Script {
    pub(crate) fn new(verdict: impl Fn(&Job) -> Verdict + Send + Sync + 'static) -> Self {
        Self { ran: Arc::default(), verdict: Arc::new(verdict) }
    }

    pub(crate) fn done() -> Self {
        Self::new(|_| Verdict::Done)
    }

    /// `lane/key` of each run since the last look.
    pub(crate) fn ran(&self) -> String {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap());
        ran.sort_unstable();
        ran.join(" ")
    }
}

impl Handler for Script {
    async fn run(&self, job: &Job, _stop: &CancellationToken) -> Verdict {
        self.ran.lock().unwrap().push(format!("{}/{}", job.lane, job.key));
        (self.verdict)(job)
    }
}

/// Counts how many jobs are at work. Each takes its time, some more than others.
#[derive(Clone)]
pub(crate) struct Crowd {
    store: Store,
    at_work: Arc<Mutex<BTreeMap<String, usize>>>,
    most: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Nobody ends before so many have been at work at once, which closes the door that they wait at.
    gathering: usize,
    door: Arc<Semaphore>,
}

impl Crowd {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self::gathering(bench, 1)
    }

    /// A crowd of which nobody ends before `n` have been at work at once.
    pub(crate) fn gathering(bench: &Bench, n: usize) -> Self {
        let (at_work, most) = (Arc::default(), Arc::default());
        let door = Arc::new(Semaphore::new(0));
        Self { store: bench.store.clone(), at_work, most, gathering: n, door }
    }

    /// The most that were at work at once: of each lane, and as `all` of all of them.
    pub(crate) fn most(&self, lane: &str) -> usize {
        self.most.lock().unwrap().get(lane).copied().unwrap_or(0)
    }

    fn count(&self, job: &Job, change: isize) {
        let mut at_work = self.at_work.lock().unwrap();
        for name in [job.lane.as_str(), "all", &format!("job {}", job.id)] {
            let n = at_work.entry(name.to_owned()).or_default();
            *n = n.checked_add_signed(change).unwrap();
            let mut most = self.most.lock().unwrap();
            let record = most.entry(name.to_owned()).or_default();
            *record = (*record).max(*n);
        }
    }

    /// The most runs of one job at once.
    pub(crate) fn most_of_one_job(&self) -> usize {
        let most = self.most.lock().unwrap();
        most.iter().filter(|(name, _)| name.starts_with("job ")).map(|(_, n)| *n).max().unwrap_or(0)
    }
}

impl Handler for Crowd {
    async fn run(&self, job: &Job, _stop: &CancellationToken) -> Verdict {
        self.count(job, 1);
        if self.most("all") >= self.gathering {
            self.door.close();
        }
        assert!(self.door.acquire().await.is_err(), "there are no permits, so this waits until it is closed");
        for _ in 0..3 + job.id % 7 {
            self.store.write(jobs::count).await.unwrap();
        }
        self.count(job, -1);
        Verdict::Done
    }
}

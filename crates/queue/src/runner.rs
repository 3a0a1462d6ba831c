//! The loop that claims jobs and runs them within their lanes' caps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use scimitar_domain::{Clock, Timestamp};
use scimitar_store::jobs::Job;
use scimitar_store::{Store, StoreError, claims, jobs, lanes};

use crate::metrics::{JOB_SECONDS, JOBS_RUNNING, JOBS_TOTAL};

/// Runs jobs. It knows what they mean; the runner does not.
pub trait Handler: Send + Sync + 'static {
    /// Look at what `job` names and do what is needed. Cancelling `stop` asks to come to an end soon.
    fn run(&self, job: &Job, stop: &CancellationToken) -> impl Future<Output = Verdict> + Send;
}

/// What becomes of a job that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done and leaves the queue.
    Done,
    /// The handler has taken it out of the queue itself, in the transaction that recorded its result.
    Finished,
    /// It is looked at again at `at`.
    Retry { at: Timestamp },
    /// Its whole lane rests until `until`, for a reason that people can read; the job stays.
    Pause { until: Timestamp, class: String, reason: String },
}

/// How the runner behaves.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// The name under which this process holds leases. Unique among live processes.
    pub worker: String,
    /// Jobs at once, over all lanes.
    pub max_jobs: usize,
    /// Jobs at once in one lane.
    pub max_jobs_per_lane: usize,
    /// How long a lease lasts without a sign of life.
    pub lease: TimeDelta,
    /// The longest wait between two looks, when nothing says that there is work.
    pub poll: Duration,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            worker: "worker".to_owned(),
            max_jobs: 64,
            max_jobs_per_lane: 8,
            lease: TimeDelta::seconds(10),
            poll: Duration::from_secs(1),
        }
    }
}

/// Claims due jobs and runs them. Cheap to clone; clones share the caps.
pub struct Runner<H> {
    inner: Arc<Inner<H>>,
}

struct Inner<H> {
    store: Store,
    clock: Arc<dyn Clock>,
    handler: H,
    settings: QueueSettings,
    running: Mutex<BTreeMap<String, usize>>,
    ended: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<H> Clone for Runner<H> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<H: Handler> Runner<H> {
    pub fn new(store: Store, clock: Arc<dyn Clock>, settings: QueueSettings, handler: H) -> Self {
        let inner = Inner {
            store,
            clock,
            handler,
            settings,
            running: Mutex::default(),
            ended: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Run until `stop` is cancelled; then let running jobs end and give back what is leased.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.inner;
        let mut changed = inner.store.changed();
        let mut beat = tokio::time::interval(self.heartbeat_period());
        while !stop.is_cancelled() {
            // Registered before looking, so that work which arrives in between is not slept over.
            changed.mark_unchanged();
            let ended = inner.ended.notified();
            let wait = match self.start_due().await {
                Ok(0) => self.until_next().await,
                Ok(_started) => continue,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the queue cannot be read");
                    inner.settings.poll
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = ended => {}
                _ = changed.changed() => {}
                _ = beat.tick() => self.heartbeat().await,
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.end().await;
    }

    /// Run what is due, and what becomes due by that, until nothing is. Returns how many jobs ran.
    ///
    /// For callers that own the time.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        let mut total = 0;
        loop {
            let was_idle = self.lock_running().is_empty();
            match self.start_due().await? {
                0 if was_idle => return Ok(total),
                // What runs may free a place, or make more work.
                0 => self.inner.ended.notified().await,
                started => total += started,
            }
        }
    }

    /// Claim and start as many due jobs as the caps allow. Returns how many.
    async fn start_due(&self) -> Result<usize, StoreError> {
        let inner = &self.inner;
        let (free, full) = self.places();
        if free == 0 {
            return Ok(0);
        }
        let now = inner.clock.now();
        let due = inner.store.read(move |conn| jobs::next_due(conn, now)).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(0);
        }
        let (worker, until) = (inner.settings.worker.clone(), now + inner.settings.lease);
        let limit = i64::try_from(free).unwrap_or(1);
        let claimed =
            inner.store.write(move |conn| jobs::claim(conn, &worker, now, until, limit, &full)).await?;
        let n_claimed = claimed.len();
        for job in claimed {
            self.start(job);
        }
        Ok(n_claimed)
    }

    fn start(&self, job: Job) {
        let me = self.clone();
        *self.lock_running().entry(job.lane.clone()).or_default() += 1;
        self.inner.tasks.spawn(async move {
            metrics::gauge!(JOBS_RUNNING).increment(1.0);
            me.run_one(&job).await;
            metrics::gauge!(JOBS_RUNNING).decrement(1.0);
            me.leave(&job.lane);
        });
    }

    async fn run_one(&self, job: &Job) {
        let inner = &self.inner;
        let begun = inner.clock.now();
        let verdict = inner.handler.run(job, &inner.stop).await;
        let seconds = (inner.clock.now() - begun).as_seconds_f64();
        metrics::histogram!(JOB_SECONDS).record(seconds);
        let name = match self.settle(job, verdict).await {
            Ok(name) => name,
            Err(error) => {
                // The lease runs out and the job is found again.
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    job.lane,
                    job.key,
                    "a job's end could not be recorded"
                );
                "unrecorded"
            }
        };
        metrics::counter!(JOBS_TOTAL, "verdict" => name).increment(1);
    }

    async fn settle(&self, job: &Job, verdict: Verdict) -> Result<&'static str, StoreError> {
        let (store, job, now) = (&self.inner.store, job.clone(), self.inner.clock.now());
        match verdict {
            Verdict::Finished => Ok("done"),
            Verdict::Done => {
                let held = store.write(move |conn| jobs::finish(conn, &job, now)).await?;
                Ok(if held { "done" } else { "lost" })
            }
            Verdict::Retry { at } => {
                let held = store.write(move |conn| jobs::retry(conn, &job, at)).await?;
                Ok(if held { "retry" } else { "lost" })
            }
            Verdict::Pause { until, class, reason } => {
                tracing::warn!(job.lane, class, until = %until, "a lane is paused: {reason}");
                store
                    .write(move |conn| {
                        lanes::pause(conn, &job.lane, until, &class, &reason, now)?;
                        // The pause holds it back, so whoever opens the lane lets it go on at once.
                        jobs::retry(conn, &job, now)
                    })
                    .await?;
                Ok("paused")
            }
        }
    }

    fn leave(&self, lane: &str) {
        let mut running = self.lock_running();
        if let Some(count) = running.get_mut(lane) {
            *count -= 1;
            if *count == 0 {
                running.remove(lane);
            }
        }
        drop(running);
        self.inner.ended.notify_one();
    }

    /// How many jobs may be claimed at once, and the lanes that take no more.
    ///
    /// All of them may turn out to be of one lane, so the fullest lane that is open decides.
    fn places(&self) -> (usize, Vec<String>) {
        let running = self.lock_running();
        let QueueSettings { max_jobs, max_jobs_per_lane: cap, .. } = self.inner.settings;
        let (full, open): (Vec<_>, Vec<_>) = running.iter().partition(|(_, count)| **count >= cap);
        let fullest = open.iter().map(|(_, count)| **count).max().unwrap_or(0);
        let free = max_jobs.saturating_sub(running.values().sum()).min(cap - fullest);
        (free, full.into_iter().map(|(lane, _)| lane.clone()).collect())
    }

    /// How long nothing will be due, at most the polling interval.
    async fn until_next(&self) -> Duration {
        let (now, poll) = (self.inner.clock.now(), self.inner.settings.poll);
        match self.inner.store.read(move |conn| jobs::next_due(conn, now)).await {
            // What is due already waits for its lane: the end of a job wakes the loop.
            Ok(Some(due)) if due > now => (due - now).to_std().unwrap_or(poll).min(poll),
            Ok(_) | Err(_) => poll,
        }
    }

    fn heartbeat_period(&self) -> Duration {
        self.inner.settings.lease.to_std().unwrap_or(Duration::from_secs(10)) / 4
    }

    /// Extend every lease of this process: those of its jobs and those of the objects that they hold.
    async fn heartbeat(&self) {
        if self.lock_running().is_empty() {
            return;
        }
        let worker = self.inner.settings.worker.clone();
        let until = self.inner.clock.now() + self.inner.settings.lease;
        let extended = self
            .inner
            .store
            .write(move |conn| {
                jobs::extend_all(conn, &worker, until)?;
                claims::extend_all(conn, &worker, until)
            })
            .await;
        if let Err(error) = extended {
            tracing::warn!(error = &error as &dyn std::error::Error, "leases could not be extended");
        }
    }

    async fn end(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        let worker = self.inner.settings.worker.clone();
        let released = self
            .inner
            .store
            .write(move |conn| {
                jobs::release(conn, &worker)?;
                claims::release(conn, &worker)
            })
            .await;
        if let Err(error) = released {
            tracing::warn!(error = &error as &dyn std::error::Error, "leases were left to run out");
        }
    }

    fn lock_running(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, usize>> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Leases: one worker for a job at a time, and nothing to say for whoever has lost his.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use scimitar_domain::{Clock, ManualClock};
use scimitar_queue::{Handler, QueueSettings, Verdict};
use scimitar_store::Store;
use scimitar_store::jobs::{self, Job};

use crate::bench::{Bench, Crowd, Script};

const LEASE: TimeDelta = TimeDelta::seconds(10);

#[tokio::test]
async fn two_runners_never_run_one_job_at_once() {
    let bench = Bench::new();
    for i in 0..60 {
        bench.put(if i % 2 == 0 { "even" } else { "odd" }, &i.to_string()).await;
    }
    let crowd = Crowd::new(&bench);
    let (one, two) = (bench.runner("one", crowd.clone()), bench.runner("two", crowd.clone()));
    let (a, b) = tokio::join!(one.run_due(), two.run_due());

    assert_eq!(a.unwrap() + b.unwrap(), 60, "each job ran once");
    assert_eq!(crowd.most_of_one_job(), 1);
    assert_eq!(bench.n_jobs().await, 0);
}

#[tokio::test]
async fn a_lost_lease_can_neither_finish_nor_retry_nor_be_extended() {
    let bench = Bench::new();
    bench.put("lane", "job").await;
    let late = bench.claim("late", LEASE).await.unwrap();
    assert_eq!(bench.claim("other", LEASE).await, None, "it is leased");
    bench.clock.advance(LEASE);
    let mine = bench.claim("other", LEASE).await.unwrap();

    let now = bench.now();
    let (finish, retry, extend) = (late.clone(), late.clone(), late);
    assert!(!bench.run(move |conn| jobs::finish(conn, &finish, now)).await);
    assert!(!bench.run(move |conn| jobs::retry(conn, &retry, now)).await);
    assert!(!bench.run(move |conn| jobs::extend(conn, &extend, now + LEASE)).await);
    assert!(bench.run(move |conn| jobs::finish(conn, &mine, now)).await);
    assert_eq!(bench.n_jobs().await, 0);
}

/// Works so long that another takes the job from it.
struct Slow {
    store: Store,
    clock: Arc<ManualClock>,
}

impl Handler for Slow {
    async fn run(&self, _job: &Job, _stop: &CancellationToken) -> Verdict {
        self.clock.advance(LEASE + LEASE);
        let now = self.clock.now();
        let taken = self.store.write(move |conn| jobs::claim(conn, "other", now, now + LEASE, 1, &[]));
        let taken: Vec<Job> = taken.await.unwrap();
        assert_eq!(taken.len(), 1);
        Verdict::Done
    }
}

#[tokio::test]
async fn the_end_of_a_job_that_was_taken_over_counts_for_nothing() {
    let bench = Bench::new();
    bench.put("lane", "job").await;
    let slow = Slow { store: bench.store.clone(), clock: Arc::clone(&bench.clock) };
    bench.runner("slow", slow).run_due().await.unwrap();
    assert_eq!(bench.n_jobs().await, 1, "it is the other's now");

    bench.clock.advance(LEASE);
    let script = Script::done();
    bench.runner("third", script.clone()).run_due().await.unwrap();
    assert_eq!(script.ran(), "lane/job");
    assert_eq!(bench.n_jobs().await, 0);
}

/// Works for many leases, and sees that its own is renewed each time.
struct Long {
    store: Store,
    clock: Arc<ManualClock>,
    lease: TimeDelta,
}

impl Handler for Long {
    async fn run(&self, _job: &Job, _stop: &CancellationToken) -> Verdict {
        for _ in 0..10 {
            let part = self.lease * 3 / 4;
            self.clock.advance(part);
            let then = self.clock.now() + part;
            // A job counts as due at the time at which its lease is over.
            while self.store.read(move |conn| jobs::next_due(conn, then)).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        }
        Verdict::Done
    }
}

#[tokio::test]
async fn a_long_job_keeps_its_lease_by_signs_of_life() {
    let bench = Bench::new();
    bench.put("lane", "job").await;
    let lease = TimeDelta::milliseconds(200);
    let long = Long { store: bench.store.clone(), clock: Arc::clone(&bench.clock), lease };
    let settings = QueueSettings { worker: "long".to_owned(), lease, ..QueueSettings::default() };
    let runner = bench.runner_with(settings, long);
    let stop = CancellationToken::new();
    let until_empty = async {
        while bench.n_jobs().await > 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    tokio::join!(runner.run(stop.clone()), until_empty);
    assert_eq!(bench.n_jobs().await, 0);
}

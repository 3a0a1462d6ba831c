//! Trying again: when, how often, and once more for news that came while a job ran.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use scimitar_domain::{Clock, ManualClock};
use scimitar_queue::{Handler, Ladder, Verdict};
use scimitar_store::Store;
use scimitar_store::jobs::{self, Job, NewJob};

use crate::bench::{Bench, Script};

#[tokio::test]
async fn a_job_is_tried_again_when_it_asked_to_and_not_before() {
    let bench = Bench::new();
    bench.put("lane", "job").await;
    let clock = Arc::clone(&bench.clock);
    let waits = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&waits);
    let script = Script::new(move |job| {
        let wait = Ladder::OBJECT.wait(job.attempts + 1, 7);
        seen.lock().unwrap().push(job.attempts);
        if job.attempts == 4 { Verdict::Done } else { Verdict::Retry { at: clock.now() + wait } }
    });
    let runner = bench.runner("worker", script);
    for attempt in 0..4 {
        assert_eq!(runner.run_due().await.unwrap(), 1);
        let wait = Ladder::OBJECT.wait(attempt + 1, 7);
        bench.clock.advance(wait - TimeDelta::milliseconds(1));
        assert_eq!(runner.run_due().await.unwrap(), 0, "attempt {attempt}");
        bench.clock.advance(TimeDelta::milliseconds(1));
    }
    assert_eq!(runner.run_due().await.unwrap(), 1);
    assert_eq!(*waits.lock().unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(bench.n_jobs().await, 0);
}

#[tokio::test]
async fn news_of_a_waiting_job_bring_it_forward_and_make_no_second_one() {
    let bench = Bench::new();
    bench.put_in("lane", "job", TimeDelta::hours(6)).await;
    let script = Script::done();
    let runner = bench.runner("worker", script.clone());
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "");

    bench.put("lane", "job").await;
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "lane/job");
    bench.clock.advance(TimeDelta::hours(6));
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "");
}

/// Hears of news about its job while it runs, the first time.
#[derive(Clone)]
struct Interrupted {
    store: Store,
    clock: Arc<ManualClock>,
    ran: Arc<Mutex<usize>>,
    then: Verdict,
}

impl Handler for Interrupted {
    async fn run(&self, job: &Job, _stop: &CancellationToken) -> Verdict {
        let is_first = {
            let mut ran = self.ran.lock().unwrap();
            *ran += 1;
            *ran == 1
        };
        if !is_first {
            return Verdict::Done;
        }
        let now = self.clock.now();
        let news = NewJob {
            lane: job.lane.clone(),
            kind: job.kind.clone(),
            key: job.key.clone(),
            payload: job.payload.clone(),
            priority: job.priority,
            run_at: now,
        };
        self.store.write(move |conn| jobs::enqueue(conn, std::slice::from_ref(&news), now)).await.unwrap();
        self.then.clone()
    }
}

#[tokio::test]
async fn news_that_come_while_a_job_runs_make_it_run_once_more() {
    let bench = Bench::new();
    bench.put("lane", "job").await;
    let ran = Arc::default();
    let handler = Interrupted {
        store: bench.store.clone(),
        clock: Arc::clone(&bench.clock),
        ran: Arc::clone(&ran),
        then: Verdict::Done,
    };
    bench.runner("worker", handler).run_due().await.unwrap();

    let n_ran = *ran.lock().unwrap();
    assert_eq!((n_ran, bench.n_jobs().await), (2, 0));
}

#[tokio::test]
async fn priority_goes_before_age_within_a_lane() {
    let bench = Bench::new();
    let now = bench.now();
    let order = Arc::new(Mutex::new(Vec::new()));
    for (key, priority) in [("low", 0), ("high", 30), ("middle", 10)] {
        let job = NewJob {
            lane: "lane".to_owned(),
            kind: "story".to_owned(),
            key: key.to_owned(),
            payload: serde_json::json!({}),
            priority,
            run_at: now,
        };
        bench.run(move |conn| jobs::enqueue(conn, std::slice::from_ref(&job), now)).await;
    }
    let seen = Arc::clone(&order);
    let script = Script::new(move |job| {
        seen.lock().unwrap().push(job.key.clone());
        Verdict::Done
    });
    let settings = scimitar_queue::QueueSettings { max_jobs_per_lane: 1, ..Default::default() };
    bench.runner_with(settings, script).run_due().await.unwrap();

    assert_eq!(*order.lock().unwrap(), ["high", "middle", "low"]);
}

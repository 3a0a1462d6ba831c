//! The loop: it wakes for work, and ends with its jobs ended and its leases given back.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use scimitar_domain::Clock;
use scimitar_queue::{Handler, Verdict};
use scimitar_store::jobs::Job;

use crate::bench::{Bench, Script};

/// Tells that it has begun, and goes on until it is asked to stop.
#[derive(Clone)]
struct Patient {
    begun: Arc<Notify>,
    clock: Arc<scimitar_domain::ManualClock>,
}

impl Handler for Patient {
    async fn run(&self, _job: &Job, stop: &CancellationToken) -> Verdict {
        self.begun.notify_one();
        stop.cancelled().await;
        Verdict::Retry { at: self.clock.now() }
    }
}

#[tokio::test]
async fn an_end_waits_for_running_jobs_and_gives_back_every_lease() {
    let bench = Bench::new();
    bench.put("lane", "running").await;
    let patient = Patient { begun: Arc::default(), clock: Arc::clone(&bench.clock) };
    let begun = Arc::clone(&patient.begun);
    let runner = bench.runner("worker", patient);
    let stop = CancellationToken::new();
    let story = async {
        begun.notified().await;
        // Leased under this name too, as by a task that never got to its end.
        bench.put_claimed("other", "forgotten", "worker", TimeDelta::hours(1)).await;
        stop.cancel();
    };
    tokio::join!(runner.run(stop.clone()), story);

    let script = Script::done();
    bench.runner("next", script.clone()).run_due().await.unwrap();
    assert_eq!(script.ran(), "lane/running other/forgotten", "at once, without waiting for a lease to end");
}

#[tokio::test]
async fn the_loop_wakes_for_new_work() {
    let bench = Bench::new();
    let done = Arc::new(Notify::new());
    let told = Arc::clone(&done);
    let script = Script::new(move |_| {
        told.notify_one();
        Verdict::Done
    });
    let runner = bench.runner("worker", script.clone());
    let stop = CancellationToken::new();
    let story = async {
        for key in ["1", "2", "3"] {
            bench.put("lane", key).await;
            done.notified().await;
        }
        while bench.n_jobs().await > 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    tokio::join!(runner.run(stop.clone()), story);

    assert_eq!(script.ran(), "lane/1 lane/2 lane/3");
}

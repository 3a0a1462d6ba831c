//! Caps: no more jobs at once than allowed, and no lane that keeps another waiting.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use scimitar_queue::{Handler, QueueSettings, Verdict};
use scimitar_store::jobs::Job;

use crate::bench::{Bench, Crowd};

fn caps(max_jobs: usize, max_jobs_per_lane: usize) -> QueueSettings {
    QueueSettings { max_jobs, max_jobs_per_lane, ..QueueSettings::default() }
}

#[tokio::test]
async fn a_lane_never_runs_more_jobs_at_once_than_its_cap() {
    let bench = Bench::new();
    for i in 0..40 {
        bench.put("one", &i.to_string()).await;
    }
    let crowd = Crowd::gathering(&bench, 3);
    let ran = bench.runner_with(caps(64, 3), crowd.clone()).run_due().await.unwrap();

    assert_eq!((ran, bench.n_jobs().await), (40, 0));
    assert_eq!(crowd.most("one"), 3, "the cap is reached and not exceeded");
}

#[tokio::test]
async fn all_lanes_together_never_run_more_jobs_than_the_whole_cap() {
    let bench = Bench::new();
    for lane in ["one", "two", "three", "four"] {
        for i in 0..10 {
            bench.put(lane, &i.to_string()).await;
        }
    }
    let crowd = Crowd::gathering(&bench, 5);
    let ran = bench.runner_with(caps(5, 3), crowd.clone()).run_due().await.unwrap();

    assert_eq!((ran, bench.n_jobs().await), (40, 0));
    assert_eq!(crowd.most("all"), 5);
    assert!(crowd.most("one") <= 3);
}

/// Jobs of the lane `stuck` do not end before they are let go; the others do at once.
#[derive(Clone)]
struct Stuck {
    let_go: Arc<Semaphore>,
    ended: Arc<Semaphore>,
}

impl Handler for Stuck {
    async fn run(&self, job: &Job, _stop: &CancellationToken) -> Verdict {
        if job.lane == "stuck" {
            self.let_go.acquire().await.unwrap().forget();
        } else {
            self.ended.add_permits(1);
        }
        Verdict::Done
    }
}

#[tokio::test]
async fn a_lane_that_is_stuck_does_not_delay_another() {
    let bench = Bench::new();
    for i in 0..100 {
        bench.put("stuck", &i.to_string()).await;
    }
    for i in 0..30 {
        bench.put("swift", &i.to_string()).await;
    }
    let stuck = Stuck { let_go: Arc::new(Semaphore::new(0)), ended: Arc::new(Semaphore::new(0)) };
    let (ended, let_go) = (Arc::clone(&stuck.ended), Arc::clone(&stuck.let_go));
    let runner = bench.runner_with(caps(16, 4), stuck);
    let all_swift = async {
        ended.acquire_many(30).await.unwrap().forget();
        // None of the stuck ones has ended so far.
        let left = bench.n_jobs().await;
        let_go.add_permits(100);
        left
    };
    let (ran, left) = tokio::join!(runner.run_due(), all_swift);

    assert!(left >= 100, "{left}");
    assert_eq!((ran.unwrap(), bench.n_jobs().await), (130, 0));
}

//! Pauses: a lane rests as a whole, and no other with it.

use chrono::TimeDelta;

use scimitar_queue::Verdict;
use scimitar_store::lanes;

use crate::bench::{Bench, Script};

/// Two lanes of three jobs; the first job of the first lane asks for a minute's rest.
async fn a_lane_that_rests() -> (Bench, Script) {
    let bench = Bench::new();
    for key in ["1", "2", "3"] {
        bench.put("tired", key).await;
        bench.put("awake", key).await;
    }
    let until = bench.now() + TimeDelta::seconds(60);
    let script = Script::new(move |job| {
        if job.lane == "tired" && job.key == "1" && job.attempts == 0 {
            let (class, reason) = ("throttled".to_owned(), "it wants fewer requests".to_owned());
            return Verdict::Pause { until, class, reason };
        }
        Verdict::Done
    });
    (bench, script)
}

#[tokio::test]
async fn a_paused_lane_waits_and_the_others_go_on() {
    let (bench, script) = a_lane_that_rests().await;
    let settings = scimitar_queue::QueueSettings { max_jobs_per_lane: 1, ..Default::default() };
    let runner = bench.runner_with(settings, script.clone());
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "awake/1 awake/2 awake/3 tired/1");
    let lane = bench.run(|conn| lanes::find(conn, "tired")).await.unwrap();
    assert_eq!(lane.paused_until, Some(bench.now() + TimeDelta::seconds(60)));
    assert_eq!((lane.class.as_deref(), lane.failures), (Some("throttled"), 1));

    bench.clock.advance(TimeDelta::seconds(59));
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "");
    bench.clock.advance(TimeDelta::seconds(1));
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "tired/1 tired/2 tired/3");
    assert_eq!(bench.n_jobs().await, 0);
}

#[tokio::test]
async fn a_lane_that_is_resumed_goes_on_at_once() {
    let (bench, script) = a_lane_that_rests().await;
    let settings = scimitar_queue::QueueSettings { max_jobs_per_lane: 1, ..Default::default() };
    let runner = bench.runner_with(settings, script.clone());
    runner.run_due().await.unwrap();
    script.ran();

    let now = bench.now();
    bench.run(move |conn| lanes::open(conn, "tired", now)).await;
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "tired/1 tired/2 tired/3", "also the one that asked for the pause");
}

#[tokio::test]
async fn a_pause_holds_for_every_worker() {
    let (bench, script) = a_lane_that_rests().await;
    let settings = scimitar_queue::QueueSettings { max_jobs_per_lane: 1, ..Default::default() };
    bench.runner_with(settings, script.clone()).run_due().await.unwrap();
    script.ran();

    bench.runner("another", script.clone()).run_due().await.unwrap();
    assert_eq!(script.ran(), "");
}

#[tokio::test]
async fn what_is_put_into_a_paused_lane_waits_too() {
    let (bench, script) = a_lane_that_rests().await;
    let runner = bench.runner("worker", script.clone());
    runner.run_due().await.unwrap();
    script.ran();
    bench.put("tired", "4").await;
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "");

    bench.clock.advance(TimeDelta::seconds(60));
    runner.run_due().await.unwrap();
    assert_eq!(script.ran(), "tired/1 tired/4");
}

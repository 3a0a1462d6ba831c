//! A worker that is driven by hand: it takes one job after another, and can be stopped anywhere.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use scimitar_queue::{Handler, Verdict};
use scimitar_store::jobs::{self, Job};
use scimitar_store::lanes;
use scimitar_sync::Engine;
use scimitar_testkit::world::World;

/// As long as a job or an object stays leased to a worker that gives no sign of life.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(11);

/// Take a job and run it. False when there is none.
pub(crate) async fn work_once(world: &World, engine: &Engine, name: &'static str) -> bool {
    let (now, until) = (world.now(), world.now() + LEASE);
    let claimed = world.write(move |conn| jobs::claim(conn, name, now, until, 1, &[])).await;
    let Some(job) = claimed.into_iter().next() else { return false };
    let verdict = Handler::run(engine, &job, &CancellationToken::new()).await;
    end(world, job, verdict).await;
    true
}

/// Hand out changes and run jobs until there is nothing left to do.
pub(crate) async fn work(world: &World, engine: &Engine) {
    loop {
        let handed = engine.dispatch().await.unwrap();
        if !work_once(world, engine, "victim").await && handed == 0 {
            return;
        }
    }
}

/// A worker that is gone when it has to wait for the `n`th time. Whether it came to the end before that.
pub(crate) async fn die_at(world: &World, n: usize) -> bool {
    let (engine, _runner) = world.replica("victim");
    poll_times(pin!(work(world, &engine)), n).await
}

/// Let `life` go on until it has to wait for the `n`th time. Whether it came to its end before that.
pub(crate) async fn poll_times(mut life: Pin<&mut impl Future<Output = ()>>, n: usize) -> bool {
    let mut left = n;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        life.as_mut().poll(context).map(|()| true)
    })
    .await
}

async fn end(world: &World, job: Job, verdict: Verdict) {
    let now = world.now();
    let recorded = world.write(move |conn| match &verdict {
        Verdict::Done => jobs::finish(conn, &job, now),
        Verdict::Finished => Ok(true),
        Verdict::Retry { at } => jobs::retry(conn, &job, *at),
        Verdict::Pause { until, class, reason } => {
            lanes::pause(conn, &job.lane, *until, class, reason, now)?;
            jobs::retry(conn, &job, now)
        }
    });
    recorded.await;
}

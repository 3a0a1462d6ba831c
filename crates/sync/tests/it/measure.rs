//! What the engine measures of itself.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use scimitar_domain::ProviderPk;
use scimitar_testkit::remote::{FaultKind, RetryAfter};
use scimitar_testkit::world::World;

/// The series that begin with `name`, without those of nothing.
fn series(handle: &PrometheusHandle, name: &str) -> Vec<String> {
    let text = handle.render();
    let lines = text.lines().filter(|line| line.starts_with(name) && !line.ends_with(" 0"));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

async fn measure(world: &World, known: &mut BTreeSet<ProviderPk>) {
    world.engine.measure(known).await.unwrap();
}

#[tokio::test]
async fn what_waits_is_measured_until_it_is_done() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let world = World::new().await;
    let mut known = BTreeSet::new();
    world.user("ada").await;
    world.clock.advance(TimeDelta::seconds(4));
    measure(&world, &mut known).await;
    assert_eq!(series(&handle, "scimitar_sync_outbox"), ["scimitar_sync_outbox_age_seconds 4"]);
    world.engine.dispatch().await.unwrap();
    world.clock.advance(TimeDelta::seconds(90));
    measure(&world, &mut known).await;
    let waiting =
        ["scimitar_sync_queue_age_seconds{provider=\"1\"} 90", "scimitar_sync_queue_jobs{provider=\"1\"} 1"];
    assert_eq!(series(&handle, "scimitar_sync_queue"), waiting);
    assert_eq!(series(&handle, "scimitar_sync_lag"), ["scimitar_sync_lag_seconds{provider=\"1\"} 90"]);
    assert_eq!(
        series(&handle, "authentik_tasks_queued"),
        ["authentik_tasks_queued{queue_name=\"default\"} 1"]
    );
    assert_eq!(series(&handle, "scimitar_sync_outbox"), [""; 0]);

    world.step().await;
    measure(&world, &mut known).await;
    for name in ["scimitar_sync_queue", "scimitar_sync_lag", "authentik_tasks_queued"] {
        assert_eq!(series(&handle, name), [""; 0]);
    }
}

#[tokio::test]
async fn rests_retries_and_parked_objects_are_counted_without_naming_anybody() {
    let world = World::new().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    world.user("canary").await;
    let busy = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(30) };
    world.remote.next_answers([busy, FaultKind::Status(400)]);
    world.settle().await;
    assert_eq!(
        series(&handle, "scimitar_sync_rest"),
        ["scimitar_sync_rest_seconds_total{provider=\"1\",class=\"throttled\"} 30"]
    );
    let actor = "{queue_name=\"default\",actor_name=\"authentik.providers.scim.tasks.scim_sync_objects\"}";
    assert_eq!(
        series(&handle, "authentik_tasks"),
        [
            format!("authentik_tasks_rejected_total{actor} 1"),
            format!("authentik_tasks_retries_total{actor} 1"),
            format!("authentik_tasks_total{actor} 2"),
        ]
    );
    assert!(!handle.render().contains("canary"), "{}", handle.render());
}

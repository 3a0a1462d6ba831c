//! The recorder of all metrics, which `/-/metrics/` shows.

use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Bounds of durations in seconds: from a look into the database up to a slow remote.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How often what was measured is put away, so that a page that nobody reads does not grow.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begin to record. Called once.
pub(crate) fn start() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics cannot be recorded")
}

/// Keep the records small, for ever.
pub(crate) async fn keep_up(recorder: PrometheusHandle) {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tick.tick().await;
        recorder.run_upkeep();
    }
}

//! What the service measures of itself.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Result;
use scimitar_testkit::program::{eventually, web};

use super::site::Site;

#[tokio::test]
async fn what_alerts_look_at_is_there_before_anything_happens() -> Result<()> {
    let site = Site::new()?;
    let program = site.start()?;
    let labels = |actor: &str| {
        format!("{{queue_name=\"default\",actor_name=\"authentik.providers.scim.tasks.{actor}\"}}")
    };
    let mut expected = vec!["authentik_tasks_workers 1".to_owned()];
    for actor in ["scim_sync", "scim_sync_objects"] {
        for name in ["total", "errors_total", "retries_total", "rejected_total"] {
            expected.push(format!("authentik_tasks_{name}{}", labels(actor)));
        }
    }
    let (client, url) = (web()?, format!("http://{}/-/metrics/", program.address()));
    eventually(Duration::from_secs(30), "what the engine measures", async || {
        let shown = client.get(&url).send().await?.text().await?;
        Ok(match expected.iter().find(|series| !shown.contains(*series)) {
            None => ControlFlow::Break(()),
            Some(missing) => ControlFlow::Continue(format!("{missing} is not in\n{shown}")),
        })
    })
    .await
}

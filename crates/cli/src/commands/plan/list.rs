//! `scimitar plan --list`: the plans of a provider that can still be looked at.

use std::process::ExitCode;

use scimitar_domain::Plan;
use scimitar_store::{PageRequest, StoreError, sync_plans};

use super::{outcomes, summary};
use crate::commands::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, moment};

pub(super) async fn list(
    config: &Config,
    installation: &Installation,
    wanted: &str,
) -> anyhow::Result<ExitCode> {
    let provider = find(config, installation, wanted).await?;
    let (pk, now) = (provider.pk, installation.clock.now());
    let read = move |conn: &mut scimitar_store::Conn| {
        let plans = sync_plans::list(conn, pk, now, &PageRequest::default())?.rows;
        plans
            .into_iter()
            .map(|plan| Ok((sync_plans::outcomes(conn, plan.id)?, plan)))
            .collect::<Result<Vec<_>, StoreError>>()
    };
    let found = installation.store.read(read).await;
    let found = found.map_err(|error| database::explain(error, &config.database))?;
    if found.is_empty() {
        report::line(format!("there is no plan for provider `{}`", provider.fields.name));
    }
    found.iter().map(|(became, plan)| line(plan, became)).for_each(report::line);
    Ok(ExitCode::SUCCESS)
}

/// A plan in one line.
fn line(plan: &Plan, became: &[(String, i64)]) -> String {
    let became = if became.is_empty() { String::new() } else { format!("; {}", outcomes(became)) };
    let detail = plan.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!(
        "{} {}, {} by {}, until {}: {}{became}{detail}",
        plan.id.0,
        moment(plan.created_at),
        plan.state.as_str(),
        plan.asked_by,
        moment(plan.expires_at),
        summary(plan),
    )
}

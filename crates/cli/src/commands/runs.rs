//! `scimitar runs`: the full syncs of a provider, with what each did.

use clap::Args;

use scimitar_domain::{KindCounts, Run};
use scimitar_store::runs;

use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, moment};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// So many, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: u16,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async move |installation| tell(config, installation, arguments).await).await
}

async fn tell(config: &Config, installation: &Installation, arguments: &Arguments) -> anyhow::Result<()> {
    let provider = find(config, installation, &arguments.provider).await?;
    let (pk, limit) = (provider.pk, i64::from(arguments.limit));
    let found = installation.store.read(move |conn| runs::latest(conn, pk, limit)).await;
    let found = found.map_err(|error| database::explain(error, &config.database))?;
    if found.is_empty() {
        report::line(format!("provider `{}` was never synced", provider.fields.name));
    }
    found.iter().map(line).for_each(report::line);
    Ok(())
}

/// A run in one line.
pub(super) fn line(run: &Run) -> String {
    let end = run.finished_at.map_or_else(|| "under way".to_owned(), moment);
    let dry = if run.dry_run { ", dry run" } else { "" };
    let detail = run.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!(
        "{} to {end}, {}{dry}, {}: users {}; groups {}; {} member changes{detail}",
        moment(run.started_at),
        run.trigger.as_str(),
        run.state.as_str(),
        counts(run.counts.of_users()),
        counts(run.counts.of_groups),
        run.counts.member_changes,
    )
}

fn counts(counts: KindCounts) -> String {
    let KindCounts { in_scope, created, adopted, updated, deleted, skipped, failed } = counts;
    format!(
        "{in_scope} in scope, {created} created, {adopted} adopted, {updated} updated, {deleted} deleted, {skipped} \
         skipped, {failed} failed"
    )
}

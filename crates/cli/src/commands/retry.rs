//! `scimitar retry`: try again now what fails at a provider's remote.

use clap::Args;

use scimitar_sync::retry;

use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::report;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let installation = Installation::open(config, None).await?;
    let provider = find(config, &installation, &arguments.provider).await?;
    let retried = retry(&installation.store, provider.pk, None, installation.clock.now()).await;
    installation.store.close().await;
    let name = &provider.fields.name;
    report::line(match retried? {
        0 => format!("nothing fails at `{name}`"),
        n => format!(
            "{n} that fail at `{name}` are tried again; `scimitar serve` or `scimitar worker` does it"
        ),
    });
    Ok(())
}

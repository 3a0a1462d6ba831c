//! `scimitar retry`: try again now what fails at a provider's remote.

use clap::Args;

use scimitar_sync::retry;

use super::named::AllNamed;
use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::report;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Only these; without a name, all that fail
    #[command(flatten)]
    only: AllNamed,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async |installation| ask(config, installation, arguments).await).await
}

async fn ask(config: &Config, installation: &Installation, arguments: &Arguments) -> anyhow::Result<()> {
    let provider = find(config, installation, &arguments.provider).await?;
    let named = arguments.only.find(config, installation).await?;
    let only = (!named.is_empty()).then(|| named.into_iter().collect());
    let (is_all, now) = (only.is_none(), installation.clock.now());
    let name = &provider.fields.name;
    report::line(match retry(&installation.store, provider.pk, only, now).await? {
        0 if is_all => format!("nothing fails at `{name}`"),
        0 => format!("none of them fails at `{name}`"),
        n => format!(
            "{n} that fail at `{name}` are tried again; `scimitar serve` or `scimitar worker` does it"
        ),
    });
    Ok(())
}

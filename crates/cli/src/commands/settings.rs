//! `scimitar settings`: how a provider is dealt with, and changing that.

use clap::Args;
use serde_json::Value;

use scimitar_domain::{JsonObject, Provider};
use scimitar_http::fields::Mode;
use scimitar_http::{ApiError, SETTINGS, Saving, settings};
use scimitar_store::providers;

use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, Problem};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Change these, each as `dry_run=true`; without any they are shown. Credentials are changed through the API
    #[arg(value_name = "NAME=VALUE", value_parser = setting)]
    changes: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if SETTINGS.contains(&name) {
        return Ok((name.to_owned(), value.to_owned()));
    }
    Err(format!("`{name}` is no setting; there are {}", SETTINGS.join(", ")))
}

pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async move |installation| tell(config, installation, arguments).await).await
}

async fn tell(config: &Config, installation: &Installation, arguments: &Arguments) -> anyhow::Result<()> {
    let mut provider = find(config, installation, &arguments.provider).await?;
    if !arguments.changes.is_empty() {
        provider = change(config, installation, provider, &arguments.changes).await?;
    }
    settings(&provider).iter().map(line).for_each(report::line);
    Ok(())
}

/// Texts are read as the API reads them: `true`, `7` and `hours=3` are what they look like.
async fn change(
    config: &Config,
    installation: &Installation,
    provider: Provider,
    changes: &[(String, String)],
) -> anyhow::Result<Provider> {
    let given: JsonObject =
        changes.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let saving = Saving {
        keyring: installation.keyring.clone(),
        profiles: config.sync.profiles.clone(),
        by: None,
        now: installation.clock.now(),
    };
    let saved = installation.store.write(move |conn| {
        let stored = providers::lock(conn, &saving.keyring, provider.pk)?;
        saving.save(conn, stored, &given, Mode::Patch)
    });
    saved.await.map_err(|error| match error {
        ApiError::Fields(faults) => {
            let told: Vec<String> =
                faults.sentences().map(|(name, sentence)| format!("`{name}`: {sentence}")).collect();
            Problem::new(told.join(" "), "nothing was changed").into()
        }
        ApiError::Store(error) => database::explain(error, &config.database),
        other => anyhow::Error::new(other),
    })
}

/// A text as it is, so that it can be given back as it is shown.
fn line((name, value): &(&'static str, Value)) -> String {
    match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    }
}

//! `scimitar guard`: what is held at a provider until somebody approves, and who did what about it.

use anyhow::Context;
use clap::Args;

use scimitar_domain::GuardEvent;
use scimitar_sync::GuardView;

use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::report::{self, moment};

/// Characters of a reason for the record.
const LONGEST_REASON: usize = 1_000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Keep at the remote what is held, as it is, until more would go or until it is approved
    #[arg(long)]
    reject: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", requires = "reject", value_parser = reason)]
    reason: Option<String>,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments, host: Option<&str>) -> anyhow::Result<()> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async move |installation| tell(config, installation, arguments, host).await).await
}

async fn tell(
    config: &Config,
    installation: &Installation,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<()> {
    let provider = find(config, installation, &arguments.provider).await?;
    let engine = installation.command_engine(config, host)?;
    if arguments.reject {
        let why = arguments.reason.as_deref().unwrap_or_default();
        let rejected = engine.reject(provider.pk, None, why).await.context("nothing was rejected")?;
        if rejected > 0 {
            let name = &provider.fields.name;
            report::line(format!("{rejected} stay at `{name}` as they are until that is approved"));
        }
    }
    let view = engine.guard(provider.pk).await.context("the guard could not be read")?;
    lines(&view).iter().for_each(report::line);
    Ok(())
}

/// A reason for the record.
fn reason(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST_REASON {
        return Err(format!("it has more than {LONGEST_REASON} characters"));
    }
    Ok(text.to_owned())
}

fn lines(view: &GuardView) -> Vec<String> {
    let mut lines = vec![match (view.held, view.held_since) {
        (0, _) => "nothing is held".to_owned(),
        (n, Some(since)) => format!("{n} deletions and deactivations are held since {}", moment(since)),
        (n, None) => format!("{n} deletions and deactivations are held"),
    }];
    lines.extend(view.detail.clone());
    lines.extend(view.approved_until.map(|until| format!("approved until {}", moment(until))));
    lines.extend(view.events.iter().map(event));
    lines
}

fn event(event: &GuardEvent) -> String {
    let by = event.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    format!("{} {}{by}: {}", moment(event.at), event.deed.as_str(), event.detail)
}

//! `scimitar undo`: bring back what the last deprovisioning of a provider has taken away.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use scimitar_domain::Provider;
use scimitar_sync::{Engine, Undoable, Undone};

use super::plan::{COMMAND_LINE, LEFT_UNDONE};
use super::sync::{find, not_resting};
use crate::compose::Installation;
use crate::config::Config;
use crate::report::{self, Problem};

/// Objects that are listed.
const SHOWN: i64 = 100;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Only show what would be brought back
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config, None).await?;
    installation
        .lend(async move |installation| bring_back(config, installation, &arguments, host).await)
        .await
}

async fn bring_back(
    config: &Config,
    installation: &Installation,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = find(config, installation, &arguments.provider).await?;
    let engine = installation.command_engine(config, host)?;
    if arguments.dry_run {
        list(&engine.undoable(provider.pk, SHOWN).await?, &provider);
        return Ok(ExitCode::SUCCESS);
    }
    not_resting(config, installation, &provider, "the undo").await?;
    let undone = whole(&engine, &provider).await?;
    report::line(format!(
        "provider `{}`: {} brought back, {} failed, {} cannot be brought back",
        provider.fields.name,
        undone.restored,
        undone.failed,
        undone.impossible.len()
    ));
    undone.impossible.iter().for_each(|line| report::line(format!("  {line}")));
    if let Some(held) = &undone.held {
        report::note(format!("the provider is held: {held}"));
    }
    let is_whole = undone.left == 0 && undone.impossible.is_empty();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(LEFT_UNDONE) })
}

/// Bring back a part after the other, until nothing is left or nothing comes back any more.
async fn whole(engine: &Engine, provider: &Provider) -> anyhow::Result<Undone> {
    let mut sum = Undone::default();
    loop {
        let part = engine.undo(provider.pk, COMMAND_LINE).await.context("it could not be undone")?;
        let part = part.map_err(|refusal| {
            let what = format!("provider `{}`: {refusal}", provider.fields.name);
            Problem::new(what, "mend that and save the provider, then undo")
        })?;
        let goes_on = part.left > 0 && part.failed == 0;
        sum.restored += part.restored;
        sum.impossible.extend(part.impossible);
        sum.held = sum.held.or(part.held);
        (sum.failed, sum.left) = (part.failed, part.left);
        if !goes_on {
            return Ok(sum);
        }
    }
}

fn list(undoable: &Undoable, provider: &Provider) {
    for it in &undoable.taken {
        report::line(format!("would bring back {} {}", it.object.kind().as_str(), it.label));
    }
    let name = &provider.fields.name;
    report::line(match undoable.since {
        Some(since) => {
            format!("provider `{name}`: {} taken away since {}", undoable.count, since.to_rfc3339())
        }
        None => format!("provider `{name}`: nothing to bring back"),
    });
}

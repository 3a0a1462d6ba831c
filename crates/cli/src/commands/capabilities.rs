//! `scimitar capabilities`: what a provider's remote can do, how that is known, and forgetting what it has refused.

use anyhow::Context;
use clap::Args;

use scimitar_domain::{Lesson, ObjectKind};
use scimitar_sync::{CapabilityReport, KindReport, SaidBy, Verb};

use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::report::{self, Problem, moment};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Forget what the remote has refused, so that it is asked for everything again
    #[arg(long)]
    forget: bool,
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
    let name = &provider.fields.name;
    if arguments.forget {
        engine.forget_lessons(provider.pk).await.context("it could not be forgotten")?;
        report::line(format!("what the remote of `{name}` has refused is forgotten"));
        return Ok(());
    }
    let found = engine.capabilities(provider.pk).await.context("it could not be found out")?;
    let Some(found) = found else {
        return Err(
            Problem::new(format!("there is no provider `{name}`"), "it was deleted a moment ago").into()
        );
    };
    found.warnings.iter().for_each(|warning| report::note(format!("warning: {warning}")));
    lines(&found).iter().for_each(report::line);
    Ok(())
}

fn lines(found: &CapabilityReport) -> Vec<String> {
    let mut lines = vec![match &found.profile {
        Some(chosen) => format!("profile `{}`: {}", chosen.name, chosen.profile.title),
        None => "the provider names a profile that is not there".to_owned(),
    }];
    lines.push(match (found.said_by, &found.trouble) {
        (SaidBy::Override, _) => "what the remote can do stands in the provider".to_owned(),
        (SaidBy::Nobody, _) => "the remote is not asked what it can do".to_owned(),
        (SaidBy::Remote, None) => "the remote says what it can do".to_owned(),
        (SaidBy::Remote, Some(trouble)) => format!("the remote could not be asked what it can do: {trouble}"),
    });
    lines.push(kind(ObjectKind::User, &found.users));
    lines.push(kind(ObjectKind::Group, &found.groups));
    let by = if found.members_by_patch { "PATCH" } else { "PUT of the whole group" };
    lines.push(format!("members go by {by}, at most {} in one request", found.members_per_request));
    lines.push(match found.operations_per_request {
        0 | 1 => "changes go one by one".to_owned(),
        n => format!("changes of users go together, at most {n} in one request"),
    });
    lines.extend(found.learned.iter().map(lesson));
    lines
}

fn kind(kind: ObjectKind, known: &KindReport) -> String {
    let word = kind.as_str();
    if !known.offered {
        return format!("{word}s: the remote has none");
    }
    let verbs: Vec<&str> = known.change.iter().map(|verb| verb_name(*verb)).collect();
    let says = |known: Option<bool>| match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "to be found out",
    };
    format!(
        "{word}s: changed by {}; searched by filters: {}; versions: {}",
        verbs.join(", then "),
        says(known.filter),
        says(known.etag)
    )
}

fn verb_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Patch => "PATCH",
        Verb::Put => "PUT",
    }
}

fn lesson(lesson: &Lesson) -> String {
    let value = lesson.taught.value().map(|value| format!(" {value}")).unwrap_or_default();
    let (kind, taught) = (lesson.kind.as_str(), lesson.taught.as_str());
    format!("learned at {} of {kind}s: {taught}{value}: {}", moment(lesson.learned_at), lesson.detail)
}

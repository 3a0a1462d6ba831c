//! `scimitar sync`: bring one provider in step now, watch it, and tell what happened.
//!
//! The sync is the same as any other: a job in the queue. Where a process serves a SQLite file, that one does the
//! work and this one watches; otherwise this one works too.

mod object;
mod outcome;
mod progress;
mod rehearsal;
mod watch;

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use scimitar_domain::{Provider, ProviderPk, RunId, RunTrigger};
use scimitar_store::guards::Approval;
use scimitar_store::{PageRequest, StoreError, jobs, lanes, providers, runs};
use scimitar_sync::{ObjectReport, Outcome, Watcher, Work, begin_drain, lane_of, unverified_remote};

use super::named::Named;
use crate::compose::{self, Installation};
use crate::config::Config;
use crate::database;
use crate::instance::{self, Claim};
use crate::report::{self, Problem};
use crate::shutdown::Signals;

pub(super) use self::outcome::{WITH_FAILURES, failures};
pub(super) use self::watch::{End, until_ended};

/// More than are ever kept: a run that is not among them is new.
const ALL_RUNS: i64 = 1_000;
/// Providers that are named where one was not found.
const NAMES_SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Tell what would be sent, object by object, and send nothing
    #[arg(long, conflicts_with = "object")]
    dry_run: bool,
    /// Let pass the deletions and deactivations that are held because they are many, for an hour
    #[arg(long, conflicts_with_all = ["dry_run", "object"])]
    approve: bool,
    /// Take away everything that is managed, as the provider's policy says, so that the provider can be deleted
    #[arg(long, conflicts_with_all = ["dry_run", "object"])]
    drain: bool,
    /// Write although the provider's dry run is on
    #[arg(long, requires = "object", conflicts_with = "dry_run")]
    override_dry_run: bool,
    /// Only this one, beside a service or without one
    #[command(flatten)]
    only: Named,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    if arguments.dry_run {
        return rehearse(config, &arguments.provider, host).await;
    }
    if arguments.only.is_one() {
        return one(config, &arguments, host).await;
    }
    let claim = Claim::attempt(&config.database)?;
    let installation = Installation::open(config, Some(&claim)).await?;
    let work =
        async move |installation: &Installation| sync(config, installation, claim, &arguments, host).await;
    installation.lend(work).await
}

/// A rehearsal only reads, so it goes beside a running service as well as without one.
async fn rehearse(config: &Config, wanted: &str, host: Option<&str>) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config, None).await?;
    let rehearsal = async |installation: &Installation| {
        let provider = can_sync(find(config, installation, wanted).await?)?;
        note_unverified(&provider);
        rehearsal::tell(config, installation, &provider, host).await
    };
    installation.lend(rehearsal).await
}

async fn one(config: &Config, arguments: &Arguments, host: Option<&str>) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async |installation| bring_one(config, installation, arguments, host).await).await
}

async fn bring_one(
    config: &Config,
    installation: &Installation,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = can_sync(find(config, installation, &arguments.provider).await?)?;
    note_unverified(&provider);
    let Some(wanted) = arguments.only.find(config, installation).await? else { bail!("nobody is named") };
    object::bring(config, installation, (&provider, wanted), arguments.override_dry_run, host).await
}

async fn sync(
    config: &Config,
    installation: &Installation,
    mut claim: Claim,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let mut provider = find(config, installation, &arguments.provider).await?;
    if arguments.drain {
        // What holds the provider is about what it would send.
        provider.held = None;
    }
    let provider = can_sync(provider)?;
    note_unverified(&provider);
    let known = enqueue(config, installation, provider.pk, arguments, host).await?;
    let mut signals = Signals::listen()?;
    let (tell, done) = unbounded_channel();
    let watched = until_ended(config, installation, &provider, &known, done);
    tokio::pin!(watched);
    if let Claim::Taken { by } = &claim {
        let freed = tokio::select! {
            end = &mut watched => return outcome::tell(config, installation, &provider, end?).await,
            freed = instance::freed(&config.database) => freed?,
            () = signals.next() => bail!("no longer watched; {by} goes on with it"),
        };
        installation.take_over(config, &freed).await?;
        claim = freed;
    }
    let worker = installation.command_worker(host);
    let pk = provider.pk;
    let watcher = Watcher::new(move |provider, object| {
        // Whoever no longer listens has seen the end.
        drop(result(object).filter(|_| provider == pk).map(|line| tell.send(line)));
    });
    let engine = installation.watched_engine(config, &worker, Some(watcher))?;
    let stop = CancellationToken::new();
    let work = engine.run(compose::queue(config, &worker), stop.clone());
    tokio::pin!(work);
    let end = tokio::select! {
        end = &mut watched => Some(end?),
        () = &mut work => bail!("the engine ended by itself"),
        () = signals.next() => None,
    };
    stop.cancel();
    tokio::select! {
        () = &mut work => {}
        () = signals.next() => bail!("ended at once, as asked"),
    }
    drop(claim);
    let Some(end) = end else { bail!("interrupted; the next `scimitar serve` goes on with it") };
    outcome::tell(config, installation, &provider, end).await
}

/// The provider that is meant: by name, because people write names, then by number.
pub(super) async fn find(
    config: &Config,
    installation: &Installation,
    wanted: &str,
) -> anyhow::Result<Provider> {
    let (keyring, name) = (installation.keyring.clone(), wanted.to_owned());
    let found = installation.store.read(move |conn| {
        if let Some(provider) = providers::find_by_name(conn, &keyring, &name)? {
            return Ok(Ok(provider));
        }
        if let Ok(pk) = name.parse()
            && let Some(provider) = providers::find(conn, &keyring, ProviderPk(pk))?
        {
            return Ok(Ok(provider));
        }
        let any = providers::ProviderFilter::default();
        let page = providers::page(conn, &keyring, &any, &PageRequest::default())?;
        Ok::<_, StoreError>(Err(page
            .rows
            .into_iter()
            .map(|provider| provider.fields.name)
            .collect::<Vec<_>>()))
    });
    match found.await.map_err(|error| database::explain(error, &config.database))? {
        Ok(provider) => Ok(provider),
        Err(names) => {
            let hint = hint(wanted, &names);
            Err(Problem::new(format!("there is no provider `{wanted}`"), hint).into())
        }
    }
}

/// The nearest name if it is near, else those that there are.
fn hint(wanted: &str, names: &[String]) -> String {
    let distance = |name: &String| strsim::damerau_levenshtein(wanted, name);
    let near = names.iter().min_by_key(|name| distance(name));
    match near {
        None => "there are no providers yet".to_owned(),
        Some(name) if distance(name) * 2 <= wanted.chars().count() => {
            format!("did you mean `{name}`? Names with blanks need quotes")
        }
        Some(_) => {
            let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > NAMES_SHOWN { ", …" } else { "" };
            format!("there are {}{more}; names with blanks need quotes", shown.join(", "))
        }
    }
}

pub(super) fn can_sync(provider: Provider) -> anyhow::Result<Provider> {
    let name = &provider.fields.name;
    if provider.application.is_none() {
        let hint = "name it among the `backchannel_providers` of an application";
        return Err(Problem::new(format!("provider `{name}` belongs to no application"), hint).into());
    }
    if let Some(reason) = &provider.held {
        return Err(
            Problem::new(format!("provider `{name}` is held: {reason}"), "save it to let it go on").into()
        );
    }
    Ok(provider)
}

/// Whoever has to do with a provider that takes anybody for its remote is told so.
pub(super) fn note_unverified(provider: &Provider) {
    if let Some(warning) = unverified_remote(provider) {
        report::note(format!("warning: {warning}"));
    }
}

/// Refuse to wait for a provider that rests: `what` is done by itself once it can be called.
pub(super) async fn not_resting(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    what: &str,
) -> anyhow::Result<()> {
    let lane = lane_of(provider.pk);
    let lane = installation.store.read(move |conn| lanes::find(conn, &lane)).await;
    let lane = lane.map_err(|error| database::explain(error, &config.database))?;
    let now = installation.clock.now();
    let Some(lane) = lane.filter(|lane| lane.paused_until.is_some_and(|until| until > now)) else {
        return Ok(());
    };
    let reason = lane.reason.unwrap_or_else(|| "the provider rests".to_owned());
    let what = format!("{what} waits: {reason}");
    Err(Problem::new(what, "it goes on by itself once the provider can be called").into())
}

/// Ask for a full sync, begin to drain and approve what is held if that is asked for. Returns the runs that there
/// were before, in the same transaction.
async fn enqueue(
    config: &Config,
    installation: &Installation,
    provider: ProviderPk,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<Vec<RunId>> {
    let (drain, now) = (arguments.drain, installation.clock.now());
    let approve = if arguments.approve {
        Some(installation.command_engine(config, host)?.approving(provider, None))
    } else {
        None
    };
    let work = Work::Run { provider, trigger: RunTrigger::Manual }.job(now);
    let enqueued = installation.store.write(move |conn| {
        let before = runs::latest(conn, provider, ALL_RUNS)?;
        if drain {
            begin_drain(conn, provider, None, now)?;
        }
        if let Some(approve) = &approve
            && let Approval::Refused(why) = approve(conn)?
        {
            return Ok(Err(why));
        }
        jobs::enqueue(conn, std::slice::from_ref(&work), now)?;
        Ok::<_, StoreError>(Ok(before.into_iter().map(|run| run.id).collect()))
    });
    let enqueued = enqueued.await.map_err(|error| database::explain(error, &config.database))?;
    enqueued.map_err(|why| Problem::new(why, "POST …/sync/approve/ says who asks").into())
}

/// What was done about an object, in one line. What fails is listed at the end, with the time of the next attempt.
fn result(object: &ObjectReport) -> Option<String> {
    let what = match object.outcome {
        Outcome::Kept | Outcome::Waiting | Outcome::Outdated | Outcome::Failed => return None,
        Outcome::Created => "created",
        Outcome::Adopted => "adopted",
        Outcome::Updated => "updated",
        Outcome::Deleted => "deleted",
        Outcome::Skipped => "left alone",
    };
    Some(format!("{what} {} {}", object.object.kind().as_str(), object.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_else_all_that_there_are() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            hint("payrol", &names(&["chat", "payroll"])),
            "did you mean `payroll`? Names with blanks need quotes"
        );
        assert_eq!(
            hint("nobody", &names(&["chat", "payroll"])),
            "there are `chat`, `payroll`; names with blanks need quotes"
        );
        assert!(hint("x", &names(&["chat"; 11])).ends_with("`chat`, …; names with blanks need quotes"));
        assert_eq!(hint("x", &[]), "there are no providers yet");
    }
}

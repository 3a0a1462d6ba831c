//! `scimitar status`: where providers stand, and each object that fails at one of them.

use std::process::ExitCode;

use clap::Args;

use scimitar_domain::{Provider, Run, Timestamp};
use scimitar_store::guards::{self, Guard};
use scimitar_store::jobs::{self, LaneLoad};
use scimitar_store::lanes::{self, Lane};
use scimitar_store::{
    Conn, Keyring, PageNumber, PageRequest, StoreError, changes, links, providers, runs, tombstones,
};
use scimitar_sync::lane_of;

use super::runs::line;
use super::sync::{WITH_FAILURES, failures, find, note_unverified};
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, moment};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number, with each object that fails; without it, a line for each provider
    #[arg(value_name = "PROVIDER")]
    provider: Option<String>,
}

/// What is known of a provider at one moment.
struct Standing {
    provider: Provider,
    newest: Option<Run>,
    /// Where it is left alone at this moment.
    rest: Option<Lane>,
    guard: Option<Guard>,
    load: Option<LaneLoad>,
    /// Since when a change of the directory waits for somebody to see whom it concerns.
    unseen: Option<Timestamp>,
    /// Objects and deletions.
    n_failing: i64,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config, None).await?;
    let tell = async |installation: &Installation| match &arguments.provider {
        Some(wanted) => one(config, installation, wanted).await,
        None => all(config, installation).await,
    };
    installation.lend(tell).await
}

async fn one(config: &Config, installation: &Installation, wanted: &str) -> anyhow::Result<ExitCode> {
    let provider = find(config, installation, wanted).await?;
    note_unverified(&provider);
    let (pk, name) = (provider.pk, provider.fields.name.clone());
    let standing = look(config, installation, move |_, _| Ok(vec![provider.clone()])).await?;
    for standing in &standing {
        report::line(format!("provider `{name}`: {}", standing.words().join("; ")));
        report::line(standing.newest.as_ref().map_or_else(|| "it was never synced".to_owned(), line));
        let listed = failures(config, installation, pk).await?;
        listed.iter().for_each(report::line);
        let left = standing.n_failing.saturating_sub(i64::try_from(listed.len())?);
        if left > 0 {
            report::line(format!("  and {left} more"));
        }
    }
    Ok(code(&standing))
}

async fn all(config: &Config, installation: &Installation) -> anyhow::Result<ExitCode> {
    let standings = look(config, installation, all_providers).await?;
    if standings.is_empty() {
        report::line("there are no providers yet");
    }
    for standing in &standings {
        report::line(format!("{}: {}", standing.provider.fields.name, standing.words().join("; ")));
    }
    Ok(code(&standings))
}

/// For scripts, as `scimitar sync` ends.
fn code(standings: &[Standing]) -> ExitCode {
    if standings.iter().any(Standing::is_in_trouble) {
        ExitCode::from(WITH_FAILURES)
    } else {
        ExitCode::SUCCESS
    }
}

/// Everything is of one moment.
async fn look(
    config: &Config,
    installation: &Installation,
    of: impl Fn(&mut Conn, &Keyring) -> Result<Vec<Provider>, StoreError> + Send + 'static,
) -> anyhow::Result<Vec<Standing>> {
    let (keyring, now) = (installation.keyring.clone(), installation.clock.now());
    let look = move |conn: &mut Conn| {
        let (mut loads, unseen) = (jobs::load(conn)?, changes::oldest_at(conn)?);
        let found = of(conn, &keyring)?;
        found.into_iter().map(|provider| stand(conn, provider, (&mut loads, unseen), now)).collect()
    };
    installation.store.read(look).await.map_err(|error| database::explain(error, &config.database))
}

fn all_providers(conn: &mut Conn, keyring: &Keyring) -> Result<Vec<Provider>, StoreError> {
    let (mut found, any) = (Vec::new(), providers::ProviderFilter::default());
    for page in 1.. {
        let request = PageRequest { page: PageNumber::Number(page), ..PageRequest::default() };
        let part = providers::page(conn, keyring, &any, &request)?;
        found.extend(part.rows);
        if part.page * part.size >= part.count {
            break;
        }
    }
    Ok(found)
}

fn stand(
    conn: &mut Conn,
    provider: Provider,
    (loads, unseen): (&mut Vec<LaneLoad>, Option<Timestamp>),
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let (pk, lane) = (provider.pk, lane_of(provider.pk));
    Ok(Standing {
        newest: runs::latest(conn, pk, 1)?.pop(),
        rest: lanes::find(conn, &lane)?.filter(|lane| lane.paused_until.is_some_and(|until| until > now)),
        guard: guards::find(conn, pk)?.filter(|guard| guard.held_since.is_some()),
        load: loads.iter().position(|load| load.lane == lane).map(|at| loads.swap_remove(at)),
        unseen,
        n_failing: links::count_failing(conn, pk)? + tombstones::count_failing(conn, pk)?,
        provider,
    })
}

impl Standing {
    /// Somebody should look at it.
    fn is_in_trouble(&self) -> bool {
        self.provider.held.is_some() || self.rest.is_some() || self.guard.is_some() || self.n_failing > 0
    }

    /// The worst first.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.provider.held.as_ref().map(|reason| format!("held: {reason}")));
        words.extend(self.rest.as_ref().and_then(rest));
        words.extend(self.guard.as_ref().and_then(guard));
        match self.n_failing {
            0 => {}
            1 => words.push("1 fails".to_owned()),
            n => words.push(format!("{n} fail")),
        }
        if self.provider.application.is_none() {
            words.push("belongs to no application, so that nothing is sent".to_owned());
        }
        if self.provider.fields.dry_run {
            words.push("only rehearses".to_owned());
        }
        words.extend(self.load.as_ref().and_then(waiting));
        words.extend(self.unseen.map(|since| format!("the directory has changed since {}", moment(since))));
        match &self.newest {
            None => words.push("never synced".to_owned()),
            Some(run) => match run.finished_at {
                None => words.push(format!("a full sync is under way since {}", moment(run.started_at))),
                Some(_) if words.is_empty() => words.push("in step".to_owned()),
                Some(_) => {}
            },
        }
        words
    }
}

fn rest(lane: &Lane) -> Option<String> {
    let until = moment(lane.paused_until?);
    let class = lane.class.as_ref().map(|class| format!(" ({class})")).unwrap_or_default();
    let reason = lane.reason.as_deref().unwrap_or("the remote is left alone");
    Some(format!("rests until {until}{class}: {reason}"))
}

fn guard(guard: &Guard) -> Option<String> {
    let since = moment(guard.held_since?);
    Some(format!("{} deletions or deactivations wait for approval since {since}", guard.held))
}

fn waiting(load: &LaneLoad) -> Option<String> {
    let since = moment(load.oldest?);
    match load.n_jobs {
        0 => None,
        1 => Some(format!("1 job waits since {since}")),
        n => Some(format!("{n} jobs wait, the oldest since {since}")),
    }
}

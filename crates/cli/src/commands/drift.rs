//! `scimitar drift`: what a provider's remote holds otherwise than it was sent.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use scimitar_domain::{DriftCheck, Provider, Timestamp};
use scimitar_store::drift::{self, Listed};
use scimitar_store::{PageNumber, PageRequest, StoreError, jobs};
use scimitar_sync::Work;

use super::sync::{can_sync, find, not_resting};
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::instance::Claim;
use crate::report::{self, Problem};

/// Between two looks at whether the service has ended the check.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The exit code where something differs.
const DIFFERS: u8 = 4;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Send again what differs
    #[arg(long)]
    repair: bool,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let claim = Claim::attempt(&config.database)?;
    let installation = Installation::open(config, Some(&claim)).await?;
    installation
        .lend(async move |installation| check(config, installation, &claim, &arguments, host).await)
        .await
}

async fn check(
    config: &Config,
    installation: &Installation,
    claim: &Claim,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = can_sync(find(config, installation, &arguments.provider).await?)?;
    let check = match claim {
        Claim::Taken { .. } => by_the_service(config, installation, &provider, arguments.repair).await?,
        Claim::Alone(_) | Claim::Shared => {
            let engine = installation.command_engine(config, host)?;
            let cause = engine.check_drift(provider.pk, arguments.repair).await?;
            if let Some(cause) = cause {
                let what =
                    format!("the remote of provider `{}` cannot be compared: {cause}", provider.fields.name);
                return Err(Problem::new(what, "save the provider once that is mended").into());
            }
            last(config, installation, &provider).await?
        }
    };
    list(config, installation, &provider).await?;
    let Some(check) = check else { return Ok(ExitCode::SUCCESS) };
    report::line(format!(
        "provider `{}`: {} compared, {} differ, {} missing, {} stand for nothing here",
        provider.fields.name, check.compared, check.differing, check.missing, check.unmanaged
    ));
    if let Some(detail) = &check.detail {
        report::note(detail);
    }
    if check.repairs && !matches!(claim, Claim::Taken { .. }) {
        report::note("what differs is sent again by the next `scimitar sync` or `scimitar serve`");
    }
    let is_in_step = check.differing == 0 && check.missing == 0 && check.detail.is_none();
    Ok(if is_in_step { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

/// Let the process that works do it, and wait for the end.
async fn by_the_service(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    repair: bool,
) -> anyhow::Result<Option<DriftCheck>> {
    let asked = installation.clock.now();
    let work = Work::Drift { provider: provider.pk, repair }.job(asked);
    let enqueued =
        installation.store.write(move |conn| jobs::enqueue(conn, std::slice::from_ref(&work), asked));
    enqueued.await.map_err(|error| database::explain(error, &config.database))?;
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tick.tick().await;
        let check = last(config, installation, provider).await?;
        if check.as_ref().is_some_and(|check| has_ended(check, asked)) {
            return Ok(check);
        }
        not_resting(config, installation, provider, "the comparison").await?;
    }
}

fn has_ended(check: &DriftCheck, asked: Timestamp) -> bool {
    check.started_at >= asked && check.finished_at.is_some()
}

async fn last(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
) -> anyhow::Result<Option<DriftCheck>> {
    let pk = provider.pk;
    let found = installation.store.read(move |conn| drift::check(conn, pk)).await;
    found.map_err(|error: StoreError| database::explain(error, &config.database))
}

async fn list(config: &Config, installation: &Installation, provider: &Provider) -> anyhow::Result<()> {
    let mut number = 1;
    loop {
        let request = PageRequest { page: PageNumber::Number(number), ..PageRequest::default() };
        let pk = provider.pk;
        let page = installation.store.read(move |conn| drift::page(conn, pk, &request)).await;
        let page = page.map_err(|error: StoreError| database::explain(error, &config.database))?;
        page.rows.iter().map(line).for_each(report::line);
        if i64::from(number).saturating_mul(page.size) >= page.count {
            return Ok(());
        }
        number += 1;
    }
}

/// What differs of one object, in one line.
fn line(listed: &Listed) -> String {
    let drift = &listed.drift;
    let kind = drift.object.kind().as_str();
    let start = format!("{kind} {} ({})", listed.label, drift.remote_id);
    if drift.is_missing {
        return format!("{start}: the remote does not have it any more");
    }
    let told: Vec<String> = drift
        .differences
        .iter()
        .map(|it| format!("{}: sent {}, found {}", it.attribute, it.sent, it.found))
        .collect();
    format!("{start}: {}", told.join("; "))
}

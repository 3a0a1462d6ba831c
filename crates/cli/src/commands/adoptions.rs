//! `scimitar adoptions`: what at a provider's remote could stand for users and groups, and what was taken over.

use std::process::ExitCode;

use clap::Args;

use scimitar_domain::{AdoptionState, ObjectId, Provider};
use scimitar_store::adoptions::{self, Listed};
use scimitar_store::{PageNumber, PageRequest, StoreError, jobs};
use scimitar_sync::{SyncError, Work};

use super::named::Named;
use super::sync::find;
use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::instance::Claim;
use crate::report::{self, Problem};

#[derive(Debug, Args)]
#[command(mut_group("object", |group| group.requires("adopt")))]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Walk through the remote first; beside a service, the service does it in the background
    #[arg(long)]
    discover: bool,
    /// Say that this remote resource, by its id, is the user or group: it is taken over, or confirmed
    #[arg(long, value_name = "REMOTE_ID", requires = "object", conflicts_with = "discover")]
    adopt: Option<String>,
    #[command(flatten)]
    object: Named,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let claim = if arguments.discover { Some(Claim::attempt(&config.database)?) } else { None };
    let installation = Installation::open(config, claim.as_ref()).await?;
    installation
        .lend(async move |installation| tell(config, installation, claim.as_ref(), &arguments, host).await)
        .await
}

async fn tell(
    config: &Config,
    installation: &Installation,
    claim: Option<&Claim>,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = find(config, installation, &arguments.provider).await?;
    let object = arguments.object.find(config, installation).await?;
    if let (Some(remote_id), Some(object)) = (&arguments.adopt, object) {
        adopt(config, installation, &provider, object, remote_id, host).await?;
        return Ok(ExitCode::SUCCESS);
    }
    match claim {
        None => {}
        Some(Claim::Taken { by }) => {
            let now = installation.clock.now();
            let work = Work::Discover { provider: provider.pk }.job(now);
            let asked =
                installation.store.write(move |conn| jobs::enqueue(conn, std::slice::from_ref(&work), now));
            asked.await.map_err(|error| database::explain(error, &config.database))?;
            report::note(format!("{by} walks through the remote; this is what is known so far"));
        }
        Some(Claim::Alone(_) | Claim::Shared) => {
            let engine = installation.command_engine(config, host)?;
            if let Some(reason) = engine.discover(provider.pk).await? {
                let name = &provider.fields.name;
                let what = format!("the remote of provider `{name}` cannot be walked through: {reason}");
                return Err(Problem::new(what, "without `--discover` you see what is known of it").into());
            }
        }
    }
    list(config, installation, &provider).await?;
    Ok(ExitCode::SUCCESS)
}

/// Take it over, or confirm that it was taken over.
async fn adopt(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    object: ObjectId,
    remote_id: &str,
    host: Option<&str>,
) -> anyhow::Result<()> {
    let engine = installation.command_engine(config, host)?;
    let (name, kind) = (&provider.fields.name, object.kind().as_str());
    match engine.adopt(provider.pk, object, remote_id.to_owned()).await {
        Ok(true) => {
            report::line(format!(
                "`{remote_id}` is the {kind}'s at `{name}`; `scimitar serve` or `scimitar worker` brings it in step"
            ));
            Ok(())
        }
        Ok(false) => {
            let what = format!("the {kind} is not in the scope of provider `{name}`");
            Err(Problem::new(what, "`scimitar explain` says why").into())
        }
        Err(SyncError::Store(StoreError::Taken(_))) => {
            let what =
                format!("the {kind} has another resource at `{name}`, or `{remote_id}` stands for another");
            Err(Problem::new(what, "`scimitar explain` says what the remote knows it as").into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn list(config: &Config, installation: &Installation, provider: &Provider) -> anyhow::Result<()> {
    let mut number = 1;
    loop {
        let request = PageRequest { page: PageNumber::Number(number), ..PageRequest::default() };
        let pk = provider.pk;
        let page = installation.store.read(move |conn| adoptions::page(conn, pk, None, &request)).await;
        let page = page.map_err(|error: StoreError| database::explain(error, &config.database))?;
        if page.count == 0 {
            report::line("nothing to adopt is known");
        }
        page.rows.iter().map(line).for_each(report::line);
        if i64::from(number).saturating_mul(page.size) >= page.count {
            return Ok(());
        }
        number += 1;
    }
}

/// An adoption in one line.
fn line(listed: &Listed) -> String {
    let adoption = &listed.adoption;
    let what = match adoption.state {
        AdoptionState::Match => "would adopt",
        AdoptionState::Ambiguous => "cannot tell which is",
        AdoptionState::Adopted => "adopted, to be confirmed:",
    };
    let candidates: Vec<String> = adoption
        .candidates
        .iter()
        .map(|it| format!("{} by {} `{}`", it.remote_id, it.matched_by.as_str(), it.value))
        .collect();
    format!("{what} {} {}: {}", adoption.object.kind().as_str(), listed.label, candidates.join(", "))
}

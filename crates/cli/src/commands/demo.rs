//! `scimitar demo`: a company of a thousand people, provisioned into an application before one's eyes.
//!
//! Two services run in this process, each on a database of its own in a temporary folder: the one that is shown, and
//! one that plays the application, which takes what it is sent over its SCIM source. All between them goes over HTTP
//! on loopback, as it does between machines. With the process the folder goes.

mod application;
mod company;
mod directory;
mod ground;
mod words;

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, bail};
use clap::Args;

use scimitar_domain::{Provider, RunState};

use crate::compose::Installation;
use crate::config::Config;
use crate::instance;
use crate::report;
use crate::service::Service;
use crate::shutdown::Signals;

use self::application::Application;
use self::company::Company;
use self::ground::Ground;
use super::serve;
use super::sync::{End, until_ended};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where the API listens: an address and a port [default: any free port of loopback]
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", hide_default_value = true)]
    listen: String,
    /// Leave the databases where they are, and say where
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(config: &Config, arguments: &Arguments, host: Option<&str>) -> anyhow::Result<()> {
    let company = Company::bundled()?;
    // From here on nothing but our own return ends the process, so what is made is removed again.
    let mut signals = Signals::listen()?;
    let (listener, address) = serve::bind(&arguments.listen, "--listen")?;
    let ground = Ground::new(config, arguments.keep)?;
    let ended = Box::pin(show(&ground, &company, (listener, address), host, &mut signals)).await;
    ground.clear()?;
    ended
}

/// Both services, from their start to their end.
async fn show(
    ground: &Ground,
    company: &Company,
    listener: (TcpListener, SocketAddr),
    host: Option<&str>,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    let mut application = Application::start(ground, host).await?;
    let ended = Box::pin(present(ground, company, listener, &mut application, host, signals)).await;
    serve::within_patience(signals, async {
        application.service.end().await;
        ended
    })
    .await
}

/// The directory's service: filled, provisioned, and then there until the process is told to end.
async fn present(
    ground: &Ground,
    company: &Company,
    (listener, address): (TcpListener, SocketAddr),
    application: &mut Application,
    host: Option<&str>,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    let config = &ground.directory;
    let (_claim, installation, key) = ground::settle(config).await?;
    let worker = instance::worker_name(host, installation.ids.as_ref());
    let engine = installation.engine(config, &worker)?;
    report::note(format!(
        "filling the directory: {} people and {} groups of {}",
        company.people.len(),
        company.groups.len(),
        company.name
    ));
    let star = directory::fill(&installation, company).await?;
    // Nobody is sent anything yet. Handed out later, these changes would only do again what the full sync does.
    while engine.dispatch().await.context("the changes could not be handed out")? > 0 {}
    let provider = directory::connect(&installation, &application.url, &application.key).await?;
    let mut service = Service::start(config, &installation, engine, &worker, listener, None)?;
    let mut watched = Box::pin(async {
        let summary = provision(config, &installation, &provider).await?;
        words::tell(&words::Facts {
            company,
            summary: &summary,
            api: &serve::reachable(&address.to_string()),
            key: &key,
            star: &star,
            application: &application.url,
            application_key: &application.key,
            kept: ground.kept(),
        });
        std::future::pending::<anyhow::Result<()>>().await
    });
    let ended = tokio::select! {
        ended = &mut watched => ended,
        error = service.broken() => Err(error),
        error = application.service.broken() => Err(error),
        () = signals.next() => Ok(()),
    };
    drop(watched);
    serve::within_patience(signals, async {
        service.end().await;
        ended
    })
    .await
}

/// Watch the full sync that the new provider begins with. Returns how it went, for people.
async fn provision(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
) -> anyhow::Result<String> {
    let run = loop {
        // Nobody reads what each object says: there are a thousand.
        let (_, done) = tokio::sync::mpsc::unbounded_channel();
        match until_ended(config, installation, provider, &[], done).await? {
            End::Ended(run) => break run,
            End::Resting(rest) => {
                report::note(format!(
                    "the application does not answer in time, which is tried again: {}",
                    rest.reason
                ));
                let rest = (rest.until - installation.clock.now()).to_std().unwrap_or_default();
                tokio::time::sleep(rest).await;
            }
        }
    };
    let later = match run.state {
        RunState::Done => String::new(),
        // On a machine that has much else to do. It goes on by itself.
        RunState::Users | RunState::Groups | RunState::Sweep | RunState::Warning => {
            format!("; {} had to wait and follow", run.counts.failed)
        }
        RunState::Error => bail!("the company could not be provisioned: {}", run.detail.unwrap_or_default()),
    };
    let millis = run.finished_at.map_or(0, |end| (end - run.started_at).num_milliseconds());
    let (seconds, tenths) = (millis / 1_000, millis % 1_000 / 100);
    Ok(format!("{} objects in {seconds}.{tenths} s{later}", run.counts.created))
}

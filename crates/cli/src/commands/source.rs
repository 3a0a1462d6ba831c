//! `scimitar source`: what an administrator does about a source on the machine itself.

use clap::Subcommand;

use scimitar_inbound::RELEASED_FOR;
use scimitar_store::{source_guards, sources};

use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, Problem};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let pass, for an hour, the deactivations and deletions that a source's guard holds
    Release {
        /// The source, by its slug
        slug: String,
    },
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Release { slug } = command;
    let installation = Installation::open(config, None).await?;
    installation.lend(async move |installation| release(config, installation, slug).await).await
}

async fn release(config: &Config, installation: &Installation, slug: String) -> anyhow::Result<()> {
    let (wanted, now) = (slug.clone(), installation.clock.now());
    let released = installation.store.write(move |conn| {
        let Some(source) = sources::find_by_slug(conn, &wanted)? else { return Ok(false) };
        source_guards::release(conn, source.id, now + RELEASED_FOR, now)?;
        Ok(true)
    });
    if !released.await.map_err(|error| database::explain(error, &config.database))? {
        let hint =
            "slugs are written exactly as they are; they are part of the address that clients are given";
        return Err(Problem::new(format!("there is no source `{slug}`"), hint).into());
    }
    report::line(format!(
        "the source `{slug}` may deactivate and delete whatever its client asks for, for an hour"
    ));
    Ok(())
}

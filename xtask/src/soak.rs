//! `cargo xtask soak`: what the tests of endurance do in every run, done at length, as before a release.

use anyhow::{Context as _, Result};

use crate::postgres::Cluster;
use crate::process;
use crate::report;
use crate::simulate::SEEDS;
use crate::test::{self, Database};
use crate::workspace::Workspace;

/// Tells the tests to do much; see `scimitar_testkit::tier`.
const TIER: (&str, &str) = ("SCIMITAR_TIER", "release");

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which of them; all without a name.
    parts: Vec<Part>,
    /// The seeds of the lives that are simulated.
    #[arg(long, default_value = "0..100000", value_name = "FIRST..END")]
    seeds: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// A thousand kills in a sync, on SQLite.
    Kill,
    /// Five hundred among three replicas, on PostgreSQL.
    Replicas,
    /// A thousand kills under pushes at full speed.
    Pushes,
    /// Two hundred ends under load.
    Ends,
    /// Thousands of rounds in which many want the same at once.
    Races,
    /// Ten thousand lost answers per kind of remote; throttles and outages with thousands of objects.
    Storms,
    /// A hundred thousand lives.
    Lives,
}

impl Part {
    const ALL: [Self; 7] =
        [Self::Kill, Self::Replicas, Self::Pushes, Self::Ends, Self::Races, Self::Storms, Self::Lives];

    /// The test binary and the names in it.
    fn tests(self) -> [&'static str; 2] {
        match self {
            Self::Kill => ["kill", "outbound::"],
            Self::Replicas => ["kill", "replicas::"],
            Self::Pushes => ["kill", "inbound::"],
            Self::Ends => ["it", "twenty_ends_under_load"],
            Self::Races => ["it", "concurrency::"],
            Self::Storms => ["it", "storms::"],
            Self::Lives => ["it", "simulation::directory"],
        }
    }
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    for part in Part::ALL.into_iter().filter(|part| args.parts.is_empty() || args.parts.contains(part)) {
        let name = format!("{part:?}").to_lowercase();
        report::header(&name);
        let cluster = (part == Part::Replicas).then(|| Cluster::start(workspace)).transpose()?;
        let database = cluster.as_ref().map_or(Database::Sqlite, |cluster| Database::Postgres(cluster.url()));
        let [binary, tests] = part.tests();
        let mut test = test::cargo_test(workspace, database);
        test.args(["--release", "--test", binary, tests, "--", "--nocapture"]);
        test.env(TIER.0, TIER.1).env(SEEDS, &args.seeds);
        process::run(&mut test).with_context(|| format!("soak stopped at `{name}`"))?;
    }
    Ok(())
}

//! Three processes on one PostgreSQL, of which one after the other is killed: the rest go on, and nothing is doubled.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{Launch, Program, newcomers, say};
use scimitar_testkit::remote::FakeRemote;
use scimitar_testkit::tier;

use crate::dice::Dice;
use crate::outbound::{Writer, hostile, live_and_die, settle};

const SEED: u64 = 2_027;
const N_REPLICAS: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_among_three_replicas_lose_and_double_nothing() -> Result<()> {
    let database = Database::unmigrated();
    if !database.is_postgres() {
        say(
            "replicas share a PostgreSQL: `cargo xtask ci` runs this there, or `cargo xtask test --postgres-url`",
        );
        return Ok(());
    }
    let (n_kills, n_users, n_groups, n_members) = tier::either((20, 2_000, 50, 40), (500, 10_000, 500, 100));
    let remote = FakeRemote::start_on_thread(hostile());
    let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url);
    let mut replicas: Vec<Program> = (0..N_REPLICAS).map(|_| launch.start()).collect::<Result<_>>()?;
    let api = replicas.first().context("there are three")?.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    let groups = api.create_groups("group", n_groups, &users, n_members).await?;
    let provider = api.connect("remote", remote.url(), "token").await?;

    let mut writer = Writer::over(users, groups);
    let mut dice = Dice(SEED);
    for _ in 0..n_kills {
        let victim = usize::try_from(dice.between(0, N_REPLICAS))?;
        let program = replicas.get_mut(victim).context("there are three")?;
        live_and_die(program, &mut writer, Duration::from_millis(dice.between(50, 1_500))).await?;
        program.restart()?;
    }

    remote.alter(|behaviour| (behaviour.fault_percent, behaviour.latency_ms) = (0, 0));
    let api = replicas.first().context("there are three")?.api()?;
    settle(&api, provider, &remote).await?;
    writer.ensure_kept(&api.directory().await?);
    assert!(remote.duplicates().is_empty(), "{:?}", remote.duplicates());
    for program in &mut replicas {
        ensure!(program.terminate()?.success(), "it does not end well:\n{}", program.heard());
    }
    Ok(())
}

//! Killed while it sends: no acknowledged write is lost and nothing is created twice, however hostile the remote.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{
    Api, Directory, Launch, Mirror, Program, broken, differences, eventually, newcomers, number, pass, say,
    web,
};
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind};
use scimitar_testkit::tier;

use crate::dice::Dice;

const SEED: u64 = 2_026;
/// A debug build on a machine that has other things to do.
const LIMIT: Duration = Duration::from_mins(2);
/// Writes of ours in one life of the process, so that there is something to lose.
const N_WRITES: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_in_a_sync_with_a_hostile_remote_lose_and_double_nothing() -> Result<()> {
    let remote = FakeRemote::start_on_thread(hostile());
    let database = Database::unmigrated();
    let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url);
    let (n_kills, n_users, n_groups, n_members) =
        tier::either((50, 2_000, 50, 40), (1_000, 13_000, 500, 100));
    let mut program = launch.start()?;
    let api = program.api()?;
    let users = api.create_users(newcomers("user", n_users)).await?;
    let groups = api.create_groups("group", n_groups, &users, n_members).await?;
    let provider = api.connect("remote", remote.url(), "token").await?;

    let start = Instant::now();
    let mut writer = Writer::over(users, groups);
    let mut dice = Dice(SEED);
    let mut hit = Vec::new();
    for _ in 0..n_kills {
        live_and_die(&mut program, &mut writer, Duration::from_millis(dice.between(50, 1_500))).await?;
        hit.push(remote.users().len());
        program.restart()?;
    }
    say(&format!("{n_kills} kills in {:?}, with so many users at the remote: {hit:?}", start.elapsed()));

    // What remains is done without anybody's help. The faults end, because each may cost a minute of waiting.
    remote.alter(|behaviour| (behaviour.fault_percent, behaviour.latency_ms) = (0, 0));
    let api = program.api()?;
    settle(&api, provider, &remote).await?;
    say(&format!("in step after {:?} and {} requests", start.elapsed(), remote.n_requests()));
    writer.ensure_kept(&api.directory().await?);
    assert!(remote.duplicates().is_empty(), "{:?}", remote.duplicates());
    ensure!(program.terminate()?.success(), "it does not end well:\n{}", program.heard());
    assert_eq!(broken(&database.settings).await?, Vec::<String>::new());
    Ok(())
}

/// Slow enough that the kills hit the initial sync. One 429 stops everything for a second, so there are fewer of
/// them than of the other faults: most lives shall be busy ones.
pub(crate) fn hostile() -> Behaviour {
    let (pauses, others): (Vec<_>, Vec<_>) = FaultKind::mixture()
        .into_iter()
        .partition(|fault| matches!(fault, FaultKind::TooManyRequests { .. }));
    let faults = [pauses, vec![others; 8].concat()].concat();
    Behaviour { faults, record: false, latency_ms: 60, ..Behaviour::hostile(SEED, 20) }
}

/// Write for so long, then kill it in the midst of that.
pub(crate) async fn live_and_die(program: &mut Program, writer: &mut Writer, life: Duration) -> Result<()> {
    let api = program.api()?;
    let writing = async {
        writer.write(&api).await?;
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        () = pass(life) => {}
        result = writing => result?,
    }
    program.kill9()
}

/// First without anybody's help: what is still missing then must be known to be, and have a time at which it is
/// tried again. After so many failures these waits are long, so the provider is saved now and then to try
/// everything at once, as an operator would.
pub(crate) async fn settle(api: &Api, provider: i64, remote: &FakeRemote) -> Result<()> {
    let client = web()?;
    let look = async || {
        let found = differences(&api.directory().await?, &Mirror::of_fake(&client, remote.url()).await?);
        let failures = api.all(&format!("/providers/scim/{provider}/sync/failures/")).await?;
        anyhow::Ok((found, failures))
    };
    eventually(LIMIT, "the remote to lack only what waits for its time", async || {
        let (found, failures) = look().await?;
        let known = waiting(&failures);
        let is_known = |text: &String| known.iter().any(|name| text.contains(&format!("`{name}`")));
        // A user that is not there cannot be a member yet.
        let follows = |text: &String| !known.is_empty() && text.contains("lacks the member");
        Ok(match found.iter().find(|text| !is_known(text) && !follows(text)) {
            None => {
                say(&format!("{} differences, {} objects wait", found.len(), known.len()));
                ControlFlow::Break(())
            }
            Some(one) => {
                let (n, failing) = (found.len(), failures.len());
                ControlFlow::Continue(format!("{n} differences, such as: {one}; {failing} fail"))
            }
        })
    })
    .await?;
    let mut saved: Option<Instant> = None;
    eventually(LIMIT, "the remote to hold what the directory holds", async || {
        let (found, failures) = look().await?;
        let Some(one) = found.first() else { return Ok(ControlFlow::Break(())) };
        // A search that finds nothing is not believed within seconds of a lost answer.
        if saved.is_none_or(|at| at.elapsed() > Duration::from_secs(10)) {
            api.change(&format!("/providers/scim/{provider}/"), &json!({ "token": "another" })).await?;
            saved = Some(Instant::now());
        }
        let (n, failing) = (found.len(), failures.iter().take(3));
        Ok(ControlFlow::Continue(format!(
            "{n} differences, such as: {one}; what fails begins with {failing:?}"
        )))
    })
    .await
}

/// The objects that are known to be out of step, by name, unless nothing would ever try them again.
fn waiting(failures: &[Value]) -> Vec<String> {
    let waiting = failures.iter().filter(|failure| failure["next_attempt"].is_string());
    waiting.filter_map(|failure| failure["name"].as_str().map(str::to_owned)).collect()
}

/// Changes the directory and remembers what was acknowledged. Each user is changed once, so that a change whose
/// answer was lost cannot be confused with another.
#[derive(Default)]
pub(crate) struct Writer {
    users: Vec<i64>,
    groups: Vec<String>,
    at: usize,
    created: BTreeMap<i64, String>,
    renamed: BTreeMap<i64, String>,
    joined: BTreeMap<i64, String>,
    deleted: Vec<i64>,
}

impl Writer {
    pub(crate) fn over(users: Vec<i64>, groups: Vec<String>) -> Self {
        Self { users, groups, ..Self::default() }
    }

    async fn write(&mut self, api: &Api) -> Result<()> {
        for _ in 0..N_WRITES {
            let at = self.at;
            self.at += 1;
            let user = *self.users.get(at).context("no user left to change")?;
            let group = self.groups.get(at % self.groups.len().max(1)).context("no group")?.clone();
            match at % 4 {
                0 => {
                    let username = format!("late{at}");
                    let body = json!({ "username": username, "name": format!("Late {at}") });
                    let pk = number(&api.create("/core/users/", &body).await?, "pk")?;
                    self.created.insert(pk, username);
                }
                1 => {
                    let name = format!("Renamed {at}");
                    api.change(&format!("/core/users/{user}/"), &json!({ "name": name })).await?;
                    self.renamed.insert(user, name);
                }
                2 => {
                    let path = format!("/core/groups/{group}/add_user/");
                    let (status, body) = api.post(&path, &json!({ "pk": user })).await?;
                    ensure!(status == 204, "{path} answered {status}: {body}");
                    self.joined.insert(user, group);
                }
                _ => {
                    api.remove(&format!("/core/users/{user}/")).await?;
                    self.deleted.push(user);
                }
            }
        }
        Ok(())
    }

    /// Everything that was acknowledged is there.
    pub(crate) fn ensure_kept(&self, directory: &Directory) {
        for (pk, username) in &self.created {
            let there = directory.users.get(pk).map(|person| &person.username);
            assert_eq!(there, Some(username), "user {pk} was created");
        }
        for (pk, name) in &self.renamed {
            assert_eq!(
                directory.users.get(pk).map(|person| &person.name),
                Some(name),
                "user {pk} was renamed"
            );
        }
        for (pk, group) in &self.joined {
            let team = directory.groups.get(group);
            assert!(team.is_some_and(|team| team.members.contains(pk)), "user {pk} joined {group}");
        }
        for pk in &self.deleted {
            assert!(!directory.users.contains_key(pk), "user {pk} was deleted");
        }
        let n_kept = self.created.len() + self.renamed.len() + self.joined.len() + self.deleted.len();
        assert!(n_kept >= 20, "only {n_kept} writes were acknowledged");
        say(&format!("{n_kept} of {} writes were acknowledged, and kept", self.at));
    }
}

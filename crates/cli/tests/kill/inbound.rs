//! Killed while an identity provider pushes as fast as it can: every write that was acknowledged is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::join_all;
use serde_json::{Value, json};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::{Api, Launch, Method, Reply, broken, pass, say, text};
use scimitar_testkit::tier;

use crate::dice::Dice;

const SEED: u64 = 2_027;
const N_WRITERS: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_under_pushes_at_full_speed_lose_nothing_that_was_acknowledged() -> Result<()> {
    let database = Database::unmigrated();
    let launch = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url);
    let mut program = launch.start()?;
    let idp = program.api()?.source("idp").await?;
    let group = text(&idp.create("/Groups", &json!({ "displayName": "staff" })).await?, "id")?;

    let mut dice = Dice(SEED);
    let mut writers: Vec<Writer> = (0..N_WRITERS).map(Writer::new).collect();
    let mut busy = Duration::ZERO;
    let n_kills = tier::either(20, 1_000);
    for _ in 0..n_kills {
        let (idp, start) = (idp.at(program.address()), Instant::now());
        let pushes = join_all(writers.iter_mut().map(|writer| writer.push(&idp, &group)));
        let (pushed, killed) = tokio::join!(pushes, async {
            pass(Duration::from_millis(dice.between(50, 1_500))).await;
            program.kill9()
        });
        killed?;
        busy += start.elapsed();
        pushed.into_iter().collect::<Result<()>>()?;
        program.restart()?;
    }

    let idp = idp.at(program.address());
    for writer in &mut writers {
        writer.repeat(&idp).await?;
    }
    let found = Found::read(&idp, &group).await?;
    let n_kept: usize = writers.iter().map(|writer| writer.ensure_kept(&found)).sum();
    say(&format!("{n_kept} writes were acknowledged in {busy:?} between {n_kills} kills, and kept"));
    assert!(n_kept >= n_kills * 10, "only {n_kept} writes were acknowledged");
    // Nothing is there by half: each user of the directory is known to the source.
    let directory = program.api()?.directory().await?;
    let pushed = directory.users.values().filter(|person| person.username.starts_with("writer"));
    assert_eq!(pushed.count(), found.users.len());
    ensure!(program.terminate()?.success(), "it does not end well:\n{}", program.heard());
    assert_eq!(broken(&database.settings).await?, Vec::<String>::new());
    Ok(())
}

/// One connection of the identity provider, and what was acknowledged to it.
struct Writer {
    name: usize,
    at: usize,
    /// A user that may have been made: the answer did not come.
    open: Option<Value>,
    /// By id, the name.
    made: BTreeMap<String, String>,
    retired: BTreeSet<String>,
    joined: BTreeSet<String>,
    /// Whose deletion was asked for. Without an answer they may be there or not.
    doomed: BTreeSet<String>,
    deleted: BTreeSet<String>,
}

impl Writer {
    fn new(name: usize) -> Self {
        let made = BTreeMap::new();
        let [retired, joined, doomed, deleted] = std::array::from_fn(|_| BTreeSet::new());
        Self { name, at: 0, open: None, made, retired, joined, doomed, deleted }
    }

    /// Make users and change them until nobody answers any more.
    async fn push(&mut self, idp: &Api, group: &str) -> Result<()> {
        loop {
            // As an identity provider does that got no answer.
            if self.open.is_some() && self.repeat(idp).await.is_err() {
                return Ok(());
            }
            self.at += 1;
            let name = format!("writer{}-{}", self.name, self.at);
            let body = json!({ "userName": name, "externalId": name, "displayName": name });
            self.open = Some(body.clone());
            let Ok(made) = idp.call(Method::POST, "/Users", Some(&body)).await else { return Ok(()) };
            let id = acknowledged(&made, 201)?;
            self.open = None;
            self.made.insert(id.clone(), name);
            if self.change(idp, group, id).await?.is_none() {
                return Ok(());
            }
        }
    }

    /// `None` when nobody answers.
    async fn change(&mut self, idp: &Api, group: &str, id: String) -> Result<Option<()>> {
        let path = format!("/Users/{id}");
        let (method, path, body, status) = match self.at % 4 {
            0 => {
                (Method::PATCH, path, Some(json!({ "op": "replace", "path": "active", "value": false })), 200)
            }
            1 => {
                let add = json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
                (Method::PATCH, format!("/Groups/{group}"), Some(add), 204)
            }
            2 => {
                self.doomed.insert(id.clone());
                (Method::DELETE, path, None, 204)
            }
            _ => return Ok(Some(())),
        };
        let body = body.map(|operation| json!({ "Operations": [operation] }));
        let Ok(reply) = idp.call(method, &path, body.as_ref()).await else { return Ok(None) };
        ensure!(reply.status == status, "{path} answered {}: {}", reply.status, reply.body);
        match self.at % 4 {
            0 => self.retired.insert(id),
            1 => self.joined.insert(id),
            _ => self.deleted.insert(id),
        };
        Ok(Some(()))
    }

    /// Ask again for the user whose answer did not come: now it is made, or it was then.
    async fn repeat(&mut self, idp: &Api) -> Result<()> {
        let Some(body) = self.open.clone() else { return Ok(()) };
        let name = text(&body, "userName")?;
        let again = idp.call(Method::POST, "/Users", Some(&body)).await?;
        let id = if again.status == 409 {
            let filter = format!("/Users?filter=userName%20eq%20%22{name}%22");
            let found = idp.read(&filter).await?;
            text(found.pointer("/Resources/0").context("a conflict with nobody")?, "id")?
        } else {
            acknowledged(&again, 201)?
        };
        self.open = None;
        self.made.insert(id, name);
        Ok(())
    }

    /// Everything that was acknowledged is there. How much that was.
    fn ensure_kept(&self, found: &Found) -> usize {
        for (id, name) in self.made.iter().filter(|(id, _)| !self.doomed.contains(*id)) {
            assert_eq!(found.users.get(id).map(|(name, _)| name), Some(name), "{name} was made as {id}");
        }
        for id in &self.retired {
            assert_eq!(found.users.get(id).map(|(_, active)| *active), Some(false), "{id} was switched off");
        }
        for id in &self.joined {
            assert!(found.members.contains(id), "{id} was put in the group");
        }
        for id in &self.deleted {
            assert!(!found.users.contains_key(id), "{id} was deleted");
        }
        self.made.len() + self.retired.len() + self.joined.len() + self.deleted.len()
    }
}

/// The id in an answer.
fn acknowledged(reply: &Reply, status: u16) -> Result<String> {
    ensure!(reply.status == status, "{} instead of {status}: {}", reply.status, reply.body);
    text(&reply.body, "id")
}

/// What the service tells afterwards.
struct Found {
    /// By id: the name, and whether it is active.
    users: BTreeMap<String, (String, bool)>,
    members: BTreeSet<String>,
}

impl Found {
    async fn read(idp: &Api, group: &str) -> Result<Self> {
        let mut users = BTreeMap::new();
        let mut start = 1;
        loop {
            let page = idp.read(&format!("/Users?startIndex={start}&count=1000")).await?;
            let resources = page.get("Resources").and_then(Value::as_array).context("no page")?;
            if resources.is_empty() {
                break;
            }
            start += resources.len();
            for user in resources {
                let active = user.get("active").and_then(Value::as_bool).context("no `active`")?;
                users.insert(text(user, "id")?, (text(user, "userName")?, active));
            }
        }
        let group = idp.read(&format!("/Groups/{group}")).await?;
        let members = group.get("members").and_then(Value::as_array).context("nobody is in the group")?;
        let members = members.iter().map(|member| text(member, "value")).collect::<Result<_>>()?;
        Ok(Self { users, members })
    }
}

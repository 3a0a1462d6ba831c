//! A life: one world with three processes, from its first deed until all is quiet, and what must hold then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::json;

use scimitar_domain::{GroupId, ObjectId, UserPk};
use scimitar_queue::Runner;
use scimitar_store::{groups, jobs};
use scimitar_sync::{Engine, lane_of};
use scimitar_testkit::program::broken;
use scimitar_testkit::remote::{Behaviour, Etag, FakeRemote, Recorded};
use scimitar_testkit::world::World;

use crate::deeds::{Change, Deed};
use crate::worker::die_at;

/// More than are at once on their way to a remote of which nobody knows whether it takes several together.
const CROWD: usize = 12;

pub(crate) struct Life {
    world: World,
    replicas: Vec<(Engine, Runner<Engine>)>,
    directory: Directory,
    seen: Seen,
    /// Whether a process has died, so that what it alone knew is gone.
    has_died: bool,
}

/// The people and groups there are, and a number for each new name.
#[derive(Default)]
struct Directory {
    users: Vec<UserPk>,
    groups: Vec<GroupId>,
    n_names: usize,
    /// Whether those who leave may have been left at the remote.
    spares: bool,
    /// Whether nothing may have been sent of some of them.
    leaves_all: bool,
}

/// What an observer has noted down.
#[derive(Default)]
struct Seen {
    /// By path at the remote: `/Users/u1`.
    twins: BTreeMap<String, String>,
    in_scope: BTreeSet<String>,
    now: BTreeSet<String>,
    /// Who was in scope once and at some later time was not.
    left: BTreeSet<String>,
}

impl Life {
    pub(crate) async fn live(behaviour: Behaviour, deeds: &[Deed]) -> Result<(), TestCaseError> {
        let world = World::with(behaviour).await;
        let replicas = ["second", "third"].map(|name| world.replica(name)).into();
        let behaviour = world.remote.behaviour();
        // Who cannot be deleted stays there, deactivated, as after a policy that says so.
        let cannot_delete = !behaviour.users.delete || !behaviour.groups.delete;
        let directory =
            Directory { spares: cannot_delete, leaves_all: cannot_delete, ..Directory::default() };
        let seen = Seen::default();
        let mut life = Self { world, replicas, directory, seen, has_died: false };
        for deed in deeds {
            life.act(deed).await;
            life.look().await;
        }
        life.end().await
    }

    async fn act(&mut self, deed: &Deed) {
        let Self { world, replicas, directory, has_died, .. } = self;
        match deed {
            Deed::Change(change) => directory.suffer(world, change).await,
            Deed::Turn { process } => match replicas.get(usize::from(*process) % 3) {
                Some(replica) => turn(replica).await,
                None => world.step().await,
            },
            Deed::Turns => {
                join_all(replicas.iter().map(turn)).await;
            }
            Deed::Step => world.step().await,
            Deed::FullSync => world.start_full_sync().await,
            Deed::Ask { user } => {
                if let Some(pk) = pick(&directory.users, *user) {
                    world.engine.sync_object(world.provider, ObjectId::User(pk), false).await.unwrap();
                }
            }
            Deed::Die { n } => *has_died |= !die_at(world, usize::from(*n)).await,
            Deed::Pass { seconds } => {
                meddle(&world.remote);
                world.pass(TimeDelta::seconds(i64::from(*seconds))).await;
            }
        }
    }

    async fn look(&mut self) {
        let Self { world, seen, .. } = self;
        let remote = &world.remote;
        for (route, resources) in [("Users", remote.users()), ("Groups", remote.groups())] {
            let named = resources.iter().filter_map(|it| Some((it, it.external_id()?)));
            seen.twins.extend(named.map(|(it, name)| (format!("/{route}/{}", it.id), name.to_owned())));
        }
        let now = world.in_scope().await;
        seen.left.extend(seen.in_scope.difference(&now).cloned());
        seen.in_scope.extend(now.iter().cloned());
        seen.now = now;
    }

    /// Until nothing is left to do, with a remote that has become well.
    async fn end(mut self) -> Result<(), TestCaseError> {
        let world = &self.world;
        world.settle().await;
        if world.provider().await.held.is_some() {
            unlimit(world).await;
        }
        world.remote.alter(|remote| remote.fault_percent = 0);
        // Whatever had failed many times in a row waits for hours.
        world.clock.advance(TimeDelta::hours(12));
        world.settle().await;

        self.look().await;
        if self.directory.spares {
            // Until what was deactivated is deleted, where that is the policy.
            self.world.clock.advance(TimeDelta::days(31));
            self.world.full_sync().await;
        }

        let world = &self.world;
        let transcript = world.remote.transcript();
        let mut differences = world.differences().await;
        differences.retain(|line| !self.is_without_groups() || !line.starts_with("lacks group "));
        let differences = self.unexplained(&differences);
        prop_assert!(differences.is_empty(), "{differences:#?}\n{transcript}");
        prop_assert_eq!(world.remote.duplicates(), vec![]);
        prop_assert_eq!(self.wrongly_deleted(), Vec::<String>::new(), "{}", transcript);
        if !self.has_died {
            // What was on its way when patience was asked for is not early.
            let early = world.remote.early_requests_beyond(Duration::from_millis(1));
            prop_assert_eq!(early, vec![], "{}", transcript);
        }
        let lane = lane_of(world.provider);
        let left = world.read(move |conn| jobs::of_lane(conn, &lane, 9)).await;
        let state = format!("{left:#?} at {}\n{}", world.now(), world.remote.transcript());
        prop_assert_eq!(world.read(jobs::count).await, 0, "a job without an end: {}", state);
        world.remote.clear_requests();
        world.full_sync().await;
        let asked = world.remote.requests().into_iter().filter(|it| !self.looks_for_groups(it));
        let asked: Vec<String> = asked.map(|it| format!("{} {}", it.method, it.path)).collect();
        prop_assert_eq!(
            asked,
            Vec::<String>::new(),
            "a plan after its application keeps everything\n{}",
            transcript
        );
        prop_assert_eq!(broken(&world.database().settings).await.unwrap(), Vec::<String>::new());
        Ok(())
    }

    /// Where there are no groups, each full sync asks once whether that is still so, and whether there is a service at
    /// all.
    fn looks_for_groups(&self, request: &Recorded) -> bool {
        let looks = request.path.starts_with("/Groups") || request.method == "GET";
        self.is_without_groups() && looks
    }

    fn is_without_groups(&self) -> bool {
        self.world.remote.behaviour().groups_missing.is_some()
    }

    /// Differences but for what the policies leave at the remote: resources whose objects have left, and those of them
    /// that are in groups. Who was deleted here is in a group only where nothing is sent of it.
    fn unexplained(&self, differences: &[String]) -> Vec<String> {
        let Self { world, seen, directory, .. } = self;
        let install = world.install;
        let users = directory.users.iter().map(|user| install.uid(*user));
        let here: BTreeSet<String> = users.chain(directory.groups.iter().map(ToString::to_string)).collect();
        let gone = |name: &&String| !seen.now.contains(*name);
        let left: BTreeSet<&String> = seen.left.iter().filter(gone).collect();
        let may_be_in =
            |name: &str| left.iter().any(|it| *it == name) && (directory.leaves_all || here.contains(name));
        let lacks: Vec<(&str, BTreeSet<&str>)> =
            differences.iter().filter_map(|line| roster(line.strip_prefix("lacks ")?)).collect();
        let is_explained = |line: &String| {
            let Some(had) = line.strip_prefix("has ") else { return false };
            if left.iter().any(|name| had.contains(&format!("({name})"))) {
                return true;
            }
            let Some((group, members)) = roster(had) else { return false };
            lacks.iter().any(|(wanted, named)| {
                *wanted == group
                    && named.is_subset(&members)
                    && members.difference(named).all(|name| may_be_in(name))
            })
        };
        let (explained, rest): (Vec<_>, Vec<_>) = differences.iter().partition(|line| is_explained(line));
        let groups: BTreeSet<&str> = explained
            .iter()
            .filter_map(|line| roster(line.strip_prefix("has ")?))
            .map(|(group, _)| group)
            .collect();
        let is_other_half = |line: &&&String| {
            let lacked = line.strip_prefix("lacks ").and_then(roster);
            lacked.is_some_and(|(group, _)| groups.contains(group))
        };
        rest.iter().filter(|line| !is_other_half(line)).map(|line| (*line).clone()).collect()
    }

    /// Of whom the remote was told to delete: who never left.
    fn wrongly_deleted(&self) -> Vec<String> {
        let requests = self.world.remote.requests();
        let together = requests.iter().filter(|it| it.path == "/Bulk").filter_map(|it| it.body.as_ref());
        let operations = together.filter_map(|body| body["Operations"].as_array()).flatten();
        let alone = requests.iter().filter(|it| it.method == "DELETE").map(|it| it.path.as_str());
        let in_bulk = operations.filter(|it| it["method"] == "DELETE").filter_map(|it| it["path"].as_str());
        alone
            .chain(in_bulk)
            .filter_map(|path| self.seen.twins.get(path))
            .filter(|name| !self.seen.left.contains(*name))
            .cloned()
            .collect()
    }
}

/// Somebody else keeps something of his own with every user, where that gives a new version.
fn meddle(remote: &FakeRemote) {
    if remote.behaviour().etag != Etag::Absent {
        for user in remote.users() {
            remote.edit(|directory| directory.set(&user.id, "nickName", json!(user.version)));
        }
    }
}

async fn turn((engine, runner): &(Engine, Runner<Engine>)) {
    engine.dispatch().await.unwrap();
    runner.run_due().await.unwrap();
}

fn pick<T: Copy>(from: &[T], at: u8) -> Option<T> {
    from.get(usize::from(at) % from.len().max(1)).copied()
}

impl Directory {
    fn name(&mut self, kind: &str) -> String {
        self.n_names += 1;
        format!("{kind}{}", self.n_names)
    }

    async fn suffer(&mut self, world: &World, change: &Change) {
        match *change {
            Change::AddUser => {
                let name = self.name("user");
                self.users.push(world.user(&name).await);
            }
            Change::AddCrowd => {
                for _ in 0..CROWD {
                    let name = self.name("user");
                    self.users.push(world.user(&name).await);
                }
            }
            Change::AddGroup { member } => {
                let name = self.name("group");
                let members: Vec<UserPk> = pick(&self.users, member).into_iter().collect();
                self.groups.push(world.group(&name, &members).await);
            }
            Change::DeleteUser { user } => {
                if let Some(pk) = pick(&self.users, user) {
                    world.delete_user(pk).await;
                    self.users.retain(|it| *it != pk);
                }
            }
            Change::DeleteGroup { group } => {
                if let Some(id) = pick(&self.groups, group) {
                    world.delete_group(id).await;
                    self.groups.retain(|it| *it != id);
                }
            }
            Change::Rename { user } => {
                let name = self.name("renamed");
                if let Some(pk) = pick(&self.users, user) {
                    world.change_user(pk, |fields| fields.username = name).await;
                }
            }
            Change::Deactivate { user } => {
                if let Some(pk) = pick(&self.users, user) {
                    world.change_user(pk, |fields| fields.is_active = !fields.is_active).await;
                }
            }
            Change::RenameGroup { group } => {
                let name = self.name("regrouped");
                if let Some(id) = pick(&self.groups, group) {
                    world.change_group(id, |fields| fields.name = name).await;
                }
            }
            Change::Join { user, group } => {
                if let (Some(pk), Some(id)) = (pick(&self.users, user), pick(&self.groups, group)) {
                    world.join(pk, id).await;
                }
            }
            Change::Leave { user, group } => {
                if let (Some(pk), Some(id)) = (pick(&self.users, user), pick(&self.groups, group)) {
                    world.leave(pk, id).await;
                }
            }
            Change::Move { group, parent } => {
                if let (Some(id), Some(parent)) = (pick(&self.groups, group), pick(&self.groups, parent)) {
                    put_below(world, id, parent).await;
                }
            }
            Change::LimitUsers { .. }
            | Change::LimitGroups { .. }
            | Change::Unlimit
            | Change::Nest(_)
            | Change::Policy { .. } => self.configure(world, change).await,
        }
    }

    /// What is changed about the provider.
    async fn configure(&mut self, world: &World, change: &Change) {
        match *change {
            Change::LimitUsers { group } => {
                let group = pick(&self.groups, group);
                world.change_provider(|provider| provider.filter_group = group).await;
            }
            Change::LimitGroups { group } => {
                let groups = pick(&self.groups, group).into_iter().collect();
                world.change_provider(|provider| provider.group_filters = groups).await;
            }
            Change::Unlimit => unlimit(world).await,
            Change::Nest(nesting) => {
                world.change_provider(|provider| provider.nested_groups = nesting).await;
            }
            Change::Policy { users, groups } => {
                self.spares = true;
                self.leaves_all |= [users, groups].iter().any(|policy| !policy.is_destructive());
                world
                    .change_provider(|provider| {
                        (provider.user_deprovisioning, provider.group_deprovisioning) = (users, groups);
                    })
                    .await;
            }
            Change::AddUser
            | Change::AddCrowd
            | Change::AddGroup { .. }
            | Change::Rename { .. }
            | Change::Deactivate { .. }
            | Change::DeleteUser { .. }
            | Change::RenameGroup { .. }
            | Change::DeleteGroup { .. }
            | Change::Join { .. }
            | Change::Leave { .. }
            | Change::Move { .. } => {}
        }
    }
}

/// A group in a line of differences, and the names of its members.
fn roster(line: &str) -> Option<(&str, BTreeSet<&str>)> {
    let (group, members) = line.strip_prefix("group ")?.split_once(" with ")?;
    Some((group, members.split(", ").filter(|name| !name.is_empty()).collect()))
}

/// Unless that would close a circle.
async fn put_below(world: &World, group: GroupId, parent: GroupId) {
    let above = world.read(move |conn| groups::ancestors(conn, &[parent])).await;
    if above.iter().all(|ancestor| ancestor.id != group) {
        let parents = if group == parent { Vec::new() } else { vec![parent] };
        world.change_group(group, |fields| fields.parents = parents).await;
    }
}

/// Saves the provider, too, which makes one that is held go on.
async fn unlimit(world: &World) {
    world
        .change_provider(|provider| {
            provider.filter_group = None;
            provider.group_filters.clear();
        })
        .await;
}

//! Whatever happens in the directory, and however the remote misbehaves meanwhile: in the end both agree, nothing
//! is there twice, and another full sync finds nothing to do.

use chrono::TimeDelta;
use proptest::prelude::*;

use scimitar_domain::{GroupId, UserPk};
use scimitar_testkit::remote::{Behaviour, FaultKind, Uniqueness};
use scimitar_testkit::world::World;

use crate::worker::die_at;

/// One thing that somebody does. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Deed {
    AddUser,
    AddGroup {
        member: u8,
    },
    Rename {
        user: u8,
    },
    Deactivate {
        user: u8,
    },
    DeleteUser {
        user: u8,
    },
    RenameGroup {
        group: u8,
    },
    DeleteGroup {
        group: u8,
    },
    Join {
        user: u8,
        group: u8,
    },
    Leave {
        user: u8,
        group: u8,
    },
    /// Only members of this group are sent from now on; or everybody again.
    LimitUsers {
        group: u8,
    },
    LimitGroups {
        group: u8,
    },
    Unlimit,
    /// A worker takes up work, and dies at its `n`th await.
    Die {
        n: u8,
    },
    /// The engine gets a turn.
    Step,
    Pass {
        seconds: u8,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let any = any::<u8>;
    prop_oneof![
        4 => Just(Deed::AddUser),
        2 => any().prop_map(|member| Deed::AddGroup { member }),
        2 => any().prop_map(|user| Deed::Rename { user }),
        1 => any().prop_map(|user| Deed::Deactivate { user }),
        2 => any().prop_map(|user| Deed::DeleteUser { user }),
        1 => any().prop_map(|group| Deed::RenameGroup { group }),
        1 => any().prop_map(|group| Deed::DeleteGroup { group }),
        5 => (any(), any()).prop_map(|(user, group)| Deed::Join { user, group }),
        3 => (any(), any()).prop_map(|(user, group)| Deed::Leave { user, group }),
        1 => any().prop_map(|group| Deed::LimitUsers { group }),
        1 => any().prop_map(|group| Deed::LimitGroups { group }),
        1 => Just(Deed::Unlimit),
        2 => any().prop_map(|n| Deed::Die { n }),
        4 => Just(Deed::Step),
        2 => any().prop_map(|seconds| Deed::Pass { seconds }),
    ]
}

fn remote() -> impl Strategy<Value = Behaviour> {
    let kinds = prop_oneof![
        Just(Behaviour::default()),
        Just(Behaviour::without_patch()),
        Just(Behaviour::without_uniqueness()),
        Just(Behaviour { uniqueness: Uniqueness::NONE, ..Behaviour::without_filter() }),
        Just(Behaviour { filter_lag_ms: 3_000, ..Behaviour::without_uniqueness() }),
        Just(Behaviour { max_members_per_request: Some(2), ..Behaviour::default() }),
    ];
    (kinds, any::<u64>(), 0..30_u8).prop_map(|(kind, seed, fault_percent)| {
        // A damaged answer to the question what the remote can do counts as none for an hour. Without PATCH, a
        // group that is larger than the limit cannot be sent at all.
        let is_limited = kind.max_members_per_request.is_some();
        let damages = |fault: &FaultKind| {
            matches!(
                fault,
                FaultKind::TruncatedJson | FaultKind::HtmlBeforeCommit | FaultKind::HtmlAfterCommit
            )
        };
        // Silences and delays take real time and differ from resets in nothing else.
        let is_quick = |fault: &FaultKind| {
            !matches!(fault, FaultKind::Delay { .. } | FaultKind::AcceptThenSilence { .. })
        };
        let mut faults: Vec<FaultKind> = FaultKind::mixture().into_iter().filter(is_quick).collect();
        faults.retain(|fault| !(is_limited && damages(fault)));
        Behaviour { seed, fault_percent, faults, ..kind }
    })
}

/// The people and groups there are, and a number for each new name.
#[derive(Default)]
struct Directory {
    users: Vec<UserPk>,
    groups: Vec<GroupId>,
    n_names: usize,
}

fn pick<T: Copy>(from: &[T], at: u8) -> Option<T> {
    from.get(usize::from(at) % from.len().max(1)).copied()
}

impl Directory {
    fn name(&mut self, kind: &str) -> String {
        self.n_names += 1;
        format!("{kind}{}", self.n_names)
    }

    async fn act(&mut self, world: &World, deed: &Deed) {
        match *deed {
            Deed::AddUser => {
                let name = self.name("user");
                self.users.push(world.user(&name).await);
            }
            Deed::AddGroup { member } => {
                let name = self.name("group");
                let members: Vec<UserPk> = pick(&self.users, member).into_iter().collect();
                self.groups.push(world.group(&name, &members).await);
            }
            Deed::DeleteUser { user } => {
                if let Some(pk) = pick(&self.users, user) {
                    world.delete_user(pk).await;
                    self.users.retain(|it| *it != pk);
                }
            }
            Deed::DeleteGroup { group } => {
                if let Some(id) = pick(&self.groups, group) {
                    world.delete_group(id).await;
                    self.groups.retain(|it| *it != id);
                }
            }
            Deed::Rename { user } => {
                let name = self.name("renamed");
                if let Some(pk) = pick(&self.users, user) {
                    world.change_user(pk, |fields| fields.username = name).await;
                }
            }
            Deed::Deactivate { user } => {
                if let Some(pk) = pick(&self.users, user) {
                    world.change_user(pk, |fields| fields.is_active = !fields.is_active).await;
                }
            }
            Deed::RenameGroup { group } => {
                let name = self.name("regrouped");
                if let Some(id) = pick(&self.groups, group) {
                    world.change_group(id, |fields| fields.name = name).await;
                }
            }
            Deed::Join { user, group } => {
                if let (Some(pk), Some(id)) = (pick(&self.users, user), pick(&self.groups, group)) {
                    world.join(pk, id).await;
                }
            }
            Deed::Leave { user, group } => {
                if let (Some(pk), Some(id)) = (pick(&self.users, user), pick(&self.groups, group)) {
                    world.leave(pk, id).await;
                }
            }
            Deed::LimitUsers { group } => {
                let group = pick(&self.groups, group);
                world.change_provider(|provider| provider.filter_group = group).await;
            }
            Deed::LimitGroups { group } => {
                let groups = pick(&self.groups, group).into_iter().collect();
                world.change_provider(|provider| provider.group_filters = groups).await;
            }
            Deed::Unlimit => unlimit(world).await,
            Deed::Die { n } => {
                die_at(world, usize::from(n)).await;
            }
            Deed::Step => world.step().await,
            Deed::Pass { seconds } => world.pass(TimeDelta::seconds(i64::from(seconds))).await,
        }
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

async fn life(behaviour: Behaviour, deeds: &[Deed]) -> Result<(), TestCaseError> {
    let world = World::with(behaviour).await;
    let mut directory = Directory::default();
    for deed in deeds {
        directory.act(&world, deed).await;
    }
    world.settle().await;
    if world.provider().await.held.is_some() {
        unlimit(&world).await;
    }
    world.remote.alter(|remote| remote.fault_percent = 0);
    // Whatever had failed many times in a row waits for hours.
    world.clock.advance(TimeDelta::hours(12));
    world.settle().await;

    let differences = world.differences().await;
    prop_assert!(differences.is_empty(), "{differences:#?}\n{}", world.remote.transcript());
    prop_assert_eq!(world.remote.duplicates(), vec![]);
    world.remote.clear_requests();
    world.full_sync().await;
    prop_assert_eq!(world.remote.transcript(), "", "a plan after its application keeps everything");
    Ok(())
}

/// How many lives are lived; more of them by hand.
const CASES: u32 = 40;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn directory_and_remote_agree_in_the_end(
        behaviour in remote(),
        deeds in prop::collection::vec(deed(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(life(behaviour, &deeds))?;
    }
}

/// Found by the property: between making a group and sending its members, somebody else looked at what was noted as
/// changed, which was nothing.
#[tokio::test]
async fn a_group_whose_maker_was_overtaken_gets_its_members() {
    let takes_no_time =
        |fault: &FaultKind| !matches!(fault, FaultKind::Delay { .. } | FaultKind::AcceptThenSilence { .. });
    let faults: Vec<FaultKind> = FaultKind::mixture().into_iter().filter(takes_no_time).collect();
    let seed = 6_977_743_889_227_759_559;
    let deeds = [
        Deed::AddUser,
        Deed::Die { n: 16 },
        Deed::AddGroup { member: 0 },
        Deed::LimitGroups { group: 0 },
        Deed::AddUser,
        Deed::AddUser,
        Deed::LimitGroups { group: 0 },
        Deed::AddGroup { member: 15 },
        Deed::AddUser,
        Deed::AddGroup { member: 41 },
        Deed::AddUser,
        Deed::AddUser,
        Deed::DeleteUser { user: 234 },
        Deed::Step,
        Deed::Unlimit,
        Deed::LimitUsers { group: 38 },
        Deed::Rename { user: 231 },
    ];
    for _life in 0..5 {
        let faults = faults.clone();
        let behaviour = Behaviour { seed, fault_percent: 8, faults, ..Behaviour::without_uniqueness() };
        life(behaviour, &deeds).await.unwrap();
    }
}

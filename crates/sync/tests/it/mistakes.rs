//! Mistakes of a directory, of an administrator or of a script: nobody is deleted or deactivated for one, beyond what
//! may go without approval, until somebody has approved.

use std::collections::BTreeSet;

use scimitar_domain::{GroupId, UserKind, UserPk};
use scimitar_testkit::world::World;

const N_USERS: usize = 30;
const N_GROUPS: usize = 10;
/// Of one kind of change that comes one by one, or in an object that stays in scope, so many may pass.
const FLOOR: usize = 10;

/// What somebody does, and how many objects may go because of it before it is approved.
#[derive(Debug, Clone, Copy)]
enum Mistake {
    EmptyFilterGroup,
    WrongFilterGroup,
    FilterGroupOfHalf,
    OthersFilterGroup,
    FilterGroupEmptiedAtOnce,
    FilterGroupEmptiedOneByOne,
    HalfOfTheFilterGroupLeaves,
    FilterGroupDeleted,
    GroupFiltersOfOne,
    GroupFiltersOfAnEmptyGroup,
    AllUsersDeleted,
    MostUsersDeletedOneByOne,
    AllGroupsDeleted,
    EverythingDeleted,
    OtherTenant,
    AllDeactivated,
    AllTurnedIntoServiceAccounts,
    MappingDeactivates,
    MappingFails,
    MappingSkips,
}

const MISTAKES: [(Mistake, usize); 20] = [
    (Mistake::EmptyFilterGroup, 0),
    (Mistake::WrongFilterGroup, 0),
    (Mistake::FilterGroupOfHalf, 0),
    (Mistake::OthersFilterGroup, 0),
    (Mistake::FilterGroupEmptiedAtOnce, FLOOR),
    (Mistake::FilterGroupEmptiedOneByOne, FLOOR),
    (Mistake::HalfOfTheFilterGroupLeaves, FLOOR),
    (Mistake::FilterGroupDeleted, 0),
    (Mistake::GroupFiltersOfOne, 0),
    (Mistake::GroupFiltersOfAnEmptyGroup, 0),
    (Mistake::AllUsersDeleted, FLOOR),
    (Mistake::MostUsersDeletedOneByOne, FLOOR),
    (Mistake::AllGroupsDeleted, FLOOR),
    (Mistake::EverythingDeleted, FLOOR),
    (Mistake::OtherTenant, FLOOR),
    (Mistake::AllDeactivated, FLOOR),
    (Mistake::AllTurnedIntoServiceAccounts, FLOOR),
    (Mistake::MappingDeactivates, FLOOR),
    (Mistake::MappingFails, 0),
    (Mistake::MappingSkips, 0),
];

/// Everybody is in the group that limits the scope, and everything is at the remote.
struct Company {
    world: World,
    people: Vec<UserPk>,
    staff: GroupId,
    teams: Vec<GroupId>,
}

impl Company {
    async fn found() -> Self {
        let world = World::new().await.guarded();
        let mut people = Vec::new();
        for n in 0..N_USERS {
            people.push(world.user(&format!("user{n}")).await);
        }
        let staff = world.group("staff", &people).await;
        let mut teams = Vec::new();
        for n in 0..N_GROUPS {
            teams.push(world.group(&format!("team{n}"), &people[n..n + 3]).await);
        }
        world
            .change_provider(|provider| {
                provider.filter_group = Some(staff);
                provider.exclude_users_service_account = true;
            })
            .await;
        world.settle().await;
        world.clock.advance(chrono::TimeDelta::minutes(61));
        Self { world, people, staff, teams }
    }

    /// The ids of who is at the remote and active, and of the groups there.
    fn there(&self) -> BTreeSet<String> {
        let inactive = serde_json::Value::Bool(false);
        let users = self.world.remote.users();
        let active = users.into_iter().filter(|user| user.get("active") != Some(&inactive));
        active.chain(self.world.remote.groups()).map(|resource| resource.id).collect()
    }

    async fn filter(&self, group: Option<GroupId>) {
        self.world.change_provider(|provider| provider.filter_group = group).await;
    }

    async fn map(&self, expression: &str) {
        let mapping = self.world.mapping("mistake", expression).await;
        self.world.change_provider(|provider| provider.property_mappings.push(mapping)).await;
    }

    async fn delete_users(&self, people: &[UserPk], one_by_one: bool) {
        for user in people {
            self.world.delete_user(*user).await;
            if one_by_one {
                self.world.step().await;
            }
        }
    }

    async fn leave(&self, people: &[UserPk], one_by_one: bool) {
        for user in people {
            self.world.leave(*user, self.staff).await;
            if one_by_one {
                self.world.step().await;
            }
        }
    }

    async fn group_filters(&self, group: GroupId) {
        self.world.change_provider(|provider| provider.group_filters = vec![group]).await;
    }

    async fn make(&self, mistake: Mistake) {
        let Self { world, people, staff, teams } = self;
        match mistake {
            Mistake::EmptyFilterGroup => self.filter(Some(world.group("empty", &[]).await)).await,
            Mistake::WrongFilterGroup => self.filter(Some(teams[0])).await,
            Mistake::FilterGroupOfHalf => {
                self.filter(Some(world.group("half", &people[..N_USERS / 2]).await)).await;
            }
            Mistake::OthersFilterGroup => {
                let mut others = Vec::new();
                for n in 0..N_USERS {
                    others.push(world.user(&format!("other{n}")).await);
                }
                self.filter(Some(world.group("others", &others).await)).await;
            }
            Mistake::FilterGroupEmptiedAtOnce => self.leave(people, false).await,
            Mistake::FilterGroupEmptiedOneByOne => self.leave(people, true).await,
            Mistake::HalfOfTheFilterGroupLeaves => self.leave(&people[..N_USERS / 2], false).await,
            Mistake::FilterGroupDeleted => world.delete_group(*staff).await,
            Mistake::GroupFiltersOfOne => self.group_filters(teams[0]).await,
            Mistake::GroupFiltersOfAnEmptyGroup => self.group_filters(world.group("empty", &[]).await).await,
            Mistake::AllUsersDeleted => self.delete_users(people, false).await,
            Mistake::MostUsersDeletedOneByOne => self.delete_users(&people[..25], true).await,
            Mistake::AllGroupsDeleted => {
                for team in teams {
                    world.delete_group(*team).await;
                }
            }
            Mistake::EverythingDeleted => {
                self.delete_users(people, false).await;
                for group in teams {
                    world.delete_group(*group).await;
                }
            }
            Mistake::OtherTenant => {
                self.delete_users(people, false).await;
                for n in 0..N_USERS {
                    let stranger = world.user(&format!("stranger{n}")).await;
                    world.join(stranger, *staff).await;
                }
            }
            Mistake::AllDeactivated => {
                for user in people {
                    world.change_user(*user, |user| user.is_active = false).await;
                }
            }
            Mistake::AllTurnedIntoServiceAccounts => {
                for user in people {
                    world.change_user(*user, |user| user.kind = UserKind::ServiceAccount).await;
                }
            }
            Mistake::MappingDeactivates => self.map("return {'active': False}").await,
            Mistake::MappingFails => self.map("return {'title': 1 / 0}").await,
            Mistake::MappingSkips => self.map("raise SkipObject").await,
        }
    }
}

#[tokio::test]
async fn no_mistake_of_twenty_takes_more_than_may_go_without_approval() {
    for (mistake, most) in MISTAKES {
        let company = Company::found().await;
        let before = company.there();
        assert_eq!(before.len(), N_USERS + N_GROUPS + 1, "{mistake:?}");
        company.make(mistake).await;
        let world = &company.world;
        world.settle().await;
        world.full_sync().await;
        world.pass(chrono::TimeDelta::days(2)).await;
        let gone = before.difference(&company.there()).count();
        assert!(gone <= most, "{mistake:?}: {gone} are gone\n{}", world.remote.writes());

        world.engine.approve(world.provider, None).await.unwrap();
        // A provider whose group was deleted sends nothing at all until it is saved.
        world.change_provider(|_| {}).await;
        world.settle().await;
        let differences = world.differences().await;
        let gone = before.difference(&company.there()).count();
        match mistake {
            // The judge compares with the directory, and these are of the mapping.
            Mistake::MappingDeactivates => assert_eq!(gone, N_USERS),
            Mistake::MappingFails | Mistake::MappingSkips => assert_eq!(gone, 0),
            _ => assert_eq!(differences, Vec::<String>::new(), "{mistake:?}"),
        }
    }
}

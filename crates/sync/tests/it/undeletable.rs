//! A remote that does not delete: what leaves is switched off there, told, and deleted once somebody forgets.

use scimitar_domain::{GroupId, ObjectId, UserKind, UserPk};
use scimitar_store::providers::Remains;
use scimitar_store::{guards, links, tombstones};
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, Scripted, Verbs};
use scimitar_testkit::world::World;

use crate::tell::{count, learned, state};

const KEPT: Verbs = Verbs { put: true, patch: true, delete: false };

/// A world whose remote deletes nothing, with three users and a group of them.
async fn with_team(behaviour: Behaviour) -> (World, Vec<UserPk>, GroupId) {
    let world = World::with(Behaviour { users: KEPT, groups: KEPT, ..behaviour }).await.guarded();
    let mut people = Vec::new();
    for name in ["ada", "bob", "eve"] {
        people.push(world.user(name).await);
        world.settle().await;
    }
    let team = world.group("team", &people).await;
    world.settle().await;
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    world.settle().await;
    world.remote.clear_requests();
    (world, people, team)
}

async fn n_failing(world: &World) -> i64 {
    let provider = world.provider;
    world
        .read(move |conn| {
            Ok(links::count_failing(conn, provider)? + tombstones::count_failing(conn, provider)?)
        })
        .await
}

async fn n_taken(world: &World) -> i64 {
    let provider = world.provider;
    world.read(move |conn| guards::find(conn, provider)).await.map_or(0, |guard| guard.taken)
}

fn is_active(world: &World, name: &str) -> bool {
    world.remote.user(name).is_some_and(|user| user.body["active"] == true)
}

fn deletions(world: &World) -> usize {
    count(&world.remote, |request| request.method == "DELETE")
}

async fn forget(world: &World) {
    world
        .remote
        .alter(|behaviour| (behaviour.users, behaviour.groups) = (Verbs::default(), Verbs::default()));
    world.engine.forget_lessons(world.provider).await.unwrap();
    world.full_sync().await;
}

#[tokio::test]
async fn who_leaves_a_remote_that_deletes_nobody_is_deactivated_there_and_that_is_remembered() {
    let (world, people, _) = with_team(Behaviour::default()).await;
    world.change_user(people[0], |user| user.kind = UserKind::ServiceAccount).await;
    world.settle().await;
    assert!(!is_active(&world, "ada"));
    assert_eq!(
        learned(&world).await,
        ["user no_delete: the remote does not support DELETE here: it answered 405"]
    );
    assert_eq!((n_failing(&world).await, n_taken(&world).await, deletions(&world)), (0, 1, 1));

    world.change_user(people[1], |user| user.kind = UserKind::ServiceAccount).await;
    world.settle().await;
    world.full_sync().await;
    world.full_sync().await;
    assert!(!is_active(&world, "bob") && is_active(&world, "eve"));
    assert_eq!((n_failing(&world).await, deletions(&world)), (0, 1));

    world.change_user(people[1], |user| user.kind = UserKind::Internal).await;
    world.settle().await;
    assert!(is_active(&world, "bob"), "who comes back is active again");
    forget(&world).await;
    assert!(world.remote.user("ada").is_none() && is_active(&world, "bob"));
    assert_eq!(learned(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn who_is_deleted_here_is_deactivated_taken_out_of_groups_and_not_tried_for_ever() {
    let (world, people, _) = with_team(Behaviour::default()).await;
    world.delete_user(people[0]).await;
    world.settle().await;
    assert!(!is_active(&world, "ada"));
    assert_eq!((n_failing(&world).await, n_taken(&world).await, deletions(&world)), (0, 1, 1));

    world.full_sync().await;
    assert_eq!(world.remote.members("g1"), ["u2".to_owned(), "u3".to_owned()].into());
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.writes(), "");
    let told = world.engine.explain(world.provider, ObjectId::User(people[0])).await.unwrap().unwrap();
    assert!(told.reasons[1].starts_with("the remote deletes no users, so it was deactivated there on"));

    forget(&world).await;
    assert!(world.remote.user("ada").is_none(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_group_that_cannot_be_deleted_loses_its_members_and_stays() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let (world, _, team) = with_team(behaviour).await;
        world.remote.alter(|behaviour| behaviour.groups.delete = false);
        world.delete_group(team).await;
        world.settle().await;
        assert_eq!((world.remote.groups().len(), world.remote.members("g1").len()), (1, 0));
        assert_eq!(n_failing(&world).await, 0);
        forget(&world).await;
        assert_eq!(world.remote.groups().len(), 0, "{}", world.remote.transcript());
    }
}

#[tokio::test]
async fn a_group_that_has_left_the_scope_comes_back_with_its_members() {
    let (world, people, team) = with_team(Behaviour::default()).await;
    let other = world.group("other", &people).await;
    world.settle().await;
    world.change_provider(|provider| provider.group_filters = vec![other]).await;
    world.settle().await;
    assert_eq!((world.remote.groups().len(), world.remote.members("g1").len()), (2, 0));
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
    world.change_provider(|provider| provider.group_filters = vec![]).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 3, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_provider_whose_remote_deletes_nothing_is_drained_all_the_same() {
    let (world, people, team) = with_team(Behaviour::default()).await;
    world.delete_user(people[0]).await;
    world.settle().await;
    world.engine.drain(world.provider, "admin").await.unwrap();
    world.settle().await;
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    let told = world.remote.transcript();
    assert!(["ada", "bob", "eve"].iter().all(|name| !is_active(&world, name)), "{told}");
    assert_eq!((world.remote.groups().len(), world.remote.members("g1").len()), (1, 0), "{told}");
    let view = world.engine.drained(world.provider).await.unwrap();
    assert_eq!((view.remains, n_failing(&world).await), (Remains::default(), 0), "{told}");
    assert!(view.detail.is_some_and(|detail| detail.starts_with("drained: ")));

    world.change_provider(|_| {}).await;
    world.settle().await;
    assert!(!is_active(&world, "ada") && is_active(&world, "bob") && is_active(&world, "eve"));
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
    assert_eq!(world.remote.members("g1"), ["u2".to_owned(), "u3".to_owned()].into());
}

#[tokio::test]
async fn what_a_lost_create_has_made_is_switched_off_too() {
    let silent = || Behaviour { users: KEPT, discovery: Discovery::Missing, ..Behaviour::default() };
    let patched = || Behaviour { users: KEPT, ..Behaviour::default() };
    for (behaviour, is_deleted) in
        [(patched(), true), (patched(), false), (silent(), true), (silent(), false)]
    {
        let world = World::with(behaviour).await;
        let nobody = world.group("nobody", &[]).await;
        world.settle().await;
        world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("POST", "/Users")]);
        let ada = world.user("ada").await;
        world.step().await;
        assert!(is_active(&world, "ada"), "it is there, and nobody knows");
        if is_deleted {
            world.delete_user(ada).await;
        } else {
            world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
        }
        world.settle().await;

        let told = world.remote.transcript();
        assert!(world.remote.user("ada").is_some() && !is_active(&world, "ada"), "{told}");
        assert_eq!((deletions(&world), n_failing(&world).await), (1, 0), "{told}");
        world.remote.clear_requests();
        world.full_sync().await;
        assert_eq!(world.remote.transcript(), "");
    }
}

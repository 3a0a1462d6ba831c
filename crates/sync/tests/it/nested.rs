//! Groups that stand in a tree: their direct users, all users below, or the groups themselves as members.

use serde_json::json;

use scimitar_domain::{GroupId, NestedGroups, ObjectId, UserPk};
use scimitar_testkit::remote::{Behaviour, FakeRemote, Recorded};
use scimitar_testkit::world::World;

use crate::tell::{count, link};

/// `top` over `middle` over `low`, with a user in each.
struct Tree {
    world: World,
    groups: [GroupId; 3],
    users: [UserPk; 3],
}

async fn a_tree(nesting: NestedGroups, behaviour: Behaviour) -> Tree {
    let world = World::with(behaviour).await;
    world.change_provider(|provider| provider.nested_groups = nesting).await;
    let users = [world.user("ada").await, world.user("bob").await, world.user("eve").await];
    let mut groups = Vec::new();
    for (name, user) in ["top", "middle", "low"].into_iter().zip(users) {
        let group = world.group(name, &[user]).await;
        if let Some(parent) = groups.last().copied() {
            world.change_group(group, |fields| fields.parents = vec![parent]).await;
        }
        groups.push(group);
    }
    world.settle().await;
    world.remote.clear_requests();
    Tree { world, groups: groups.try_into().unwrap(), users }
}

/// The members of a group at the remote, by name.
fn members(remote: &FakeRemote, group: &str) -> Vec<String> {
    let name = |id: &String| {
        let user = remote.users().into_iter().find(|user| user.id == *id);
        let group = remote.groups().into_iter().find(|group| group.id == *id);
        user.and_then(|user| user.user_name().map(str::to_owned))
            .or_else(|| group.and_then(|group| group.display_name().map(str::to_owned)))
            .unwrap_or_else(|| id.clone())
    };
    let group = remote.group(group).unwrap();
    let mut names: Vec<String> = remote.members(&group.id).iter().map(name).collect();
    names.sort();
    names
}

/// A full sync has nothing to do.
async fn is_in_step(world: &World) {
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.writes(), "", "everything is in step");
}

#[tokio::test]
async fn a_group_has_its_direct_users_unless_something_else_is_asked_for() {
    let Tree { world, groups: [top, _, low], .. } =
        a_tree(NestedGroups::default(), Behaviour::default()).await;
    assert_eq!(members(&world.remote, "top"), ["ada"]);
    assert_eq!(members(&world.remote, "middle"), ["bob"]);
    world.change_group(low, |fields| fields.parents = vec![top]).await;
    world.settle().await;
    assert_eq!(members(&world.remote, "top"), ["ada"]);
}

#[tokio::test]
async fn flattened_a_group_has_the_users_of_everything_below_at_once() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let Tree { world, groups: [top, middle, low], users: [_ada, bob, eve] } =
            a_tree(NestedGroups::Flattened, behaviour).await;
        assert_eq!(members(&world.remote, "top"), ["ada", "bob", "eve"]);
        assert_eq!(members(&world.remote, "middle"), ["bob", "eve"]);
        assert_eq!(members(&world.remote, "low"), ["eve"]);

        // Who joins or leaves below does so above, unless he is there by another way too.
        let carol = world.user("carol").await;
        world.join(carol, low).await;
        world.join(bob, top).await;
        world.leave(bob, middle).await;
        world.step().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "bob", "carol", "eve"]);
        assert_eq!(members(&world.remote, "middle"), ["carol", "eve"]);

        // A group that moves takes its users along; one that goes, too.
        world.change_group(low, |fields| fields.parents = Vec::new()).await;
        world.step().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "bob"]);
        assert_eq!(members(&world.remote, "low"), ["carol", "eve"]);
        world.change_group(low, |fields| fields.parents = vec![top]).await;
        world.step().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "bob", "carol", "eve"]);
        world.delete_group(low).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "bob"]);
        world.delete_user(eve).await;
        world.settle().await;
        is_in_step(&world).await;
    }
}

#[tokio::test]
async fn a_user_in_two_groups_below_is_one_member_and_stays_until_the_last_one_is_left() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        world.change_provider(|provider| provider.nested_groups = NestedGroups::Flattened).await;
        let ada = world.user("ada").await;
        let top = world.group("top", &[]).await;
        let (left, right) = (world.group("left", &[ada]).await, world.group("right", &[ada]).await);
        for child in [left, right] {
            world.change_group(child, |fields| fields.parents = vec![top]).await;
        }
        world.settle().await;
        let id = link(&world, ObjectId::User(ada)).await.unwrap().state.remote_id().unwrap().to_owned();
        assert_eq!(members(&world.remote, "top"), ["ada"]);
        let named: Vec<usize> = world
            .remote
            .requests()
            .iter()
            .filter(|request| request.path.starts_with("/Groups"))
            .filter_map(|request| {
                Some(request.body.as_ref()?.to_string().matches(&format!("\"{id}\"")).count())
            })
            .collect();
        assert!(named.contains(&1) && !named.iter().any(|times| *times > 1), "{named:?}");

        world.leave(ada, left).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada"]);
        world.leave(ada, right).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), Vec::<String>::new());
        is_in_step(&world).await;
    }
}

#[tokio::test]
async fn flattened_one_membership_costs_one_request_for_each_group_above() {
    let Tree { world, groups: [_, _, low], .. } = a_tree(NestedGroups::Flattened, Behaviour::default()).await;
    let dora = world.user("dora").await;
    world.step().await;
    world.remote.clear_requests();
    world.join(dora, low).await;
    world.step().await;
    assert_eq!(count(&world.remote, Recorded::is_write), 3, "{}", world.remote.transcript());
    assert_eq!(world.remote.requests().len(), 3, "{}", world.remote.transcript());
}

#[tokio::test]
async fn flattened_who_is_made_later_than_the_groups_above_is_added_to_them() {
    let Tree { world, groups: [_, _, low], .. } = a_tree(NestedGroups::Flattened, Behaviour::default()).await;
    let zoe = world.user("zoe").await;
    world.join(zoe, low).await;
    world.step().await;
    assert_eq!(members(&world.remote, "top"), ["ada", "bob", "eve", "zoe"]);
    assert_eq!(members(&world.remote, "middle"), ["bob", "eve", "zoe"]);
}

#[tokio::test]
async fn groups_as_members_stand_in_the_groups_above_them() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let Tree { world, groups: [top, middle, low], .. } = a_tree(NestedGroups::Members, behaviour).await;
        assert_eq!(members(&world.remote, "top"), ["ada", "middle"]);
        assert_eq!(members(&world.remote, "middle"), ["bob", "low"]);
        is_in_step(&world).await;

        world.change_group(low, |fields| fields.parents = vec![top]).await;
        world.step().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "low", "middle"]);
        assert_eq!(members(&world.remote, "middle"), ["bob"]);
        world.delete_group(middle).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "low"]);
        is_in_step(&world).await;

        world.change_provider(|provider| provider.nested_groups = NestedGroups::Direct).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada"]);
        world.change_provider(|provider| provider.nested_groups = NestedGroups::Flattened).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "eve"]);
        is_in_step(&world).await;
    }
}

#[tokio::test]
async fn a_group_as_member_is_told_to_be_one_and_costs_one_request() {
    let Tree { world, groups: [top, middle, _], .. } =
        a_tree(NestedGroups::Members, Behaviour::default()).await;
    world.change_group(middle, |fields| fields.parents = Vec::new()).await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_group(middle, |fields| fields.parents = vec![top]).await;
    world.settle().await;
    let id = link(&world, ObjectId::Group(middle)).await.unwrap().state.remote_id().unwrap().to_owned();
    assert_eq!(world.remote.requests().len(), 1, "{}", world.remote.transcript());
    let added = world
        .remote
        .requests()
        .into_iter()
        .filter_map(|request| request.body)
        .find_map(|body| body.pointer("/Operations/0/value/0").cloned());
    assert_eq!(added, Some(json!({"value": id, "type": "Group"})));
}

#[tokio::test]
async fn a_group_that_stands_as_member_is_no_drift_and_one_that_was_taken_out_is_put_back() {
    let Tree { world, groups: [_, middle, _], .. } =
        a_tree(NestedGroups::Members, Behaviour::default()).await;
    let provider = world.provider;
    world.engine.check_drift(provider, true).await.unwrap();
    let check = world.read(move |conn| scimitar_store::drift::check(conn, provider)).await.unwrap();
    assert_eq!((check.compared, check.differing), (6, 0));
    let id = link(&world, ObjectId::Group(middle)).await.unwrap().state.remote_id().unwrap().to_owned();
    let top = world.remote.group("top").unwrap().id;
    world.remote.edit(|remote| remote.remove_member(&top, &id));
    world.engine.check_drift(provider, true).await.unwrap();
    world.settle().await;
    assert_eq!(members(&world.remote, "top"), ["ada", "middle"]);
}

#[tokio::test]
async fn a_group_is_no_member_before_the_remote_has_it_and_one_as_soon_as_it_does() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let (top, low) = (world.group("top", &[ada]).await, world.group("low", &[bob]).await);
        world.change_group(low, |fields| fields.parents = vec![top]).await;
        world
            .change_provider(|provider| {
                provider.nested_groups = NestedGroups::Members;
                provider.group_filters = vec![top];
            })
            .await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada"], "low is out of scope");
        assert!(world.remote.group("low").is_none());

        world.change_provider(|provider| provider.group_filters = vec![top, low]).await;
        world.settle().await;
        assert_eq!(members(&world.remote, "top"), ["ada", "low"]);
        world.change_provider(|provider| provider.group_filters = vec![top]).await;
        world.settle().await;
        assert!(world.remote.group("low").is_none());
        assert_eq!(members(&world.remote, "top"), ["ada"]);
        is_in_step(&world).await;
    }
}

#[tokio::test]
async fn another_setting_brings_every_group_in_step() {
    let settings = [
        NestedGroups::Flattened,
        NestedGroups::Members,
        NestedGroups::Flattened,
        NestedGroups::Direct,
        NestedGroups::Members,
        NestedGroups::Direct,
        NestedGroups::Flattened,
    ];
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let Tree { world, .. } = a_tree(NestedGroups::Direct, behaviour).await;
        for nesting in settings {
            world.change_provider(|provider| provider.nested_groups = nesting).await;
            world.settle().await;
            let (top, middle): (&[&str], &[&str]) = match nesting {
                NestedGroups::Direct => (&["ada"], &["bob"]),
                NestedGroups::Flattened => (&["ada", "bob", "eve"], &["bob", "eve"]),
                NestedGroups::Members => (&["ada", "middle"], &["bob", "low"]),
            };
            assert_eq!(members(&world.remote, "top"), top, "{nesting:?}");
            assert_eq!(members(&world.remote, "middle"), middle, "{nesting:?}");
            assert_eq!(members(&world.remote, "low"), ["eve"], "{nesting:?}");
        }
    }
}

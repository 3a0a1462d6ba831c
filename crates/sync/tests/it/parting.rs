//! What becomes of resources whose object leaves: the policy of the provider.

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::{Deprovisioning, GroupId, ObjectId, UserPk};
use scimitar_testkit::remote::{Behaviour, FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{count, link, state};

/// Ada and Eve in the group that limits the scope, both at the remote.
async fn staffed(policy: Deprovisioning) -> (World, GroupId, [UserPk; 2]) {
    staffed_at(Behaviour::default(), policy).await
}

async fn staffed_at(behaviour: Behaviour, policy: Deprovisioning) -> (World, GroupId, [UserPk; 2]) {
    let world = World::with(behaviour).await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let staff = world.group("staff", &[ada, eve]).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(staff);
            provider.user_deprovisioning = policy;
            provider.deprovisioning_days = 7;
        })
        .await;
    world.settle().await;
    world.remote.clear_requests();
    (world, staff, [ada, eve])
}

/// Each user at the remote: `ada on`, `eve off`.
fn people(world: &World) -> Vec<String> {
    let line = |user: &scimitar_testkit::remote::Resource| {
        let is_on = user.get("active") != Some(&json!(false));
        let name = user.get("userName").and_then(Value::as_str).unwrap_or_default();
        format!("{name} {}", if is_on { "on" } else { "off" })
    };
    let mut lines: Vec<String> = world.remote.users().iter().map(line).collect();
    lines.sort();
    lines
}

fn writes(world: &World) -> usize {
    count(&world.remote, |request| request.method != "GET")
}

#[tokio::test]
async fn who_leaves_is_deactivated_once_and_comes_back() {
    let (world, staff, [_, eve]) = staffed(Deprovisioning::Deactivate).await;
    world.leave(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve off"]);
    world.remote.clear_requests();
    world.full_sync().await;
    world.change_user(eve, |user| user.name = "Eve Elsewhere".to_owned()).await;
    world.pass(TimeDelta::days(60)).await;
    assert_eq!(writes(&world), 0, "{}", world.remote.transcript());

    world.join(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve on"]);
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(link(&world, ObjectId::User(eve)).await.unwrap().departed, None);
}

#[tokio::test]
async fn who_leaves_is_deleted_some_days_later_unless_they_come_back() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::DeactivateThenDelete).await;
    world.leave(ada, staff).await;
    world.leave(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada off", "eve off"]);
    world.pass(TimeDelta::days(6)).await;
    world.join(ada, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve off"]);
    // What is to be deleted is known to whoever works after a restart.
    let (engine, runner) = world.replica("another");
    world.clock.advance(TimeDelta::days(2));
    engine.start_scheduled().await.unwrap();
    while runner.run_due().await.unwrap() > 0 {}
    assert_eq!(people(&world), ["ada on"]);
    assert!(link(&world, ObjectId::User(eve)).await.is_none());
}

#[tokio::test]
async fn a_deleted_user_is_deactivated_and_deleted_some_days_later() {
    let (world, _, [ada, _]) = staffed(Deprovisioning::DeactivateThenDelete).await;
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada off", "eve on"]);
    world.pass(TimeDelta::days(6)).await;
    assert_eq!(people(&world), ["ada off", "eve on"]);
    world.pass(TimeDelta::days(2)).await;
    world.full_sync().await;
    assert_eq!(people(&world), ["eve on"]);
}

#[tokio::test]
async fn what_waits_for_its_deletion_is_kept_when_the_policy_changes() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::DeactivateThenDelete).await;
    world.leave(ada, staff).await;
    world.delete_user(eve).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada off", "eve off"]);
    world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Deactivate).await;
    world.pass(TimeDelta::days(9)).await;
    world.full_sync().await;
    assert_eq!(people(&world), ["ada off", "eve off"]);
    assert_eq!(count(&world.remote, |request| request.method == "DELETE"), 0);
}

#[tokio::test]
async fn a_deleted_user_who_is_made_again_is_not_deleted_later() {
    let (world, staff, [ada, _]) = staffed(Deprovisioning::DeactivateThenDelete).await;
    world.delete_user(ada).await;
    world.settle().await;
    let again = world.user("ada").await;
    world.join(again, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve on"]);
    world.pass(TimeDelta::days(9)).await;
    world.full_sync().await;
    assert_eq!(people(&world), ["ada on", "eve on"]);
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_user_is_only_deactivated_where_that_is_the_policy() {
    let (world, _, [ada, _]) = staffed(Deprovisioning::Deactivate).await;
    world.delete_user(ada).await;
    world.settle().await;
    world.pass(TimeDelta::days(60)).await;
    assert_eq!(people(&world), ["ada off", "eve on"]);
    assert_eq!(count(&world.remote, |request| request.method == "DELETE"), 0);
}

#[tokio::test]
async fn who_is_gone_already_is_not_made_again_to_be_deactivated() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::Deactivate).await;
    world.remote.edit(|remote| {
        for user in remote.users() {
            remote.delete(&user.id);
        }
    });
    world.leave(ada, staff).await;
    world.settle().await;
    world.delete_user(eve).await;
    world.settle().await;
    assert_eq!((count(&world.remote, |request| request.method == "POST"), people(&world)), (0, vec![]));
    assert!(link(&world, ObjectId::User(ada)).await.is_none());
}

#[tokio::test]
async fn an_unlinked_user_stays_and_is_taken_over_again() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::Unlink).await;
    world.leave(eve, staff).await;
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(
        (writes_of_users(&world), people(&world)),
        (0, vec!["ada on".to_owned(), "eve on".to_owned()])
    );
    assert_eq!(remote_id(&world, eve).await, None);
    world.join(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve on"]);
    assert!(remote_id(&world, eve).await.is_some());
}

async fn remote_id(world: &World, user: UserPk) -> Option<String> {
    link(world, ObjectId::User(user)).await.and_then(|link| link.state.remote_id().map(str::to_owned))
}

#[tokio::test]
async fn who_was_unlinked_is_looked_for_also_where_names_may_be_twice() {
    let (world, staff, [_ada, eve]) =
        staffed_at(Behaviour::without_uniqueness(), Deprovisioning::Unlink).await;
    world.leave(eve, staff).await;
    world.settle().await;
    world.join(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve on"]);
    assert_eq!(world.differences().await, Vec::<String>::new());
    // And is let go again like anybody.
    world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Deactivate).await;
    world.leave(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve off"]);
}

fn writes_of_users(world: &World) -> usize {
    count(&world.remote, |request| request.method != "GET" && request.path.contains("/Users"))
}

#[tokio::test]
async fn nothing_leaves_the_resource_and_its_link() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::Nothing).await;
    world.leave(eve, staff).await;
    world.delete_user(ada).await;
    world.settle().await;
    world.full_sync().await;
    assert_eq!(
        (writes_of_users(&world), people(&world)),
        (0, vec!["ada on".to_owned(), "eve on".to_owned()])
    );
    assert!(link(&world, ObjectId::User(eve)).await.is_some());
    world.join(eve, staff).await;
    world.settle().await;
    assert_eq!(writes_of_users(&world), 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_deleted_user_who_stays_deactivated_is_in_no_group_any_more() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        world.group("staff", &[ada, bob]).await;
        world.group("board", &[ada]).await;
        world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Deactivate).await;
        world.settle().await;
        world.remote.next_answers([Scripted::new(FaultKind::Status(500)).on("PATCH", "/Groups")]);
        world.delete_user(ada).await;
        world.settle().await;
        world.pass(TimeDelta::minutes(1)).await;
        let mut members: Vec<usize> =
            world.remote.groups().iter().map(|group| world.remote.members(&group.id).len()).collect();
        members.sort_unstable();
        assert_eq!(members, [0, 1], "{}", world.remote.transcript());
        assert_eq!(world.remote.user("ada").unwrap().get("active"), Some(&json!(false)));
        world.remote.clear_requests();
        world.full_sync().await;
        assert_eq!(world.remote.transcript(), "", "nothing is due any more");
    }
}

#[tokio::test]
async fn who_may_have_become_a_member_shortly_before_is_in_no_group_any_more_either() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let staff = world.group("staff", &[]).await;
    world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Deactivate).await;
    world.settle().await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("PATCH", "/Groups")]);
    world.join(ada, staff).await;
    world.step().await;
    assert_eq!((world.remote.pending_answers(), world.remote.members("g1").len()), (0, 1));
    world.leave(ada, staff).await;
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn the_policy_that_holds_when_the_remote_is_told_decides_on_memberships_too() {
    for (before, after, n_members) in [
        (Deprovisioning::Delete, Deprovisioning::Deactivate, 1),
        (Deprovisioning::Unlink, Deprovisioning::DeactivateThenDelete, 1),
        (Deprovisioning::Deactivate, Deprovisioning::Delete, 1),
        (Deprovisioning::Deactivate, Deprovisioning::Nothing, 2),
    ] {
        let world = World::new().await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        world.group("staff", &[ada, bob]).await;
        world.change_provider(|provider| provider.user_deprovisioning = before).await;
        world.settle().await;
        world.remote.clear_requests();
        world.delete_user(ada).await;
        world.change_provider(|provider| provider.user_deprovisioning = after).await;
        world.settle().await;
        let transcript = world.remote.transcript();
        let group = world.remote.groups()[0].id.clone();
        assert_eq!(world.remote.members(&group).len(), n_members, "{before:?}, {after:?}: {transcript}");
        if after == Deprovisioning::Delete {
            assert_eq!(count(&world.remote, |request| request.method == "PATCH"), 0, "{transcript}");
        }
        world.remote.clear_requests();
        world.full_sync().await;
        assert_eq!(world.remote.transcript(), "", "{before:?}, {after:?}: nothing is due any more");
    }
}

#[tokio::test]
async fn who_left_a_group_while_he_was_unlinked_is_taken_out_of_it_when_he_is_linked_again() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let staff = world.group("staff", &[ada, bob]).await;
    world.group("board", &[ada]).await;
    world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Unlink).await;
    world.settle().await;
    let scoped = world.group("scoped", &[bob]).await;
    world.change_provider(|provider| provider.filter_group = Some(scoped)).await;
    world.settle().await;
    world.leave(ada, staff).await;
    world.settle().await;
    let members = |name: &str| {
        let group = world.remote.groups().into_iter().find(|it| it.get("displayName") == Some(&json!(name)));
        world.remote.members(&group.unwrap().id).len()
    };
    assert_eq!((members("staff"), members("board")), (2, 1), "who is unlinked is left alone");
    world.join(ada, scoped).await;
    world.settle().await;
    let transcript = world.remote.transcript();
    assert_eq!((members("staff"), members("board")), (1, 1), "{transcript}");
    assert_eq!(world.remote.users().len(), 2, "{transcript}");

    // Whoever stands for the resource later does not inherit its groups either.
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(members("board"), 1, "the remote keeps it as it is");
    let successor = world.user("ada").await;
    world.join(successor, scoped).await;
    world.settle().await;
    assert_eq!((members("board"), members("scoped")), (0, 2), "{}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn groups_do_not_name_who_is_gone_by_a_deletion_whose_answer_was_lost() {
    let (world, staff, [ada, eve]) = staffed(Deprovisioning::Delete).await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("DELETE", "/Users")]);
    world.leave(ada, staff).await;
    world.step().await;
    assert_eq!((world.remote.pending_answers(), people(&world)), (0, vec!["eve on".to_owned()]));
    world.change_provider(|provider| provider.user_deprovisioning = Deprovisioning::Nothing).await;
    let board = world.group("board", &[ada, eve]).await;
    world.settle().await;
    let state = state(&world, ObjectId::Group(board)).await;
    assert!(!state.contains(';'), "{state}\n{}", world.remote.transcript());
    world.join(ada, staff).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_group_that_was_refused_for_who_was_gone_is_sent_when_that_is_known() {
    let (world, staff, [ada, eve]) = staffed_at(Behaviour::without_patch(), Deprovisioning::Delete).await;
    world.remote.next_answers([
        Scripted::new(FaultKind::ResetAfterCommit).on("DELETE", "/Users"),
        // For more than the two minutes below, and less than the twelve hours of `settle`, whatever the spread.
        Scripted::new(FaultKind::Status(500)).on("DELETE", "/Users").times(6),
    ]);
    world.leave(ada, staff).await;
    world.step().await;
    let board = world.group("board", &[ada, eve]).await;
    world.pass(TimeDelta::minutes(2)).await;
    let before = state(&world, ObjectId::Group(board)).await;
    assert!(before.contains("parked"), "{before}\n{}", world.remote.transcript());
    world.settle().await;
    assert_eq!(world.remote.pending_answers(), 0);
    let after = state(&world, ObjectId::Group(board)).await;
    assert!(!after.contains(';'), "{after}\n{}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_group_that_has_failed_otherwise_is_not_given_up_for_its_first_refusal() {
    let (world, _, [ada, eve]) = staffed_at(Behaviour::without_patch(), Deprovisioning::Delete).await;
    let refused = FaultKind::Refused { status: 400, scim_type: None, detail: "no such member".to_owned() };
    world.remote.next_answers([
        Scripted::new(FaultKind::Status(500)).on("POST", "/Groups").times(2),
        Scripted::new(refused).on("POST", "/Groups"),
    ]);
    let board = world.group("board", &[ada, eve]).await;
    world.settle().await;
    assert_eq!(world.remote.pending_answers(), 0);
    let after = state(&world, ObjectId::Group(board)).await;
    assert!(!after.contains(';'), "{after}\n{}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_answer_to_a_deactivation_is_asked_for_again() {
    let (world, staff, [_, eve]) = staffed(Deprovisioning::Deactivate).await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(500)).on("PATCH", "/Users").times(2)]);
    world.leave(eve, staff).await;
    world.settle().await;
    assert_eq!(people(&world), ["ada on", "eve off"], "{}", world.remote.transcript());
}

#[tokio::test]
async fn groups_have_a_policy_of_their_own() {
    let world = World::new().await;
    let (team, crew) = (world.group("team", &[]).await, world.group("crew", &[]).await);
    world.settle().await;
    world
        .change_provider(|provider| {
            provider.group_filters = vec![team];
            provider.group_deprovisioning = Deprovisioning::Unlink;
        })
        .await;
    world.settle().await;
    assert_eq!(world.remote.groups().len(), 2);
    assert_eq!(link(&world, ObjectId::Group(crew)).await.and_then(|link| link.fingerprint), None);
    world.delete_group(team).await;
    world.settle().await;
    assert_eq!(count(&world.remote, |request| request.method == "DELETE"), 0);
}

#[tokio::test]
async fn a_guard_holds_deactivations_by_policy_and_later_deletions_too() {
    let world = World::new().await.guarded();
    let mut people = Vec::new();
    for n in 0..30 {
        people.push(world.user(&format!("user{n}")).await);
    }
    let (staff, nobody) = (world.group("staff", &people).await, world.group("nobody", &[]).await);
    world
        .change_provider(|provider| {
            provider.filter_group = Some(staff);
            provider.user_deprovisioning = Deprovisioning::DeactivateThenDelete;
            provider.deprovisioning_days = 7;
        })
        .await;
    world.settle().await;
    world.pass(TimeDelta::hours(2)).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
    let off = |world: &World| {
        world.remote.users().iter().filter(|user| user.get("active") == Some(&json!(false))).count()
    };
    assert_eq!(off(&world), 0);
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!((off(&world), world.remote.users().len()), (30, 30));
    world.pass(TimeDelta::days(8)).await;
    assert_eq!(world.remote.users().len(), 30, "the deletions wait for an approval of their own");
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0);
}

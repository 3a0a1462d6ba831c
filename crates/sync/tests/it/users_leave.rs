//! Users who leave the scope are deleted at the remote, once, and not before the remote says so.

use scimitar_domain::{ObjectId, UserKind, UserPk};
use scimitar_testkit::remote::{FaultKind, RetryAfter, Scripted};
use scimitar_testkit::world::World;

use crate::tell::state;

/// A provider that is to have no service accounts, and a service account that it has.
async fn a_robot_who_is_to_leave() -> (World, UserPk) {
    let world = World::new().await;
    let robot = world.user_with("robot", |robot| robot.kind = UserKind::ServiceAccount).await;
    world.settle().await;
    assert_eq!(state(&world, ObjectId::User(robot)).await, "linked u1");
    world.remote.clear_requests();
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    (world, robot)
}

#[tokio::test]
async fn a_linked_user_out_of_scope_is_deleted_once_by_the_sweep() {
    let (world, robot) = a_robot_who_is_to_leave().await;
    world.settle().await;
    world.full_sync().await;

    insta::assert_snapshot!(world.remote.writes(), @"DELETE /Users/u1 -> 204");
    assert_eq!(state(&world, ObjectId::User(robot)).await, "no link");
}

#[tokio::test]
async fn what_is_gone_already_needs_no_second_deletion() {
    let (world, robot) = a_robot_who_is_to_leave().await;
    world.remote.edit(|remote| remote.delete("u1"));
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"DELETE /Users/u1 -> 404");
    assert_eq!(state(&world, ObjectId::User(robot)).await, "no link");
}

#[tokio::test]
async fn a_deletion_that_is_throttled_keeps_its_link_and_is_tried_again() {
    let (world, robot) = a_robot_who_is_to_leave().await;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(30) };
    world.remote.next_answers([Scripted::new(throttled).on("DELETE", "/Users")]);
    world.step().await;
    insta::assert_snapshot!(state(&world, ObjectId::User(robot)).await, @"linked u1; throttled x1, later again: the remote asked for fewer requests");

    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"
    DELETE /Users/u1 -> 429
    DELETE /Users/u1 -> 204
    ");
    assert_eq!(state(&world, ObjectId::User(robot)).await, "no link");
    assert_eq!(world.remote.early_requests(), []);
}

#[tokio::test]
async fn an_outage_in_the_sweep_pauses_the_run_which_ends_after_it() {
    let (world, robot) = a_robot_who_is_to_leave().await;
    world.remote.stop().await;
    world.step().await;
    assert!(world.engine.status(world.provider).await.unwrap().is_running);

    world.remote.restart().await.unwrap();
    world.settle().await;
    assert_eq!(state(&world, ObjectId::User(robot)).await, "no link");
    let status = world.engine.status(world.provider).await.unwrap();
    assert!(!status.is_running);
    insta::assert_snapshot!(status.tasks[0].description, @"0 in scope: 0 created, 0 adopted, 0 updated, 1 deleted, 0 skipped, 0 failed, 0 member changes");
}

#[tokio::test]
async fn a_dry_run_deletes_nothing_and_keeps_the_link() {
    let (world, robot) = a_robot_who_is_to_leave().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;

    assert_eq!(world.remote.writes(), "");
    assert_eq!(state(&world, ObjectId::User(robot)).await, "linked u1");

    // It goes on where it was held back.
    world.change_provider(|provider| provider.dry_run = false).await;
    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"DELETE /Users/u1 -> 204");
}

#[tokio::test]
async fn a_deletion_in_a_dry_run_is_made_up_for_after_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    world.remote.clear_requests();
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(world.remote.writes(), "");

    world.change_provider(|provider| provider.dry_run = false).await;
    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"DELETE /Users/u1 -> 204");
}

#[tokio::test]
async fn a_user_who_comes_back_is_made_anew() {
    let world = World::new().await;
    let team = world.group("team", &[]).await;
    let ada = world.user("ada").await;
    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    world.join(ada, team).await;
    world.settle().await;
    world.leave(ada, team).await;
    world.settle().await;
    world.join(ada, team).await;
    world.settle().await;

    let user_writes: Vec<String> =
        world.remote.writes().lines().filter(|line| line.contains("/Users")).map(str::to_owned).collect();
    insta::assert_snapshot!(user_writes.join("\n"), @"
    POST /Users -> 201
    DELETE /Users/u1 -> 204
    POST /Users -> 201
    ");
}

//! Nothing much is deleted or deactivated without somebody's approval.

use chrono::TimeDelta;

use scimitar_domain::{GroupId, ObjectId, RunState, UserPk};
use scimitar_store::runs;
use scimitar_testkit::remote::{FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{count, state};

/// So many users in a group that limits the scope, all at the remote.
async fn filtered(n: usize) -> (World, GroupId, Vec<UserPk>) {
    let world = World::new().await.guarded();
    let mut people = Vec::new();
    for i in 0..n {
        people.push(world.user(&format!("user{i}")).await);
    }
    let staff = world.group("staff", &people).await;
    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    world.settle().await;
    world.pass(TimeDelta::seconds(1)).await;
    // The next run is the latest, and not one of two at the same moment.
    world.clock.advance(TimeDelta::seconds(1));
    world.remote.clear_requests();
    (world, staff, people)
}

fn deletions(world: &World) -> usize {
    count(&world.remote, |request| request.method == "DELETE")
}

async fn told(world: &World) -> Vec<String> {
    let status = world.engine.status(world.provider).await.unwrap();
    let messages = status.tasks.into_iter().next().unwrap().messages;
    messages.into_iter().map(|message| message.event).collect()
}

#[tokio::test]
async fn a_full_sync_that_would_delete_many_deletes_none_until_it_is_approved() {
    let (world, _, _) = filtered(30).await;
    let nobody = world.group("nobody", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;

    assert_eq!(deletions(&world), 0, "{}", world.remote.transcript());
    let provider = world.provider;
    let run = world.read(move |conn| runs::latest(conn, provider, 1)).await.remove(0);
    assert_eq!(run.state, RunState::Warning);
    let detail = run.detail.unwrap();
    assert!(detail.starts_with("30 deletions or deactivations are held: 10 of 32"), "{detail}");
    assert!(told(&world).await.iter().any(|message| message.contains("--approve")));

    world.clock.advance(TimeDelta::seconds(1));
    world.engine.approve(world.provider).await.unwrap();
    world.settle().await;
    assert_eq!(deletions(&world), 30);
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(told(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_held_is_let_go_by_itself_when_the_mistake_is_mended() {
    let (world, staff, _) = filtered(30).await;
    let nobody = world.group("nobody", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
    world.clock.advance(TimeDelta::seconds(1));
    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    world.settle().await;

    assert_eq!(deletions(&world), 0);
    assert_eq!(told(&world).await, Vec::<String>::new());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn changes_one_by_one_are_held_after_the_first_few_and_do_not_trickle_through() {
    let (world, staff, people) = filtered(30).await;
    for user in &people[..15] {
        world.leave(*user, staff).await;
        world.step().await;
    }
    assert_eq!(deletions(&world), 10, "{}", world.remote.transcript());
    let held = state(&world, ObjectId::User(people[14])).await;
    assert!(held.contains("held x1, parked: "), "{held}");

    world.pass(TimeDelta::days(2)).await;
    assert_eq!(deletions(&world), 10, "{}", world.remote.transcript());
    world.engine.approve(world.provider).await.unwrap();
    world.settle().await;
    assert_eq!(deletions(&world), 15);
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn deletions_in_the_directory_and_deactivations_count_too() {
    let (world, _, people) = filtered(30).await;
    for user in &people[..6] {
        world.delete_user(*user).await;
        world.step().await;
    }
    for user in &people[6..14] {
        world.change_user(*user, |user| user.is_active = false).await;
        world.step().await;
    }
    let deactivations = || {
        let users = world.remote.users();
        users.iter().filter(|user| user.get("active") == Some(&serde_json::Value::Bool(false))).count()
    };
    assert_eq!((deletions(&world), deactivations()), (6, 4), "{}", world.remote.transcript());

    world.engine.approve(world.provider).await.unwrap();
    world.settle().await;
    assert_eq!((deletions(&world), deactivations()), (6, 8));
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_few_deletions_an_hour_need_nobody() {
    let (world, staff, people) = filtered(30).await;
    for hour in people.chunks(10) {
        for user in hour {
            world.leave(*user, staff).await;
        }
        world.step().await;
        world.pass(TimeDelta::minutes(61)).await;
    }
    assert_eq!(deletions(&world), 30);
    assert_eq!(told(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_deletion_that_is_throttled_and_tried_again_counts_once() {
    let (world, staff, people) = filtered(30).await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(429)).on("DELETE", "/Users").times(6)]);
    for user in &people[..5] {
        world.delete_user(*user).await;
    }
    for user in &people[5..10] {
        world.leave(*user, staff).await;
    }
    for _ in 0..30 {
        world.pass(TimeDelta::minutes(1)).await;
    }
    assert_eq!(deletions(&world), 16, "{}", world.remote.transcript());
    assert_eq!(told(&world).await, Vec::<String>::new());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

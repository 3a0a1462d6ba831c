//! Nothing much is deleted or deactivated without somebody's approval.

use chrono::TimeDelta;

use scimitar_domain::{GroupId, GuardDeed, GuardEvent, ObjectId, RunState, UserPk};
use scimitar_store::guards::Approval;
use scimitar_store::runs;
use scimitar_sync::LogLevel;
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
    let news = messages.into_iter().filter(|message| message.level != LogLevel::Info);
    news.map(|message| message.event).collect()
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
    assert!(
        detail.starts_with("30 deletions or deactivations are held: the scope has lost 30 of 30"),
        "{detail}"
    );
    assert!(told(&world).await.iter().any(|message| message.contains("--approve")));

    world.clock.advance(TimeDelta::seconds(1));
    world.engine.approve(world.provider, None).await.unwrap();
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
    world.engine.approve(world.provider, None).await.unwrap();
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

    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!((deletions(&world), deactivations()), (6, 8));
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_few_deletions_an_hour_need_nobody() {
    // As many stay: that most are gone would be suspicious.
    let (world, staff, people) = filtered(60).await;
    for hour in people[..30].chunks(10) {
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

/// What happened to the guard, the newest first: `approved eve`.
async fn events(world: &World) -> Vec<String> {
    let provider = world.provider;
    let events = world.read(move |conn| scimitar_store::guards::events(conn, provider, 10)).await;
    let told =
        |event: &GuardEvent| format!("{} {}", event.deed.as_str(), event.actor.as_deref().unwrap_or("-"));
    events.iter().map(told).collect()
}

#[tokio::test]
async fn a_scope_that_loses_half_is_held_although_it_is_few() {
    let (world, _, _) = filtered(8).await;
    let some = world.user("some").await;
    let other = world.group("other", &[some]).await;
    world.change_provider(|provider| provider.filter_group = Some(other)).await;
    world.settle().await;
    assert_eq!(deletions(&world), 0, "{}", world.remote.transcript());
    let held = told(&world).await.join("\n");
    assert!(held.contains("the scope has lost 8 of 9 users at once"), "{held}");
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!(deletions(&world), 8);
    assert_eq!(events(&world).await, ["approved -", "held -"]);
}

#[tokio::test]
async fn a_small_scope_that_is_exchanged_or_lost_is_held_too() {
    let (world, _, _) = filtered(4).await;
    let mut others = Vec::new();
    for name in ["v", "w", "x", "y"] {
        others.push(world.user(name).await);
    }
    let other = world.group("other", &others).await;
    world.change_provider(|provider| provider.filter_group = Some(other)).await;
    world.settle().await;
    let held = told(&world).await.join("\n");
    assert!(held.contains("the scope has lost 4 of "), "{held}");
    let nobody = world.group("nobody", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
    assert_eq!(deletions(&world), 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn the_directory_cannot_take_all_of_a_small_provider() {
    let (world, _, people) = filtered(8).await;
    for user in &people {
        world.delete_user(*user).await;
        world.settle().await;
    }
    assert_eq!(deletions(&world), 4, "{}", world.remote.transcript());
    let held = told(&world).await.join("\n");
    assert!(held.contains("4 of 9 managed objects may go in a window"), "{held}");
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!(deletions(&world), 8);
}

#[tokio::test]
async fn a_filter_group_that_is_emptied_deletes_nobody() {
    let (world, staff, people) = filtered(8).await;
    for user in &people {
        world.leave(*user, staff).await;
    }
    world.settle().await;
    assert_eq!(deletions(&world), 0, "{}", world.remote.transcript());
    let held = told(&world).await.join("\n");
    assert!(held.contains("nobody is left in the group that limits the scope"), "{held}");
    for user in &people {
        world.join(*user, staff).await;
    }
    world.settle().await;
    world.clock.advance(TimeDelta::seconds(1));
    world.full_sync().await;
    assert_eq!((deletions(&world), told(&world).await), (0, vec![]));
}

#[tokio::test]
async fn with_four_eyes_the_one_who_brought_it_about_cannot_approve() {
    let (world, _, _) = filtered(30).await;
    let nobody = world.group("nobody", &[]).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(nobody);
            provider.four_eyes = true;
        })
        .await;
    let (provider, at) = (world.provider, world.now());
    let event = GuardEvent {
        at,
        deed: GuardDeed::Changed,
        actor: Some("ada".to_owned()),
        detail: "saved the provider".to_owned(),
    };
    world.write(move |conn| scimitar_store::guards::note(conn, provider, &event)).await;
    world.settle().await;
    let Approval::Refused(why) = world.engine.approve(provider, Some("ada")).await.unwrap() else { panic!() };
    assert!(why.contains("an administrator other than `ada` has to approve"), "{why}");
    let Approval::Refused(why) = world.engine.approve(provider, None).await.unwrap() else { panic!() };
    assert!(why.contains("an administrator other than `ada` has to approve through the API"), "{why}");
    world.settle().await;
    assert_eq!(deletions(&world), 0);
    assert_eq!(world.engine.approve(provider, Some("eve")).await.unwrap(), Approval::Given);
    world.settle().await;
    assert_eq!(deletions(&world), 30);
    assert_eq!(events(&world).await, ["approved eve", "refused -", "refused ada", "held -", "changed ada"]);
    let status = world.engine.status(provider).await.unwrap();
    let messages: Vec<String> = status.tasks[0].messages.iter().map(|it| it.event.clone()).collect();
    assert!(messages.iter().any(|message| message.starts_with("eve approved: ")), "{messages:?}");
}

#[tokio::test]
async fn with_four_eyes_and_no_author_two_have_to_approve() {
    let (world, _, people) = filtered(30).await;
    world.change_provider(|provider| provider.four_eyes = true).await;
    world.settle().await;
    world.pass(TimeDelta::hours(2)).await;
    for user in &people {
        world.delete_user(*user).await;
    }
    world.settle().await;
    assert_eq!(deletions(&world), 10);
    for name in ["ada", "ada"] {
        let Approval::Refused(why) = world.engine.approve(world.provider, Some(name)).await.unwrap() else {
            panic!()
        };
        assert!(why.contains("administrator other than `ada`"), "{why}");
    }
    assert_eq!(world.engine.approve(world.provider, Some("eve")).await.unwrap(), Approval::Given);
    world.settle().await;
    assert_eq!(deletions(&world), 30);
}

//! What the guard holds can be rejected: it stays as it is, and nobody is asked about it again for nothing.

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::{GroupId, GuardEvent, ObjectId, RunState, UserPk};
use scimitar_store::guards::{self, Approval};
use scimitar_store::{PageRequest, runs, sync_plans};
use scimitar_testkit::world::World;

use crate::tell::{count, state};

/// So many users in a group that limits the scope, all at the remote, and a group for the first few of them.
async fn filtered(n: usize, few: usize) -> (World, [GroupId; 2], Vec<UserPk>) {
    let world = World::new().await.guarded();
    let mut people = Vec::new();
    for i in 0..n {
        people.push(world.user(&format!("user{i}")).await);
    }
    let groups = [world.group("staff", &people).await, world.group("few", &people[..few]).await];
    limit(&world, groups[0]).await;
    world.clock.advance(TimeDelta::seconds(1));
    world.remote.clear_requests();
    (world, groups, people)
}

/// Only this group's members are sent from now on.
async fn limit(world: &World, group: GroupId) {
    world.clock.advance(TimeDelta::seconds(1));
    world.change_provider(|provider| provider.filter_group = Some(group)).await;
    world.settle().await;
}

async fn sync_again(world: &World) {
    world.clock.advance(TimeDelta::seconds(1));
    world.full_sync().await;
}

async fn reject(world: &World, by: &str) -> i64 {
    world.engine.reject(world.provider, Some(by), "they are back on Monday").await.unwrap()
}

async fn approve(world: &World) {
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.engine.approve(world.provider, None).await.unwrap(), Approval::Given);
    world.settle().await;
}

fn deletions(world: &World) -> usize {
    count(&world.remote, |request| request.method == "DELETE")
}

fn inactive(world: &World) -> usize {
    world.remote.users().iter().filter(|user| user.get("active") == Some(&json!(false))).count()
}

/// What happened to the guard, the newest first: `approved eve`.
async fn events(world: &World) -> Vec<String> {
    let provider = world.provider;
    let events = world.read(move |conn| guards::events(conn, provider, 10)).await;
    let told =
        |event: &GuardEvent| format!("{} {}", event.deed.as_str(), event.actor.as_deref().unwrap_or("-"));
    events.iter().map(told).collect()
}

/// How the last full sync has ended, and what the guard holds: `done, 0 held`.
async fn ended(world: &World) -> String {
    let provider = world.provider;
    let run = world.read(move |conn| runs::latest(conn, provider, 1)).await.remove(0);
    let held = world.engine.guard(provider).await.unwrap().held;
    assert_ne!(run.state, RunState::Error);
    format!("{}, {held} held", run.state.as_str())
}

/// Why an object is in scope or is not, and what would be done.
async fn explained(world: &World, object: ObjectId) -> (Vec<String>, &'static str) {
    let told = world.engine.explain(world.provider, object).await.unwrap().unwrap();
    (told.reasons, told.step.as_str())
}

#[tokio::test]
async fn what_was_rejected_stays_and_is_asked_about_no_more_until_it_is_approved() {
    let (world, [_, few], people) = filtered(30, 10).await;
    assert_eq!(reject(&world, "eve").await, 0, "nothing is held");
    limit(&world, few).await;
    assert_eq!(ended(&world).await, "warning, 20 held");
    assert_eq!(reject(&world, "eve").await, 20);
    for _ in 0..3 {
        sync_again(&world).await;
        assert_eq!(ended(&world).await, "done, 0 held");
        world.pass(TimeDelta::hours(2)).await;
    }
    assert_eq!((deletions(&world), inactive(&world)), (0, 0), "{}", world.remote.transcript());
    assert_eq!(events(&world).await, ["rejected eve", "held -"]);
    let provider = world.provider;
    let event = world.read(move |conn| guards::events(conn, provider, 1)).await.remove(0);
    assert_eq!(event.detail, "what was held stays as it is (20): they are back on Monday");
    assert!(state(&world, ObjectId::User(people[29])).await.starts_with("linked "));
    let (reasons, step) = explained(&world, ObjectId::User(people[29])).await;
    assert!(reasons.iter().any(|it| it.starts_with("its leaving was rejected by eve on ")), "{reasons:?}");
    assert_eq!(step, "keep");
    // Nor by its own job, nor by a plan.
    world.change_user(people[29], |user| user.name = "Other".to_owned()).await;
    world.settle().await;
    let plan = world.engine.plan(provider, "grace").await.unwrap();
    let items = world.read(move |conn| sync_plans::page(conn, plan, &PageRequest::default())).await.rows;
    assert_eq!((items, deletions(&world)), (Vec::new(), 0));

    approve(&world).await;
    assert_eq!(deletions(&world), 20, "{}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(events(&world).await, ["approved -", "rejected eve", "held -"]);
}

#[tokio::test]
async fn when_more_would_go_all_of_them_are_asked_about_again() {
    let (world, [_, few], people) = filtered(30, 10).await;
    limit(&world, few).await;
    assert_eq!(reject(&world, "eve").await, 20);
    let fewer = world.group("fewer", &people[..9]).await;
    limit(&world, fewer).await;
    assert_eq!(ended(&world).await, "warning, 21 held");
    let detail = world.engine.guard(world.provider).await.unwrap().detail.unwrap();
    assert!(detail.contains("1 more would go besides 20 whose leaving was rejected"), "{detail}");
    assert_eq!(deletions(&world), 0, "{}", world.remote.transcript());

    // When it is those alone again, all is quiet as before.
    limit(&world, few).await;
    assert_eq!(ended(&world).await, "done, 0 held");
    limit(&world, fewer).await;
    assert_eq!(ended(&world).await, "warning, 21 held");
    assert_eq!(reject(&world, "ada").await, 21);
    sync_again(&world).await;
    assert_eq!((ended(&world).await, deletions(&world)), ("done, 0 held".to_owned(), 0));
    approve(&world).await;
    assert_eq!(deletions(&world), 21);
}

#[tokio::test]
async fn who_comes_back_after_a_rejection_is_like_any_other() {
    let (world, [staff, few], people) = filtered(30, 10).await;
    limit(&world, few).await;
    assert_eq!(reject(&world, "eve").await, 20);
    world.join(people[29], few).await;
    world.settle().await;
    world.leave(people[29], few).await;
    world.settle().await;
    assert_eq!(deletions(&world), 1, "{}", world.remote.transcript());
    limit(&world, staff).await;
    let (reasons, step) = explained(&world, ObjectId::User(people[28])).await;
    assert!(!reasons.iter().any(|reason| reason.contains("rejected")), "{reasons:?}");
    assert_eq!(step, "keep");
    world.leave(people[28], staff).await;
    world.settle().await;
    assert_eq!(deletions(&world), 2, "{}", world.remote.transcript());
}

#[tokio::test]
async fn deletions_and_deactivations_that_were_held_one_by_one_are_rejected_too() {
    let (world, _, people) = filtered(30, 10).await;
    for user in &people[..12] {
        world.delete_user(*user).await;
        world.step().await;
    }
    for user in &people[12..14] {
        world.change_user(*user, |user| user.is_active = false).await;
        world.step().await;
    }
    assert_eq!((deletions(&world), inactive(&world)), (10, 0), "{}", world.remote.transcript());
    assert_eq!(reject(&world, "eve").await, 4);
    for _ in 0..2 {
        sync_again(&world).await;
        assert_eq!(ended(&world).await, "done, 0 held");
        world.pass(TimeDelta::hours(2)).await;
    }
    assert_eq!((deletions(&world), inactive(&world)), (10, 0), "{}", world.remote.transcript());
    let (reasons, step) = explained(&world, ObjectId::User(people[11])).await;
    assert!(reasons.iter().any(|it| it.starts_with("its leaving was rejected by eve on ")), "{reasons:?}");
    assert_eq!(step, "keep");
    // An ordinary deletion passes as before, and one that was rejected here and is deleted there stays.
    world.delete_user(people[20]).await;
    world.delete_user(people[13]).await;
    world.settle().await;
    sync_again(&world).await;
    assert_eq!((deletions(&world), inactive(&world)), (11, 0), "{}", world.remote.transcript());

    approve(&world).await;
    assert_eq!((deletions(&world), inactive(&world)), (14, 1));
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn one_person_rejects_and_ends_what_another_has_begun_to_approve() {
    let (world, [_, few], _) = filtered(30, 10).await;
    world.change_provider(|provider| provider.four_eyes = true).await;
    limit(&world, few).await;
    let Approval::Refused(_) = world.engine.approve(world.provider, Some("ada")).await.unwrap() else {
        panic!()
    };
    assert_eq!(reject(&world, "ada").await, 20);
    world.clock.advance(TimeDelta::seconds(1));
    let Approval::Refused(why) = world.engine.approve(world.provider, Some("eve")).await.unwrap() else {
        panic!()
    };
    assert!(why.contains("the approval of `eve` is noted"), "{why}");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(world.engine.approve(world.provider, Some("ada")).await.unwrap(), Approval::Given);
    world.settle().await;
    assert_eq!(deletions(&world), 20);
    let left: Vec<Value> =
        world.remote.users().iter().filter_map(|user| user.get("active").cloned()).collect();
    assert_eq!(left, vec![json!(true); 10]);
}

#[tokio::test]
async fn a_rejection_ends_an_approval() {
    let (world, [staff, few], people) = filtered(30, 10).await;
    limit(&world, few).await;
    approve(&world).await;
    assert_eq!(deletions(&world), 20);
    limit(&world, staff).await;
    world.pass(TimeDelta::hours(2)).await;
    let fewer = world.group("fewer", &people[..9]).await;
    limit(&world, fewer).await;
    assert_eq!(reject(&world, "eve").await, 21);
    assert_eq!(world.engine.guard(world.provider).await.unwrap().approved_until, None);
    sync_again(&world).await;
    assert_eq!(deletions(&world), 20);
}

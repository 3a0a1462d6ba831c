//! Taking everything away on purpose.

use chrono::TimeDelta;
use serde_json::json;

use scimitar_domain::{Deprovisioning, UserPk};
use scimitar_testkit::world::World;

pub(crate) async fn world_of(n: usize) -> (World, Vec<UserPk>) {
    let world = World::new().await;
    let mut people = Vec::new();
    for at in 0..n {
        people.push(world.user(&format!("user{at}")).await);
    }
    (world, people)
}

pub(crate) fn active(world: &World) -> usize {
    world.remote.users().iter().filter(|user| user.get("active") != Some(&json!(false))).count()
}

#[tokio::test]
async fn a_provider_is_drained_and_then_held() {
    let (world, people) = world_of(3).await;
    world.group("team", &people).await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    let view = world.engine.drain(world.provider, "ada").await.unwrap();
    assert_eq!((view.draining, view.remains.open, view.detail), (true, 4, None));
    world.settle().await;
    assert_eq!((world.remote.users().len(), world.remote.groups().len()), (0, 0));
    let view = world.engine.drained(world.provider).await.unwrap();
    assert_eq!(view.remains.open, 0);
    assert!(view.detail.is_some_and(|detail| detail.starts_with("drained: ")));
    world.user("late").await;
    world.pass(TimeDelta::hours(9)).await;
    assert_eq!(world.remote.users().len(), 0);

    world.change_provider(|_| {}).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn draining_waits_for_approval_and_for_delayed_deletions() {
    let world = World::new().await.guarded();
    for at in 0..20 {
        world.user(&format!("user{at}")).await;
    }
    world
        .change_provider(|provider| {
            provider.user_deprovisioning = Deprovisioning::DeactivateThenDelete;
            provider.deprovisioning_days = 3;
        })
        .await;
    world.settle().await;
    world.pass(TimeDelta::hours(2)).await;
    world.engine.drain(world.provider, "ada").await.unwrap();
    world.settle().await;
    assert_eq!(active(&world), 20);
    let view = world.engine.drained(world.provider).await.unwrap();
    assert!(view.detail.is_some_and(|detail| detail.contains("20 deletions or deactivations are held")));
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    let view = world.engine.drained(world.provider).await.unwrap();
    assert_eq!((active(&world), view.remains.open, view.remains.waiting, view.detail), (0, 0, 20, None));
    world.pass(TimeDelta::days(4)).await;
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0);
    let view = world.engine.drained(world.provider).await.unwrap();
    assert!(view.detail.is_some_and(|detail| detail.starts_with("drained: ")));
}

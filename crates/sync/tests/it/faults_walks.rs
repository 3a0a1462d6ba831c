//! Remotes that read `startIndex` in their own way: who is there is found, and nobody is made twice or taken away.

use serde_json::json;

use scimitar_testkit::remote::{Behaviour, StartIndex, Uniqueness};
use scimitar_testkit::world::World;

/// More than two pages of them are there before the first sync, and nothing stands in the way of a second one.
async fn found(start_index: StartIndex, page_cap: Option<usize>) -> World {
    let world = World::with(Behaviour { start_index, page_cap, ..Behaviour::without_uniqueness() }).await;
    world.change_provider(|provider| provider.discovery_enabled = true).await;
    for n in 0..25 {
        let name = format!("user{n:02}");
        world.remote.seed_user(json!({"userName": name, "displayName": "theirs"}));
        world.user(&name).await;
    }
    world.full_sync().await;
    world.settle().await;
    world
}

async fn everybody_is_found_and_nobody_is_made(start_index: StartIndex, page_cap: Option<usize>) {
    let world = found(start_index, page_cap).await;
    let told = world.remote.transcript();
    assert_eq!(world.remote.users().len(), 25, "{start_index:?}: {told}");
    assert_eq!(world.differences().await, Vec::<String>::new(), "{start_index:?}: {told}");
    let deleted = world.remote.requests().iter().filter(|request| request.method == "DELETE").count();
    assert_eq!(deleted, 0, "{start_index:?}: {told}");

    // A check by the same kind of walk finds nobody missing, and repairs nothing.
    world.remote.clear_requests();
    world.engine.check_drift(world.provider, true).await.unwrap();
    world.settle().await;
    assert_eq!(world.remote.users().len(), 25, "{start_index:?}");
    assert_eq!(world.remote.writes(), "", "{start_index:?}");
}

#[tokio::test]
async fn a_remote_that_counts_from_zero_is_walked_to_its_end() {
    everybody_is_found_and_nobody_is_made(StartIndex::FromZero, Some(10)).await;
    everybody_is_found_and_nobody_is_made(StartIndex::FromZero, None).await;
}

#[tokio::test]
async fn a_remote_that_takes_the_start_for_a_page_is_walked_to_its_end() {
    everybody_is_found_and_nobody_is_made(StartIndex::PageNumber, Some(10)).await;
}

#[tokio::test]
async fn who_is_on_pages_that_a_remote_never_shows_is_searched_for() {
    everybody_is_found_and_nobody_is_made(StartIndex::Ignored, Some(10)).await;
}

#[tokio::test]
async fn without_pages_and_without_filters_who_is_not_seen_is_left_to_a_person() {
    let world = World::with(Behaviour {
        start_index: StartIndex::Ignored,
        page_cap: Some(10),
        uniqueness: Uniqueness::NONE,
        ..Behaviour::without_filter()
    })
    .await;
    world.change_provider(|provider| provider.discovery_enabled = true).await;
    for n in 0..25 {
        let name = format!("user{n:02}");
        world.remote.seed_user(json!({"userName": name}));
        world.user(&name).await;
    }
    world.full_sync().await;
    assert_eq!(world.remote.users().len(), 25, "{}", world.remote.transcript());
    let status = world.engine.status(world.provider).await.unwrap();
    let told = status.tasks.iter().flat_map(|task| &task.messages);
    assert!(told.into_iter().any(|it| it.event.contains("holds more than can be searched")), "{status:?}");
}

//! Bringing back what was taken away by mistake.

use chrono::TimeDelta;
use scimitar_domain::Deprovisioning;
use scimitar_sync::{NotUndone, Undone};
use scimitar_testkit::remote::{FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::drain::{active, world_of};
use crate::tell::count;

async fn undo(world: &World) -> Undone {
    world.engine.undo(world.provider, "ada").await.unwrap().unwrap()
}

#[tokio::test]
async fn what_a_wrong_filter_has_deleted_comes_back() {
    let (world, people) = world_of(4).await;
    let (staff, nobody) = (world.group("staff", &people).await, world.group("nobody", &[]).await);
    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0);
    world.clock.advance(TimeDelta::hours(5));
    world.full_sync().await;

    let undoable = world.engine.undoable(world.provider, 3).await.unwrap();
    let labels: Vec<_> = undoable.taken.iter().map(|it| it.label.as_str()).collect();
    assert_eq!((undoable.count, labels.len()), (4, 3));
    assert!(labels.iter().all(|label| label.starts_with("user")), "{labels:?}");
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.failed, undone.left, undone.impossible.len()), (4, 0, 0, 0));
    assert!(undone.held.is_some_and(|reason| reason.starts_with("ada has undone")));
    assert_eq!(world.remote.users().len(), 4);
    world.pass(TimeDelta::hours(9)).await;
    assert_eq!(world.remote.users().len(), 4, "the provider is held, so nothing is taken away again");

    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(undo(&world).await, Undone::default());
}

#[tokio::test]
async fn who_is_deactivated_is_switched_on_and_who_is_deleted_here_is_told() {
    let (world, people) = world_of(4).await;
    let staff = world.group("staff", &people).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(staff);
            provider.user_deprovisioning = Deprovisioning::DeactivateThenDelete;
        })
        .await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    world.full_sync().await;
    world.leave(people[0], staff).await;
    world.delete_user(people[1]).await;
    world.settle().await;
    assert_eq!(active(&world), 2);

    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.left), (1, 0));
    let told = undone.impossible.join("\n");
    assert!(told.starts_with("user user1 was deleted from the directory: make it again"), "{told}");
    assert_eq!((active(&world), world.remote.users().len()), (3, 4), "nobody stands for the other one");
    // The one who is back does not wait for a deletion any more.
    world.change_provider(|provider| provider.filter_group = None).await;
    world.pass(TimeDelta::days(40)).await;
    assert_eq!((active(&world), world.remote.users().len()), (3, 3));
}

#[tokio::test]
async fn a_group_comes_back_with_its_members_and_inside_the_scope_nothing_is_held() {
    let (world, people) = world_of(2).await;
    let (team, other) = (world.group("team", &people).await, world.group("other", &[]).await);
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    world.change_provider(|provider| provider.group_filters = vec![other]).await;
    world.settle().await;
    assert_eq!(world.remote.groups().len(), 1);
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.held.is_some()), (1, true));
    world.change_provider(|provider| provider.group_filters = vec![team, other]).await;
    world.remote.clear_requests();
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(count(&world.remote, |request| request.method == "POST"), 0);

    world.change_provider(|provider| provider.group_filters = vec![other]).await;
    world.settle().await;
    world.change_provider(|provider| provider.group_filters = Vec::new()).await;
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.held), (1, None), "the scope was mended first");
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_provider_that_was_drained_by_mistake_is_filled_again() {
    let (world, people) = world_of(3).await;
    world.group("team", &people).await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    world.engine.drain(world.provider, "ada").await.unwrap();
    world.settle().await;
    assert_eq!((world.remote.users().len(), world.remote.groups().len()), (0, 0));
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.left), (4, 0));
    assert_eq!((world.remote.users().len(), world.remote.groups().len()), (3, 1));
    world.change_provider(|_| {}).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_fails_is_left_for_the_next_time() {
    let (world, people) = world_of(3).await;
    let staff = world.group("staff", &people).await;
    world.settle().await;
    world.clock.advance(TimeDelta::hours(1));
    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    for user in &people {
        world.leave(*user, staff).await;
    }
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0);
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("POST", "/Users")]);
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.failed, undone.left), (2, 1, 1));
    let undone = undo(&world).await;
    assert_eq!((undone.restored, undone.failed, undone.left), (1, 0, 0));
    assert_eq!(world.remote.users().len(), 3);
}

#[tokio::test]
async fn nothing_is_brought_back_by_a_provider_that_sends_nothing() {
    let (world, people) = world_of(1).await;
    let staff = world.group("staff", &people).await;
    world.settle().await;
    world.change_provider(|provider| provider.filter_group = Some(staff)).await;
    world.leave(people[0], staff).await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.remote.clear_requests();
    let refused = world.engine.undo(world.provider, "ada").await.unwrap();
    assert_eq!(refused, Err(NotUndone::DryRun));
    assert_eq!(world.remote.writes(), "");
}

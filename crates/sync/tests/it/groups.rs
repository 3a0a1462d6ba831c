//! Groups are made, renamed and deleted at the remote as they are here.

use serde_json::json;

use scimitar_domain::{GroupId, IdSource, LinkId, ObjectId};
use scimitar_store::links;
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, RetryAfter, Scripted, Uniqueness};
use scimitar_testkit::world::World;

use crate::tell::{state, told};

#[tokio::test]
async fn a_new_group_is_posted_with_its_name_and_its_uuid() {
    let world = World::new().await;
    let team = world.group("team", &[]).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote).replace(&team.to_string(), "[uuid]"), @r#"POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team","externalId":"[uuid]"}"#);
}

#[tokio::test]
async fn a_group_of_a_remote_without_a_configuration_is_posted_too() {
    let world = World::with(Behaviour { discovery: Discovery::Empty, ..Behaviour::default() }).await;
    let team = world.group("team", &[]).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote).replace(&team.to_string(), "[uuid]"), @r#"POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team","externalId":"[uuid]","members":[]}"#);
}

#[tokio::test]
async fn a_rename_is_put_where_the_remote_has_no_patch() {
    let world = World::with(Behaviour::without_patch()).await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.change_group(team, |team| team.name = "crew".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    PUT /Groups/g1 -> 200
    ");
    assert_eq!(world.remote.group("crew").unwrap().id, "g1");
}

#[tokio::test]
async fn a_rename_is_patched_with_a_path_where_the_remote_offers_it() {
    let world = World::new().await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_group(team, |team| team.name = "crew".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Groups/g1 {"op":"replace","path":"displayName","value":"crew"}"#);
}

#[tokio::test]
async fn a_deleted_group_is_deleted_at_the_remote() {
    let world = World::new().await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.delete_group(team).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    DELETE /Groups/g1 -> 204
    ");
}

#[tokio::test]
async fn a_group_that_is_saved_unchanged_asks_and_sends_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_group(team, |_| {}).await;
    world.change_group(team, |team| team.is_superuser = true).await;
    world.settle().await;
    world.full_sync().await;

    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn two_groups_whose_mapping_gives_one_name_stay_two_groups() {
    let world = World::new().await;
    let same = world.mapping("same", "return {'displayName': 'everybody'}").await;
    world.change_provider(|provider| provider.property_mappings_group.push(same)).await;
    world.group("one", &[]).await;
    world.settle().await;
    world.group("two", &[]).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    POST /Groups -> 201
    ");
    assert_eq!(world.remote.duplicates(), []);
}

#[tokio::test]
async fn two_groups_of_one_name_do_not_fight_over_the_one_that_the_remote_allows() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::default() }).await;
    let same = world.mapping("same", "return {'displayName': 'everybody'}").await;
    world.change_provider(|provider| provider.property_mappings_group.push(same)).await;
    let one = world.group("one", &[]).await;
    world.settle().await;
    let two = world.group("two", &[]).await;
    world.step().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    POST /Groups -> 409
    ");
    insta::assert_snapshot!(state(&world, ObjectId::Group(two)).await, @"new; conflict x1, later again: the remote already has such a resource (uniqueness): `displayName` is taken, and what a search finds stands for another object or is about to be deleted");
    let kept = world.remote.group("everybody").unwrap();
    assert_eq!(kept.external_id(), Some(one.to_string().as_str()));
}

#[tokio::test]
async fn a_group_that_is_there_already_is_found_by_the_name_that_the_mapping_gives() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::default() }).await;
    let prefix = world.mapping("prefix", "return {'displayName': 'corp-' + group.name}").await;
    world.change_provider(|provider| provider.property_mappings_group.push(prefix)).await;
    world.settle().await;
    world.remote.seed_group(json!({"displayName": "corp-team"}));
    let team = world.group("team", &[]).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 409
    PATCH /Groups/g1 -> 204
    ");
    let adopted = world.remote.group("corp-team").unwrap();
    assert_eq!(adopted.external_id(), Some(team.to_string().as_str()));
}

#[tokio::test]
async fn a_group_that_is_linked_by_hand_is_brought_in_step_under_its_id() {
    let world = World::new().await;
    let id = world.remote.seed_group(json!({"displayName": "theirs"}));
    world.change_provider(|provider| provider.dry_run = true).await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    let (provider, link, object) = (world.provider, LinkId(world.ids.uuid()), ObjectId::Group(team));
    world.write(move |conn| links::insert(conn, link, provider, object, &id)).await;
    world.change_provider(|provider| provider.dry_run = false).await;
    world.settle().await;

    assert_eq!(world.remote.groups().len(), 1);
    assert_eq!(world.remote.group("team").unwrap().id, "g1");
}

/// A provider that is to have one of two groups, and has both.
async fn a_group_that_is_to_leave() -> (World, GroupId) {
    let world = World::new().await;
    let (stays, leaves) = (world.group("stays", &[]).await, world.group("leaves", &[]).await);
    world.settle().await;
    world.remote.clear_requests();
    world.change_provider(|provider| provider.group_filters = vec![stays]).await;
    (world, leaves)
}

/// The writes, with the remote id that the group had.
async fn departure(world: &World, group: GroupId) -> String {
    let known = state(world, ObjectId::Group(group)).await;
    let id = known.strip_prefix("linked ").unwrap().to_owned();
    world.settle().await;
    world.full_sync().await;
    world.remote.writes().replace(&id, "[id]")
}

#[tokio::test]
async fn a_group_outside_of_the_filters_is_deleted_once() {
    let (world, leaves) = a_group_that_is_to_leave().await;
    insta::assert_snapshot!(departure(&world, leaves).await, @"DELETE /Groups/[id] -> 204");
    assert_eq!(state(&world, ObjectId::Group(leaves)).await, "no link");
    assert!(world.remote.group("stays").is_some());
}

#[tokio::test]
async fn a_group_outside_of_the_filters_that_is_gone_already_needs_nothing_more() {
    let (world, leaves) = a_group_that_is_to_leave().await;
    let id = world.remote.group("leaves").unwrap().id;
    world.remote.edit(|remote| remote.delete(&id));
    insta::assert_snapshot!(departure(&world, leaves).await, @"DELETE /Groups/[id] -> 404");
    assert_eq!(state(&world, ObjectId::Group(leaves)).await, "no link");
}

#[tokio::test]
async fn a_throttled_deletion_of_a_group_is_tried_again() {
    let (world, leaves) = a_group_that_is_to_leave().await;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(7) };
    world.remote.next_answers([Scripted::new(throttled).on("DELETE", "/Groups")]);
    insta::assert_snapshot!(departure(&world, leaves).await, @"
    DELETE /Groups/[id] -> 429
    DELETE /Groups/[id] -> 204
    ");
    assert_eq!(state(&world, ObjectId::Group(leaves)).await, "no link");
    assert_eq!(world.remote.early_requests(), []);
}

#[tokio::test]
async fn a_dry_run_keeps_a_group_outside_of_the_filters() {
    let (world, leaves) = a_group_that_is_to_leave().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    insta::assert_snapshot!(departure(&world, leaves).await, @"");
    assert!(state(&world, ObjectId::Group(leaves)).await.starts_with("linked"));
}

/// Found by chance: its member was deleted at the remote while it was on its way.
#[tokio::test]
async fn a_group_that_goes_with_its_members_is_sent_again_before_a_refusal_is_believed() {
    let world = World::with(Behaviour::without_patch()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.next_answers([400, 400]);
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());

    world.remote.next_answers([400, 400, 400]);
    world.change_group(team, |group| "crew".clone_into(&mut group.name)).await;
    world.settle().await;
    let known = state(&world, ObjectId::Group(team)).await;
    assert!(known.contains("rejected x3, parked"), "{known}");
}

//! Scope: whoever joins it arrives, whoever leaves it goes, at once; and a scope that nobody chose sends nothing.

use std::time::Duration;

use scimitar_domain::{
    ApplicationFields, ApplicationId, GroupId, IdSource, ObjectId, ProviderPk, UserKind, UserPk,
};
use scimitar_queue::QueueSettings;
use scimitar_store::{applications, providers};
use scimitar_testkit::world::World;

use crate::tell::{sorted, state};

/// A provider for the members of `team`, of whom there is none.
async fn a_team() -> (World, GroupId) {
    let world = World::new().await;
    let team = world.group("team", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    world.settle().await;
    world.remote.clear_requests();
    (world, team)
}

async fn attach(world: &World, provider: ProviderPk) -> ApplicationId {
    let (id, now) = (ApplicationId(world.ids.uuid()), world.now());
    let fields = ApplicationFields {
        name: "App".to_owned(),
        slug: "app".to_owned(),
        backchannel_providers: vec![provider],
        ..ApplicationFields::default()
    };
    world.write(move |conn| applications::insert(conn, id, &fields, now)).await.id
}

/// A provider like the world's own, attached to nothing.
async fn a_loose_provider(world: &World) -> ProviderPk {
    let mut fields = world.provider().await.fields;
    fields.name = "loose".to_owned();
    let (keyring, seal, now) = (world.keyring.clone(), world.ids.uuid(), world.now());
    world.write(move |conn| providers::insert(conn, &keyring, seal, &fields, now)).await.pk
}

#[tokio::test]
async fn who_joins_the_filter_group_is_made_and_who_leaves_it_is_deleted_at_once() {
    let (world, team) = a_team().await;
    let (ada, _bob) = (world.user("ada").await, world.user("bob").await);
    world.step().await;
    assert_eq!(world.remote.writes(), "");

    world.join(ada, team).await;
    world.step().await;
    world.leave(ada, team).await;
    world.step().await;
    let of_users: Vec<String> =
        world.remote.writes().lines().filter(|line| line.contains("/Users")).map(str::to_owned).collect();
    insta::assert_snapshot!(of_users.join("\n"), @"
    POST /Users -> 201
    DELETE /Users/u1 -> 204
    ");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "no link");
}

/// What is changed, and which users and how many groups the remote has without a moment passing on the clock. What a
/// worker that sleeps adds to it is bounded by how often it looks.
#[tokio::test]
async fn whoever_enters_or_leaves_is_sent_within_two_seconds_whatever_brought_it_about() {
    let (world, team) = a_team().await;
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    let ada = world.user("ada").await;
    world.settle().await;
    let begun = world.now();
    let is_there = async |expected: &str, n_groups: usize, why: &str| {
        world.step().await;
        let names: Vec<String> =
            world.remote.users().iter().map(|user| user.user_name().unwrap().to_owned()).collect();
        assert_eq!(sorted(&names.join(" ")), expected, "{why}");
        assert_eq!(world.remote.groups().len(), n_groups, "{why}");
    };
    world.join(ada, team).await;
    is_there("ada", 1, "she joins the group").await;
    world.change_user(ada, |ada| ada.kind = UserKind::ServiceAccount).await;
    is_there("", 1, "she becomes a service account").await;
    world.change_user(ada, |ada| ada.kind = UserKind::Internal).await;
    is_there("ada", 1, "she is a person again").await;
    world.leave(ada, team).await;
    is_there("", 1, "she leaves the group").await;
    world.join(ada, team).await;
    is_there("ada", 1, "she comes back").await;
    world.delete_user(ada).await;
    is_there("", 1, "she is deleted").await;
    let others = world.group("others", &[]).await;
    is_there("", 2, "a group is made").await;
    world.delete_group(others).await;
    is_there("", 1, "a group is deleted").await;
    let bob = world.user("bob").await;
    is_there("", 1, "bob is not in the group").await;
    world.change_provider(|provider| provider.filter_group = None).await;
    is_there("bob", 1, "the filter is dropped").await;
    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    is_there("", 1, "the filter is back").await;
    world.join(bob, team).await;
    is_there("bob", 1, "bob joins the group").await;
    assert_eq!(world.now(), begun, "nothing waited for the clock");
    assert!(QueueSettings::default().poll <= Duration::from_secs(1));
}

#[tokio::test]
async fn who_leaves_and_comes_back_at_once_is_not_deleted() {
    let (world, team) = a_team().await;
    let ada = world.user("ada").await;
    world.join(ada, team).await;
    world.settle().await;
    world.remote.clear_requests();
    world.leave(ada, team).await;
    world.join(ada, team).await;
    world.settle().await;

    assert_eq!(world.remote.writes(), "");
}

#[tokio::test]
async fn a_filter_group_limits_no_groups() {
    let (world, _team) = a_team().await;
    world.group("others", &[]).await;
    world.settle().await;

    assert!(world.remote.group("others").is_some());
}

#[tokio::test]
async fn only_those_are_touched_whose_scope_changes() {
    let (world, team) = a_team().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.join(ada, team).await;
    world.join(bob, team).await;
    world.settle().await;
    world.remote.clear_requests();
    world.leave(ada, team).await;
    world.settle().await;

    let lines = world.remote.writes().lines().filter(|line| line.contains("/Users")).count();
    assert_eq!(lines, 1, "{}", world.remote.writes());
    assert!(world.remote.user("bob").is_some() && world.remote.user("ada").is_none());
}

#[tokio::test]
async fn a_wider_or_narrower_filter_is_applied_when_the_provider_is_saved() {
    let (world, team) = a_team().await;
    let ada = world.user("ada").await;
    world.user("bob").await;
    world.join(ada, team).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);

    world.change_provider(|provider| provider.filter_group = None).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 2);

    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn service_accounts_stay_out_where_they_are_excluded() {
    let world = World::new().await;
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    for kind in UserKind::ALL {
        world.user_with(kind.as_str(), |user| user.kind = kind).await;
    }
    world.settle().await;

    let names: Vec<String> =
        world.remote.users().iter().map(|user| user.user_name().unwrap().to_owned()).collect();
    insta::assert_snapshot!(sorted(&names.join("\n")), @"
    external
    internal
    ");
}

#[tokio::test]
async fn a_user_who_becomes_a_service_account_leaves() {
    let world = World::new().await;
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    let robot = world.user("robot").await;
    world.settle().await;
    world.change_user(robot, |robot| robot.kind = UserKind::ServiceAccount).await;
    world.step().await;

    assert!(world.remote.users().is_empty());
}

#[tokio::test]
async fn inactive_users_stay_in_scope() {
    let world = World::new().await;
    world.user_with("ada", |ada| ada.is_active = false).await;
    world.full_sync().await;

    assert_eq!(world.remote.user("ada").unwrap().get("active").unwrap(), false);
}

#[tokio::test]
async fn no_group_filter_sends_all_groups_and_each_filter_one() {
    let world = World::new().await;
    let (one, two) = (world.group("one", &[]).await, world.group("two", &[]).await);
    world.group("three", &[]).await;
    world.settle().await;
    let names = || {
        let groups = world.remote.groups();
        sorted(&groups.iter().map(|it| it.display_name().unwrap()).collect::<Vec<_>>().join("\n"))
    };
    assert_eq!(names(), "one\nthree\ntwo");

    world.change_provider(|provider| provider.group_filters = vec![one]).await;
    world.settle().await;
    assert_eq!(names(), "one");

    world.change_provider(|provider| provider.group_filters = vec![one, two]).await;
    world.settle().await;
    assert_eq!(names(), "one\ntwo");
}

#[tokio::test]
async fn members_of_a_group_outside_of_the_filters_are_not_sent() {
    let world = World::new().await;
    let (one, two) = (world.group("one", &[]).await, world.group("two", &[]).await);
    world.change_provider(|provider| provider.group_filters = vec![one]).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    world.join(ada, two).await;
    world.settle().await;

    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn a_provider_of_no_application_sends_nothing_until_it_is_attached() {
    let world = World::new().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    let loose = a_loose_provider(&world).await;
    let (keyring, now) = (world.keyring.clone(), world.now());
    world
        .write(move |conn| {
            let mut fields = providers::get(conn, &keyring, loose)?.fields;
            fields.dry_run = false;
            providers::update(conn, &keyring, loose, &fields, now)
        })
        .await;
    world.user("ada").await;
    world.group("team", &[]).await;
    world.settle().await;
    assert_eq!(world.remote.writes(), "");

    attach(&world, loose).await;
    world.settle().await;
    insta::assert_snapshot!(sorted(&world.remote.writes()), @"
    POST /Groups -> 201
    POST /Users -> 201
    ");
}

#[tokio::test]
async fn a_provider_that_is_detached_sends_no_more() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    let (application, now) = (world.provider().await.application.unwrap().id, world.now());
    world
        .write(move |conn| {
            let mut fields = applications::get(conn, application)?.fields;
            fields.backchannel_providers.clear();
            applications::update(conn, application, &fields, now)
        })
        .await;
    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;

    assert_eq!(world.remote.transcript(), "");
    assert!(world.remote.user("ada").is_some());
}

/// The people of a team whose group is deleted.
async fn a_team_that_is_dissolved() -> (World, Vec<UserPk>) {
    let (world, team) = a_team().await;
    let people = vec![world.user("ada").await, world.user("bob").await];
    for pk in &people {
        world.join(*pk, team).await;
    }
    world.user("outsider").await;
    world.settle().await;
    world.remote.clear_requests();
    world.delete_group(team).await;
    world.change_user(people[0], |ada| ada.is_active = false).await;
    world.settle().await;
    (world, people)
}

#[tokio::test]
async fn a_deleted_filter_group_holds_the_provider_instead_of_sending_everybody() {
    let (world, _people) = a_team_that_is_dissolved().await;
    world.full_sync().await;

    assert_eq!(world.remote.users().len(), 2, "nobody is deleted and nobody is made");
    assert!(world.remote.user("outsider").is_none());
    let held = world.provider().await.held.unwrap();
    insta::assert_snapshot!(held, @"The group `team`, whose members this provider sends, was deleted. Nothing is sent until the provider is saved again.");
    let status = world.engine.status(world.provider).await.unwrap();
    assert!(status.tasks[0].messages.iter().any(|it| it.event.contains(&held)), "{status:?}");
}

#[tokio::test]
async fn a_provider_that_is_not_synced_sends_no_single_object_either_and_says_why() {
    let (world, people) = a_team_that_is_dissolved().await;
    let asked = ObjectId::User(people[0]);
    let told = world.engine.sync_object(world.provider, asked, true).await.unwrap();
    insta::assert_snapshot!(told[0].event, @"Stopping sync due to error: The group `team`, whose members this provider sends, was deleted. Nothing is sent until the provider is saved again.");

    let loose = a_loose_provider(&world).await;
    world.remote.clear_requests();
    let told = world.engine.sync_object(loose, asked, false).await.unwrap();
    insta::assert_snapshot!(told[0].event, @"Stopping sync due to error: the provider is not a backchannel provider of any application");
    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn the_last_group_filter_that_is_deleted_holds_the_provider_too() {
    let world = World::new().await;
    let (one, two) = (world.group("one", &[]).await, world.group("two", &[]).await);
    world.change_provider(|provider| provider.group_filters = vec![one, two]).await;
    world.group("three", &[]).await;
    world.settle().await;

    world.delete_group(two).await;
    world.settle().await;
    assert_eq!(world.provider().await.held, None, "one filter is left");
    assert_eq!(world.remote.groups().len(), 1);

    world.delete_group(one).await;
    world.settle().await;
    world.full_sync().await;
    insta::assert_snapshot!(world.provider().await.held.unwrap(), @"The group `one`, the last that this provider was limited to, was deleted. Nothing is sent until the provider is saved again.");
    assert!(world.remote.group("three").is_none());
}

#[tokio::test]
async fn a_held_provider_that_is_saved_again_goes_on() {
    let (world, people) = a_team_that_is_dissolved().await;
    let successor = world.group("successor", &people[..1]).await;
    world.change_provider(|provider| provider.filter_group = Some(successor)).await;
    world.settle().await;

    assert_eq!(world.provider().await.held, None);
    let names: Vec<_> = world.remote.users().iter().map(|it| it.user_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["ada"]);
    assert_eq!(world.remote.user("ada").unwrap().get("active").unwrap(), false);
    assert!(world.remote.group("team").is_none(), "the deletion of the group is made up for");
}

//! Changes name the version that they are made for, where the remote tells versions; and nothing else is different.

use serde_json::{Value, json};

use scimitar_domain::{ObjectId, UserKind, UserPk};
use scimitar_testkit::remote::{Behaviour, Etag, FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{learned, link, state};

/// A world with one user at the remote and the requests so far forgotten.
async fn with_ada(behaviour: Behaviour) -> (World, UserPk) {
    let world = World::with(behaviour).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    (world, ada)
}

async fn rename(world: &World, user: UserPk, name: &str) {
    let name = name.to_owned();
    world.change_user(user, |user| user.name = name).await;
    world.settle().await;
}

/// The writes with the versions that they name.
fn bound(world: &World) -> Vec<String> {
    let requests = world.remote.requests();
    let writes = requests.iter().filter(|request| request.is_write());
    writes.map(|it| format!("{it} for {}", it.header("if-match").unwrap_or("any"))).collect()
}

#[tokio::test]
async fn a_change_names_the_version_that_it_is_made_for_and_costs_no_more() {
    for etag in [Etag::Kept, Etag::InHeader] {
        let (world, ada) = with_ada(Behaviour { etag, ..Behaviour::with_versions() }).await;
        rename(&world, ada, "Ada King").await;
        rename(&world, ada, "Ada Lovelace").await;
        world.delete_user(ada).await;
        world.settle().await;

        let expected = [
            "PATCH /Users/u1 -> 200 for W/\"1\"",
            "PATCH /Users/u1 -> 200 for W/\"2\"",
            "DELETE /Users/u1 -> 204 for any",
        ];
        assert_eq!(bound(&world), expected, "{etag:?}");
        assert_eq!(
            world.remote.transcript().lines().filter(|line| line.starts_with("GET /Users")).count(),
            0
        );
    }
}

#[tokio::test]
async fn a_put_names_it_too_and_is_sent_again_for_the_version_that_is_there() {
    let mut behaviour = Behaviour { etag: Etag::Kept, ..Behaviour::without_patch() };
    behaviour.capabilities.etag = true;
    let (world, ada) = with_ada(behaviour).await;
    world.remote.edit(|remote| remote.set("u1", "displayName", json!("Eve")));
    rename(&world, ada, "Ada King").await;

    let expected = ["PUT /Users/u1 -> 412 for W/\"1\"", "PUT /Users/u1 -> 200 for W/\"2\""];
    assert_eq!(bound(&world), expected);
    assert_eq!(world.differences().await, [""; 0]);
}

#[tokio::test]
async fn what_somebody_else_has_changed_is_looked_at_and_what_is_ours_set_back() {
    let (world, ada) = with_ada(Behaviour::with_versions()).await;
    world.remote.edit(|remote| {
        remote.set("u1", "displayName", json!("Eve"));
        remote.set("u1", "nickName", json!("Countess"));
    });
    world.change_user(ada, |ada| ada.email = "countess@example.com".to_owned()).await;
    let events = world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    let events: Vec<&str> = events.iter().map(|event| event.event.as_str()).collect();
    assert!(
        events.contains(&"Somebody else had changed it at the remote; displayName set back"),
        "{events:?}"
    );
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    GET /ServiceProviderConfig -> 200
    PATCH /Users/u1 -> 412
    GET /Users/u1 -> 200
    PATCH /Users/u1 -> 200
    ");
    let there = world.remote.user("ada").unwrap();
    assert_eq!((there.display_name(), there.text("nickName")), (Some("ada Example"), Some("Countess")));
    assert_eq!(world.differences().await, [""; 0]);
    assert_eq!(learned(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_harmless_change_of_somebody_else_parks_nobody_and_is_no_news() {
    let (world, ada) = with_ada(Behaviour::with_versions()).await;
    world.remote.edit(|remote| remote.set("u1", "nickName", json!("Countess")));
    world.change_user(ada, |ada| ada.name = "Ada King".to_owned()).await;
    let events = world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    assert!(!events.iter().any(|event| event.event.starts_with("Somebody else")), "{events:?}");
    world.settle().await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    let expected = ["PATCH /Users/u1 -> 412 for W/\"1\"", "PATCH /Users/u1 -> 200 for W/\"2\""];
    assert_eq!(bound(&world), expected);
    assert_eq!(world.remote.user("ada").unwrap().text("nickName"), Some("Countess"));
}

#[tokio::test]
async fn a_remote_without_versions_is_asked_for_none() {
    let shown_but_denied = Behaviour { etag: Etag::Kept, ..Behaviour::default() };
    for behaviour in [Behaviour::default(), shown_but_denied] {
        let (world, ada) = with_ada(behaviour).await;
        world.remote.edit(|remote| remote.set("u1", "nickName", json!("Countess")));
        rename(&world, ada, "Ada King").await;
        assert_eq!(bound(&world), ["PATCH /Users/u1 -> 200 for any"]);
        let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
        assert_eq!((report.users.etag, report.groups.etag), (Some(false), Some(false)));
    }
}

#[tokio::test]
async fn what_is_known_of_a_vendor_goes_before_what_the_remote_says_of_versions() {
    let world = World::with(Behaviour::with_versions()).await.knowing("acme", "etag = false");
    world.change_provider(|provider| provider.profile = "acme".to_owned()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    rename(&world, ada, "Ada King").await;
    assert_eq!(bound(&world), ["PATCH /Users/u1 -> 200 for any"]);
}

#[tokio::test]
async fn a_remote_that_lies_about_versions_is_asked_without_them_from_then_on() {
    let stale = "the remote has another version of the resource than the one that was to be changed";
    for (etag, expected, lesson) in [
        (
            Etag::Unmatched,
            vec!["PATCH /Users/u1 -> 412 for W/\"1\"", "PATCH /Users/u1 -> 200 for any"],
            format!("user no_etag: {stale}: the resource has another version"),
        ),
        (
            Etag::Refused(400),
            vec!["PATCH /Users/u1 -> 400 for W/\"1\"", "PATCH /Users/u1 -> 200 for any"],
            "user no_etag: the remote rejected the request with 400: `If-Match` is not understood".to_owned(),
        ),
        (
            Etag::Refused(501),
            vec!["PATCH /Users/u1 -> 501 for W/\"1\"", "PATCH /Users/u1 -> 200 for any"],
            "user no_etag: the remote does not support PATCH here: it answered 501".to_owned(),
        ),
        (Etag::Overlooked, vec!["PATCH /Users/u1 -> 200 for W/\"1\""], String::new()),
    ] {
        let (world, ada) = with_ada(Behaviour { etag, ..Behaviour::with_versions() }).await;
        rename(&world, ada, "Ada King").await;
        assert_eq!(bound(&world), expected, "{etag:?}");
        assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
        assert_eq!(learned(&world).await.concat(), lesson);

        world.remote.clear_requests();
        rename(&world, ada, "Ada Lovelace").await;
        let last = if lesson.is_empty() { "for W/\"2\"" } else { "for any" };
        assert_eq!(bound(&world), [format!("PATCH /Users/u1 -> 200 {last}")]);
        let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
        assert_eq!(report.users.etag, Some(lesson.is_empty()), "{etag:?}");
        assert_eq!(report.groups.etag, Some(true));
    }
}

#[tokio::test]
async fn what_is_refused_for_what_it_says_teaches_nothing_about_versions() {
    let (world, ada) = with_ada(Behaviour::with_versions()).await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("PATCH", "/Users").times(2)]);
    rename(&world, ada, "Ada King").await;
    let expected = ["PATCH /Users/u1 -> 400 for W/\"1\"", "PATCH /Users/u1 -> 400 for any"];
    assert_eq!(bound(&world), expected);
    assert_eq!(learned(&world).await, [""; 0]);

    rename(&world, ada, "Ada Lovelace").await;
    world.remote.clear_requests();
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("PATCH", "/Users")]);
    rename(&world, ada, "Ada Byron").await;
    assert_eq!(bound(&world), ["PATCH /Users/u1 -> 400 for W/\"2\""], "it has taken a version before");
}

#[tokio::test]
async fn after_a_lost_answer_no_version_is_known() {
    let (world, ada) = with_ada(Behaviour::with_versions()).await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("PATCH", "/Users")]);
    rename(&world, ada, "Ada King").await;
    rename(&world, ada, "Ada Lovelace").await;
    let expected = [
        "PATCH /Users/u1 -> reset after commit for W/\"1\"",
        "PATCH /Users/u1 -> 200 for any",
        "PATCH /Users/u1 -> 200 for W/\"3\"",
    ];
    assert_eq!(bound(&world), expected);
}

#[tokio::test]
async fn changes_of_members_name_no_version_and_leave_one_that_is_known() {
    let (world, ada) = with_ada(Behaviour::with_versions()).await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.remote.clear_requests();
    let call_it = async |name: &str| {
        let name = name.to_owned();
        world.change_group(team, |team| team.name = name).await;
        world.settle().await;
    };
    world.join(ada, team).await;
    world.settle().await;
    call_it("crew").await;
    // An answer without a version leaves none that is known.
    world.remote.alter(|behaviour| behaviour.etag = Etag::Absent);
    world.leave(ada, team).await;
    world.settle().await;
    world.remote.alter(|behaviour| behaviour.etag = Etag::Kept);
    call_it("troop").await;

    let expected = [
        "PATCH /Groups/g1 -> 204 for any",
        "PATCH /Groups/g1 -> 204 for W/\"2\"",
        "PATCH /Groups/g1 -> 204 for any",
        "PATCH /Groups/g1 -> 204 for any",
    ];
    assert_eq!(bound(&world), expected);
    let known = link(&world, ObjectId::Group(team)).await.unwrap().etag;
    assert_eq!(known.as_deref(), Some("W/\"5\""));
}

/// A robot who was changed at the remote, and is to leave.
async fn a_robot_who_leaves(attribute: &str, value: Value) -> (World, UserPk) {
    let world = World::with(Behaviour::with_versions()).await;
    let robot = world.user_with("robot", |robot| robot.kind = UserKind::ServiceAccount).await;
    world.settle().await;
    world.remote.edit(|remote| remote.set("u1", attribute, value));
    world.remote.clear_requests();
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    world.settle().await;
    (world, robot)
}

#[tokio::test]
async fn who_was_changed_at_the_remote_leaves_all_the_same() {
    let (world, robot) = a_robot_who_leaves("nickName", json!("Robbie")).await;
    let expected = ["DELETE /Users/u1 -> 412 for W/\"1\"", "DELETE /Users/u1 -> 204 for any"];
    assert_eq!(bound(&world), expected);
    assert_eq!(state(&world, ObjectId::User(robot)).await, "no link");
}

#[tokio::test]
async fn who_carries_the_id_of_somebody_else_by_now_is_not_deleted() {
    let (world, robot) = a_robot_who_leaves("externalId", json!("hr-17")).await;
    assert_eq!(bound(&world), ["DELETE /Users/u1 -> 412 for W/\"1\""]);
    insta::assert_snapshot!(state(&world, ObjectId::User(robot)).await, @"linked u1; conflict x1, parked: it was changed at the remote and carries the externalId `hr-17` there, which is not ours; delete it there, or unlink it");
}

#[tokio::test]
async fn that_nothing_had_to_be_sent_says_nothing_of_versions() {
    let world = World::with(Behaviour { etag: Etag::Refused(400), ..Behaviour::with_versions() }).await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("POST", "/Users")]);
    let ada = world.user("ada").await;
    world.settle().await;
    assert_eq!(bound(&world).len(), 1, "what was found agrees: {}", world.remote.transcript());
    world.remote.clear_requests();
    rename(&world, ada, "Ada King").await;

    assert_eq!(bound(&world).len(), 2, "once with a version and once without: {}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
}

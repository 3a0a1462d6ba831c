//! What a remote has refused is not asked again, by nobody, until somebody forgets it.

use serde_json::json;

use scimitar_domain::UserPk;
use scimitar_sync::{SaidBy, Verb};
use scimitar_testkit::remote::{
    Behaviour, Capabilities, Discovery, FaultKind, FilterSupport, Scripted, Uniqueness, Verbs,
};
use scimitar_testkit::world::World;

use crate::tell::{count, learned_with_values, told};

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
}

fn without_patch_of_users() -> Behaviour {
    Behaviour { users: Verbs { patch: false, ..Verbs::default() }, ..Behaviour::default() }
}

#[tokio::test]
async fn a_refusal_is_known_to_the_processes_that_come_after() {
    let (world, ada) = with_ada(without_patch_of_users()).await;
    rename(&world, ada, "Ada King").await;
    world.settle().await;
    assert_eq!(
        learned_with_values(&world).await,
        ["user no_patch None: the remote does not support PATCH here: it answered 405"]
    );

    let (engine, runner) = world.replica("second");
    rename(&world, ada, "Ada Lovelace").await;
    engine.dispatch().await.unwrap();
    while runner.run_due().await.unwrap() > 0 {}
    let writes = world.remote.writes();
    assert_eq!(writes, "PATCH /Users/u1 -> 405\nPUT /Users/u1 -> 200\nPUT /Users/u1 -> 200\n");
}

#[tokio::test]
async fn what_is_forgotten_is_asked_for_again() {
    let (world, ada) = with_ada(without_patch_of_users()).await;
    rename(&world, ada, "Ada King").await;
    world.settle().await;
    world.remote.alter(|behaviour| behaviour.users.patch = true);
    world.remote.clear_requests();

    world.engine.forget_lessons(world.provider).await.unwrap();
    assert_eq!(learned_with_values(&world).await, Vec::<String>::new());
    rename(&world, ada, "Ada Lovelace").await;
    world.settle().await;
    assert_eq!(world.remote.writes(), "PATCH /Users/u1 -> 200\n");
}

#[tokio::test]
async fn a_verb_without_a_route_is_told_from_a_user_who_is_gone_by_looking() {
    // Nothing is found by any filter, and a second user of the same name would be taken: only looking helps.
    let (world, ada) = with_ada(Behaviour {
        users: Verbs { put: false, ..Verbs::default() },
        discovery: Discovery::Missing,
        refused_verb_status: 404,
        uniqueness: Uniqueness::NONE,
        filter: FilterSupport::Blind,
        ..Behaviour::default()
    })
    .await;
    rename(&world, ada, "Ada Lovelace").await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    GET /ServiceProviderConfig -> 404
    PUT /Users/u1 -> 404
    GET /Users/u1 -> 200
    PUT /Users/u1 -> 404
    PATCH /Users/u1 -> 200
    ");
    assert_eq!(learned_with_values(&world).await, ["user no_put None: the remote has no resource `u1`"]);
}

#[tokio::test]
async fn a_user_who_is_gone_is_looked_for_and_made_again_and_nothing_is_learned() {
    let (world, ada) = with_ada(Behaviour::default()).await;
    world.remote.edit(|directory| directory.delete("u1"));
    rename(&world, ada, "Ada Lovelace").await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Users/u1 -> 404
    POST /Users -> 201
    ");
    let looks = count(&world.remote, |request| request.method == "GET" && request.path == "/Users/u1");
    assert_eq!(looks, 1, "{}", world.remote.transcript());
    assert_eq!(learned_with_values(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_group_whose_patch_has_no_route_gets_its_members_with_the_whole() {
    let (world, ada) = with_ada(Behaviour {
        groups: Verbs { patch: false, ..Verbs::default() },
        refused_verb_status: 404,
        filter: FilterSupport::Blind,
        ..Behaviour::default()
    })
    .await;
    world.group("team", &[ada]).await;
    world.settle().await;

    assert_eq!(world.remote.groups().len(), 1, "{}", world.remote.transcript());
    assert_eq!(world.remote.members("g1").len(), 1, "{}", world.remote.transcript());
    assert_eq!(learned_with_values(&world).await, ["group no_patch None: the remote has no resource `g1`"]);
}

#[tokio::test]
async fn how_many_members_fit_in_a_request_is_found_out_once() {
    let (world, ada) = with_ada(Behaviour { max_members_per_request: Some(2), ..Behaviour::default() }).await;
    let mut people = vec![ada];
    for name in ["bob", "eve", "kim"] {
        people.push(world.user(name).await);
    }
    world.settle().await;
    world.remote.clear_requests();
    world.group("first", &people).await;
    world.settle().await;
    let patches =
        |world: &World| told(&world.remote).lines().filter(|line| line.starts_with("PATCH")).count();
    assert_eq!(patches(&world), 3, "{}", world.remote.transcript());
    assert_eq!(
        learned_with_values(&world).await,
        ["group members_per_request Some(2): the request is too large for the remote: \
           4 members in one request, at most 2 are allowed"]
    );

    world.remote.clear_requests();
    world.group("second", &people).await;
    world.settle().await;
    assert_eq!(patches(&world), 2, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_remote_that_has_no_search_is_walked_from_then_on() {
    let (world, _) = with_ada(Behaviour {
        capabilities: Capabilities { filter: false, ..Capabilities::default() },
        discovery: Discovery::Empty,
        ..Behaviour::default()
    })
    .await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(501)).on("GET", "/Users").times(2)]);
    let filters = |world: &World| {
        count(&world.remote, |request| request.query.as_deref().is_some_and(|it| it.starts_with("filter=")))
    };
    for (name, expected) in [("bob", 1), ("eve", 1)] {
        world.remote.seed_user(json!({"userName": name}));
        world.user(name).await;
        world.settle().await;
        assert_eq!(filters(&world), expected, "{}", world.remote.transcript());
        world.remote.clear_answers();
    }
    assert_eq!(world.remote.users().len(), 3);
    assert_eq!(
        learned_with_values(&world).await,
        ["user no_filter None: the remote does not search by this filter: as ordered"]
    );
}

#[tokio::test]
async fn a_remote_that_cannot_read_our_filters_is_walked_from_then_on() {
    let world = World::with(Behaviour { filter: FilterSupport::Unquoted, ..Behaviour::default() }).await;
    let filters = || {
        count(&world.remote, |request| request.query.as_deref().is_some_and(|it| it.starts_with("filter=")))
    };
    // A name that a filter may stumble over proves nothing.
    for (name, expected) in [("o\"neil", 3), ("bob", 5), ("eve", 5)] {
        world.remote.seed_user(json!({"userName": name}));
        world.user(name).await;
        world.settle().await;
        assert_eq!(filters(), expected, "{name}: {}", world.remote.transcript());
    }
    assert_eq!(world.remote.users().len(), 3);
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(
        learned_with_values(&world).await,
        [
            "user no_filter None: the remote does not search by this filter: cannot read the filter `userName eq \
          \"bob\"`"
        ]
    );
}

#[tokio::test]
async fn what_is_known_of_a_remote_can_be_seen_with_where_it_is_known_from() {
    let (world, ada) = with_ada(without_patch_of_users()).await;
    rename(&world, ada, "Ada King").await;
    world.settle().await;

    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!((report.profile.unwrap().name.as_str(), report.said_by), ("default", SaidBy::Remote));
    assert_eq!(report.said.unwrap().patch, Some(true));
    assert_eq!((report.users.change, report.users.filter), (vec![Verb::Put], Some(true)));
    assert_eq!(report.groups.change, [Verb::Patch, Verb::Put]);
    assert_eq!((report.members_by_patch, report.members_per_request), (true, 500));
    assert_eq!(report.learned.len(), 1);

    world.remote.alter(|behaviour| behaviour.discovery = Discovery::Status(500));
    world.engine.forget_lessons(world.provider).await.unwrap();
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!(report.said, None);
    assert!(report.trouble.unwrap().contains("it answered 500"));
    assert!(world.engine.capabilities(scimitar_domain::ProviderPk(99)).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_parked_is_tried_again_when_somebody_says_so() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("POST", "/Users").times(2)]);
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0, "both are parked");

    let only = Some([scimitar_domain::ObjectId::User(bob)].into());
    let retry = |only| scimitar_sync::retry(&world.store, world.provider, only, world.now());
    assert_eq!(retry(only).await.unwrap(), 1);
    world.settle().await;
    assert!(world.remote.user("bob").is_some() && world.remote.user("ada").is_none());

    assert_eq!(retry(None).await.unwrap(), 1);
    world.settle().await;
    assert!(world.remote.user("ada").is_some(), "{ada}");
    assert_eq!(retry(None).await.unwrap(), 0);
}

#[tokio::test]
async fn a_deletion_that_was_parked_is_tried_again_too() {
    let (world, ada) = with_ada(Behaviour::default()).await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("DELETE", "/Users/u1")]);
    world.delete_user(ada).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
    assert_eq!(scimitar_sync::retry(&world.store, world.provider, None, world.now()).await.unwrap(), 1);
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0);
}

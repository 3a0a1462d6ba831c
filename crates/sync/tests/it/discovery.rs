//! Discovery: what is at the remote is seen once, before anything is made, and nothing becomes ours unasked.

use serde_json::json;

use scimitar_domain::ObjectId;
use scimitar_store::{PageRequest, adoptions, sync_plans};
use scimitar_sync::APPLIED_AT_ONCE;
use scimitar_testkit::remote::{FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{count, rehearsing_discovery, state};

/// From now on it is meant.
async fn go_live(world: &World) {
    world.change_provider(|provider| provider.dry_run = false).await;
    world.settle().await;
}

/// A dry run of a full sync, as a change of the provider makes one.
async fn rehearse(world: &World) {
    world.change_provider(|_| {}).await;
    world.settle().await;
}

/// The adoptions of the provider, one line each.
async fn listed(world: &World) -> Vec<String> {
    let provider = world.provider;
    let page = world.read(move |conn| adoptions::page(conn, provider, None, &PageRequest::default())).await;
    let line = |listed: adoptions::Listed| {
        let candidates: Vec<String> = listed
            .adoption
            .candidates
            .iter()
            .map(|it| format!("{} by {} {}", it.remote_id, it.matched_by.as_str(), it.value))
            .collect();
        format!("{} {}: {}", listed.label, listed.adoption.state.as_str(), candidates.join(", "))
    };
    page.rows.into_iter().map(line).collect()
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_adopted_and_by_what_and_adopts_nothing() {
    let world = rehearsing_discovery().await;
    let (ada, _bob, _carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    world.user("dora").await;
    world.group("team", &[]).await;
    let uid = world.install.uid(ada);
    world.remote.seed_user(json!({"userName": "a.lovelace", "externalId": uid}));
    world.remote.seed_user(json!({"userName": "ADA"}));
    world.remote.seed_user(json!({"userName": "Bob"}));
    world.remote.seed_user(json!({"userName": "c", "emails": [{"value": "CAROL@example.com"}]}));
    world.remote.seed_user(json!({"userName": "nobody"}));
    world.remote.seed_group(json!({"displayName": "Team"}));
    rehearse(&world).await;

    assert_eq!(
        listed(&world).await,
        [
            format!("ada match: u1 by external_id {uid}"),
            "bob match: u3 by name bob".to_owned(),
            "carol match: u4 by email carol@example.com".to_owned(),
            "team match: g1 by name team".to_owned(),
        ]
    );
    assert_eq!(world.remote.writes(), "");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "no link");
}

#[tokio::test]
async fn what_was_seen_is_taken_over_and_not_made_again() {
    let world = rehearsing_discovery().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let team = world.group("team", &[ada]).await;
    let theirs = [
        world.remote.seed_user(json!({"userName": "ada", "displayName": "old"})),
        world.remote.seed_group(json!({"displayName": "team"})),
    ];
    let stranger = world.remote.seed_user(json!({"userName": "nobody"}));
    go_live(&world).await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {}", theirs[0]));
    assert_eq!(state(&world, ObjectId::Group(team)).await, format!("linked {}", theirs[1]));
    let posts = count(&world.remote, |request| request.method == "POST");
    assert_eq!(posts, 1, "only bob is made: {}", world.remote.writes());
    assert!(world.remote.duplicates().is_empty());
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("ada Example"));
    assert_eq!(world.remote.members(&theirs[1]).into_iter().collect::<Vec<_>>(), [theirs[0].clone()]);
    // Nobody here is meant, so nobody touches it, whatever leaves.
    world.delete_user(bob).await;
    world.full_sync().await;
    assert!(world.remote.user("nobody").is_some_and(|user| user.id == stranger));
}

#[tokio::test]
async fn the_remote_is_walked_once_in_a_run_and_only_where_something_may_be_missing() {
    let world = rehearsing_discovery().await;
    for at in 0..7 {
        world.user(&format!("user{at}")).await;
        world.remote.seed_user(json!({"userName": format!("other{at}")}));
    }
    world.remote.alter(|remote| remote.page_cap = Some(3));
    world
        .change_provider(|provider| {
            provider.dry_run = false;
            provider.sync_page_size = 2;
        })
        .await;
    world.settle().await;
    let walked =
        |world: &World| count(&world.remote, |request| request.method == "GET" && request.path == "/Users");
    assert_eq!(walked(&world), 3, "{}", world.remote.transcript());
    assert_eq!(world.remote.users().len(), 14);

    world.remote.clear_requests();
    world.full_sync().await;
    world.change_provider(|_| {}).await;
    world.settle().await;
    assert_eq!(world.remote.transcript(), "", "everything is known");
}

#[tokio::test]
async fn a_run_and_the_first_change_of_all_walk_through_the_remote_together() {
    let world = rehearsing_discovery().await;
    go_live(&world).await;
    world.remote.clear_requests();
    world.remote.seed_user(json!({"userName": "nobody"}));
    world.remote.next_answers([Scripted::new(FaultKind::Delay { ms: 3_000 }).on("GET", "/Users")]);
    world.start_full_sync().await;
    world.user("ada").await;
    world.engine.dispatch().await.unwrap();
    // Nobody is at him yet when the run looks who is missing.
    world.user("bob").await;
    world.runner.run_due().await.unwrap();
    world.settle().await;
    let walked = count(&world.remote, |request| request.method == "GET" && request.path == "/Users");
    assert_eq!(walked, 1, "{}", world.remote.transcript());
    assert_eq!(world.remote.users().len(), 3);
}

#[tokio::test]
async fn groups_are_walked_while_the_last_users_are_under_way_and_once() {
    let world = rehearsing_discovery().await;
    let people = [world.user("ada").await, world.user("bob").await];
    for at in 0..18 {
        world.user(&format!("user{at}")).await;
    }
    let team = world.group("team", &people).await;
    let theirs = world.remote.seed_group(json!({"displayName": "team"}));
    world.remote.next_answers([Scripted::new(FaultKind::Delay { ms: 3_000 }).on("POST", "/Users")]);
    world
        .change_provider(|provider| {
            provider.dry_run = false;
            provider.sync_page_size = 2;
        })
        .await;
    world.settle().await;

    let requests = world.remote.requests();
    let late = requests.iter().find(|request| request.fault.is_some()).unwrap();
    let walks: Vec<_> = requests.iter().filter(|it| it.method == "GET" && it.path == "/Groups").collect();
    let [walk] = walks.as_slice() else { panic!("{}", world.remote.transcript()) };
    assert!(Some(walk.started) < late.finished, "{}", world.remote.transcript());
    assert_eq!(state(&world, ObjectId::Group(team)).await, format!("linked {theirs}"));
    assert_eq!(world.remote.members(&theirs).len(), 2);
    assert!(world.remote.duplicates().is_empty());
}

#[tokio::test]
async fn several_that_could_be_the_one_are_parked_with_the_evidence_until_somebody_chooses() {
    let world = rehearsing_discovery().await;
    let ada = world.user("ada").await;
    world.settle().await;
    let (one, two) = (
        world.remote.seed_user(json!({"userName": "ada"})),
        world.remote.seed_user(json!({"userName": "Ada"})),
    );
    go_live(&world).await;

    assert_eq!(
        state(&world, ObjectId::User(ada)).await,
        format!("new; ambiguous x1, parked: several remote Users could be this one: {one}, {two}")
    );
    assert_eq!(listed(&world).await, [format!("ada ambiguous: {one} by name ada, {two} by name ada")]);
    assert_eq!(world.remote.users().len(), 2, "{}", world.remote.writes());

    // What is parked keeps its evidence, whatever the next walk is for.
    world.user("bob").await;
    world.full_sync().await;
    assert_eq!(listed(&world).await, [format!("ada ambiguous: {one} by name ada, {two} by name ada")]);

    assert!(world.engine.adopt(world.provider, ObjectId::User(ada), two.clone()).await.unwrap());
    world.settle().await;
    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {two}"));
    assert_eq!(listed(&world).await, [""; 0]);
    // It was somebody's choice, so it is ours.
    world.delete_user(ada).await;
    world.settle().await;
    let left: Vec<String> = world.remote.users().into_iter().map(|user| user.id).collect();
    assert!(left.contains(&one) && !left.contains(&two), "{left:?}");
}

#[tokio::test]
async fn who_was_there_before_is_deactivated_and_not_deleted_until_somebody_confirms() {
    let world = rehearsing_discovery().await;
    let team = world.group("team", &[]).await;
    let staff = world.group("staff", &[]).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(team);
            provider.group_filters = vec![team, staff];
        })
        .await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    for user in [ada, bob, carol] {
        world.join(user, team).await;
    }
    for name in ["ada", "bob", "carol"] {
        world.remote.seed_user(json!({"userName": name, "active": true}));
    }
    world.remote.seed_group(json!({"displayName": "staff"}));
    go_live(&world).await;
    let adopted = ["ada", "bob", "carol"].map(|name| world.remote.user(name).unwrap().id);
    assert_eq!(
        listed(&world).await,
        [
            format!("ada adopted: {} by name ada", adopted[0]),
            format!("bob adopted: {} by name bob", adopted[1]),
            format!("carol adopted: {} by name carol", adopted[2]),
            format!("staff adopted: {} by name staff", world.remote.group("staff").unwrap().id),
        ]
    );
    assert!(world.engine.adopt(world.provider, ObjectId::User(carol), adopted[2].clone()).await.unwrap());
    world.settle().await;

    world.leave(ada, team).await;
    world.leave(carol, team).await;
    world.delete_user(bob).await;
    world.delete_group(staff).await;
    world.settle().await;
    for name in ["ada", "bob"] {
        let left = world.remote.user(name).unwrap();
        assert_eq!(left.get("active"), Some(&json!(false)), "{name}");
    }
    assert!(world.remote.user("carol").is_none());
    assert!(world.remote.group("staff").is_some());
    assert_eq!(state(&world, ObjectId::User(ada)).await, "no link");
    assert_eq!(count(&world.remote, |request| request.method == "DELETE"), 1);
    assert_eq!(listed(&world).await, [""; 0]);

    // She is found by our id when she comes back, and that makes her no more ours than before.
    world.join(ada, team).await;
    world.settle().await;
    assert_eq!(
        listed(&world).await,
        [format!("ada adopted: {} by external_id {}", adopted[0], world.install.uid(ada))]
    );
    assert_eq!(world.remote.user("ada").unwrap().get("active"), Some(&json!(true)));
    world.leave(ada, team).await;
    world.settle().await;
    assert_eq!(world.remote.user("ada").unwrap().get("active"), Some(&json!(false)));
    // Out of scope nobody is given a resource that would be deleted at once.
    assert!(!world.engine.adopt(world.provider, ObjectId::User(ada), adopted[0].clone()).await.unwrap());
}

#[tokio::test]
async fn what_has_changed_since_it_was_seen_is_looked_at_first() {
    let world = rehearsing_discovery().await;
    let (ada, bob, carol) = (world.user("ada").await, world.user("bob").await, world.user("carol").await);
    let seeded = ["ada", "bob", "c"].map(|name| {
        let email = format!("{}@example.com", if name == "c" { "carol" } else { name });
        world.remote.seed_user(json!({"userName": name, "emails": [{"value": email}]}))
    });
    rehearse(&world).await;
    world.remote.edit(|remote| {
        remote.delete(&seeded[0]);
        remote.set(&seeded[1], "userName", json!("robert"));
        remote.set(&seeded[1], "emails", json!([]));
        remote.set(&seeded[2], "externalId", json!("another's"));
    });
    for user in [ada, bob, carol] {
        // One by one, from what was seen then.
        world.engine.sync_object(world.provider, ObjectId::User(user), true).await.unwrap();
    }
    for (user, before) in [ada, bob, carol].into_iter().zip(&seeded) {
        let now = state(&world, ObjectId::User(user)).await;
        assert!(now.starts_with("linked ") && now != format!("linked {before}"), "{now}");
    }
}

#[tokio::test]
async fn a_conflict_is_settled_by_the_address_where_the_name_finds_nobody() {
    let world = World::new().await;
    let theirs = world.remote.seed_user(json!({"userName": "a", "emails": [{"value": "ADA@example.com"}]}));
    world.remote.next_answers([FaultKind::ConflictWithoutMatch]);
    let ada = world.user("ada").await;
    world.settle().await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {theirs}"));
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_plan_says_who_would_be_adopted_and_who_is_in_doubt() {
    let world = rehearsing_discovery().await;
    for name in ["ada", "bob", "carol"] {
        world.user(name).await;
    }
    for name in ["ada", "bob", "BOB"] {
        world.remote.seed_user(json!({"userName": name}));
    }
    rehearse(&world).await;
    let plan = world.engine.plan(world.provider, "grace").await.unwrap();
    let items = world.read(move |conn| sync_plans::page(conn, plan, &PageRequest::default())).await.rows;
    let told: Vec<String> =
        items.iter().map(|item| format!("{} {}", item.step.as_str(), item.label)).collect();
    assert_eq!(told, ["adopt ada", "broken bob", "create carol"]);

    world.engine.apply_plan(world.provider, plan, true, APPLIED_AT_ONCE).await.unwrap().unwrap();
    world.settle().await;
    assert_eq!(count(&world.remote, |request| request.method == "POST"), 1, "{}", world.remote.writes());
    assert_eq!(world.remote.users().len(), 4);
}

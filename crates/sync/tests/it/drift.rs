//! Drift: what is changed at the remote behind our back is told, and sent again where that is asked for.

use chrono::TimeDelta;
use serde_json::json;

use scimitar_domain::{DriftMode, ObjectId};
use scimitar_store::{PageRequest, drift, jobs};
use scimitar_sync::Work;
use scimitar_testkit::remote::{Behaviour, Echo, FaultKind, Recorded, RetryAfter, Scripted};
use scimitar_testkit::world::World;

use crate::tell::state;

/// What the last check has found, one line for each object.
async fn listed(world: &World) -> Vec<String> {
    let provider = world.provider;
    let page = world.read(move |conn| drift::page(conn, provider, &PageRequest::default())).await;
    let line = |listed: drift::Listed| {
        let told: Vec<String> = listed
            .drift
            .differences
            .iter()
            .map(|it| format!("{} {} {}", it.attribute, it.sent, it.found))
            .collect();
        let missing = if listed.drift.is_missing { " missing" } else { "" };
        let repaired = if listed.drift.is_repaired { " repaired" } else { "" };
        format!("{}{missing}{repaired}: {}", listed.label, told.join(", "))
    };
    page.rows.into_iter().map(line).collect()
}

/// Compared, differing, missing, unmanaged.
async fn counts(world: &World) -> (i64, i64, i64, i64) {
    let provider = world.provider;
    let check = world.read(move |conn| drift::check(conn, provider)).await.unwrap();
    assert!(check.finished_at.is_some() && check.detail.is_none(), "{check:?}");
    (check.compared, check.differing, check.missing, check.unmanaged)
}

async fn check(world: &World, repair: bool) {
    assert_eq!(world.engine.check_drift(world.provider, repair).await.unwrap(), None);
}

/// Ada and Bob and a team of both, all in step.
async fn in_step(behaviour: Behaviour) -> (World, [String; 3]) {
    let world = World::with(behaviour).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let team = world.group("team", &[ada, bob]).await;
    world.settle().await;
    let mut ids = Vec::new();
    for object in [ObjectId::User(ada), ObjectId::User(bob), ObjectId::Group(team)] {
        ids.push(state(&world, object).await.strip_prefix("linked ").unwrap().to_owned());
    }
    world.remote.clear_requests();
    (world, ids.try_into().unwrap())
}

#[tokio::test]
async fn a_remote_that_holds_what_was_sent_has_not_drifted_whatever_it_answers() {
    for echo in [Echo::Full, Echo::OnlyId, Echo::NoContent] {
        let (world, _) = in_step(Behaviour { echo, ..Behaviour::default() }).await;
        check(&world, true).await;
        world.settle().await;
        assert_eq!(listed(&world).await, [""; 0]);
        assert_eq!(counts(&world).await, (3, 0, 0, 0));
        assert_eq!(world.remote.writes(), "");
    }
}

#[tokio::test]
async fn what_was_changed_behind_our_back_is_told_and_nothing_is_sent() {
    let (world, [ada, bob, team]) = in_step(Behaviour::default()).await;
    let stranger = world.remote.seed_user(json!({"userName": "stranger"}));
    world.remote.edit(|remote| {
        remote.set(&ada, "displayName", json!("Countess"));
        remote.set(&ada, "nickName", json!("theirs"));
        remote.delete(&bob);
        remote.add_member(&team, &stranger);
    });
    check(&world, false).await;
    world.settle().await;

    assert_eq!(
        listed(&world).await,
        [
            r#"ada: displayName "ada Example" "Countess""#.to_owned(),
            "bob missing: ".to_owned(),
            format!(r#"team: members ["{bob}"] ["{stranger}"]"#),
        ]
    );
    assert_eq!(counts(&world).await, (3, 2, 1, 1));
    assert_eq!(world.remote.writes(), "");

    // What is right again is not told any more.
    world.remote.edit(|remote| remote.set(&ada, "displayName", json!("ada Example")));
    check(&world, false).await;
    assert_eq!(counts(&world).await, (3, 1, 1, 1));
}

#[tokio::test]
async fn what_was_changed_behind_our_back_is_sent_again_by_the_ordinary_path() {
    let (world, [ada, bob, team]) = in_step(Behaviour::default()).await;
    let carol = world.user("carol").await;
    world.settle().await;
    let carol = state(&world, ObjectId::User(carol)).await.strip_prefix("linked ").unwrap().to_owned();
    world.remote.edit(|remote| {
        remote.set(&ada, "active", json!(false));
        remote.remove_member(&team, &ada);
        remote.add_member(&team, &carol);
        remote.delete(&bob);
    });
    check(&world, true).await;
    world.settle().await;

    assert_eq!(world.remote.user("ada").unwrap().get("active"), Some(&json!(true)));
    let bob = world.remote.user("bob").unwrap().id;
    let members = world.remote.members(&team);
    assert!(members.contains(&ada) && members.contains(&bob) && !members.contains(&carol), "{members:?}");
    check(&world, true).await;
    assert_eq!(counts(&world).await, (4, 0, 0, 0));
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.writes(), "");
}

#[tokio::test]
async fn what_a_remote_makes_of_it_again_is_told_and_not_sent_for_ever() {
    let (world, [ada, ..]) = in_step(Behaviour { echo: Echo::NoContent, ..Behaviour::default() }).await;
    let change = |world: &World| {
        world.remote.edit(|remote| remote.set(&ada, "displayName", json!("ADA!")));
        world.remote.clear_requests();
    };
    change(&world);
    check(&world, true).await;
    world.settle().await;
    assert_ne!(world.remote.writes(), "");
    change(&world);
    check(&world, true).await;
    world.settle().await;
    assert_eq!(world.remote.writes(), "");
    assert_eq!(listed(&world).await, [r#"ada repaired: displayName "ada Example" "ADA!""#]);
}

#[tokio::test]
async fn checks_come_by_the_clock_and_only_where_they_are_wanted() {
    let (world, [ada, ..]) = in_step(Behaviour::default()).await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 0);
    world
        .change_provider(|provider| {
            provider.drift_check = DriftMode::Repair;
            provider.drift_check_every = "hours=6".parse().unwrap();
        })
        .await;
    world.settle().await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 1);
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 0);
    world.settle().await;
    world.remote.edit(|remote| remote.set(&ada, "displayName", json!("other")));
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 1);
    world.settle().await;
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("ada Example"));
}

/// Ask for a check as a job.
async fn ask(world: &World, repair: bool) {
    let (work, now) = (Work::Drift { provider: world.provider, repair }, world.now());
    world.write(move |conn| jobs::enqueue(conn, &[work.job(now)], now)).await;
}

#[tokio::test]
async fn after_a_rest_of_the_remote_a_check_goes_on_from_where_it_has_come_to() {
    let (world, [ada, bob, _]) = in_step(Behaviour { page_cap: Some(1), ..Behaviour::default() }).await;
    world.remote.edit(|remote| {
        remote.set(&ada, "displayName", json!("other"));
        remote.set(&bob, "displayName", json!("other"));
    });
    // A page and its resource, the next page, and then it is too much.
    let patience = Scripted::new(FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(60) });
    world.remote.next_answers([Scripted::healthy().times(3), patience]);
    ask(&world, false).await;
    world.step().await;
    let provider = world.provider;
    let unfinished = world.read(move |conn| drift::check(conn, provider)).await.unwrap();
    assert_eq!((unfinished.compared, unfinished.finished_at), (1, None));
    world.settle().await;

    assert_eq!(counts(&world).await, (3, 2, 0, 0));
    let first = |request: &&Recorded| {
        request.path == "/Users" && request.query.as_deref().is_some_and(|it| it.contains("startIndex=1&"))
    };
    assert_eq!(world.remote.requests().iter().filter(first).count(), 1, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_shorter_time_between_checks_counts_from_now() {
    let (world, _) = in_step(Behaviour::default()).await;
    let every = |days: &'static str| {
        world.change_provider(move |provider| {
            provider.drift_check = DriftMode::Report;
            provider.drift_check_every = days.parse().unwrap();
        })
    };
    every("days=30").await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 1);
    world.change_provider(|provider| provider.dry_run = true).await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 0);
    every("days=1").await;
    assert_eq!(world.engine.start_drift_checks().await.unwrap(), 1);
}

#[tokio::test]
async fn a_check_that_the_remote_cuts_short_says_so_and_forgets_nothing() {
    let (world, [ada, ..]) = in_step(Behaviour::default()).await;
    world.remote.edit(|remote| remote.set(&ada, "displayName", json!("other")));
    check(&world, false).await;
    world.remote.next_answers([FaultKind::Status(500)]);
    check(&world, true).await;
    let provider = world.provider;
    let last = world.read(move |conn| drift::check(conn, provider)).await.unwrap();
    assert!(last.detail.is_some(), "{last:?}");
    assert_eq!(last.differing, 1);
}

//! Remotes in trouble for a while, with many objects: nothing is lost or doubled, and nobody is pressed.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use scimitar_domain::Timestamp;
use scimitar_store::drift;
use scimitar_testkit::remote::{Behaviour, FaultKind, FilterSupport, Rate, Scripted, Uniqueness};
use scimitar_testkit::tier;
use scimitar_testkit::world::World;

/// The most calls that are under way at a remote at once, as nobody has set it otherwise.
const IN_FLIGHT: usize = 16;

/// Each user is made, and each time the first answer to that is lost.
async fn first_answers_are_lost(n_users: usize, behaviour: Behaviour) -> World {
    let world = World::with(behaviour).await;
    for n in 0..n_users {
        let name = format!("user{n}");
        let lost = Scripted::new(FaultKind::ResetAfterCommit).on("POST", "/Users");
        world.remote.next_answers([lost.containing(&format!("\"{name}\""))]);
        world.user(&name).await;
    }
    world.settle().await;
    assert_eq!(world.remote.pending_answers(), 0, "every first answer was lost");
    assert_eq!(world.remote.duplicates(), vec![]);
    assert_eq!(world.differences().await, Vec::<String>::new());
    world
}

fn n_lost() -> usize {
    tier::either(1_000, 10_000)
}

#[tokio::test]
async fn a_thousand_lost_with_uniqueness_and_filter() {
    first_answers_are_lost(n_lost(), Behaviour::default()).await;
}

#[tokio::test]
async fn a_thousand_lost_without_uniqueness() {
    first_answers_are_lost(n_lost(), Behaviour::without_uniqueness()).await;
}

/// Fewer, since each search walks through everybody.
#[tokio::test]
async fn hundreds_lost_without_uniqueness_and_filter() {
    let behaviour = Behaviour { uniqueness: Uniqueness::NONE, ..Behaviour::without_filter() };
    first_answers_are_lost(tier::either(200, 1_000), behaviour).await;
}

#[tokio::test]
async fn a_thousand_lost_with_a_filter_that_lags_behind() {
    let behaviour = Behaviour { filter_lag_ms: 5_000, ..Behaviour::without_uniqueness() };
    first_answers_are_lost(n_lost(), behaviour).await;
}

#[tokio::test]
async fn a_thousand_lost_with_a_filter_that_finds_nothing_are_parked_with_the_cause() {
    let behaviour = Behaviour { filter: FilterSupport::Blind, ..Behaviour::default() };
    let world = first_answers_are_lost(n_lost(), behaviour).await;
    let status = world.engine.status(world.provider).await.unwrap();
    let told = status.tasks.iter().flat_map(|task| &task.messages);
    let mut causes: Vec<String> = told
        .map(|told| {
            let (cause, attempts) = (told.event.split(" due to ").last(), &told.attributes["attempts"]);
            format!("{} x{attempts}, next {}", cause.unwrap_or_default(), told.attributes["next_attempt"])
        })
        .collect();
    causes.sort_unstable();
    causes.dedup();
    insta::assert_snapshot!(causes.join("\n"), @"error: the remote already has such a resource (uniqueness): `userName` is taken, and a search does not find it x3, next null");
}

#[tokio::test]
async fn a_remote_that_bears_ten_calls_a_second_gets_nearly_ten() {
    let rate = Rate { per_second: 10, burst: 10 };
    let world = World::with(Behaviour { rate: Some(rate), ..Behaviour::default() }).await;
    let n_objects = tier::either(500, 5_000);
    for n in 0..n_objects {
        match n % 25 {
            0 => drop(world.group(&format!("group{n}"), &[]).await),
            _ => drop(world.user(&format!("user{n}")).await),
        }
    }
    let begun = world.now();
    world.settle().await;

    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(world.remote.early_requests_beyond(Duration::from_millis(1)), vec![]);
    let requests = world.remote.requests();
    let n_served = requests.iter().filter(|request| request.status != Some(429)).count();
    let took = last(&world) - begun;
    let allowed = TimeDelta::milliseconds(i64::try_from(n_served * 100).unwrap());
    assert!(took * 95 <= allowed * 100, "{n_served} calls took {took} of {allowed}");
}

fn last(world: &World) -> Timestamp {
    world.remote.requests().iter().map(|request| request.at).max().unwrap()
}

#[tokio::test]
async fn half_an_hour_of_errors_is_asked_about_now_and_then() {
    let world = World::new().await;
    world.remote.alter(|remote| {
        remote.fault_percent = 100;
        remote.faults = vec![FaultKind::Status(500), FaultKind::Status(503), FaultKind::ResetBeforeCommit];
    });
    for n in 0..tier::either(300, 3_000) {
        world.user(&format!("user{n}")).await;
    }
    let begun = world.now();
    world.pass(TimeDelta::minutes(30)).await;
    let after: Vec<TimeDelta> = world.remote.requests().iter().map(|request| request.at - begun).collect();
    let at_first = after.iter().take_while(|after| **after < TimeDelta::seconds(30)).count();
    // Ten failures in a row, and what was on its way by then.
    let most = 9 + IN_FLIGHT;
    assert!(at_first <= most, "{at_first} calls of {most} until it was taken to be down");
    let probes = after.get(at_first..).unwrap();
    let pressed: Vec<_> =
        probes.windows(2).filter(|pair| pair[1] - pair[0] < TimeDelta::seconds(30)).collect();
    assert!(pressed.is_empty() && probes.len() >= 6, "{after:?}");

    world.remote.alter(|remote| remote.fault_percent = 0);
    let healthy = world.now();
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    let took = last(&world) - healthy;
    assert!(took < TimeDelta::minutes(7), "the last came {took} after the end of the errors");
}

/// Ten groups of a tenth of the users each, all in step, and then somebody edits the remote by hand.
#[tokio::test]
async fn a_hundred_edits_behind_our_back_are_told_and_mended() {
    let n_edits = tier::either(100, 1_000);
    let world = World::new().await;
    let mut people = Vec::new();
    for n in 0..2 * n_edits {
        people.push(world.user(&format!("user{n}")).await);
    }
    for (n, members) in people.chunks(n_edits / 5).enumerate() {
        world.group(&format!("team{n}"), members).await;
    }
    world.settle().await;
    world.remote.clear_requests();
    let id_of = |name: String| world.remote.user(&name).unwrap().id;
    let mut edited = BTreeSet::new();
    for n in 0..n_edits {
        let user = id_of(format!("user{n}"));
        let team = world.remote.group(&format!("team{}", n / (n_edits / 5))).unwrap().id;
        world.remote.edit(|remote| match n % 5 {
            0 => remote.set(&user, "displayName", json!("Somebody else")),
            1 => remote.set(&user, "active", json!(false)),
            2 => remote.set(&user, "userName", json!(format!("renamed{n}"))),
            3 => remote.remove_member(&team, &user),
            _ => remote.delete(&user),
        });
        edited.insert(if n % 5 == 3 { team.clone() } else { user });
        if n % 5 == 4 {
            // Its groups lose it too.
            edited.insert(team);
        }
    }
    let found = async |repair: bool| {
        assert_eq!(world.engine.check_drift(world.provider, repair).await.unwrap(), None);
        let provider = world.provider;
        let check = world.read(move |conn| drift::check(conn, provider)).await.unwrap();
        usize::try_from(check.differing + check.missing).unwrap()
    };
    assert_eq!(found(false).await, edited.len());
    world.settle().await;
    assert_eq!(world.remote.writes(), "", "they were to be told only");
    assert_eq!(found(true).await, edited.len());
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(found(true).await, 0);
}

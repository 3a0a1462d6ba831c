//! Workers that die at any moment, and jobs that run twice: nothing is lost and nothing is doubled.

use std::pin::pin;

use chrono::TimeDelta;
use serde_json::json;

use scimitar_domain::{NestedGroups, RunState};
use scimitar_store::jobs::{self, Job, NewJob};
use scimitar_store::runs;
use scimitar_sync::lane_of;
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, Scripted, Uniqueness};
use scimitar_testkit::world::World;

use crate::tell::sorted;
use crate::worker::{LEASE, die_at, poll_times, work, work_once};

/// The others notice that it is gone, and go on.
async fn carry_on(world: &World, n: usize) {
    world.clock.advance(LEASE);
    world.settle().await;
    let differences = world.differences().await;
    assert_eq!(differences, Vec::<String>::new(), "death at await {n}: {}", world.remote.transcript());
    world.remote.clear_requests();
}

/// A user and a group live, change and go; each time the worker dies at its `n`th await.
async fn whole_lives(behaviour: Behaviour) {
    let world = World::with(behaviour).await;
    for n in 0.. {
        let ada = world.user(&format!("ada{n}")).await;
        let bob = world.user(&format!("bob{n}")).await;
        let team = world.group(&format!("team{n}"), &[ada]).await;
        let mut survived = die_at(&world, n).await;
        carry_on(&world, n).await;

        world.change_user(ada, |ada| ada.is_active = false).await;
        world.change_group(team, |team| team.name.push_str(" (renamed)")).await;
        world.join(bob, team).await;
        world.leave(ada, team).await;
        survived &= die_at(&world, n).await;
        carry_on(&world, n).await;

        world.delete_user(ada).await;
        world.delete_group(team).await;
        survived &= die_at(&world, n).await;
        carry_on(&world, n).await;
        if survived {
            assert!(n > 20, "only {n} awaits");
            return;
        }
    }
}

#[tokio::test]
async fn a_death_at_any_await_loses_and_doubles_nothing() {
    whole_lives(Behaviour::default()).await;
}

#[tokio::test]
async fn a_death_at_any_await_doubles_nothing_where_the_remote_would_let_it() {
    whole_lives(Behaviour { filter_lag_ms: 2_000, ..Behaviour::without_uniqueness() }).await;
}

#[tokio::test]
async fn a_death_at_any_await_does_no_harm_without_patch_and_filter() {
    whole_lives(Behaviour {
        filter: scimitar_testkit::remote::FilterSupport::Refused,
        ..Behaviour::without_patch()
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_worker_was_sending_can_be_taken_back() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let team = world.group("team", &[ada]).await;
        world.settle().await;
        for n in 0.. {
            world.change_user(ada, |ada| ada.is_active = false).await;
            world.change_group(team, |team| team.name = "crew".to_owned()).await;
            world.join(bob, team).await;
            world.leave(ada, team).await;
            let survived = die_at(&world, n).await;
            // Nobody has looked since, and all is as it was before.
            world.change_user(ada, |ada| ada.is_active = true).await;
            world.change_group(team, |team| team.name = "team".to_owned()).await;
            world.leave(bob, team).await;
            world.join(ada, team).await;
            carry_on(&world, n).await;
            if survived {
                assert!(n > 20, "only {n} awaits");
                break;
            }
        }
    }
}

/// What stands below a group is noted of no single member, so a move that was under way and is taken back must leave
/// nothing of it at the remote.
#[tokio::test]
async fn a_group_that_a_dead_worker_was_moving_can_be_taken_back() {
    for nesting in [NestedGroups::Flattened, NestedGroups::Members] {
        let world = World::new().await;
        world.change_provider(|provider| provider.nested_groups = nesting).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let (top, other) = (world.group("top", &[ada]).await, world.group("other", &[ada]).await);
        let low = world.group("low", &[bob]).await;
        world.change_group(low, |low| low.parents = vec![top]).await;
        world.settle().await;
        for n in 0.. {
            world.change_group(low, |low| low.parents = vec![other]).await;
            let survived = die_at(&world, n).await;
            world.change_group(low, |low| low.parents = vec![top]).await;
            carry_on(&world, n).await;
            if survived {
                assert!(n > 10, "only {n} awaits");
                break;
            }
        }
    }
}

/// The same with a setting that is taken back.
#[tokio::test]
async fn a_reading_of_groups_that_a_dead_worker_was_sending_can_be_taken_back() {
    for [before, meanwhile] in [
        [NestedGroups::Direct, NestedGroups::Flattened],
        [NestedGroups::Flattened, NestedGroups::Direct],
        [NestedGroups::Direct, NestedGroups::Members],
        [NestedGroups::Members, NestedGroups::Flattened],
    ] {
        let world = World::new().await;
        world.change_provider(|provider| provider.nested_groups = before).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let (top, low) = (world.group("top", &[ada]).await, world.group("low", &[bob]).await);
        world.change_group(low, |low| low.parents = vec![top]).await;
        world.settle().await;
        for n in 0.. {
            world.change_provider(|provider| provider.nested_groups = meanwhile).await;
            let survived = die_at(&world, n).await;
            world.change_provider(|provider| provider.nested_groups = before).await;
            carry_on(&world, n).await;
            if survived {
                assert!(n > 10, "only {n} awaits");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_full_sync_goes_on_after_a_death_at_any_await() {
    let world = World::new().await;
    let title = world.mapping("title", "return {}").await;
    world
        .change_provider(|provider| {
            provider.property_mappings.push(title);
            provider.sync_page_size = 2;
        })
        .await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let _carol = world.user("carol").await;
    world.group("team", &[ada, bob]).await;
    world.settle().await;
    for n in 0.. {
        world.change_mapping(title, &format!("return {{'title': 'no. {n}'}}")).await;
        let survived = die_at(&world, n).await;
        carry_on(&world, n).await;

        let title = format!("no. {n}");
        assert!(world.remote.users().iter().all(|user| user.text("title") == Some(&title)), "{n}");
        let provider = world.provider;
        let run = world.read(move |conn| runs::latest(conn, provider, 1)).await.pop().unwrap();
        assert_eq!(run.state, RunState::Done, "{n}: {run:?}");
        assert_eq!(world.read(jobs::count).await, 0);
        if survived {
            assert!(n > 20, "only {n} awaits");
            return;
        }
    }
}

#[tokio::test]
async fn a_worker_that_dies_between_intent_and_answer_is_replaced_by_one_that_searches() {
    let world = World::with(Behaviour::without_uniqueness()).await;
    let ada = world.user("ada").await;
    world.remote.next_answers([FaultKind::AcceptThenSilence { ms: 600_000, commit: true }]);
    let (engine, _runner) = world.replica("victim");
    {
        let mut life = pin!(work(&world, &engine));
        while world.remote.users().is_empty() {
            tokio::select! {
                biased;
                () = &mut life => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    world.clock.advance(LEASE);
    world.settle().await;

    let told = world.remote.transcript().replace(&world.install.uid(ada), "[uid]");
    let after_death: Vec<&str> = told.lines().skip(1).collect();
    insta::assert_snapshot!(after_death.join("\n"), @r#"
    GET /ServiceProviderConfig -> 200
    GET /Users?filter=externalId eq "[uid]" -> 200
    "#);
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_lease_keeps_others_away_until_it_is_over() {
    let world = World::new().await;
    world.user("ada").await;
    world.engine.dispatch().await.unwrap();
    let (now, until) = (world.now(), world.now() + LEASE);
    let held = world.write(move |conn| jobs::claim(conn, "dead", now, until, 10, &[])).await;
    assert_eq!(held.len(), 1);
    world.settle().await;
    assert_eq!(world.remote.transcript(), "");

    world.clock.advance(LEASE);
    world.settle().await;
    insta::assert_snapshot!(world.remote.transcript(), @"POST /Users -> 201");
    // The dead one comes back to life and has nothing to say any more.
    let late = held.into_iter().next().unwrap();
    let now = world.now();
    assert!(!world.write(move |conn| jobs::finish(conn, &late, now)).await);
}

/// What happens in a directory in a week, with a settled remote after each deed. `settle` decides how.
async fn a_week(settle: impl AsyncFn(&World)) -> String {
    let world = World::new().await;
    let ada = world.user("ada").await;
    settle(&world).await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("POST", "/Users")]);
    let bob = world.user("bob").await;
    settle(&world).await;
    let team = world.group("team", &[ada, bob]).await;
    settle(&world).await;
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    settle(&world).await;
    world.leave(bob, team).await;
    settle(&world).await;
    world.change_user(bob, |bob| bob.is_active = false).await;
    world.change_group(team, |team| team.name = "crew".to_owned()).await;
    settle(&world).await;
    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    settle(&world).await;
    world.join(bob, team).await;
    settle(&world).await;
    world.delete_user(ada).await;
    settle(&world).await;
    world.delete_group(team).await;
    settle(&world).await;
    sorted(&world.remote.writes())
}

/// As `World::settle`, but whatever is waiting runs once more after it has run.
async fn settle_twice(world: &World) {
    let (engine, runner) = world.replica("again");
    loop {
        let handed = engine.dispatch().await.unwrap();
        let waiting = waiting(world).await;
        let ran = runner.run_due().await.unwrap();
        let now = world.now();
        let again: Vec<NewJob> = waiting.into_iter().map(|job| NewJob { run_at: now, ..job }).collect();
        world.write(move |conn| jobs::enqueue(conn, &again, now)).await;
        runner.run_due().await.unwrap();
        let next = world.read(move |conn| jobs::next_due(conn, now)).await;
        match next {
            Some(at) => world.clock.advance_to(at),
            None if handed + ran == 0 => return,
            None => {}
        }
    }
}

async fn waiting(world: &World) -> Vec<NewJob> {
    let lane = lane_of(world.provider);
    let jobs = world.read(move |conn| jobs::of_lane(conn, &lane, 100)).await;
    let new = |job: Job| NewJob {
        lane: job.lane,
        kind: job.kind,
        key: job.key,
        payload: job.payload,
        priority: job.priority,
        run_at: job.run_at,
    };
    jobs.into_iter().map(new).collect()
}

#[tokio::test]
async fn every_job_may_run_twice_and_sends_no_more() {
    let once = a_week(World::settle).await;
    let twice = a_week(settle_twice).await;
    assert_eq!(once, twice);
    insta::assert_snapshot!(once, @"
    DELETE /Users/u1 -> 204
    DELETE /Users/u2 -> 204
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    PATCH /Users/u1 -> 200
    PATCH /Users/u2 -> 200
    POST /Groups -> 201
    POST /Users -> 201
    POST /Users -> 201
    POST /Users -> reset after commit
    ");
}

/// Of a group that comes into scope nothing is noted as changed, and when it is taken over what the remote shows is
/// acknowledged. So until all of it has been sent once, whatever comes between must end in comparing the whole.
#[tokio::test]
async fn a_group_that_is_taken_over_gets_all_its_members_whatever_comes_between() {
    for first in [FaultKind::ResetBeforeCommit, FaultKind::Status(503)] {
        let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
        let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::default() }).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let other = world.group("other", &[]).await;
        world.change_provider(|provider| provider.group_filters.push(other)).await;
        world.settle().await;
        for n in 0.. {
            let name = format!("team{n}");
            let there = world.remote.user("ada").unwrap().id;
            world.remote.seed_group(json!({"displayName": name, "members": [{"value": there}]}));
            let refusal = Scripted::new(first.clone()).on("PATCH", "/Groups").containing("members");
            world.remote.next_answers([refusal]);
            let team = world.group(&name, &[ada, bob]).await;
            world.step().await;
            world.change_provider(|provider| provider.group_filters.push(team)).await;
            world.step().await;
            assert_eq!(world.remote.pending_answers(), 0, "{}", world.remote.transcript());
            world.clock.advance(TimeDelta::minutes(2));
            let survived = die_at(&world, n).await;
            carry_on(&world, n).await;
            if survived {
                assert!(n > 5, "only {n} awaits");
                break;
            }
        }
    }
}

/// Whom the remote has in a group that is taken over is looked at once it is noted as ours. Who comes after a death in
/// between finds a group that is ours and in doubt, and looks too.
#[tokio::test]
async fn whom_a_group_has_that_is_taken_over_is_looked_at_whatever_comes_between() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::default() }).await;
    let (ada, _bob) = (world.user("ada").await, world.user("bob").await);
    world.settle().await;
    for n in 0.. {
        let name = format!("team{n}");
        let there: Vec<_> = ["ada", "bob"].map(|name| world.remote.user(name).unwrap().id).into();
        let members: Vec<_> = there.iter().map(|id| json!({"value": id})).collect();
        world.remote.seed_group(json!({"displayName": name, "members": members}));
        world.group(&name, &[ada]).await;
        let survived = die_at(&world, n).await;
        carry_on(&world, n).await;
        let id = world.remote.group(&name).unwrap().id;
        assert_eq!(
            world.remote.members(&id).into_iter().collect::<Vec<_>>(),
            there[..1],
            "bob is not in it here, {n}"
        );
        if survived {
            assert!(n > 5, "only {n} awaits");
            break;
        }
    }
}

/// A slow worker, with a quick one beside it: whoever joins or leaves while a group is under way is sent next, and
/// is not taken to be acknowledged with what was under way. The slow one could not read what the remote offers, so
/// it sends the members with the group; the others change them one by one.
#[tokio::test]
async fn who_joins_while_the_group_is_under_way_is_sent_next() {
    for discovery in [Discovery::Full, Discovery::Html] {
        let world = World::new().await;
        let ada = world.user("ada").await;
        for n in 0.. {
            let bob = world.user(&format!("bob{n}")).await;
            world.settle().await;
            let team = world.group(&format!("team{n}"), &[ada]).await;
            world.engine.dispatch().await.unwrap();
            world.remote.alter(|remote| remote.discovery = discovery.clone());
            let (slow, _runner) = world.replica("slow");
            let mut job = pin!(async { assert!(work_once(&world, &slow, "slow").await) });
            let is_over = poll_times(job.as_mut(), n).await;
            world.remote.alter(|remote| remote.discovery = Discovery::Full);
            world.join(bob, team).await;
            world.leave(ada, team).await;
            world.engine.dispatch().await.unwrap();
            if !is_over {
                job.await;
            }
            carry_on(&world, n).await;
            if is_over {
                assert!(n > 10, "only {n} awaits");
                break;
            }
        }
    }
}

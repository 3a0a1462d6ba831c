//! Requests with many changes that fail as a whole or in part: nobody is lost or there twice, and what a remote refuses
//! is asked for once.

use std::pin::pin;

use scimitar_testkit::remote::{Behaviour, Bulk, FaultKind, RetryAfter, Scripted, Uniqueness};
use scimitar_testkit::world::World;

use crate::bulk::{check_all_well, crowd, delete, for_a_full_sync, n_alone, rename, sizes, slow, usual};
use crate::tell::{count, learned_with_values};
use crate::worker::{LEASE, poll_times, work};

fn on_bulk(fault: FaultKind) -> Scripted {
    Scripted::new(fault).on("POST", "/Bulk")
}

/// Nothing but the search keeps anybody from being there twice.
fn without_uniqueness() -> Behaviour {
    Behaviour { uniqueness: Uniqueness::NONE, ..usual() }
}

#[tokio::test]
async fn a_lost_answer_makes_nobody_twice() {
    for fault in [
        FaultKind::ResetAfterCommit,
        FaultKind::ResetBeforeCommit,
        FaultKind::CutAnswer,
        FaultKind::TruncatedJson,
        FaultKind::HtmlAfterCommit,
        FaultKind::HtmlBeforeCommit,
        FaultKind::Status(500),
        FaultKind::HugeAnswer { bytes: 9_000_000 },
    ] {
        let world = World::with(without_uniqueness()).await;
        let people = crowd(&world, 50).await;
        world.remote.next_answers([on_bulk(fault.clone())]);
        world.settle().await;
        assert_eq!(world.remote.pending_answers(), 0, "{fault:?}");
        check_all_well(&world, &people).await;

        for_a_full_sync(&world, rename(&world, &people, "Somebody Else")).await;
        world.remote.next_answers([on_bulk(fault.clone())]);
        world.settle().await;
        assert_eq!(world.remote.pending_answers(), 0, "{fault:?}");
        check_all_well(&world, &people).await;

        world.remote.next_answers([on_bulk(fault)]);
        delete(&world, &people).await;
        world.settle().await;
        assert_eq!(world.remote.users().len(), 0);
    }
}

#[tokio::test]
async fn a_result_that_is_missing_makes_nobody_twice() {
    let world = World::with(Behaviour { bulk: Bulk::Halved, ..without_uniqueness() }).await;
    let people = crowd(&world, 50).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!(world.remote.users().len(), 50);
    let searches = count(&world.remote, |request| request.query.is_some());
    assert!(searches > 10, "those without a result are looked for: {}", world.remote.transcript());
}

#[tokio::test]
async fn what_is_too_large_is_halved_until_it_fits_and_that_is_remembered() {
    let world = World::with(Behaviour { max_bulk_operations: Some(10), ..usual() }).await;
    let people = crowd(&world, 150).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    let learned = learned_with_values(&world).await;
    let [lesson] = learned.as_slice() else { panic!("{learned:?}") };
    assert!(lesson.starts_with("user operations_per_request Some("), "{lesson}");
    assert!(lesson.contains("too large for the remote"), "{lesson}");
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    let fits = report.operations_per_request;
    assert!((5..=10).contains(&fits), "{fits}");
    world.remote.clear_requests();

    // Another process knows.
    world.remote.alter(|behaviour| behaviour.latency_ms = slow().latency_ms);
    let (engine, runner) = world.replica("second");
    rename(&world, &people, "Somebody Else").await;
    loop {
        let handed = engine.dispatch().await.unwrap();
        if runner.run_due().await.unwrap() + handed == 0 {
            break;
        }
    }
    assert!(!sizes(&world).is_empty() && sizes(&world).iter().all(|n| *n <= fits), "{:?}", sizes(&world));
    assert_eq!(count(&world.remote, |request| request.status == Some(413)), 0);
    check_all_well(&world, &people).await;
}

#[tokio::test]
async fn a_remote_that_refuses_what_it_offers_gets_each_by_itself_until_somebody_forgets_it() {
    for status in [400, 403, 404, 405, 409, 415, 501] {
        let world = World::with(Behaviour { bulk: Bulk::Refused(status), ..usual() }).await;
        let people = crowd(&world, 50).await;
        world.settle().await;
        check_all_well(&world, &people).await;
        assert_eq!(sizes(&world).len(), 1, "{status}: {}", world.remote.transcript());
        let learned = learned_with_values(&world).await;
        assert!(learned.len() == 1 && learned[0].starts_with("user no_bulk None: "), "{learned:?}");
        let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
        assert_eq!(report.operations_per_request, 1);
        world.remote.clear_requests();
        rename(&world, &people, "Somebody Else").await;
        world.settle().await;
        assert_eq!((sizes(&world), n_alone(&world)), (vec![], 50));

        world.remote.alter(|behaviour| behaviour.bulk = Bulk::Served);
        world.engine.forget_lessons(world.provider).await.unwrap();
        for_a_full_sync(&world, rename(&world, &people, "Nobody")).await;
        world.settle().await;
        assert!(!sizes(&world).is_empty(), "{}", world.remote.transcript());
        check_all_well(&world, &people).await;
    }
}

#[tokio::test]
async fn a_wish_for_patience_is_one_for_all_that_the_request_held() {
    // Changes meet while an answer is waited for.
    let world = World::with(slow()).await;
    let people = crowd(&world, 100).await;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(120) };
    world.remote.next_answers([on_bulk(throttled)]);
    world.step().await;
    let n_refused = sizes(&world)[0];
    let n_there = world.remote.users().len();
    assert!(n_there < 10, "{}", world.remote.transcript());
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!(world.remote.early_requests(), []);
    // They were not made, so that nobody is looked for, and what goes on goes together again.
    assert_eq!(count(&world.remote, |request| request.query.is_some()), 0);
    assert!(n_refused > 10 && sizes(&world).len() > 1, "{:?}", sizes(&world));
    assert!(n_alone(&world) < 30, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_wish_for_patience_in_a_result_rests_the_provider() {
    let world = World::with(usual()).await;
    let people = crowd(&world, 50).await;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::None };
    world.remote.next_answers([Scripted::new(throttled).on("POST", "/Users").times(3)]);
    world.settle().await;
    assert_eq!(world.remote.pending_answers(), 0);
    check_all_well(&world, &people).await;
}

#[tokio::test]
async fn where_every_request_with_many_fails_each_goes_by_itself() {
    // Changes meet while an answer is waited for, however busy the machine is.
    let world = World::with(Behaviour { bulk: Bulk::Refused(500), ..slow() }).await;
    let people = crowd(&world, 200).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert!(sizes(&world).len() <= 6, "{}", world.remote.transcript());
    assert_eq!(learned_with_values(&world).await, Vec::<String>::new(), "it may be well again");
}

/// A page of users is under way when its worker dies, at each of its awaits.
#[tokio::test]
async fn a_worker_that_dies_with_many_under_way_makes_nobody_twice() {
    let world = World::with(without_uniqueness()).await;
    for n in 0.. {
        let people = crowd(&world, 12).await;
        let (engine, _runner) = world.replica("victim");
        let survived = poll_times(pin!(work(&world, &engine)), n).await;
        world.clock.advance(LEASE);
        world.settle().await;
        let transcript = world.remote.transcript();
        assert_eq!(world.remote.duplicates(), vec![], "death at await {n}: {transcript}");
        assert_eq!(world.differences().await, Vec::<String>::new(), "death at await {n}: {transcript}");
        if survived {
            assert!(n > 20, "only {n} awaits");
            assert!(!sizes(&world).is_empty(), "{transcript}");
            return;
        }
        delete(&world, &people).await;
        world.settle().await;
        assert_eq!(world.remote.users().len(), 0, "death at await {n}");
    }
}

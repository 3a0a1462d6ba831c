//! What a story asks afterwards: duplicates, early requests, records; and drift behind the client's back.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::ManualClock;
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, RetryAfter};

use crate::wire::{call, group, user};

#[tokio::test]
async fn duplicates_are_found_by_name_and_external_id() {
    let remote = FakeRemote::start(Behaviour::without_uniqueness()).await;
    for body in [user("ada"), user("ADA"), user("bob"), user("bob")] {
        call(&remote, "POST /Users", body).await;
    }
    for _ in 0..2 {
        let mut body = group("staff", &[]);
        body["externalId"] = "g".into();
        call(&remote, "POST /Groups", body).await;
        call(&remote, "POST /Groups", group("same name, no matter", &[])).await;
    }
    let found: Vec<String> = remote
        .duplicates()
        .iter()
        .map(|one| format!("{:?} {} {} {}", one.kind, one.attribute, one.value, one.ids.join(",")))
        .collect();
    assert_eq!(
        found,
        [
            "User externalId ext-bob u3,u4",
            "User userName ada u1,u2",
            "User userName bob u3,u4",
            "Group externalId g g1,g3",
        ]
    );
    call(&remote, "DELETE /Users/u4", Value::Null).await;
    assert_eq!(remote.duplicates().len(), 2);
}

#[tokio::test]
async fn a_request_before_the_end_of_a_pause_is_early() {
    let clock = Arc::new(ManualClock::default());
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.set_clock(clock.clone());
    for retry_after in [RetryAfter::Seconds(10), RetryAfter::HttpDate(10)] {
        remote.clear_requests();
        remote.next_answers([FaultKind::TooManyRequests { retry_after }]);
        call(&remote, "POST /Users", user("ada")).await;
        clock.advance(TimeDelta::seconds(9));
        call(&remote, "GET /Users", Value::Null).await;
        clock.advance(TimeDelta::seconds(1));
        call(&remote, "GET /Users", Value::Null).await;
        let early: Vec<_> =
            remote.early_requests().iter().map(|one| (one.seq, one.after, one.by_ms)).collect();
        assert_eq!(early, [(2, 1, 1_000)]);
        assert!(remote.early_requests_beyond(Duration::from_millis(9_001)).is_empty());
    }
}

#[tokio::test]
async fn a_longer_pause_outlasts_a_later_shorter_one() {
    let clock = Arc::new(ManualClock::default());
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.set_clock(clock.clone());
    let pause = |seconds| FaultKind::Unavailable { retry_after: RetryAfter::Seconds(seconds) };
    remote.next_answers([pause(10), pause(1)]);
    call(&remote, "GET /Users", Value::Null).await;
    call(&remote, "GET /Users", Value::Null).await;
    clock.advance(TimeDelta::seconds(5));
    call(&remote, "GET /Users", Value::Null).await;
    let early: Vec<_> = remote.early_requests().iter().map(|one| (one.seq, one.after)).collect();
    assert_eq!(early, [(2, 1), (3, 1)]);
}

#[tokio::test]
async fn absurd_or_missing_pauses_bind_nobody() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    for retry_after in [RetryAfter::Absurd, RetryAfter::None, RetryAfter::Verbatim("soon".to_owned())] {
        remote.next_answers([FaultKind::TooManyRequests { retry_after }]);
        call(&remote, "GET /Users", Value::Null).await;
    }
    assert!(remote.early_requests().is_empty());
}

#[tokio::test]
async fn a_record_tells_the_whole_request() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    call(&remote, "POST /Users", user("ada")).await;
    let record = remote.requests().remove(0);
    assert_eq!((record.seq, record.method.as_str(), record.path.as_str()), (1, "POST", "/Users"));
    assert_eq!(record.body.as_ref().unwrap()["userName"], "ada");
    assert_eq!(record.header("Content-Type"), Some("application/scim+json"));
    assert_eq!(record.header("authorization"), Some("Bearer secret"));
    assert!(record.finished.unwrap() >= record.started && record.answered_at.unwrap() >= record.at);
    remote.clear_requests();
    assert_eq!((remote.transcript().as_str(), remote.n_requests()), ("", 0));
}

#[tokio::test]
async fn recording_can_be_off() {
    let remote = FakeRemote::start(Behaviour { record: false, ..Behaviour::default() }).await;
    call(&remote, "POST /Users", user("ada")).await;
    assert!(remote.requests().is_empty());
    assert_eq!(remote.n_requests(), 1);
}

#[tokio::test]
async fn the_state_drifts_behind_the_clients_back() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    for name in ["ada", "bob", "cyd"] {
        call(&remote, "POST /Users", user(name)).await;
    }
    call(&remote, "POST /Groups", group("staff", &["u1", "u2"])).await;
    remote.edit(|directory| {
        directory.set("u1", "userName", "eve".into());
        directory.set("u1", "externalId", Value::Null);
        directory.add_member("g1", "u3");
        directory.remove_member("g1", "u2");
        directory.rename_id("u1", "u99");
        directory.rename_id("g1", "g99");
        directory.delete("u2");
    });
    assert_eq!(call(&remote, "GET /Users/u1", Value::Null).await.status, 404);
    assert_eq!(call(&remote, "GET /Users/u99", Value::Null).await.json()["userName"], "eve");
    assert_eq!(remote.user("eve").unwrap().external_id(), None);
    assert_eq!(remote.members("g99"), ["u3".to_owned(), "u99".to_owned()].into());
    assert_eq!(remote.group("staff").unwrap().id, "g99");
    call(&remote, "DELETE /Users/u99", Value::Null).await;
    assert_eq!(remote.members("g99"), ["u3".to_owned()].into());
    remote.edit(scimitar_testkit::remote::Directory::clear);
    assert!(remote.users().is_empty() && remote.groups().is_empty());
    assert_eq!(remote.seed_user(json!({"userName": "new"})), "u4");
}

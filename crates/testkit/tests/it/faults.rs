//! Each fault, as it looks on the socket, and whether the write has happened.

use std::fmt::Write;
use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use scimitar_testkit::remote::{Behaviour, Ending, FakeRemote, FaultKind, RetryAfter};

use crate::wire::{Reply, Wire, call, patch, try_call, user};

fn block_on<R>(future: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// What a client can tell of an answer.
fn look(outcome: &io::Result<Reply>) -> String {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error) => return format!("{:?}", error.kind()),
    };
    let mut seen = reply.summary();
    for name in ["retry-after", "location", "www-authenticate"] {
        if let Some(value) = reply.header(name) {
            write!(seen, " {name}={value}").unwrap();
        }
    }
    if reply.header("content-type").is_some_and(|value| value.starts_with("text/html")) {
        return format!("{seen} html");
    }
    if reply.body.is_empty() {
        return seen;
    }
    match serde_json::from_slice::<Value>(&reply.body) {
        Err(_) => format!("{seen} not JSON"),
        Ok(body) if reply.status < 300 => format!("{seen} id={}", body["id"]),
        Ok(_) => seen,
    }
}

/// A POST that meets the fault: what is seen of it, and how many users there are then.
#[track_caller]
fn check(kind: FaultKind, seen: &str, n_users: usize) {
    let name = kind.name();
    block_on(async {
        let remote = FakeRemote::start(Behaviour::default()).await;
        let base = remote.url().to_owned();
        remote.next_answers([kind.clone()]);
        let outcome = try_call(&remote, "POST /Users", &user("ada")).await;
        assert_eq!(look(&outcome).replace(&base, ""), seen, "{name}");
        assert_eq!(remote.users().len(), n_users, "{name}");
        let record = &remote.requests()[0];
        assert_eq!(
            (record.fault.as_ref(), record.status),
            (Some(&kind), outcome.ok().map(|reply| reply.status))
        );
        assert_eq!(remote.pending_answers(), 0);
        // The next one is healthy again.
        assert_eq!(call(&remote, "POST /Users", user("bob")).await.status, 201);
    });
}

#[test]
fn faults_before_the_commit_store_nothing() {
    let throttled = |retry_after| FaultKind::TooManyRequests { retry_after };
    check(throttled(RetryAfter::Seconds(3)), "429 retry-after=3", 0);
    check(throttled(RetryAfter::None), "429", 0);
    check(throttled(RetryAfter::Absurd), "429 retry-after=999999999999", 0);
    check(throttled(RetryAfter::Verbatim("soon".to_owned())), "429 retry-after=soon", 0);
    check(FaultKind::Unavailable { retry_after: RetryAfter::Seconds(1) }, "503 retry-after=1", 0);
    for status in [500, 502, 503, 504] {
        check(FaultKind::Status(status), &status.to_string(), 0);
    }
    let scim_type = Some("invalidValue".to_owned());
    check(FaultKind::Refused { status: 400, scim_type, detail: "no".to_owned() }, "400 invalidValue", 0);
    check(FaultKind::AcceptThenSilence { ms: 1, commit: false }, "UnexpectedEof", 0);
    check(FaultKind::ResetBeforeCommit, "ConnectionReset", 0);
    check(FaultKind::HtmlBeforeCommit, "200 html", 0);
    check(FaultKind::ConflictWithoutMatch, "409 uniqueness", 0);
    check(FaultKind::Unauthorized, "401", 0);
    let location = "http://127.0.0.1:1/steal".to_owned();
    check(FaultKind::Redirect { status: 307, location }, "307 location=http://127.0.0.1:1/steal", 0);
}

#[test]
fn faults_after_the_commit_lose_only_the_answer() {
    check(FaultKind::AcceptThenSilence { ms: 1, commit: true }, "UnexpectedEof", 1);
    check(FaultKind::ResetAfterCommit, "ConnectionReset", 1);
    check(FaultKind::TruncatedJson, "201 location=/Users/u1 not JSON", 1);
    check(FaultKind::HtmlAfterCommit, "200 html", 1);
    check(FaultKind::MissingId, "201 id=null", 1);
    check(FaultKind::ChangedId, "201 id=\"no-such-id\"", 1);
    check(FaultKind::OkInsteadOfCreated, "200 location=/Users/u1 id=\"u1\"", 1);
    check(FaultKind::Delay { ms: 1 }, "201 location=/Users/u1 id=\"u1\"", 1);
}

#[tokio::test]
async fn a_cut_answer_promises_more_than_comes() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.next_answers([FaultKind::CutAnswer]);
    let error = try_call(&remote, "POST /Users", &user("ada")).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(remote.users().len(), 1);
    assert_eq!(remote.transcript(), "POST /Users -> 201 (cut answer)\n");
}

#[tokio::test]
async fn a_huge_answer_is_as_long_as_it_says() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.next_answers([FaultKind::HugeAnswer { bytes: 3_000_000 }]);
    assert_eq!(call(&remote, "GET /Users", Value::Null).await.body.len(), 3_000_000);
}

#[tokio::test]
async fn a_date_is_rounded_up_so_that_it_is_never_too_early() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::HttpDate(3) }]);
    let reply = call(&remote, "GET /Users", Value::Null).await;
    let at = |name| httpdate::parse_http_date(reply.header(name).unwrap()).unwrap();
    let wait = at("retry-after").duration_since(at("date")).unwrap();
    assert!((Duration::from_secs(3)..=Duration::from_secs(4)).contains(&wait), "{wait:?}");
    let until = remote.requests()[0].silence_until.unwrap();
    assert_eq!(std::time::SystemTime::from(until), at("retry-after"));
}

#[tokio::test]
async fn a_lie_about_an_id_does_not_change_the_resource() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.seed_user(user("ada"));
    remote.next_answers([FaultKind::ChangedId]);
    // Waits for a request whose answer has an id.
    assert_eq!(call(&remote, "GET /Users/u1", Value::Null).await.id(), "u1");
    assert_eq!(call(&remote, "PUT /Users/u1", user("ada")).await.id(), "no-such-id");
    assert_eq!(remote.users()[0].id, "u1");
}

#[tokio::test]
async fn a_live_resource_is_denied() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.seed_user(user("ada"));
    for request in ["GET /Users/u1", "DELETE /Users/u1"] {
        remote.next_answers([FaultKind::NotFoundForLiveId]);
        assert_eq!(call(&remote, request, Value::Null).await.status, 404);
    }
    assert_eq!(remote.users().len(), 1);
}

#[tokio::test]
async fn a_reset_after_a_patch_or_delete_has_done_its_work() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.seed_user(user("ada"));
    remote.next_answers([FaultKind::ResetAfterCommit, FaultKind::ResetAfterCommit]);
    let title = patch(json!([{"op": "add", "path": "title", "value": "Dr"}]));
    assert!(try_call(&remote, "PATCH /Users/u1", &title).await.is_err());
    assert_eq!(remote.users()[0].text("title"), Some("Dr"));
    assert!(try_call(&remote, "DELETE /Users/u1", &Value::Null).await.is_err());
    assert!(remote.users().is_empty());
    assert_eq!(
        remote.transcript(),
        "PATCH /Users/u1 -> reset after commit\nDELETE /Users/u1 -> reset after commit\n"
    );
}

#[tokio::test]
async fn a_delay_and_a_latency_take_their_time() {
    let remote = FakeRemote::start(Behaviour { latency_ms: 20, ..Behaviour::default() }).await;
    remote.next_answers([FaultKind::Delay { ms: 30 }]);
    let start = Instant::now();
    assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(50));
    let record = &remote.requests()[0];
    assert!(record.finished.unwrap() - record.started >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_client_that_goes_away_has_lost_the_answer_and_not_the_write() {
    let remote = FakeRemote::start(Behaviour { latency_ms: 3_600_000, ..Behaviour::default() }).await;
    {
        let ada = user("ada");
        let request = try_call(&remote, "POST /Users", &ada);
        let arrived = async {
            while remote.users().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = request => panic!("an answer within the hour"),
            () = arrived => {}
        }
    }
    while remote.requests()[0].ending == Ending::Pending {
        tokio::task::yield_now().await;
    }
    assert_eq!(remote.transcript(), "POST /Users -> abandoned\n");
    assert_eq!(remote.users().len(), 1);
}

#[tokio::test]
async fn concurrency_is_counted_at_its_highest() {
    let remote = FakeRemote::start(Behaviour { latency_ms: 3_600_000, ..Behaviour::default() }).await;
    let many = async { tokio::join!(hang(&remote), hang(&remote), hang(&remote)) };
    let arrived = async {
        while remote.n_requests() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = many => panic!("an answer within the hour"),
        () = arrived => {}
    }
    assert_eq!(remote.max_concurrency_seen(), 3);
    remote.stop().await;
    remote.restart().await.unwrap();
    remote.alter(|behaviour| behaviour.latency_ms = 0);
    remote.clear_requests();
    for _ in 0..3 {
        call(&remote, "GET /Users", Value::Null).await;
    }
    assert_eq!(remote.max_concurrency_seen(), 1);
}

async fn hang(remote: &FakeRemote) {
    let mut wire = Wire::connect(remote).await.unwrap();
    let _ = wire.send("GET", "/scim/v2/Users", &[], b"").await;
}

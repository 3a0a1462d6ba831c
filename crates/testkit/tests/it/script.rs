//! Who decides about a request: the script, then chance, by its seed.

use serde_json::Value;

use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, RetryAfter, Scripted};

use crate::wire::{call, try_call, user};

#[tokio::test]
async fn a_script_waits_for_the_requests_it_fits() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.next_answers([
        Scripted::from(503).on("POST", "/Groups"),
        Scripted::from(500).on("POST", "/Users").containing("\"bob\"").times(2),
        Scripted::from(FaultKind::MissingId),
    ]);
    assert_eq!(remote.pending_answers(), 4);
    call(&remote, "GET /Users", Value::Null).await;
    for name in ["ada", "bob", "bob", "bob", "cyd"] {
        call(&remote, "POST /Users", user(name)).await;
    }
    assert_eq!(remote.pending_answers(), 1);
    remote.clear_answers();
    assert_eq!(remote.pending_answers(), 0);
    let expected = "\
GET /Users -> 200
POST /Users -> 201 (missing id)
POST /Users -> 500
POST /Users -> 500
POST /Users -> 201
POST /Users -> 201
";
    assert_eq!(remote.transcript(), expected);
    assert_eq!(remote.writes().lines().count(), 5);
}

#[tokio::test]
async fn a_bare_status_is_short_for_a_script() {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.next_answers([503, 429]);
    for expected in [503, 429, 200] {
        assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, expected);
    }
}

#[tokio::test]
async fn a_healthy_line_overrules_chance() {
    let behaviour =
        Behaviour { fault_percent: 100, faults: vec![FaultKind::Status(500)], ..Behaviour::default() };
    let remote = FakeRemote::start(behaviour).await;
    remote.next_answers([Scripted::healthy().on("POST", "/Users")]);
    assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, 500);
    assert_eq!(call(&remote, "POST /Users", user("ada")).await.status, 201);
    assert_eq!(call(&remote, "POST /Users", user("bob")).await.status, 500);
}

async fn run(seed: u64, percent: u8) -> String {
    let mut behaviour = Behaviour::hostile(seed, percent);
    // Without those that take time.
    behaviour
        .faults
        .retain(|kind| !matches!(kind, FaultKind::Delay { .. } | FaultKind::AcceptThenSilence { .. }));
    let remote = FakeRemote::start(behaviour).await;
    for n in 0..60 {
        let _ = try_call(&remote, "POST /Users", &user(&format!("user{n}"))).await;
        let _ = try_call(&remote, "DELETE /Users/u7", &Value::Null).await;
    }
    remote.transcript()
}

#[tokio::test]
async fn a_seed_repeats_its_faults() {
    let one = run(7, 30).await;
    assert_eq!(one, run(7, 30).await);
    assert_ne!(one, run(8, 30).await);
    assert!(!one.contains("DELETE /Users/u7 -> 204 (missing id)"), "a fault that does not fit is not drawn");
    let healthy = run(7, 0).await;
    assert_eq!(healthy.matches("POST /Users -> 201\n").count(), 60);
}

#[test]
fn a_behaviour_survives_json() {
    let mut behaviour = Behaviour::hostile(3, 20);
    behaviour.faults.push(FaultKind::TooManyRequests { retry_after: RetryAfter::HttpDate(2) });
    let text = serde_json::to_string(&behaviour).unwrap();
    assert_eq!(serde_json::from_str::<Behaviour>(&text).unwrap(), behaviour);
    assert_eq!(serde_json::from_str::<Behaviour>("{}").unwrap(), Behaviour::default());
    assert!(serde_json::from_str::<Behaviour>(r#"{"typo": 1}"#).is_err());
}

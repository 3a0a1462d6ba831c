//! Limits, and services that take less than the RFC says or keep less than they take.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::ManualClock;
use scimitar_testkit::remote::{
    Behaviour, FakeRemote, MemberForm, Rate, TooManyMembers, Uniqueness, UnknownMembers,
};

use crate::wire::{call, group, patch, user};

async fn remote_with_users(behaviour: Behaviour) -> FakeRemote {
    let remote = FakeRemote::start(behaviour).await;
    for name in ["a", "b", "c"] {
        remote.seed_user(user(name));
    }
    remote
}

#[tokio::test]
async fn too_many_members_are_refused_in_both_ways() {
    for (too_many_members, expected) in
        [(TooManyMembers::PayloadTooLarge, "413"), (TooManyMembers::TooMany, "400 tooMany")]
    {
        let behaviour =
            Behaviour { max_members_per_request: Some(2), too_many_members, ..Behaviour::default() };
        let remote = remote_with_users(behaviour).await;
        assert_eq!(call(&remote, "POST /Groups", group("x", &["u1", "u2", "u3"])).await.summary(), expected);
        assert_eq!(call(&remote, "POST /Groups", group("x", &["u1", "u2"])).await.status, 201);
        let operation = |id| json!({"op": "add", "path": "members", "value": [{ "value": id }]});
        let three = patch(json!([operation("u1"), operation("u2"), operation("u3")]));
        assert_eq!(call(&remote, "PATCH /Groups/g1", three).await.summary(), expected);
        assert_eq!(call(&remote, "PATCH /Groups/g1", patch(json!([operation("u3")]))).await.status, 204);
    }
}

#[tokio::test]
async fn unknown_members_are_refused_accepted_or_dropped() {
    for (unknown_members, status, members) in [
        (UnknownMembers::Refused, 400, vec![]),
        (UnknownMembers::Accepted, 201, vec!["nobody", "u1"]),
        (UnknownMembers::Dropped, 201, vec!["u1"]),
    ] {
        let remote = remote_with_users(Behaviour { unknown_members, ..Behaviour::default() }).await;
        assert_eq!(call(&remote, "POST /Groups", group("x", &["u1", "nobody"])).await.status, status);
        assert_eq!(remote.members("g1").into_iter().collect::<Vec<_>>(), members);
    }
}

#[tokio::test]
async fn members_leave_only_in_the_form_that_is_known() {
    let by_filter = || patch(json!([{"op": "remove", "path": "members[value eq \"u1\"]"}]));
    let by_value = || patch(json!([{"op": "remove", "path": "members", "value": [{"value": "u2"}]}]));
    for (member_form, filter, value) in
        [(MemberForm::Any, 204, 204), (MemberForm::FilterPath, 204, 400), (MemberForm::ValueArray, 400, 204)]
    {
        let remote = remote_with_users(Behaviour { member_form, ..Behaviour::default() }).await;
        call(&remote, "POST /Groups", group("x", &["u1", "u2"])).await;
        assert_eq!(call(&remote, "PATCH /Groups/g1", by_filter()).await.status, filter, "{member_form:?}");
        assert_eq!(call(&remote, "PATCH /Groups/g1", by_value()).await.status, value, "{member_form:?}");
    }
}

#[tokio::test]
async fn large_bodies_and_many_operations_are_refused() {
    let behaviour =
        Behaviour { max_body_bytes: Some(300), max_patch_operations: Some(1), ..Behaviour::default() };
    let remote = remote_with_users(behaviour).await;
    assert_eq!(call(&remote, "POST /Users", user(&"x".repeat(300))).await.status, 413);
    let operation = json!({"op": "add", "path": "title", "value": "x"});
    assert_eq!(call(&remote, "PATCH /Users/u1", patch(json!([operation]))).await.status, 200);
    let two = patch(json!([operation, operation]));
    assert_eq!(call(&remote, "PATCH /Users/u1", two).await.summary(), "400 tooMany");
}

#[tokio::test]
async fn uniqueness_is_what_it_is_set_to() {
    let remote = FakeRemote::start(Behaviour::without_uniqueness()).await;
    for _ in 0..2 {
        assert_eq!(call(&remote, "POST /Users", user("ada")).await.status, 201);
        assert_eq!(call(&remote, "POST /Groups", group("staff", &[])).await.status, 201);
    }
    let all = Uniqueness { user_name: true, display_name: true, external_id: true };
    remote.alter(|behaviour| behaviour.uniqueness = all);
    let mut other_name = user("ada");
    other_name["userName"] = "eve".into();
    assert_eq!(call(&remote, "POST /Users", other_name).await.summary(), "409 uniqueness");
    assert_eq!(call(&remote, "POST /Groups", group("STAFF", &[])).await.summary(), "409 uniqueness");
}

#[tokio::test]
async fn some_services_keep_less_than_they_take() {
    let behaviour = Behaviour {
        dropped_attributes: vec!["externalId".to_owned(), "title".to_owned()],
        fold_user_names: true,
        ..Behaviour::default()
    };
    let remote = FakeRemote::start(behaviour).await;
    let shown = call(&remote, "POST /Users", user("Ada")).await.json();
    assert_eq!((shown.get("externalId"), &shown["userName"]), (None, &json!("ada")));
    let title = patch(json!([{"op": "add", "path": "title", "value": "x"}]));
    assert_eq!(call(&remote, "PATCH /Users/u1", title).await.json().get("title"), None);
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let clock = Arc::new(ManualClock::default());
    let behaviour = Behaviour { rate: Some(Rate { per_second: 1, burst: 2 }), ..Behaviour::default() };
    let remote = FakeRemote::start(behaviour).await;
    remote.set_clock(clock.clone());
    for expected in [200, 200, 429] {
        assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, expected);
    }
    let refused = call(&remote, "GET /Users", Value::Null).await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(call(&remote, "GET /Users", Value::Null).await.status, 200);
    assert_eq!(remote.early_requests().len(), 1);
}

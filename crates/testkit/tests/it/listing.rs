//! Lists, pages and filters (RFC 7644 §3.4.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::ManualClock;
use scimitar_testkit::remote::{Behaviour, FakeRemote, FilterSupport, Order, StartIndex};

use crate::wire::{call, user};

async fn remote_with_users(behaviour: Behaviour, n_users: usize) -> FakeRemote {
    let remote = FakeRemote::start(behaviour).await;
    for n in 1..=n_users {
        let mut body = user(&format!("user{n}"));
        body["emails"] = json!([{"value": format!("{n}@x"), "type": "work"}]);
        body["displayName"] = if n.is_multiple_of(2) { "Even".into() } else { "Odd".into() };
        remote.seed_user(body);
    }
    remote
}

/// `total: ids`, or the refusal.
async fn ids(remote: &FakeRemote, query: &str) -> String {
    let reply = call(remote, &format!("GET /Users?{query}"), Value::Null).await;
    if reply.status != 200 {
        return reply.summary();
    }
    let list = reply.json();
    let resources = list["Resources"].as_array().unwrap();
    assert_eq!(list["itemsPerPage"], resources.len());
    let ids: Vec<&str> = resources.iter().map(|user| user["id"].as_str().unwrap()).collect();
    format!("{}: {}", list["totalResults"], ids.join(" "))
}

#[tokio::test]
async fn pages_follow_start_index_and_count() {
    let remote = remote_with_users(Behaviour::default(), 5).await;
    for (query, expected) in [
        ("", "5: u1 u2 u3 u4 u5"),
        ("startIndex=2&count=2", "5: u2 u3"),
        ("startIndex=5&count=2", "5: u5"),
        ("startIndex=6", "5: "),
        ("startIndex=0&count=1", "5: u1"),
        ("startIndex=-3&count=1", "5: u1"),
        ("count=0", "5: "),
        ("count=-1", "5: "),
        ("count=x", "400 invalidValue"),
    ] {
        assert_eq!(ids(&remote, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn filters_find_by_every_attribute_that_a_client_may_match() {
    let remote = remote_with_users(Behaviour::default(), 4).await;
    remote.seed_user(json!({"userName": "o\"neil\\ & co+1", "externalId": "Q"}));
    for (filter, expected) in [
        (r#"userName eq "USER2""#, "1: u2"),
        (r#"externalId eq "ext-user3""#, "1: u3"),
        (r#"externalId eq "EXT-user3""#, "0: "),
        (r#"displayName eq "even""#, "2: u2 u4"),
        (r#"id eq "u4""#, "1: u4"),
        (r#"emails.value eq "1@X""#, "1: u1"),
        (r#"emails.type eq "work" and userName eq "user2""#, "1: u2"),
        (r#"userName eq "user1" or userName eq "user3""#, "2: u1 u3"),
        (r#"userName eq "o\"neil\\ & co+1""#, "1: u5"),
        (r#"userName eq "nobody""#, "0: "),
        ("userName eq user1", "400 invalidFilter"),
        (r#"userName sw "user""#, "400 invalidFilter"),
    ] {
        let encoded: Vec<String> = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let query = format!("filter={}", encoded.concat());
        assert_eq!(ids(&remote, &query).await, expected, "{filter}");
    }
    assert_eq!(ids(&remote, "filter=userName+eq+%22user1%22").await, "1: u1");
    assert_eq!(remote.requests().last().unwrap().query.as_deref(), Some(r#"filter=userName eq "user1""#));
}

#[tokio::test]
async fn groups_are_found_by_member() {
    let remote = remote_with_users(Behaviour::default(), 2).await;
    remote.seed_group(json!({"displayName": "staff", "members": [{"value": "u2"}]}));
    let reply = call(&remote, "GET /Groups?filter=members.value+eq+%22u2%22", Value::Null).await;
    assert_eq!(reply.json()["totalResults"], 1);
}

#[tokio::test]
async fn answers_show_only_what_was_asked_for() {
    let remote = remote_with_users(Behaviour::default(), 1).await;
    remote.seed_group(json!({"displayName": "staff", "members": [{"value": "u1"}]}));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let user = call(&remote, "GET /Users/u1?attributes=userName", Value::Null).await.json();
    assert_eq!(names(&user), ["id", "schemas", "userName"].map(str::to_owned).into());
    let group = call(&remote, "GET /Groups/g1?excludedAttributes=members,meta", Value::Null).await.json();
    assert_eq!(names(&group), ["id", "displayName", "schemas"].map(str::to_owned).into());
    remote.alter(|behaviour| behaviour.hide_members = true);
    let list = call(&remote, "GET /Groups", Value::Null).await.json();
    assert!(list["Resources"][0].get("members").is_none());
}

#[tokio::test]
async fn a_page_is_capped() {
    let remote = remote_with_users(Behaviour { page_cap: Some(2), ..Behaviour::default() }, 5).await;
    assert_eq!(ids(&remote, "count=100").await, "5: u1 u2");
    remote.alter(|behaviour| {
        behaviour.page_cap = None;
        behaviour.capabilities.filter_max = 1;
    });
    assert_eq!(ids(&remote, "filter=displayName+eq+%22Even%22").await, "2: u2");
}

#[tokio::test]
async fn filters_fail_in_each_way() {
    let remote = remote_with_users(Behaviour::default(), 2).await;
    for (filter, expected) in [
        (FilterSupport::Supported, "1: u1"),
        (FilterSupport::Refused, "400 invalidFilter"),
        (FilterSupport::Ignored, "2: u1 u2"),
        (FilterSupport::Blind, "0: "),
        (FilterSupport::Unquoted, "400 invalidFilter"),
    ] {
        remote.alter(|behaviour| behaviour.filter = filter);
        assert_eq!(ids(&remote, "filter=userName+eq+%22user1%22").await, expected, "{filter:?}");
    }
    assert_eq!(ids(&remote, "filter=userName+eq+user1").await, "1: u1");
}

#[tokio::test]
async fn the_start_of_a_page_is_misread_in_each_way() {
    let remote = remote_with_users(Behaviour::default(), 5).await;
    for (start_index, expected) in [
        (StartIndex::FromOne, "5: u2 u3"),
        (StartIndex::FromZero, "5: u3 u4"),
        (StartIndex::PageNumber, "5: u3 u4"),
        (StartIndex::Ignored, "5: u1 u2"),
    ] {
        remote.alter(|behaviour| behaviour.start_index = start_index);
        assert_eq!(ids(&remote, "startIndex=2&count=2").await, expected, "{start_index:?}");
    }
}

#[tokio::test]
async fn a_lagging_filter_sees_a_resource_later() {
    let clock = Arc::new(ManualClock::default());
    let remote = FakeRemote::start(Behaviour { filter_lag_ms: 5_000, ..Behaviour::default() }).await;
    remote.set_clock(clock.clone());
    call(&remote, "POST /Users", user("user1")).await;
    clock.advance(TimeDelta::milliseconds(4_999));
    assert_eq!(ids(&remote, "filter=userName+eq+%22user1%22").await, "0: ");
    assert_eq!(ids(&remote, "").await, "1: u1", "only the filter lags");
    clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(ids(&remote, "filter=userName+eq+%22user1%22").await, "1: u1");
}

#[tokio::test]
async fn a_shuffled_list_has_the_same_rows_in_another_order() {
    let remote = remote_with_users(Behaviour { order: Order::Shuffled, ..Behaviour::default() }, 20).await;
    let (one, two) = (ids(&remote, "").await, ids(&remote, "").await);
    assert_ne!(one, two);
    let sorted = |ids: &str| ids.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&one), sorted(&two));
}

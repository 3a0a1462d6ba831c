//! Walks by cursors (RFC 9865), and lists that stay in order.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{id_of, make_user, source};
use crate::harness::{Api, Client};

/// One page: the names on it, and the cursor of the next.
async fn page(client: &Client, query: &str, cursor: &str) -> (Vec<String>, Option<String>) {
    let page = client.get(&format!("/Users?{query}&cursor={cursor}")).await.expect(200);
    assert_eq!(page["startIndex"], Value::Null);
    let resources = page["Resources"].as_array().expect("a page has resources");
    assert_eq!(page["itemsPerPage"], json!(resources.len()));
    let names = resources.iter().map(|it| it["userName"].as_str().expect("a name").to_owned());
    (names.collect(), page["nextCursor"].as_str().map(str::to_owned))
}

/// All pages of a walk.
async fn walk(client: &Client, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(now) = cursor {
        let (names, next) = page(client, query, &now).await;
        pages.push(names);
        cursor = next;
    }
    pages
}

async fn people(api: &Api, client: &Client, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..n {
        api.clock.advance(TimeDelta::seconds(1));
        ids.push(make_user(client, &format!("u{n}")).await);
    }
    ids
}

#[tokio::test]
async fn a_walk_meets_everybody_once() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    people(&api, &client, 5).await;
    for (query, expected) in [
        ("count=2", "u0 u1|u2 u3|u4"),
        ("count=5", "u0 u1 u2 u3 u4"),
        ("count=9", "u0 u1 u2 u3 u4"),
        ("", "u0 u1 u2 u3 u4"),
        ("count=2&sortBy=userName&sortOrder=descending", "u4 u3|u2 u1|u0"),
        ("count=2&sortBy=title", "u0 u1|u2 u3|u4"),
        ("count=1&sortBy=meta.created&sortOrder=descending&filter=userName%20co%20%221%22", "u1"),
        ("count=1&filter=userName%20co%20%221%22%20or%20userName%20ew%20%223%22", "u1|u3"),
        ("count=2&filter=active%20eq%20true", "u0 u1|u2 u3|u4"),
        ("count=2&filter=not%20(userName%20eq%20%22u1%22)", "u0 u2|u3 u4"),
        ("filter=userName%20eq%20%22nobody%22", ""),
    ] {
        let pages = walk(&client, query).await;
        let shown: Vec<String> = pages.iter().map(|names| names.join(" ")).collect();
        assert_eq!(shown.join("|"), expected, "{query}");
    }
    let first = client.get("/Users?cursor&count=2").await.expect(200);
    assert_eq!(first["totalResults"], json!(5));
    let next = first["nextCursor"].as_str().unwrap();
    let second = client.get(&format!("/Users?cursor={next}&count=2")).await.expect(200);
    assert_eq!(second["totalResults"], json!(5));
    let none = client.get("/Users?cursor=&count=0").await.expect(200);
    assert_eq!((&none["Resources"], none["nextCursor"].is_string()), (&json!([]), true));
    // Who says nothing of pages has them by index.
    let unsaid = client.get("/Users?count=2").await.expect(200);
    assert_eq!((&unsaid["startIndex"], &unsaid["nextCursor"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn what_stays_is_seen_once_whatever_comes_and_goes() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    for query in ["count=2", "count=2&sortBy=userName", "count=2&filter=active%20eq%20true"] {
        let ids = people(&api, &client, 8).await;
        let mut seen = Vec::new();
        let (names, cursor) = page(&client, query, "").await;
        seen.extend(names);
        // One that was seen, the one that the cursor stands on, and one that was not seen yet.
        for gone in [0, 1, 4] {
            client.delete(&format!("/Users/{}", ids[gone])).await.expect(204);
        }
        let early = make_user(&client, "a-newcomer").await;
        let mut cursor = cursor;
        while let Some(now) = cursor {
            let (names, next) = page(&client, query, &now).await;
            seen.extend(names);
            cursor = next;
        }
        let stayed: Vec<&String> = seen.iter().filter(|name| name.starts_with('u')).collect();
        assert_eq!(stayed, ["u0", "u1", "u2", "u3", "u5", "u6", "u7"], "{query}");
        for id in [2, 3, 5, 6, 7].map(|n: usize| &ids[n]).into_iter().chain([&early]) {
            client.delete(&format!("/Users/{id}")).await.expect(204);
        }
        // So many in one hour would be held.
        api.clock.advance(TimeDelta::hours(2));
    }
}

#[tokio::test]
async fn requirement_124_a_cursor_is_good_for_its_query_and_an_hour() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let (_, other) = source(&api, "okta").await;
    people(&api, &client, 3).await;
    people(&api, &other, 0).await;
    let (_, cursor) = page(&client, "count=1", "").await;
    let cursor = cursor.expect("there are more");
    let mut altered = cursor.clone();
    altered.replace_range(8..9, if cursor.as_bytes()[8] == b'A' { "B" } else { "A" });
    let refused = |answer: &crate::harness::Answer, scim_type: &str| {
        assert_eq!(answer.expect(400)["scimType"], scim_type, "{}", answer.text);
    };
    for query in [
        format!("/Users?cursor={altered}"),
        "/Users?cursor=abc".to_owned(),
        "/Users?cursor=%20".to_owned(),
        format!("/Users?cursor={}", "a".repeat(5000)),
        format!("/Users?cursor={cursor}&filter=userName%20pr"),
        format!("/Users?cursor={cursor}&sortBy=userName"),
        format!("/Groups?cursor={cursor}"),
        format!("?cursor={cursor}"),
    ] {
        refused(&client.get(&query).await, "invalidCursor");
    }
    refused(&other.get(&format!("/Users?cursor={cursor}")).await, "invalidCursor");
    refused(&client.get("/Users?cursor=&count=-1").await, "invalidCount");
    client.get(&format!("/Users?cursor={cursor}&startIndex=1")).await.expect(400);
    // Another page size is no other query.
    assert_eq!(page(&client, "count=9", &cursor).await, (vec!["u1".to_owned(), "u2".to_owned()], None));
    api.clock.advance(TimeDelta::seconds(3600));
    assert_eq!(page(&client, "count=1", &cursor).await.0, ["u1"]);
    api.clock.advance(TimeDelta::seconds(1));
    refused(&client.get(&format!("/Users?cursor={cursor}")).await, "expiredCursor");
}

#[tokio::test]
async fn searches_are_walked_by_cursors_too() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    people(&api, &client, 3).await;
    client.post("/Groups", &json!({"displayName": "staff"})).await.expect(201);
    let config = client.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(
        config["pagination"],
        json!({
            "cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": 100, "maxPageSize": 1000, "cursorTimeout": 3600,
        })
    );
    let mut body = json!({"cursor": "", "count": 2});
    let mut ids = Vec::new();
    for expected in [2, 2] {
        let page = client.post("/.search", &body).await.expect(200);
        let resources = page["Resources"].as_array().unwrap();
        assert_eq!((resources.len(), &page["totalResults"]), (expected, &json!(4)));
        ids.extend(resources.iter().map(id_of));
        body["cursor"] = page["nextCursor"].clone();
    }
    assert_eq!(body["cursor"], Value::Null);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

/// No page shows somebody whom another has shown, although all were made at one moment.
#[tokio::test]
async fn pages_by_index_do_not_overlap() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let mut expected = Vec::new();
    for n in 0..7 {
        expected.push(make_user(&client, &format!("u{n}")).await);
    }
    for query in ["", "&filter=active%20eq%20true", "&filter=userName%20pr", "&sortBy=active"] {
        let mut seen = Vec::new();
        for start in [1, 3, 5, 7] {
            let page = client.get(&format!("/Users?startIndex={start}&count=2{query}")).await.expect(200);
            seen.extend(page["Resources"].as_array().unwrap().iter().map(id_of));
        }
        assert_eq!(seen, expected, "{query}");
    }
}

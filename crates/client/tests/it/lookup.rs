//! Finding resources at remotes that filter, half filter, or do not filter at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use scimitar_client::{ClientError, Scan};
use scimitar_scim::{ResourceKind, attribute};

use crate::server::{Reply, Seen, Server, answer, json};

fn list(total: u64, resources: &Value) -> Reply {
    json(200, &json!({"totalResults": total, "Resources": resources}).to_string())
}

/// What a search for the user `o"neil` finds in `body`: ids, or the error.
async fn found(status: u16, body: Value) -> Result<Vec<String>, ClientError> {
    let server = Server::start(move |_| json(status, &body.to_string())).await;
    let hits = server.client().find(ResourceKind::User, "userName", "o\"neil").await?;
    assert_eq!(server.transcript(), ["GET /Users?filter=userName%20eq%20%22o%5C%22neil%22"]);
    Ok(hits.iter().filter_map(|hit| attribute::text(hit, "id")).collect())
}

#[tokio::test]
async fn a_search_finds_what_is_equal_and_nothing_else() {
    for (body, expected) in [
        (json!({"totalResults": 0}), vec![]),
        (json!({"totalResults": 0, "Resources": null}), vec![]),
        (json!({"totalResults": 1, "Resources": [{"id": "1", "userName": "o\"neil"}]}), vec!["1"]),
        (json!({"totalResults": "1", "Resources": [{"id": 1, "userName": "O\"Neil"}]}), vec!["1"]),
        (json!({"Resources": [{"id": "1", "userName": "o\"neil"}]}), vec!["1"]),
        // All there are, of which one is meant.
        (
            json!({"totalResults": 2, "Resources": [{"id": "1", "userName": "o"}, {"id": "2", "userName": "o\"neil"}]}),
            vec!["2"],
        ),
        (json!({"totalResults": 1, "Resources": [{"id": "1", "userName": "o"}]}), vec![]),
        (json!({"totalResults": 1, "Resources": [{"id": "1"}]}), vec![]),
    ] {
        let text = body.to_string();
        assert_eq!(found(200, body).await.expect(&text), expected, "{text}");
    }
}

#[tokio::test]
async fn a_remote_that_does_not_filter_says_so_or_shows_it() {
    for (status, body) in [
        (400, json!({"scimType": "invalidFilter"})),
        (400, json!({})),
        (501, json!({})),
        (200, json!({"totalResults": 9, "Resources": [{"id": "1", "userName": "zoe"}]})),
        (200, json!({"totalResults": 9, "Resources": [{"userName": "zoe"}, {"userName": "o\"neil"}]})),
        (200, json!({"Resources": [{"id": "1", "userName": "zoe"}]})),
    ] {
        let text = body.to_string();
        let error = found(status, body).await.expect_err(&text);
        assert!(matches!(error, ClientError::FilterRefused { .. }), "{text}: {error:?}");
    }
}

#[tokio::test]
async fn what_is_no_list_is_not_taken_for_nobody() {
    for body in [json!({}), json!([]), json!({"error": "odd"})] {
        let error = found(200, body).await.expect_err("no list");
        assert!(matches!(error, ClientError::Malformed { .. }), "{error:?}");
    }
    let missing = found(404, json!({})).await.expect_err("no such route");
    assert!(matches!(missing, ClientError::RouteMissing { .. }), "{missing:?}");
}

/// The number behind `name` in the query.
fn number(seen: &Seen, name: &str) -> usize {
    let (_, query) = seen.target.split_once('?').expect("a query");
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).expect("a number")
}

/// A remote with the users `1..=total` that shows at most `cap` of them at once.
async fn paging(total: usize, cap: usize) -> Server {
    Server::start(move |seen| {
        let start = number(seen, "startIndex");
        let end = (start + cap.min(number(seen, "count"))).min(total + 1);
        let users: Vec<_> = (start..end).map(|id| json!({"id": id.to_string()})).collect();
        list(total as u64, &json!(users))
    })
    .await
}

async fn scan(server: &Server, max_pages: usize, wanted: &[&str]) -> Scan {
    let is_wanted = |user: &Value| wanted.iter().any(|id| attribute::text(user, "id").as_deref() == Some(id));
    server.client().scan(ResourceKind::User, max_pages, is_wanted).await.expect("a success")
}

#[tokio::test]
async fn a_scan_sees_every_page() {
    let server = paging(250, 100).await;
    let scan = scan(&server, 10, &["1", "100", "101", "250"]).await;
    assert_eq!(
        scan.hits,
        [json!({"id": "1"}), json!({"id": "100"}), json!({"id": "101"}), json!({"id": "250"})]
    );
    assert!(scan.complete);
    let expected = [1, 101, 201].map(|start| format!("GET /Users?startIndex={start}&count=100"));
    assert_eq!(server.transcript(), expected);
}

#[tokio::test]
async fn a_scan_keeps_to_its_pages() {
    let server = paging(250, 10).await;
    let scan = scan(&server, 3, &["5", "31"]).await;
    assert_eq!(scan.hits, [json!({"id": "5"})]);
    assert!(!scan.complete);
    assert_eq!(server.transcript().len(), 3);
}

#[tokio::test]
async fn a_scan_of_nothing_is_complete() {
    let server = paging(0, 10).await;
    assert_eq!(scan(&server, 3, &["1"]).await, Scan { hits: vec![], complete: true });
    assert_eq!(server.transcript().len(), 1);
}

#[tokio::test]
async fn a_scan_ends_where_the_remote_has_no_end() {
    // It counts a million and shows the same page again and again.
    let stuck = Server::start(|_| list(1_000_000, &json!([{"id": "1"}, {"id": "2"}]))).await;
    assert_eq!(scan(&stuck, 1000, &["1"]).await, Scan { hits: vec![json!({"id": "1"})], complete: false });
    assert_eq!(stuck.transcript().len(), 2);

    // It counts a million and shows nothing.
    let empty = Server::start(|_| list(1_000_000, &json!([]))).await;
    assert_eq!(scan(&empty, 1000, &["1"]).await, Scan::default());
    assert_eq!(empty.transcript().len(), 1);

    // It counts nothing and always has more.
    let endless = Server::start(|seen| {
        let start = number(seen, "startIndex");
        json(200, &json!({"Resources": [{"id": start.to_string()}]}).to_string())
    })
    .await;
    assert_eq!(scan(&endless, 7, &["3"]).await, Scan { hits: vec![json!({"id": "3"})], complete: false });
    assert_eq!(endless.transcript().len(), 7);
}

#[tokio::test]
async fn a_scan_counts_overlapping_pages_once() {
    let server = Server::start(|seen| match number(seen, "startIndex") {
        1 => list(3, &json!([{"id": "1"}, {"id": "2"}])),
        _ => list(3, &json!([{"id": "2"}, {"id": "3"}])),
    })
    .await;
    let scan = scan(&server, 5, &["2", "3"]).await;
    assert_eq!(scan, Scan { hits: vec![json!({"id": "2"}), json!({"id": "3"})], complete: true });
}

/// How a remote reads `startIndex`: from which resource on it shows `count` of them.
type Reading = fn(start: usize, count: usize) -> usize;

/// A remote with the users `1..=total` that reads `startIndex` in its own way.
async fn misreading(total: usize, cap: usize, from: Reading) -> Server {
    Server::start(move |seen| {
        let count = cap.min(number(seen, "count"));
        let ids = (1..=total).skip(from(number(seen, "startIndex"), count)).take(count);
        let users: Vec<_> = ids.map(|id| json!({"id": id.to_string()})).collect();
        list(total as u64, &json!(users))
    })
    .await
}

#[tokio::test]
async fn a_scan_sees_everything_however_the_remote_counts() {
    let zero_based: Reading = |start, _| start;
    let page_numbers: Reading = |start, count| start.saturating_sub(1) * count;
    let pages_from_zero: Reading = |start, count| start * count;
    let ignored: Reading = |_, _| 0;
    for (name, from) in [
        ("zero-based", zero_based),
        ("page numbers", page_numbers),
        ("pages from zero", pages_from_zero),
        ("ignored", ignored),
    ] {
        for total in [0, 1, 2, 99, 100, 101, 199, 200, 201, 250, 950] {
            let server = misreading(total, 1_000, from).await;
            let seen = server.client().scan(ResourceKind::User, 100, |_| true).await.expect("a success");
            assert_eq!((seen.hits.len(), seen.complete), (total, true), "{name}, {total}");
            assert!(server.transcript().len() <= total / 100 + 5, "{name}: {:?}", server.transcript());
        }
    }
}

#[tokio::test]
async fn a_part_is_not_taken_for_all_of_it() {
    // It shows twenty at most, and always the same.
    let server = misreading(50, 20, |_, _| 0).await;
    let part = server.client().scan(ResourceKind::User, 100, |_| true).await.expect("a success");
    assert_eq!((part.hits.len(), part.complete), (20, false));
    assert_eq!(server.transcript().len(), 3);

    // The same ones in another order each time: together as many as there should be.
    let turn = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| {
        let users = match turn.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => json!([{"id": "1"}, {"id": "2"}]),
            _ => json!([{"id": "2"}, {"id": "1"}]),
        };
        list(4, &users)
    })
    .await;
    let part = server.client().scan(ResourceKind::User, 100, |_| true).await.expect("a success");
    assert_eq!((part.hits.len(), part.complete), (2, false));

    // It refuses to be asked in another way.
    let server = Server::start(|seen| match number(seen, "startIndex") {
        0 | 2 => answer(400, &[], ""),
        1 => list(3, &json!([{"id": "1"}, {"id": "2"}])),
        _ => list(3, &json!([])),
    })
    .await;
    let part = server.client().scan(ResourceKind::User, 100, |_| true).await.expect("a success");
    assert_eq!((part.hits.len(), part.complete), (2, false));
}

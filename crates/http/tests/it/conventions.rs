//! What holds for every operation: the documented errors, headers, lists and readings.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Api};

#[track_caller]
fn check(answer: &Answer, expected: &str) {
    let got = answer.line();
    assert!(got.starts_with(expected), "expected {expected}, got {got}");
}

#[tokio::test]
async fn whatever_cannot_be_found_is_404_and_nothing_redirects() {
    let api = Api::start().await;
    let admin = api.admin();
    let not_found = r#"404 {"detail":"Not found."}"#;
    for path in [
        "/nothing/",
        "/core/users",
        "/core/users/1",
        "/core/users/abc/",
        "/core/users/1.5/",
        "/core/users/99999999999/",
        "/core/groups/7/",
        "/core/groups/x/used_by/",
        "/core/users/1/nothing/",
        "/core//users/",
        "/core/users/%00/",
        "/core/users/?format=xml",
    ] {
        check(&admin.get(path).await, not_found);
    }
    check(&admin.post("/core/users", &json!({})).await, not_found);
    check(&admin.send_to(Method::GET, "/", None).await, not_found);
    check(&admin.send_to(Method::GET, "/api/v2/core/users/", None).await, not_found);

    check(&admin.get("/core/users/999/").await, r#"404 {"detail":"No User matches the given query."}"#);
    let nobody = "/core/groups/00000000-0000-4000-8000-000000000000/";
    check(&admin.get(nobody).await, r#"404 {"detail":"No Group matches the given query."}"#);
    check(&admin.get("/core/tokens/nothing/").await, r#"404 {"detail":"No Token matches the given query."}"#);
    // A missing object outweighs a broken body, and the body its type.
    for method in [Method::PUT, Method::PATCH] {
        let answer = admin.send(method.clone(), "/core/users/999/", Some("{".into())).await;
        check(&answer, r#"404 {"detail":"No User matches the given query."}"#);
        let answer = admin.send(method, nobody, Some("{".into())).await;
        check(&answer, r#"404 {"detail":"No Group matches the given query."}"#);
    }
}

#[tokio::test]
async fn the_slash_after_the_prefix_may_be_doubled() {
    let api = Api::start().await;
    let answer = api.admin().send_to(Method::GET, "/api/v3//core/users/?page_size=1", None).await;
    assert_eq!(answer.expect(200)["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_wrong_method_is_405_for_those_who_may_know() {
    let api = Api::start().await;
    let (_, ada) = api.ordinary("ada").await;
    let answer = api.admin().put("/core/users/", &json!({})).await;
    check(&answer, r#"405 {"detail":"Method \"PUT\" not allowed."}"#);
    assert_eq!(answer.header("allow"), Some("GET, POST, HEAD, OPTIONS"));
    check(
        &api.admin().post("/core/users/me/", &json!({})).await,
        r#"405 {"detail":"Method \"POST\" not allowed."}"#,
    );
    check(&ada.post("/core/users/me/", &json!({})).await, "405 ");
    check(&ada.put("/core/tokens/", &json!({})).await, "405 ");
    check(&ada.put("/core/users/", &json!({})).await, "403 ");
    check(&api.anonymous().put("/core/users/", &json!({})).await, "403 ");
    check(&api.anonymous().post("/schema/", &json!({})).await, "405 ");

    let options = api.admin().send(Method::OPTIONS, "/core/users/1/", None).await;
    assert_eq!(options.status, 200);
    assert_eq!(options.header("allow"), Some("GET, PUT, PATCH, DELETE, HEAD, OPTIONS"));
    let head = api.admin().send(Method::HEAD, "/core/users/", None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn only_json_goes_in_and_out() {
    let api = Api::start().await;
    let admin = api.admin();
    let not_acceptable = r#"406 {"detail":"Could not satisfy the request Accept header."}"#;
    check(&admin.with("accept", "text/html").get("/core/users/").await, not_acceptable);
    // `Accept` is judged before the caller.
    check(&api.anonymous().with("accept", "text/html").get("/core/users/").await, not_acceptable);
    assert_eq!(admin.with("accept", "text/html, */*;q=0.1").get("/core/users/").await.status, 200);

    let text = admin.with("content-type", "text/plain");
    check(
        &text.post("/core/users/", &json!({})).await,
        r#"415 {"detail":"Unsupported media type \"text/plain\" in request."}"#,
    );
    // But the caller is judged before the body.
    check(&api.anonymous().with("content-type", "text/plain").post("/core/users/", &json!({})).await, "403 ");
    let charset = admin.with("content-type", "application/json; charset=utf-8");
    check(&charset.post("/core/users/", &json!({})).await, r#"400 {"username":["This field is required."]"#);
}

#[tokio::test]
async fn a_body_that_is_no_object_is_explained() {
    let api = Api::start().await;
    let admin = api.admin();
    for (body, expected) in [
        ("{", r#"400 {"detail":"JSON parse error - "#),
        ("\u{feff}{}", r#"400 {"detail":"JSON parse error - "#),
        ("[]", r#"400 {"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#),
        ("\"x\"", r#"400 {"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}"#),
        ("1", r#"400 {"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}"#),
        ("null", r#"400 {"non_field_errors":["No data provided"]}"#),
        ("", r#"400 {"username":["This field is required."],"name":["This field is required."]}"#),
    ] {
        check(&admin.send(Method::POST, "/core/users/", Some(body.to_owned())).await, expected);
    }
    let nested = "[".repeat(100_000);
    check(&admin.send(Method::POST, "/core/users/", Some(nested)).await, "400 ");
    let huge = json!({"username": "x", "name": "x".repeat(3 << 20)});
    check(
        &admin.post("/core/users/", &huge).await,
        r#"413 {"detail":"Request body exceeds 2097152 bytes."}"#,
    );
    assert_eq!(admin.get("/core/users/me/").await.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_documented_headers() {
    let api = Api::start().await;
    for answer in [
        api.admin().get("/core/users/").await,
        api.admin().get("/core/users/999/").await,
        api.anonymous().get("/core/users/").await,
    ] {
        let id = answer.header("x-authentik-id").expect("a request has an id");
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert!(answer.header("allow").is_some_and(|allow| allow.starts_with("GET")));
        assert_eq!(answer.header("www-authenticate"), None);
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let api = Api::start().await;
    for n in 0..24 {
        api.user(&format!("user-{n:02}")).await;
    }
    let admin = api.admin();
    let page = async |query: &str| admin.get(&format!("/core/users/?{query}")).await;

    insta::assert_json_snapshot!(page("page=2&page_size=10").await.expect(200)["pagination"], @r#"
    {
      "next": 3,
      "previous": 1,
      "count": 25,
      "current": 2,
      "total_pages": 3,
      "start_index": 11,
      "end_index": 20
    }
    "#);
    assert_eq!(page("page=last&page_size=10").await.column("username").len(), 5);
    assert_eq!(page("page_size=0").await.column("username").len(), 25);
    let body = page("search=nobody").await.expect(200);
    insta::assert_json_snapshot!(body, @r#"
    {
      "pagination": {
        "next": 0,
        "previous": 0,
        "count": 0,
        "current": 1,
        "total_pages": 1,
        "start_index": 0,
        "end_index": 0
      },
      "autocomplete": {},
      "results": []
    }
    "#);
    for query in ["page=0", "page=4&page_size=10", "page=x", "page=-1", "page=99999999999"] {
        check(&page(query).await, r#"404 {"detail":"Invalid page."}"#);
    }

    let last_two = page("ordering=-username&page_size=2").await.column("username");
    assert_eq!(last_two, ["user-23", "user-22"]);
    // Unknown fields are dropped; where none is left, the list's own order applies.
    assert_eq!(page("ordering=nonsense,-pk&page_size=1").await.column("username"), ["user-23"]);
    assert_eq!(page("ordering=nonsense&page_size=1").await.column("username"), ["admin"]);
    assert_eq!(page("search=USER,%20r-12").await.column("username"), ["user-12"]);
    assert_eq!(page("nonsense=1&username=").await.column("username").len(), 25);
}

#[tokio::test]
async fn bad_input_is_never_our_fault() {
    let api = Api::start().await;
    let admin = api.admin();
    let nul = "Null characters are not allowed.";
    for list in ["users", "groups", "tokens", "applications"] {
        let told = admin.get(&format!("/core/{list}/?name=a%00b&search=%00&ordering=%00")).await.expect(400);
        assert_eq!(told, json!({"name": [nul], "search": [nul], "ordering": [nul]}), "{list}");
        admin.get(&format!("/core/{list}/?search=%25_%5C'%22%F0%9F%98%80;--&ordering='")).await.expect(200);
        admin.get(&format!("/core/{list}/?%00=1&%FF=%FF&&=&a")).await.expect(200);
    }
    let attributes = "/core/users/?attributes=%7B%22a%22%3A%22%5Cu0000%22%7D";
    assert_eq!(admin.get(attributes).await.expect(400), json!({"attributes": [nul]}));
    for path in
        ["tokens/a%00b", "tokens/%FF", "tokens/a%2Fb", "tokens/..%2F", "users/%F0%9F%98%80", "users/-1"]
    {
        assert_eq!(admin.get(&format!("/core/{path}/")).await.status, 404, "{path}");
    }
    for body in [
        r#"{"username": "a\u0000b", "name": "x"}"#,
        r#"{"username": "\ud800", "name": "x"}"#,
        r#"{"username": 1e999, "name": "x"}"#,
        r#"{"username": "a", "name": "x", "attributes": {"\u0000": 1}}"#,
        r#"{"username": "a", "name": "x", "groups": [1e300, -1, null]}"#,
        r#"{"username": "a", "name": "x", "last_login": "0000-00-00T00:00:00Z"}"#,
    ] {
        assert_eq!(admin.send(Method::POST, "/core/users/", Some(body.into())).await.status, 400, "{body}");
    }
    let body = json!({"name": "a\0", "slug": "a\0", "url": "a\0", "identifier": "a\0", "managed": "a\0"});
    for path in [
        "core/groups",
        "core/tokens",
        "core/applications",
        "providers/scim",
        "propertymappings/provider/scim",
    ] {
        let told = admin.post(&format!("/{path}/"), &body).await;
        assert_eq!(told.status, 400, "{path} {}", told.text);
    }
}

/// The forms in which a value may come are tested with the reader; here that every door uses it.
#[tokio::test]
async fn values_are_read_leniently() {
    let api = Api::start().await;
    let body = r#"{"username": "first", "username": " ada ", "name": 7, "is_active": "no", "pk": 99,
                   "attributes": {}, "nonsense": [], "groups": []}"#;
    let user = api.admin().send(Method::POST, "/core/users/", Some(body.into())).await.expect(201);
    assert_eq!(user["username"], "ada");
    assert_eq!(user["name"], "7");
    assert_eq!(user["is_active"], false);
    assert_ne!(user["pk"], 99);
}

//! The page that shows the API to people.

use reqwest::Method;

use crate::harness::{Answer, Api};

/// What the page names, each with the text between the quotes.
fn references(page: &str) -> Vec<&str> {
    let parts = page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1));
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

async fn get(api: &Api, path: &str) -> Answer {
    let stranger = api.anonymous().with("accept", "text/html,*/*;q=0.8");
    stranger.send_to(Method::GET, path, None).await
}

#[tokio::test]
async fn strangers_get_a_page_whose_every_part_comes_from_here() {
    let api = Api::start().await;
    let page = get(&api, "/api/v3/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let parts = references(&page.text);
    assert_eq!(parts.len(), 4);
    for part in parts {
        assert!(part.starts_with("/-/viewer/"), "{part}");
        let answer = get(&api, part).await;
        assert_eq!(answer.status, 200, "{part}");
        assert!(answer.text.len() > 100, "{part}");
        assert!(!answer.text.contains("@import"), "{part}");
    }
    let start = get(&api, "/-/viewer/start.js").await;
    let address = start.text.split('"').nth(1).expect("it names the document");
    assert_eq!(get(&api, address).await.json()["openapi"], "3.0.3");
}

#[tokio::test]
async fn the_page_keeps_to_itself() {
    let api = Api::start().await;
    let page = get(&api, "/api/v3/").await;
    let policy = page.header("content-security-policy").expect("there is one");
    for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!page.text.contains("<script>"), "a policy that trusts only files has no use for scripts inside");
    for answer in [page, get(&api, "/-/viewer/start.js").await] {
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
        assert!(answer.header("x-authentik-id").is_some());
    }
    let doubled = get(&api, "/api/v3//").await;
    assert_eq!(doubled.status, 200);
    for path in
        ["/api/v3", "/-/viewer/", "/-/viewer/index.html", "/-/viewer/swagger-ui.js", "/-/viewer/..%2Fx"]
    {
        assert_eq!(get(&api, path).await.status, 404, "{path}");
    }
    let post = api.anonymous().send_to(Method::POST, "/api/v3/", None).await;
    assert_eq!(post.line(), r#"405 {"detail":"Method \"POST\" not allowed."}"#);
    let head = api.anonymous().send_to(Method::HEAD, "/api/v3/", None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

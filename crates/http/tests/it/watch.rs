//! Health and metrics.

use reqwest::Method;

use crate::harness::Api;

#[tokio::test]
async fn health_is_told_to_anybody() {
    let api = Api::start().await;
    for path in ["/-/health/live/", "/-/health/live", "/-/health/ready/", "/-/health/ready"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = api.anonymous().send_to(method, path, None).await;
            assert_eq!(answer.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn a_server_without_its_database_is_alive_but_not_ready() {
    let api = Api::start().await;
    api.store.close().await;
    let ready = api.anonymous().send_to(Method::GET, "/-/health/ready/", None).await;
    assert_eq!(ready.line(), "503 not ready");
    let live = api.anonymous().send_to(Method::GET, "/-/health/live/", None).await;
    assert_eq!(live.line(), "200 live");

    let answer = api.admin().get("/core/users/").await;
    assert_eq!(answer.line(), r#"503 {"detail":"The service cannot answer at the moment."}"#);
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn a_server_that_is_about_to_stop_sends_everybody_away() {
    let api = Api::start().await;
    let admin = api.admin();
    api.leaving.cancel();
    let answer = admin.get("/core/users/").await;
    assert_eq!(answer.line(), r#"503 {"detail":"The service cannot answer at the moment."}"#);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(answer.header("retry-after"), Some("5"));

    let of_source = admin.send_to(Method::GET, "/source/scim/entra/v2/Users", None).await;
    assert_eq!(of_source.status, 503);
    assert_eq!(of_source.header("content-type"), Some("application/scim+json"));
    let ready = api.anonymous().send_to(Method::GET, "/-/health/ready/", None).await;
    assert_eq!(ready.line(), "503 stopping");
    let live = api.anonymous().send_to(Method::GET, "/-/health/live/", None).await;
    assert_eq!(live.line(), "200 live");
}

#[tokio::test]
async fn metrics_are_shown_only_where_they_are_recorded() {
    let api = Api::start().await;
    assert_eq!(api.anonymous().send_to(Method::GET, "/-/metrics/", None).await.status, 404);
}

//! `/root/config/` and `/admin/version/`.

use crate::harness::Api;

#[tokio::test]
async fn strangers_learn_what_they_need_before_they_log_in() {
    let api = Api::start().await;
    let config = api.anonymous().get("/root/config/").await;
    insta::assert_json_snapshot!(config.expect(200), @r#"
    {
      "error_reporting": {
        "enabled": false,
        "sentry_dsn": "",
        "environment": "",
        "send_pii": false,
        "traces_sample_rate": 0.0
      },
      "capabilities": [],
      "cache_timeout": 0,
      "cache_timeout_flows": 0,
      "cache_timeout_policies": 0,
      "cache_timeout_reputation": 0
    }
    "#);
    // A bad key does no harm where none is needed.
    assert_eq!(api.with_key("unknown").get("/root/config/").await.status, 200);
    let html = api.anonymous().with("accept", "text/html").get("/root/config/").await;
    assert_eq!(html.line(), r#"406 {"detail":"Could not satisfy the request Accept header."}"#);
}

#[tokio::test]
async fn every_user_learns_the_version() {
    let api = Api::start().await;
    let (_, ada) = api.ordinary("ada").await;
    let version = ada.get("/admin/version/").await.expect(200);
    assert_eq!(version["version_current"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&version["outdated"], &version["outpost_outdated"]), (&false.into(), &false.into()));
    assert_eq!((&version["build_hash"], &version["version_latest_valid"]), (&"".into(), &false.into()));
    assert_eq!(version["version_latest"], version["version_current"]);
}

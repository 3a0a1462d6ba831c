//! What an identity provider pushes, as the log tells it.

use anyhow::{Result, ensure};
use scimitar_testkit::program::{Method, text};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn requirement_5_what_is_pushed_leaves_no_secret_and_no_query_in_the_log() -> Result<()> {
    let site = Site::new()?;
    let mut program = site.start()?;
    let idp = program.api()?.source("idp").await?;
    let user = json!({ "userName": "canary-name", "password": "canary-password" });
    let id = text(&idp.create("/Users", &user).await?, "id")?;
    let secret = json!({ "Operations": [{ "op": "replace", "path": "password", "value": "canary-other" }] });
    idp.change(&format!("/Users/{id}"), &secret).await?;
    let wrong = json!({ "userName": "", "password": "canary-wrong" });
    for (method, path, body, status) in [
        (Method::POST, "/Users", Some(&user), 409),
        (Method::POST, "/Users", Some(&wrong), 400),
        (Method::GET, "/Users?filter=userName%20eq%20%22canary-name%22&access_token=canary-key", None, 200),
        (Method::GET, "/Users?filter=password%20eq%20%22canary-password%22", None, 400),
        (Method::GET, "/Users/canary-id", None, 404),
    ] {
        let reply = idp.call(method, path, body).await?;
        ensure!(reply.status == status, "{path} answered {}: {}", reply.status, reply.body);
    }
    ensure!(program.terminate()?.success(), "it does not end well");
    let log = program.heard();
    assert!(log.matches("answered").count() >= 7, "{log}");
    for secret in ["canary", idp.token(), "userName%20eq"] {
        assert!(!log.contains(secret), "{log}");
    }
    Ok(())
}

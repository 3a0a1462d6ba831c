//! `scimitar explain`: why somebody is there, or is not.

use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use anyhow::Result;
use scimitar_testkit::program::eventually;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn an_object_is_explained_beside_a_running_service() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;
    let provider = api.provider("my app", remote.url(), "secret").await?;
    api.attach("my-app", provider).await?;
    api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
    let said = site.run(&["sync", "my app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);

    // The service may have had the object in hand when the full sync came to it; then it looks at it once more.
    let out = eventually(Duration::from_secs(30), "nothing to be due", async || {
        let said = site.run(&["explain", "my app", "--user", "ada"])?;
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        Ok(if said.out.contains("its turn is due at") { Continue(said.out) } else { Break(said.out) })
    })
    .await?;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.first(), Some(&"user `ada` is in scope: all users are sent"));
    assert!(lines.iter().any(|line| line.starts_with("the remote knows it as `")), "{out}");
    assert_eq!(lines.last(), Some(&"a sync would send nothing of it"));
    let said = site.run(&["explain", "my app", "--group", "nobody"])?;
    assert_eq!(
        (said.code, said.err.lines().next()),
        (1, Some("error: there is no group `nobody`")),
        "{}",
        said.err
    );
    Ok(())
}

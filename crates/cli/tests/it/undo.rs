//! `scimitar undo`: what was taken away by mistake.

use std::time::{Duration, Instant};

use anyhow::Result;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn what_the_last_sync_took_away_comes_back() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;
    let ada = api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
    let staff = api.create("/core/groups/", &json!({"name": "staff", "users": [ada["pk"]]})).await?;
    let provider = api.provider("app", remote.url(), "secret").await?;
    let path = format!("/providers/scim/{provider}/");
    api.change(&path, &json!({"filter_group": staff["pk"]})).await?;
    api.attach("app", provider).await?;
    assert_eq!(site.run(&["sync", "app"])?.code, 0);
    assert_eq!(remote.users().len(), 1);
    let said = site.run(&["undo", "app", "--dry-run"])?;
    assert_eq!((said.code, said.out.as_str()), (0, "provider `app`: nothing to bring back\n"));

    api.change(&format!("/core/groups/{}/", staff["pk"].as_str().unwrap_or_default()), &json!({"users": []}))
        .await?;
    let approve = format!("/providers/scim/{provider}/sync/approve/");
    let patience = Instant::now() + Duration::from_mins(1);
    while !remote.users().is_empty() && Instant::now() < patience {
        // The guard holds a scope that nobody is left in.
        api.post(&approve, &json!({})).await?;
    }
    assert_eq!(remote.users().len(), 0);

    let said = site.run(&["undo", "app", "--dry-run"])?;
    assert!(
        said.out.starts_with("would bring back user ada\nprovider `app`: 1 taken away since "),
        "{}",
        said.out
    );
    let said = site.run(&["undo", "app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let told = "provider `app`: 1 brought back, 0 failed, 0 cannot be brought back\n";
    assert_eq!(said.out, told);
    assert!(said.err.contains("the provider is held: (command line) has undone"), "{}", said.err);
    assert_eq!(remote.users().len(), 1);
    Ok(())
}

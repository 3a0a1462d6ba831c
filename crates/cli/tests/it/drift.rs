//! `scimitar drift`: what somebody has changed at the remote.

use anyhow::Result;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn a_remote_is_compared_and_repaired_beside_a_running_service() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;
    let provider = api.provider("my app", remote.url(), "secret").await?;
    api.attach("my-app", provider).await?;
    api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
    let said = site.run(&["sync", "my app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let said = site.run(&["drift", "my app"])?;
    let in_step = "provider `my app`: 3 compared, 0 differ, 0 missing, 0 stand for nothing here\n";
    assert_eq!((said.code, said.out.as_str()), (0, in_step), "{}", said.err);

    remote.edit(|remote| {
        let users = remote.users();
        let ada = users.iter().find(|user| user.user_name() == Some("ada"));
        if let Some(ada) = ada {
            remote.set(&ada.id, "displayName", json!("Countess"));
        }
    });
    let said = site.run(&["drift", "my app", "--repair"])?;
    let mut lines = said.out.lines();
    let ada = lines.next().unwrap_or_default();
    assert!(ada.ends_with(r#"displayName: sent "Ada", found "Countess""#), "{}", said.out);
    assert_eq!(
        (said.code, lines.next()),
        (4, Some("provider `my app`: 3 compared, 1 differ, 0 missing, 0 stand for nothing here"))
    );
    let said = site.run(&["sync", "my app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let said = site.run(&["drift", "my app"])?;
    assert_eq!((said.code, said.out.as_str()), (0, in_step), "{}", said.err);
    Ok(())
}

//! `scimitar sync`: beside a service, alone, and when the remote does not play along.

use std::time::Duration;

use anyhow::Result;
use scimitar_testkit::program::{Mirror, Running, differences, web};
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn it_works_beside_a_service_and_alone() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let mut program = site.start()?;
    let api = program.api()?;
    let provider = api.provider("my app", remote.url(), "secret").await?;
    api.attach("my-app", provider).await?;
    for name in ["ada", "eve"] {
        api.create("/core/users/", &json!({"username": name, "name": name})).await?;
    }
    let said = site.run(&["sync", "my app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    // Where it works beside the service, a line for each object comes first.
    let sum = said.out.lines().last().unwrap_or_default();
    assert!(sum.starts_with("provider `my app`: 4 in scope, "), "{}", said.out);
    let mirror = Mirror::of_fake(&web()?, remote.url()).await?;
    assert_eq!(differences(&api.directory().await?, &mirror), [""; 0]);

    program.terminate()?;
    let said = site.run(&["sync", &provider.to_string()])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let unchanged = "provider `my app`: 4 in scope, 0 created, 0 adopted, 0 updated, 0 deleted, 0 skipped, 0 failed, \
                     0 member changes";
    assert!(said.out.starts_with(unchanged), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn it_takes_over_when_the_service_ends() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour { latency_ms: 300, ..Behaviour::default() });
    let site = Site::new()?;
    let mut program = site.start()?;
    let api = program.api()?;
    for at in 0..200 {
        api.create("/core/users/", &json!({"username": format!("u{at}"), "name": "U"})).await?;
    }
    api.connect("app", remote.url(), "secret").await?;
    let mut sync = Running::spawn(site.launch.command(&["sync", "app"]))?;
    sync.hear("app: ", Duration::from_mins(1))?;
    program.terminate()?;
    let status = sync.wait()?;
    assert!(status.success(), "{status}\n{}", sync.heard());
    assert_eq!((remote.users().len(), remote.duplicates().len()), (201, 0));
    // What it has done itself has a line each.
    assert!(sync.heard().contains("created group authentik Admins"), "{}", sync.heard());
    Ok(())
}

#[tokio::test]
async fn an_object_that_fails_is_told_with_its_reason() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;
    let broken = json!({"name": "broken", "expression": "if user.username == 'eve':\n    return nothing\nreturn {'userName': user.username}"});
    let mapping = api.create("/propertymappings/provider/scim/", &broken).await?;
    api.create("/core/users/", &json!({"username": "eve", "name": "Eve"})).await?;
    let provider = api.provider("app", remote.url(), "secret").await?;
    let path = format!("/providers/scim/{provider}/");
    api.change(&path, &json!({"property_mappings": [mapping["pk"]]})).await?;
    api.attach("app", provider).await?;

    let said = site.run(&["sync", "app"])?;
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    let line = said.out.lines().find(|line| line.starts_with("  user `eve`: mapping: ")).unwrap_or_default();
    assert!(line.contains("nothing") && line.contains("not tried again"), "{}{}", said.out, said.err);
    Ok(())
}

#[tokio::test]
async fn a_remote_that_refuses_is_told_with_the_next_attempt() -> Result<()> {
    let remote =
        FakeRemote::start_on_thread(Behaviour { token: Some("right".to_owned()), ..Behaviour::default() });
    let site = Site::new()?;
    let program = site.start()?;
    program.api()?.connect("app", remote.url(), "wrong").await?;
    let said = site.run(&["sync", "app"])?;
    said.check_rest("unauthorized");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_cannot_be_synced_is_told_why() -> Result<()> {
    let site = Site::new()?;
    let program = site.start()?;
    program.api()?.provider("payroll", "http://127.0.0.1:9/scim/v2", "secret").await?;
    site.run(&["sync", "payrol"])?.check_failure("there is no provider `payrol`", "did you mean `payroll`?");
    site.run(&["sync", "payroll"])?
        .check_failure("`payroll` belongs to no application", "backchannel_providers");
    Ok(())
}

impl super::site::Said {
    /// The last two lines say that the provider rests, why, and until when.
    #[track_caller]
    fn check_rest(&self, class: &str) {
        let error = self.err.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        assert!(error.contains(&format!("waits ({class}): ")), "{}", self.err);
        assert!(error.contains("next attempt at 20"), "{}", self.err);
        assert!(self.err.contains("hint: once the cause is gone, saving the provider"), "{}", self.err);
    }
}

#[tokio::test]
async fn a_provider_is_drained_before_it_is_deleted() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let mut program = site.start()?;
    let api = program.api()?;
    api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;
    api.connect("app", remote.url(), "secret").await?;
    program.terminate()?;
    assert_eq!(site.run(&["sync", "app"])?.code, 0);
    assert_ne!(remote.users().len(), 0);

    let said = site.run(&["sync", "app", "--drain"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!((remote.users().len(), remote.groups().len()), (0, 0));
    let said = site.run(&["sync", "app"])?;
    assert!(said.err.contains("drained: everything that it managed is deprovisioned"), "{}", said.err);
    Ok(())
}

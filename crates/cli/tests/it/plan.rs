//! `scimitar plan`: looking first, beside a service and alone.

use anyhow::Result;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::site::Site;

#[tokio::test]
async fn a_plan_is_shown_and_exactly_that_is_done() -> Result<()> {
    let remote = FakeRemote::start_on_thread(Behaviour::default());
    let site = Site::new()?;
    let mut program = site.start()?;
    let api = program.api()?;
    let provider = api.provider("app", remote.url(), "canary-secret").await?;
    api.change(&format!("/providers/scim/{provider}/"), &json!({"dry_run": true})).await?;
    api.attach("app", provider).await?;
    api.create("/core/users/", &json!({"username": "ada", "name": "Ada"})).await?;

    let said = site.run(&["plan", "app"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for line in ["create user ada", "  userName: \"ada\"", "create group authentik Admins"] {
        assert!(said.out.lines().any(|it| it == line), "{line}: {}", said.out);
    }
    assert!(said.out.contains("3 in scope: 3 to create, 0 to adopt, 0 to update"), "{}", said.out);
    assert!(!said.out.contains("canary"), "{}", said.out);
    assert_eq!(remote.users().len(), 0);
    let id = said.out.trim_end().rsplit(' ').next().unwrap_or_default().to_owned();

    site.run(&["plan", "app", "--apply", &id])?
        .check_failure("the provider only rehearses", "--override-dry-run");
    let said = site.run(&["plan", "app", "--apply", &id, "--override-dry-run"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains(&format!("plan {id}: 3 created")), "{}", said.out);
    assert_eq!(remote.users().len(), 2);

    let listed = site.run(&["plan", "app", "--list"])?;
    let line = listed.out.lines().next().unwrap_or_default().to_owned();
    assert!(line.starts_with(&format!("{id} ")), "{}", listed.out);
    assert!(line.contains(", applied by (command line), until "), "{line}");
    assert!(line.ends_with("; 3 created"), "{line}");
    assert_eq!((listed.code, listed.out.lines().count()), (0, 1), "{}", listed.out);
    assert_eq!(site.run(&["plan", "app", "--list", "--apply", &id])?.code, 2);

    api.create("/core/users/", &json!({"username": "eve", "name": "Eve"})).await?;
    program.terminate()?;
    let said = site.run(&["plan", "app"])?;
    assert!(said.out.contains("create user eve") && !said.out.contains("ada"), "{}", said.out);
    let id = said.out.trim_end().rsplit(' ').next().unwrap_or_default().to_owned();
    let said = site.run(&["plan", "app", "--apply", &id, "--override-dry-run"])?;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(remote.users().len(), 3);
    Ok(())
}

//! The commands that end by themselves.

use anyhow::{Context, Result};
use scimitar_testkit::program::{Api, Running};
use serde_json::Value;
use std::time::Duration;

use super::site::Site;

#[tokio::test]
async fn migrate_names_what_it_applied_and_does_it_once() -> Result<()> {
    let site = Site::new()?;
    let first = site.run(&["migrate"])?;
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(
        first.out.lines().count() > 1 && first.out.lines().all(|line| line.starts_with("applied 2")),
        "{}",
        first.out
    );
    assert_eq!(site.run(&["migrate"])?.out, "the schema is up to date\n");
    Ok(())
}

#[tokio::test]
async fn a_token_is_made_beside_a_running_service_and_its_key_printed_alone() -> Result<()> {
    let site = Site::new()?;
    let program = site.start()?;
    let said =
        site.run(&["token", "create", "--user", "akadmin", "--identifier", "robot", "--expires", "days=30"])?;
    assert_eq!(said.code, 0, "{}", said.err);
    let api = Api::new(program.address(), said.out.trim())?;
    assert_eq!(api.read("/core/users/me/").await?["user"]["username"], "akadmin");
    let token = api.read("/core/tokens/robot/").await?;
    assert_eq!((&token["intent"], &token["expiring"]), (&"api".into(), &true.into()));

    let again = site.run(&["token", "create", "--user", "akadmin", "--identifier", "robot"])?;
    assert_eq!((again.code, again.err.as_str()), (1, "error: there is a token `robot` already\n"));
    site.run(&["token", "create", "--user", "nobody"])?.check_failure("there is no user `nobody`", "akadmin");
    let wrong = site.run(&["token", "create", "--user", "akadmin", "--expires", "soon"])?;
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    Ok(())
}

#[tokio::test]
async fn a_command_needs_an_installation_that_was_started() -> Result<()> {
    let site = Site::sqlite()?;
    let create = ["token", "create", "--user", "akadmin"];
    site.run(&create)?.check_failure("there is no database `scimitar.db`", "scimitar serve");
    site.run(&["migrate"])?;
    site.run(&create)?.check_failure("cannot read the master key's file `scimitar.key`", "put it back");
    let site = site.env("SCIMITAR_SECRETS__KEY", &"0".repeat(64));
    site.run(&create)?.check_failure("this installation was never started", "scimitar serve");
    Ok(())
}

#[tokio::test]
async fn openapi_needs_neither_database_nor_configuration() -> Result<()> {
    let site = Site::sqlite()?.env("SCIMITAR_NONSENSE", "1");
    let said = site.run(&["openapi"])?;
    let document: Value = serde_json::from_str(&said.out).context("not JSON")?;
    assert_eq!((said.code, &document["openapi"]), (0, &"3.0.3".into()));
    assert!(document["paths"]["/providers/scim/"]["post"].is_object());
    Ok(())
}

#[tokio::test]
async fn a_worker_works_until_it_is_told_to_end() -> Result<()> {
    let site = Site::new()?;
    let mut worker = Running::spawn(site.launch.command(&["worker"]))?;
    worker.hear("working as ", Duration::from_mins(1))?;
    assert!(worker.terminate()?.success());
    Ok(())
}

#[tokio::test]
async fn what_the_guard_of_a_source_holds_is_released_beside_a_running_service() -> Result<()> {
    let site = Site::new()?;
    let program = site.start()?;
    let said = site.run(&["token", "create", "--user", "akadmin"])?;
    let api = Api::new(program.address(), said.out.trim())?;
    api.create("/sources/scim/", &serde_json::json!({"name": "Entra", "slug": "entra"})).await?;
    let said = site.run(&["source", "release", "entra"])?;
    assert_eq!((said.code, said.out.lines().count()), (0, 1), "{}", said.err);
    site.run(&["source", "release", "nobody"])?
        .check_failure("there is no source `nobody`", "exactly as they are");
    Ok(())
}

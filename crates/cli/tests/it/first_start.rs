//! What a new installation begins with, and what later starts keep.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use scimitar_testkit::program::{Api, Program, TOKEN};
use serde_json::Value;

use super::site::Site;

/// The key that the first start has printed.
fn printed_key(program: &Program) -> Option<String> {
    let heard = program.heard();
    let mut keys = heard.lines().map(str::trim).filter(|line| line.len() == 64);
    keys.find(|line| line.bytes().all(|byte| byte.is_ascii_hexdigit())).map(str::to_owned)
}

async fn me(program: &Program, key: &str) -> Result<(u16, Value)> {
    Api::new(program.address(), key)?.get("/core/users/me/").await
}

#[tokio::test]
async fn the_first_start_prints_a_key_and_the_second_does_not() -> Result<()> {
    let site = Site::new()?.env("SCIMITAR_BOOTSTRAP_TOKEN", "");
    let mut program = site.start()?;
    let key = printed_key(&program).context("no key was printed")?;
    let call =
        format!("curl -H 'Authorization: Bearer {key}' http://{}/api/v3/core/users/me/", program.address());
    assert!(program.heard().contains(&call), "{}", program.heard());
    let (status, body) = me(&program, &key).await?;
    assert_eq!(
        (status, &body["user"]["username"], &body["user"]["is_superuser"]),
        (200, &"akadmin".into(), &true.into())
    );

    program.terminate()?;
    program.restart()?;
    assert_eq!(printed_key(&program), None, "{}", program.heard());
    assert_eq!(me(&program, &key).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_given_key_is_taken_and_another_one_later_takes_its_place() -> Result<()> {
    let site = Site::new()?;
    let mut program = site.start()?;
    assert_eq!(me(&program, TOKEN).await?.0, 200);
    assert!(!program.heard().contains(TOKEN), "{}", program.heard());

    program.terminate()?;
    program.restart_as(site.launch.clone().env("SCIMITAR_BOOTSTRAP_TOKEN", "a-later-key"))?;
    assert_eq!(me(&program, TOKEN).await?.0, 403);
    assert_eq!(me(&program, "a-later-key").await?.0, 200);
    assert!(program.heard().contains("`bootstrap_token` has changed"), "{}", program.heard());
    Ok(())
}

#[tokio::test]
async fn a_key_that_was_deleted_does_not_come_back() -> Result<()> {
    let site = Site::new()?;
    let mut program = site.start()?;
    program.api()?.remove("/core/tokens/scimitar-bootstrap-token/").await?;
    program.terminate()?;
    program.restart()?;
    assert_eq!(me(&program, TOKEN).await?.0, 403);
    assert!(program.heard().contains("scimitar token create --user akadmin"), "{}", program.heard());
    Ok(())
}

#[tokio::test]
async fn an_installation_begins_with_an_administrator_a_group_and_two_mappings() -> Result<()> {
    let site = Site::new()?;
    let program = site.start()?;
    let api = program.api()?;
    let directory = api.directory().await?;
    let people: Vec<(&str, &str)> =
        directory.users.values().map(|user| (user.username.as_str(), user.name.as_str())).collect();
    assert_eq!(people, [("akadmin", "authentik Default Admin")]);
    let groups: Vec<(&str, usize)> =
        directory.groups.values().map(|group| (group.name.as_str(), group.members.len())).collect();
    assert_eq!(groups, [("authentik Admins", 1)]);
    let mappings = api.all("/propertymappings/provider/scim/?ordering=name").await?;
    let names: Vec<&str> = mappings.iter().filter_map(|mapping| mapping["name"].as_str()).collect();
    assert_eq!(names, ["authentik default SCIM Mapping: Group", "authentik default SCIM Mapping: User"]);
    Ok(())
}

#[tokio::test]
async fn of_programs_that_start_together_one_makes_the_administrator() -> Result<()> {
    let site = Site::new()?;
    let launches: Vec<_> = (0..3).map(|_| site.launch.clone()).collect();
    let starts: Vec<_> =
        launches.into_iter().map(|launch| std::thread::spawn(move || launch.start())).collect();
    let mut programs = Vec::new();
    for start in starts {
        programs.extend(start.join().map_err(|_panic| anyhow::anyhow!("a start panicked"))?);
    }
    // A SQLite file is served by one; on PostgreSQL they are replicas.
    assert_eq!(programs.len(), if site.is_postgres { 3 } else { 1 });
    for program in &programs {
        assert_eq!(program.api()?.directory().await?.users.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_master_key_is_private_and_the_database_knows_another_one() -> Result<()> {
    let site = Site::new()?;
    site.start()?.terminate()?;
    let path = site.launch.folder().join("scimitar.key");
    assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);

    let key = fs::read_to_string(&path)?;
    fs::write(&path, "0".repeat(64))?;
    site.run(&["serve"])?.check_failure("was sealed with another master key", "SCIMITAR_SECRETS__KEY_FILE");
    fs::write(&path, "what?")?;
    site.run(&["serve"])?
        .check_failure("does not hold a key of 64 hexadecimal digits", "openssl rand -hex 32");
    fs::remove_file(&path)?;
    site.run(&["serve"])?.check_failure("cannot read the master key's file `scimitar.key`", "put it back");
    assert!(!path.exists(), "a new key was made although the old one is needed");

    fs::write(&path, &key)?;
    site.start()?;
    Ok(())
}

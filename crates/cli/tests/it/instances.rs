//! Several programs at once, and places that cannot be used.

use std::fs;

use anyhow::Result;
use scimitar_testkit::program::free_port;

use super::site::Site;

#[tokio::test]
async fn a_second_program_on_the_same_file_is_refused() -> Result<()> {
    let site = Site::sqlite()?;
    let mut program = site.start()?;
    let line = format!("process {} already works on `scimitar.db`", program.pid());
    for command in ["serve", "worker", "migrate"] {
        site.run(&[command])?.check_failure(&line, "SCIMITAR_DATABASE__URL");
    }
    program.kill9()?;
    program.restart()?;
    assert_eq!(program.api()?.get("/core/users/me/").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_told_before_anything_is_made() -> Result<()> {
    let (first, second) = (Site::sqlite()?, Site::sqlite()?);
    let program = first.start()?;
    let address = program.address().to_string();
    let second = second.env("SCIMITAR_HTTP__LISTEN", &address).env("SCIMITAR_BOOTSTRAP_TOKEN", "");
    let said = second.run(&["serve"])?;
    said.check_failure(&format!("cannot listen on `{address}`: "), "SCIMITAR_HTTP__LISTEN");
    assert_eq!(said.out, "", "a key was spent");
    assert!(!second.launch.sqlite_file().exists());
    Ok(())
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_told_in_one_line() -> Result<()> {
    let site = Site::sqlite()?.env("SCIMITAR_DATABASE__URL", "sqlite://gone/scimitar.db");
    site.run(&["serve"])?
        .check_failure("cannot write `gone/scimitar.db.lock`: ", "must exist and be writable");

    let site = Site::sqlite()?.env("SCIMITAR_DATABASE__URL", "sqlite://notes/scimitar.db");
    fs::write(site.launch.folder().join("notes"), "a file")?;
    site.run(&["serve"])?
        .check_failure("cannot write `notes/scimitar.db.lock`: ", "must exist and be writable");

    let port = free_port()?;
    let url = format!("postgres://ada:canary-91c2@127.0.0.1:{port}/scimitar");
    let site = Site::sqlite()?.env("SCIMITAR_DATABASE__URL", &url);
    let said = site.run(&["serve"])?;
    said.check_failure(&format!("PostgreSQL at `127.0.0.1:{port}` cannot be used: "), "see that it runs");
    assert!(!said.err.contains("canary-91c2"), "{}", said.err);
    Ok(())
}

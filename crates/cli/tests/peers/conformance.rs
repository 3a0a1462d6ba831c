//! The service of a source, looked at by a tester of SCIM services.

use anyhow::{Result, ensure};

use scimitar_testkit::database::Database;
use scimitar_testkit::program::Launch;

use crate::programs::{self, SCIM2_CLI};

/// What the tester looks at in users with their enterprise extension, in groups, and in what the service says of itself.
const N_CHECKS: usize = 138;

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_tester_finds_nothing_against_the_service_of_a_source() -> Result<()> {
    let Some(tester) = programs::find(SCIM2_CLI) else { return Ok(()) };
    let database = Database::unmigrated();
    let service = Launch::serve(env!("CARGO_BIN_EXE_scimitar"))?.database(&database.settings.url).start()?;
    let source = service.api()?.source("idp").await?;
    let mut scim = programs::client(&tester, &service);
    scim.env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", source.token()));
    let said = programs::run(scim.args(["--url", &source.url(), "test"]))?;
    let n_passed = said.lines().filter(|line| line.starts_with("SUCCESS ")).count();
    ensure!(n_passed >= N_CHECKS, "only {n_passed} checks:\n{said}");
    Ok(())
}

//! `scimitar migrate`: for those who migrate before they start the new version everywhere.

use crate::config::Config;
use crate::database;
use crate::instance::Claim;
use crate::report;

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    // A SQLite file is not migrated under the feet of the process that serves it.
    let _claim = Claim::insist(&config.database)?;
    let applied = database::migrate(&config.database)?;
    for name in &applied {
        report::line(format!("applied {name}"));
    }
    if applied.is_empty() {
        report::line("the schema is up to date");
    }
    Ok(())
}

//! `cargo xtask test`: the whole suite, on one database.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::report;
use crate::workspace::Workspace;

/// Where the tests find a PostgreSQL server on which they may create databases.
pub(crate) const DATABASE_URL: &str = "SCIMITAR_TEST_DATABASE_URL";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A server on which the tests may create databases. Without it they use SQLite.
    #[arg(long, env = DATABASE_URL, value_name = "URL")]
    postgres_url: Option<String>,
    /// Arguments for `cargo test`, such as a name to look for.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let database = match &args.postgres_url {
        None => Database::Sqlite,
        Some(url) => Database::Postgres(url),
    };
    report::line(format!("tests on {}", database.name()));
    process::run(cargo_test(workspace, database).args(&args.rest))
}

/// The database that a run of the suite uses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Database<'a> {
    Sqlite,
    Postgres(&'a str),
}

impl Database<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// `cargo test` of all members: any smaller selection has other features and compiles the world again.
pub(crate) fn cargo_test(workspace: &Workspace, database: Database<'_>) -> Command {
    let mut command = process::cargo(&workspace.root);
    command.args(["test", "--workspace"]);
    match database {
        Database::Sqlite => command.env_remove(DATABASE_URL),
        Database::Postgres(url) => command.env(DATABASE_URL, url),
    };
    command
}

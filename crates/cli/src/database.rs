//! Opening the database, and saying what to do when that fails.

use anyhow::Context;
use url::Url;

use scimitar_store::{Store, StoreError, StoreSettings, migrate};

use crate::config::Database;
use crate::report::Problem;

/// Bring the schema up to date. Returns the names of what was applied.
pub(crate) fn migrate(database: &Database) -> anyhow::Result<Vec<String>> {
    let applied = migrate::run(&settings(database)).map_err(|error| explain(error, database))?;
    for name in &applied {
        tracing::info!(name, "applied migration {name}");
    }
    Ok(applied)
}

/// Open it as it is.
pub(crate) fn open(database: &Database) -> anyhow::Result<Store> {
    Store::open(&settings(database)).map_err(|error| explain(error, database))
}

/// Open it if its schema is this program's, without changing it.
pub(crate) async fn open_ready(database: &Database) -> anyhow::Result<Store> {
    if let Some(file) = database.sqlite_file().filter(|file| !file.exists()) {
        let what = format!("there is no database `{}`", file.display());
        let hint = "start `scimitar serve` once, or say where it is (`SCIMITAR_DATABASE__URL`)";
        return Err(Problem::new(what, hint).into());
    }
    let store = open(database)?;
    store.is_ready().await.map_err(|error| explain(error, database))?;
    Ok(store)
}

/// An error of the store in the words of whoever runs the program.
pub(crate) fn explain(error: StoreError, database: &Database) -> anyhow::Error {
    let place = place(database);
    let problem = match &error {
        StoreError::Unavailable { .. } | StoreError::Overloaded | StoreError::Closed => {
            let hint = match database.sqlite_file() {
                Some(_) => "the directory must exist and be writable for this user, with room on the disk",
                None => {
                    "see that it runs, that it can be reached from here, and that user and password are right"
                }
            };
            Problem::new(format!("{place} cannot be used"), hint)
        }
        StoreError::Older(_) => Problem::new(
            format!("{place} has the schema of an older version"),
            "run `scimitar migrate`, or start `scimitar serve`",
        ),
        StoreError::Newer(_) => {
            Problem::new(format!("{place} cannot be used by this version"), "start the newer version")
        }
        StoreError::Migration(_) => Problem::new(
            format!("{place} could not be migrated"),
            "nothing was changed; the reason stands above",
        ),
        StoreError::Sealed(_) => Problem::new(
            format!("{place} was sealed with another master key"),
            "give the key that it was made with (`SCIMITAR_SECRETS__KEY_FILE`)",
        ),
        StoreError::Taken(_)
        | StoreError::Missing { .. }
        | StoreError::NotFound(_)
        | StoreError::Circle
        | StoreError::InvalidPage
        | StoreError::Panicked
        | StoreError::Inconsistent { .. }
        | StoreError::NotHashed
        | StoreError::UnknownAddress
        | StoreError::Internal(_) => return anyhow::Error::new(error).context(format!("{place} answered")),
    };
    anyhow::Error::new(error).context(problem)
}

/// Which database, without its password.
pub(crate) fn place(database: &Database) -> String {
    if let Some(file) = database.sqlite_file() {
        return format!("the database `{}`", file.display());
    }
    let url = Url::parse(database.url.expose()).context("no address");
    let host = url.ok().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port().unwrap_or(5432))));
    host.map_or_else(|| "PostgreSQL".to_owned(), |host| format!("PostgreSQL at `{host}`"))
}

fn settings(database: &Database) -> StoreSettings {
    StoreSettings::new(database.url.expose().clone(), database.pool)
}

#[cfg(test)]
mod tests {
    use scimitar_domain::Secret;

    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        let named = |url: &str| place(&Database { url: Secret::new(url.to_owned()), pool: 1 });
        assert_eq!(named("sqlite://dir/s.db"), "the database `dir/s.db`");
        assert_eq!(named("postgres://ada:canary@db.example/s"), "PostgreSQL at `db.example:5432`");
        assert_eq!(named("postgres://ada:canary@[::1]:6000/s"), "PostgreSQL at `[::1]:6000`");
        assert_eq!(named("postgres:///s?password=canary"), "PostgreSQL");
    }
}

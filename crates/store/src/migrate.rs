//! Bringing the schema up to date.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::runtime::Builder;

use crate::pgnet::PgNet;
use crate::store::on_own_thread;
use crate::{Conn, StoreError, StoreSettings, conn};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Held on PostgreSQL while migrating, so that replicas that start together do it one after the other.
const LOCK: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(7236828701)";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Run the migrations that the database lacks and tell their names.
pub fn run(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
    with_conn(settings, |conn| match conn {
        Conn::Postgres(conn) => {
            conn.batch_execute(LOCK)?;
            upgrade(conn, &POSTGRES)
        }
        Conn::Sqlite(conn) => on_sqlite(conn, |conn| upgrade(conn, &SQLITE)),
    })
}

/// The names of the migrations that the database lacks.
pub fn pending(settings: &StoreSettings) -> Result<Vec<String>, StoreError> {
    with_conn(settings, missing)
}

/// Take back all migrations, and with them all data. For tests of the migrations.
pub fn revert(settings: &StoreSettings) -> Result<(), StoreError> {
    with_conn(settings, |conn| match conn {
        Conn::Postgres(conn) => {
            conn.batch_execute(LOCK)?;
            conn.revert_all_migrations(POSTGRES).map_err(StoreError::Migration)?;
            Ok(())
        }
        Conn::Sqlite(conn) => on_sqlite(conn, |conn| {
            conn.revert_all_migrations(SQLITE).map_err(StoreError::Migration)?;
            Ok(())
        }),
    })
}

/// Whether the schema is the one of this program.
pub(crate) fn check(conn: &mut Conn) -> Result<(), StoreError> {
    match missing(conn)?.into_iter().next() {
        Some(name) => Err(StoreError::Older(name)),
        None => Ok(()),
    }
}

fn with_conn<T: Send>(
    settings: &StoreSettings,
    work: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(StoreError::unavailable)?;
    let result = on_own_thread(runtime.handle(), || work(&mut conn::open(&settings.url)?));
    runtime.shutdown_background();
    result
}

/// All of it or none: other processes wait for the write lock as long as the busy timeout says.
fn on_sqlite<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
    let result = work(conn);
    if result.is_ok() {
        AnsiTransactionManager::commit_transaction(conn)?;
    } else {
        // The error to tell is the one that came first.
        drop(AnsiTransactionManager::rollback_transaction(conn));
    }
    result
}

fn upgrade<C, DB>(conn: &mut C, source: &EmbeddedMigrations) -> Result<Vec<String>, StoreError>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied = versions(&conn.applied_migrations().map_err(StoreError::Migration)?);
    let known = source.migrations().map_err(StoreError::Migration)?;
    let lacking = compare(&known, &applied)?;
    for migration in known.iter().filter(|migration| lacking.contains(&migration.name().to_string())) {
        conn.run_migration(migration.as_ref()).map_err(StoreError::Migration)?;
    }
    Ok(lacking)
}

fn missing(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let applied = applied(conn)?;
    match conn {
        Conn::Postgres(_) => {
            let known: Result<Vec<Box<dyn Migration<Pg>>>, Failure> = POSTGRES.migrations();
            compare(&known.map_err(StoreError::Migration)?, &applied)
        }
        Conn::Sqlite(_) => {
            let known: Result<Vec<Box<dyn Migration<Sqlite>>>, Failure> = SQLITE.migrations();
            compare(&known.map_err(StoreError::Migration)?, &applied)
        }
    }
}

/// The names of those that are not applied, in order. One that is applied and not known is an error.
fn compare<DB: diesel::backend::Backend>(
    known: &[Box<dyn Migration<DB>>],
    applied: &[String],
) -> Result<Vec<String>, StoreError> {
    let version = |migration: &dyn Migration<DB>| migration.name().version().to_string();
    let newer = applied.iter().find(|applied| !known.iter().any(|it| version(it.as_ref()) == **applied));
    if let Some(newer) = newer {
        return Err(StoreError::Newer(newer.clone()));
    }
    let lacking = known.iter().filter(|it| !applied.contains(&version(it.as_ref())));
    let mut names: Vec<String> = lacking.map(|it| it.name().to_string()).collect();
    names.sort_unstable();
    Ok(names)
}

/// The versions that the database says it has. Unlike the harness this writes nothing, so it works on a
/// connection that only reads.
fn applied(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let exists = match conn {
        Conn::Postgres(conn) => exists_on_postgres(conn)?,
        Conn::Sqlite(conn) => exists_on_sqlite(conn)?,
    };
    if !exists {
        return Ok(Vec::new());
    }
    Ok(__diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?)
}

fn exists_on_postgres(conn: &mut PgNet) -> QueryResult<bool> {
    let exists =
        diesel::dsl::sql::<diesel::sql_types::Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    diesel::select(exists).get_result(conn)
}

fn exists_on_sqlite(conn: &mut SqliteConnection) -> QueryResult<bool> {
    let exists = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
    );
    diesel::select(exists).get_result(conn)
}

fn versions(applied: &[MigrationVersion<'static>]) -> Vec<String> {
    applied.iter().map(ToString::to_string).collect()
}

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

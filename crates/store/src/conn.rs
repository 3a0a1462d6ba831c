//! One connection type over both databases.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::pgnet::PgNet;
use crate::{StoreError, functions};

/// A connection to whichever database the settings name. Store functions take it; nobody else makes one.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(PgNet),
    Sqlite(SqliteConnection),
}

/// What every connection to SQLite is told first. An acknowledged write survives the loss of power (FULL). A log of
/// 4,000 pages is 16 MiB: most of it has been moved before it is so long, see `checkpoint.rs`.
const PRAGMAS: &str = "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                       PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768; \
                       PRAGMA wal_autocheckpoint=4000;";

/// What a connection to SQLite is told that only reads. There are many of them, and what they do not keep
/// themselves they find in the kernel's cache.
pub(crate) const READER_PRAGMAS: &str = "PRAGMA query_only=ON; PRAGMA cache_size=-4096";

/// Which database an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Sqlite,
}

/// Tell the database by its address.
///
/// `Conn::establish` is never called: it tries one database after the other, and where PostgreSQL is down it
/// would make a file that is named like the address.
pub(crate) fn engine(url: &str) -> Result<Engine, StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Engine::Postgres)
    } else if url.starts_with("sqlite:") {
        Ok(Engine::Sqlite)
    } else {
        Err(StoreError::UnknownAddress)
    }
}

impl Conn {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Postgres(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }
}

/// Open a connection. For PostgreSQL this needs the store's runtime around it.
pub(crate) fn open(url: &str) -> Result<Conn, StoreError> {
    match engine(url)? {
        Engine::Postgres => PgNet::establish(url).map(Conn::Postgres).map_err(StoreError::unreachable),
        Engine::Sqlite => open_sqlite(url).map(Conn::Sqlite),
    }
}

fn open_sqlite(url: &str) -> Result<SqliteConnection, StoreError> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    let mut conn = SqliteConnection::establish(path).map_err(StoreError::unreachable)?;
    conn.batch_execute(PRAGMAS).map_err(StoreError::unavailable)?;
    functions::register(&mut conn)?;
    Ok(conn)
}

/// Run the same Diesel expression on whichever database is behind the connection: for the clauses that the
/// common subset lacks, `ON CONFLICT` and inserts of many rows.
macro_rules! on_backend {
    ($conn:expr, |$inner:ident| $query:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres($inner) => $query,
            $crate::conn::Conn::Sqlite($inner) => $query,
        }
    };
}
pub(crate) use on_backend;

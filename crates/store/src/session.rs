//! A connection with a memory of what went wrong on it.
//!
//! Units of work answer errors of the caller's own type, so whoever runs them cannot see from the answer whether
//! the statement or the database was at fault. The connection itself can.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use diesel::connection::{
    AnsiTransactionManager, Connection, Instrumentation, InstrumentationEvent, SimpleConnection,
    TransactionManager,
};
use diesel::result::{Error as DieselError, QueryResult};

use crate::error::Trouble;
use crate::{Conn, StoreError, conn};

type Manager = <Conn as Connection>::TransactionManager;

pub(crate) struct Session {
    pub(crate) conn: Conn,
    worst: Arc<AtomicU8>,
}

impl Session {
    /// Open a connection that may write.
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let mut conn = conn::open(url)?;
        let worst = Arc::default();
        conn.set_instrumentation(Watch { worst: Arc::clone(&worst) });
        Ok(Self { conn, worst })
    }

    /// Open a connection for reading. SQLite refuses writes on it: they belong to the one writer.
    pub(crate) fn open_reader(url: &str) -> Result<Self, StoreError> {
        let mut session = Self::open(url)?;
        match &mut session.conn {
            Conn::Sqlite(conn) => conn.batch_execute(conn::READER_PRAGMAS)?,
            Conn::Postgres(_) => {}
        }
        Ok(session)
    }

    /// The worst that a statement met since the last time this was asked.
    pub(crate) fn take_trouble(&self) -> Trouble {
        match self.worst.swap(0, Ordering::Relaxed) {
            0 => Trouble::None,
            1 => Trouble::Statement,
            2 => Trouble::Collision,
            _ => Trouble::Outage,
        }
    }

    /// Whether the connection is of no more use.
    pub(crate) fn is_dead(&mut self) -> bool {
        match &mut self.conn {
            Conn::Postgres(conn) => conn.is_dead(),
            Conn::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
        }
    }

    /// Begin a transaction, or a savepoint inside of one. On SQLite the outer one takes the write lock at once,
    /// so that it never finds out later that somebody else has it.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        let inside = Manager::transaction_manager_status_mut(&mut self.conn).transaction_depth()?.is_some();
        match &mut self.conn {
            Conn::Sqlite(conn) if !inside => {
                AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
            }
            Conn::Sqlite(_) | Conn::Postgres(_) => Manager::begin_transaction(&mut self.conn),
        }
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        Manager::commit_transaction(&mut self.conn)
    }

    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
        Manager::rollback_transaction(&mut self.conn)
    }
}

/// Remembers the worst error of a connection.
struct Watch {
    worst: Arc<AtomicU8>,
}

impl Watch {
    fn note(&self, error: &DieselError) {
        let level = match Trouble::of(error) {
            Trouble::None => 0,
            Trouble::Statement => 1,
            Trouble::Collision => 2,
            Trouble::Outage => 3,
        };
        self.worst.fetch_max(level, Ordering::Relaxed);
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event {
            self.note(error);
        }
    }
}

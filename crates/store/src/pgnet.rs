//! PostgreSQL without libpq: tokio-postgres behind Diesel's synchronous traits.
//!
//! diesel-async has the driver, and its wrapper makes a synchronous connection of it. The wrapper does not fit
//! `#[derive(MultiConnection)]` (the orphan rule), so this newtype passes everything on.

mod tls;

use std::any::Any;
use std::time::Duration;

use diesel::connection::{
    CacheSize, Connection, ConnectionSealed, Instrumentation, LoadConnection, MultiConnectionHelper,
    SimpleConnection, TransactionManager, TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::migration::MigrationConnection;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::TypeMetadata;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio_postgres::{Config, NoTls};

/// What every session is told first: nothing waits for ever, and no lock outlives a caller that went away.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
                       SET idle_in_transaction_session_timeout = '60s'; SET TIME ZONE 'UTC'";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The runtime that the calling thread belongs to: the store's own, see `Store::open`. Its sockets do not depend
/// on the caller's runtime, which may end before the store does.
pub struct Ambient(Handle);

impl BlockOn for Ambient {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn get_runtime() -> Self {
        Self(Handle::current())
    }
}

type Inner = AsyncConnectionWrapper<AsyncPgConnection, Ambient>;
type InnerManager = <Inner as Connection>::TransactionManager;

/// A connection to PostgreSQL. Used on blocking threads of the store's runtime only.
pub struct PgNet(Box<Inner>);

/// Connect, with TLS as the address asks for it.
///
/// The driver's own limit ends with the TCP connection; something that accepts and then says nothing must not
/// hold us for ever either.
pub(crate) async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let silent = |_elapsed| ConnectionError::BadConnection("it did not answer in time".to_owned());
    tokio::time::timeout(2 * CONNECT_TIMEOUT, set_up(url)).await.map_err(silent)?
}

async fn set_up(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let (url, mode) = tls::split(url);
    let mut config: Config = url.parse().map_err(|error| bad(&error))?;
    config.ssl_mode(mode.for_driver()).application_name("scimitar");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    let mut conn = match mode.connector()? {
        None => {
            let (client, socket) = config.connect(NoTls).await.map_err(|error| bad(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, socket).await?
        }
        Some(connector) => {
            let (client, socket) = config.connect(connector).await.map_err(|error| bad(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, socket).await?
        }
    };
    conn.batch_execute(SESSION).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// The driver's error with its causes, which it does not print by itself.
fn bad(error: &(dyn std::error::Error + 'static)) -> ConnectionError {
    let causes = std::iter::successors(Some(error), |error| error.source());
    ConnectionError::BadConnection(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

impl PgNet {
    /// Whether the transaction state is unknown or the socket is closed.
    pub(crate) fn is_dead(&mut self) -> bool {
        PoolableConnection::is_broken(&mut **self.0)
    }
}

impl SimpleConnection for PgNet {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        SimpleConnection::batch_execute(&mut *self.0, query)
    }
}

impl ConnectionSealed for PgNet {}

impl Connection for PgNet {
    type Backend = Pg;
    type TransactionManager = Manager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        Handle::current().block_on(connect(url)).map(|conn| Self(Box::new(Inner::from(conn))))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.0.execute_returning_count(source)
    }

    fn transaction_state(&mut self) -> &mut <Manager as TransactionManager<Self>>::TransactionStateData {
        Connection::transaction_state(&mut *self.0)
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        Connection::instrumentation(&mut *self.0)
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        Connection::set_instrumentation(&mut *self.0, instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        Connection::set_prepared_statement_cache_size(&mut *self.0, size);
    }
}

impl LoadConnection for PgNet {
    type Cursor<'conn, 'query> = <Inner as LoadConnection>::Cursor<'conn, 'query>;
    type Row<'conn, 'query> = <Inner as LoadConnection>::Row<'conn, 'query>;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        LoadConnection::load(&mut *self.0, source)
    }
}

impl MigrationConnection for PgNet {
    fn setup(&mut self) -> QueryResult<usize> {
        MigrationConnection::setup(&mut *self.0)
    }
}

/// Begins, commits and rolls back by the wrapped connection's manager.
pub struct Manager;

impl TransactionManager<PgNet> for Manager {
    type TransactionStateData = <InnerManager as TransactionManager<Inner>>::TransactionStateData;

    fn begin_transaction(conn: &mut PgNet) -> QueryResult<()> {
        InnerManager::begin_transaction(&mut *conn.0)
    }

    fn rollback_transaction(conn: &mut PgNet) -> QueryResult<()> {
        InnerManager::rollback_transaction(&mut *conn.0)
    }

    fn commit_transaction(conn: &mut PgNet) -> QueryResult<()> {
        InnerManager::commit_transaction(&mut *conn.0)
    }

    fn transaction_manager_status_mut(conn: &mut PgNet) -> &mut TransactionManagerStatus {
        InnerManager::transaction_manager_status_mut(&mut *conn.0)
    }

    fn is_broken_transaction_manager(conn: &mut PgNet) -> bool {
        InnerManager::is_broken_transaction_manager(&mut *conn.0)
    }
}

/// Every SQL type that we bind has a fixed OID, so this is never asked; asked, it answers "no such type".
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }

    fn as_any<'a>(&mut self) -> &mut (dyn Any + 'a)
    where
        Self: 'a,
    {
        self
    }
}

impl MultiConnectionHelper for PgNet {
    fn to_any<'a>(_lookup: &mut <Pg as TypeMetadata>::MetadataLookup) -> &mut (dyn Any + 'a) {
        // It has no size, so nothing is allocated and nothing leaks.
        Box::leak(Box::new(NoLookup))
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut <Pg as TypeMetadata>::MetadataLookup> {
        lookup.downcast_mut::<NoLookup>().map(|lookup| lookup as &mut dyn PgMetadataLookup)
    }
}

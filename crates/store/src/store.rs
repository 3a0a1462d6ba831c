//! The door to the database: units of work in, results out.

mod listen;
mod postgres;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

use crate::conn::{self, Engine};
use crate::pool::Pool;
use crate::session::Session;
use crate::writer::Writer;
use crate::{Conn, StoreError, migrate};

/// Which database, and how many connections.
#[derive(Clone)]
pub struct StoreSettings {
    /// `sqlite://path` or `postgres://user:password@host/database`. `sslmode` and `sslrootcert` are understood as
    /// libpq understands them, except that every mode above `prefer` judges the server's certificate.
    pub url: String,
    /// Connections that work at the same time. On SQLite these only read; one more writes.
    pub readers: usize,
    /// How long a unit waits for one of them.
    pub patience: Duration,
}

impl StoreSettings {
    /// With the patience of a service, whose callers would rather be refused than wait for long.
    pub fn new(url: String, readers: usize) -> Self {
        Self { url, readers, patience: Duration::from_secs(5) }
    }
}

/// Runs closures on the database. Each is one unit of work: it runs on a blocking thread to its end, whether or
/// not the caller still waits for it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Arc<Pool>,
    /// On SQLite only: PostgreSQL has many writers.
    writer: Option<Writer>,
    wake: watch::Sender<u64>,
    runtime: OwnRuntime,
}

impl Store {
    /// Open the database and see that it answers. It is neither migrated nor judged, see [`crate::migrate`] and
    /// [`Store::is_ready`].
    pub fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let engine = conn::engine(&settings.url)?;
        let runtime = OwnRuntime::start(settings.readers)?;
        let session = on_own_thread(runtime.handle(), || Session::open(&settings.url))?;
        let pool = Pool::new(settings);
        let (wake, _) = watch::channel(0);
        let writer = match engine {
            Engine::Sqlite => Some(Writer::start(&settings.url, session, wake.clone())?),
            Engine::Postgres => {
                pool.give_back(session);
                runtime.handle().spawn(listen::run(settings.url.clone(), wake.clone()));
                None
            }
        };
        Ok(Self { inner: Arc::new(Inner { pool: Arc::new(pool), writer, wake, runtime }) })
    }

    /// Run a unit that only reads. It may run twice when the connection turns out to be lost.
    pub async fn read<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.on_pool(move |pool| {
            for _stale in 0..2 {
                let mut session = pool.take()?;
                let result = closure(&mut session.conn);
                if result.is_ok() || !session.is_dead() {
                    pool.give_back(session);
                    return result;
                }
            }
            Err(StoreError::unavailable("the connection was lost").into())
        })
        .await
    }

    /// Run a unit in one transaction and answer after its commit.
    ///
    /// The closure must be repeatable and do no IO of its own: on PostgreSQL it runs again when it collided with
    /// another transaction; on SQLite it shares the commit with others.
    pub async fn write<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if let Some(writer) = &self.inner.writer {
            return writer.write(closure).await;
        }
        let wake = self.inner.wake.clone();
        self.on_pool(move |pool| postgres::write(pool, &closure, &wake)).await
    }

    /// A counter that rises whenever there may be new changes or jobs: after commits of this process and, on
    /// PostgreSQL, of the others. It is a hint: who waits for work also looks now and then.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.wake.subscribe()
    }

    /// Whether the database answers and has the schema of this program, no older and no newer.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.read(|conn| {
            diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>()).execute(conn)?;
            migrate::check(conn)
        })
        .await
    }

    /// Let what is under way end, and take no more.
    pub async fn close(&self) {
        self.inner.pool.close().await;
        let inner = Arc::clone(&self.inner);
        let drained = self.inner.runtime.handle().spawn_blocking(move || {
            if let Some(writer) = &inner.writer {
                writer.close();
            }
        });
        if let Err(error) = drained.await {
            tracing::error!(%error, "the store did not close cleanly");
        }
    }

    async fn on_pool<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Pool) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let turn = self.inner.pool.turn().await?;
        let pool = Arc::clone(&self.inner.pool);
        let task = self.inner.runtime.handle().spawn_blocking(move || {
            let result = work(&pool);
            drop(turn);
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => Err(StoreError::Panicked.into()),
            Err(_cancelled) => Err(StoreError::Closed.into()),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StoreSettings {
    /// The address may carry a password, so it does not print.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreSettings").field("readers", &self.readers).finish_non_exhaustive()
    }
}

/// A runtime that belongs to the store alone: sockets of PostgreSQL must outlive the runtime of whichever caller
/// happened to open them.
struct OwnRuntime(Option<Runtime>, Handle);

impl OwnRuntime {
    fn start(readers: usize) -> Result<Self, StoreError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            // One more than turns, for closing.
            .max_blocking_threads(readers.max(1).saturating_add(1))
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(StoreError::unavailable)?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    fn handle(&self) -> &Handle {
        &self.1
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // Waiting is not possible here: the last one to let go of the store may be an async task.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Run something that blocks on a thread that may block, inside the runtime.
pub(crate) fn on_own_thread<T: Send>(
    runtime: &Handle,
    work: impl FnOnce() -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _inside = runtime.enter();
            work()
        });
        thread.join().unwrap_or(Err(StoreError::Panicked))
    })
}

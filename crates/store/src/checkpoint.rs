//! Moves what SQLite's writer has committed from the log to the database file, beside the writer.
//!
//! SQLite does it by itself in the commit that has made the log long, and everybody who writes waits for the disk
//! meanwhile. A passive checkpoint disturbs nobody. Under steady writes it never reaches the log's end, so that only
//! the writer can begin the log anew; but little is left to move then.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection as _;

use crate::session::Session;
use crate::{Conn, StoreError};

/// The units of work after which there is enough to move: each changes some ten pages.
const UNITS: usize = 100;

/// The thread that moves, as the writer holds it.
pub(crate) struct Checkpointer {
    bell: SyncSender<()>,
    thread: JoinHandle<()>,
    n_units: usize,
}

impl Checkpointer {
    pub(crate) fn start(url: &str) -> Result<Self, StoreError> {
        let (bell, rings) = sync_channel(1);
        let url = url.to_owned();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || serve(&url, &rings))
            .map_err(StoreError::unavailable)?;
        Ok(Self { bell, thread, n_units: 0 })
    }

    /// So many more units have been committed.
    pub(crate) fn committed(&mut self, n_units: usize) {
        self.n_units += n_units;
        if self.n_units >= UNITS {
            self.n_units = 0;
            match self.bell.try_send(()) {
                // It is still busy, and comes again. Or it has ended, and the writer moves everything itself.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }

    /// Wait for what is under way.
    pub(crate) fn end(self) {
        drop(self.bell);
        if self.thread.join().is_err() {
            tracing::error!("the store's checkpoints had panicked");
        }
    }
}

fn serve(url: &str, rings: &Receiver<()>) {
    let mut session: Option<Session> = None;
    while rings.recv().is_ok() {
        let moved = session.take().map_or_else(|| Session::open(url), Ok).and_then(|mut open| {
            if let Conn::Sqlite(conn) = &mut open.conn {
                conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
            }
            Ok(open)
        });
        match moved {
            Ok(open) => session = Some(open),
            // The writer meets the same trouble, and whoever waits for it is told.
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "no checkpoint"),
        }
    }
}

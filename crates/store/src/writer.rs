//! The one writer of SQLite: many units share a commit.
//!
//! Each unit runs in a savepoint of its own, so that one that fails takes nothing of its neighbours along. All
//! are answered after the commit: nobody hears "done" of what a loss of power could still undo.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use diesel::result::QueryResult;
use tokio::sync::{oneshot, watch};

use crate::checkpoint::Checkpointer;
use crate::error::Trouble;
use crate::session::Session;
use crate::{Conn, StoreError, notice};

/// The units that may wait. More means that the disk does not keep up, and waiting longer helps nobody.
const QUEUE: usize = 1024;
/// The units that share a commit.
const BATCH: usize = 128;

pub(crate) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Unit>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A unit of work that waits for its turn, runs, and is answered.
trait Unit: Send {
    /// Run and keep the result. False when the transaction around it is lost.
    fn run(&mut self, session: &mut Session) -> bool;
    fn answer(self: Box<Self>, fate: &Fate);
}

/// What became of the commit.
enum Fate {
    Committed,
    Lost(String),
}

struct Task<T, E, F> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl Writer {
    /// Start the thread on this connection. `wake` is told of commits that leave work behind.
    pub(crate) fn start(url: &str, session: Session, wake: watch::Sender<u64>) -> Result<Self, StoreError> {
        let (sender, receiver) = sync_channel(QUEUE);
        let url = url.to_owned();
        let checkpointer = Checkpointer::start(&url)?;
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&url, session, checkpointer, &receiver, &wake))
            .map_err(StoreError::unavailable)?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Queue a unit and wait for the commit that it is part of.
    pub(crate) async fn write<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Task { closure, result: None, reply }))?;
        answer.await.map_err(|_gone| StoreError::Closed)?
    }

    fn queue(&self, unit: Box<dyn Unit>) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(StoreError::Closed) };
        queue.try_send(unit).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Take no more units, and wait until those that wait are done.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_panic)) = thread.map(JoinHandle::join) {
            tracing::error!("the store's writer had panicked");
        }
    }
}

/// The thread's life. It ends when nobody can queue any more and the queue is empty.
fn serve(
    url: &str,
    session: Session,
    mut checkpointer: Checkpointer,
    queue: &Receiver<Box<dyn Unit>>,
    wake: &watch::Sender<u64>,
) {
    let mut session = Some(session);
    while let Ok(first) = queue.recv() {
        let opened = match session.take() {
            Some(session) => Ok(session),
            None => Session::open(url),
        };
        match opened {
            Ok(mut open) => {
                // After an outage nothing about the connection is certain; a new one is cheap.
                if let Some(n_units) = batch(&mut open, first, queue, wake) {
                    session = Some(open);
                    checkpointer.committed(n_units);
                }
            }
            Err(error) => first.answer(&Fate::Lost(error.to_string())),
        }
    }
    checkpointer.end();
}

/// Run what waits in one transaction, then answer. `None` when the connection is of no more use, or how many units
/// there were.
fn batch(
    session: &mut Session,
    first: Box<dyn Unit>,
    queue: &Receiver<Box<dyn Unit>>,
    wake: &watch::Sender<u64>,
) -> Option<usize> {
    session.take_trouble();
    notice::take();
    let mut ran = Vec::new();
    let fate = if let Err(error) = session.begin() {
        ran.push(first);
        Fate::Lost(error.to_string())
    } else if run_all(session, first, queue, &mut ran) {
        end(session.commit())
    } else {
        Fate::Lost("the transaction was lost".to_owned())
    };
    let committed = matches!(fate, Fate::Committed);
    if committed && notice::take() {
        wake.send_modify(|count| *count += 1);
    }
    let n_units = ran.len();
    for unit in ran {
        unit.answer(&fate);
    }
    committed.then_some(n_units)
}

fn run_all(
    session: &mut Session,
    first: Box<dyn Unit>,
    queue: &Receiver<Box<dyn Unit>>,
    ran: &mut Vec<Box<dyn Unit>>,
) -> bool {
    let mut next = Some(first);
    while let Some(mut unit) = next.take() {
        let sound = unit.run(session);
        ran.push(unit);
        if !sound {
            return false;
        }
        if ran.len() < BATCH {
            next = queue.try_recv().ok();
        }
    }
    true
}

fn end(commit: QueryResult<()>) -> Fate {
    match commit {
        Ok(()) => Fate::Committed,
        Err(error) => {
            tracing::warn!(%error, "a commit failed");
            Fate::Lost(error.to_string())
        }
    }
}

impl<T, E, F> Unit for Task<T, E, F>
where
    F: Fn(&mut Conn) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, session: &mut Session) -> bool {
        if session.begin().is_err() {
            return false;
        }
        let left_before = notice::take();
        let caught = catch_unwind(AssertUnwindSafe(|| (self.closure)(&mut session.conn)));
        let result = caught.unwrap_or_else(|_payload| Err(StoreError::Panicked.into()));
        let ended = if result.is_ok() { session.commit() } else { session.roll_back() };
        let left = notice::take() && result.is_ok();
        notice::put(left_before || left);
        self.result = Some(result);
        // SQLite gives up the whole transaction when the disk is full or fails (lang_transaction.html,
        // "Response To Errors Within A Transaction"), so after an outage nothing of it is left to commit.
        ended.is_ok() && session.take_trouble() < Trouble::Outage
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        let result = match (fate, self.result) {
            (Fate::Committed, Some(result)) => result,
            (Fate::Committed, None) => Err(StoreError::Closed.into()),
            (Fate::Lost(reason), _) => Err(StoreError::unavailable(reason.clone()).into()),
        };
        // The caller may have stopped waiting; the unit ended all the same.
        drop(self.reply.send(result));
    }
}

//! The connections that units of work take turns on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::session::Session;
use crate::{StoreError, StoreSettings};

/// How long closing waits for the units under way.
const DRAIN: Duration = Duration::from_secs(30);

pub(crate) struct Pool {
    url: String,
    size: usize,
    patience: Duration,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(settings: &StoreSettings) -> Self {
        let size = settings.readers.max(1);
        Self {
            url: settings.url.clone(),
            size,
            patience: settings.patience,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(size)),
        }
    }

    /// Wait for a turn. As long as the permit lives, one connection may be taken.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_owned());
        turn.await.map_err(|_elapsed| StoreError::Overloaded)?.map_err(|_closed| StoreError::Closed)
    }

    /// A living connection, a used one where there is one.
    pub(crate) fn take(&self) -> Result<Session, StoreError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(mut session) => {
                    if !session.is_dead() {
                        return Ok(session);
                    }
                }
                None => return Session::open_reader(&self.url),
            }
        }
    }

    pub(crate) fn give_back(&self, mut session: Session) {
        session.take_trouble();
        if !session.is_dead() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }

    /// Let the units under way end, and take no more.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        // Whether they end in time or not: from now on nobody gets a turn.
        let _in_time = tokio::time::timeout(DRAIN, self.permits.acquire_many(all)).await;
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

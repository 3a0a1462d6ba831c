//! A small pool of threads that evaluates mappings.
//!
//! The interpreter's code is not shared between threads, so each keeps what it compiled. A watchdog gives up
//! threads that the interpreter cannot stop: their callers are answered, other threads take their place, and
//! they end by themselves when they can.

mod cache;
mod evaluator;
mod pool;
mod watchdog;
mod worker;

use std::sync::Arc;

use tokio::sync::oneshot;

use self::pool::{Job, Pool, Task};
use crate::{Answer, Expression, Limits, Lookup, MappingError, MappingSet, Outcome, Scope, alloc};

/// Evaluates mappings. Dropping it [stops](Self::stop) it, and its threads end once they have finished what
/// they are at.
#[derive(Debug)]
pub struct Engine {
    pool: Arc<Pool>,
}

impl Engine {
    /// Starts `threads` threads, at least one, and their watchdog.
    pub fn start(limits: Limits, threads: usize, lookup: Arc<dyn Lookup>) -> Result<Self, MappingError> {
        if !alloc::is_metered() {
            tracing::warn!(
                "the program's allocator is not metered: the memory limit of mappings is not held"
            );
        }
        let pool = Arc::new(Pool::new(limits, threads.max(1), lookup));
        // Dropped on failure, it stops the threads that did start.
        let engine = Self { pool };
        watchdog::spawn(&engine.pool).map_err(MappingError::Thread)?;
        for _ in 0..threads.max(1) {
            worker::spawn(&engine.pool).map_err(MappingError::Thread)?;
        }
        Ok(engine)
    }

    /// Evaluates all mappings of the set in order and merges their results.
    ///
    /// A mapping that returns nothing takes no part; one that returns something other than a dict is an error.
    pub async fn evaluate(&self, set: Arc<MappingSet>, scope: Scope) -> Result<Outcome, MappingError> {
        match self.submit(Task::Set(set, scope)).await? {
            Answer::Value(serde_json::Value::Object(object)) => Ok(Outcome::Object(object)),
            Answer::Value(_) => Ok(Outcome::Object(serde_json::Map::new())),
            Answer::Skip => Ok(Outcome::Skip),
        }
    }

    /// Evaluates one mapping and returns what it returned, of whatever kind.
    pub async fn evaluate_one(&self, expression: Expression, scope: Scope) -> Result<Answer, MappingError> {
        self.submit(Task::One(expression, scope)).await
    }

    /// Takes no more work. What runs is finished; whoever waits gets [`MappingError::Stopped`].
    pub fn stop(&self) {
        self.pool.stop();
    }

    async fn submit(&self, task: Task) -> Result<Answer, MappingError> {
        let (reply, answer) = oneshot::channel();
        self.pool.submit(Job { task, reply })?;
        answer.await.unwrap_or(Err(MappingError::Stopped))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

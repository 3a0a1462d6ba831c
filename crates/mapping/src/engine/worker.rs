//! A thread of the pool.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    evaluator::Evaluator,
    pool::{Next, Pool, WorkerId},
};
use crate::alloc::Slot;

/// The compiler recurses with the depth of the source. Only what is used is ever backed by memory.
const STACK: usize = 64 * 1024 * 1024;

pub(crate) fn spawn(pool: &Arc<Pool>) -> io::Result<()> {
    let worker = pool.enrol();
    let thread = std::thread::Builder::new().name("mapping".to_owned()).stack_size(STACK);
    let shared = Arc::clone(pool);
    let spawned = thread.spawn(move || work(&shared, worker));
    if spawned.is_err() {
        pool.leave();
    }
    spawned.map(drop)
}

fn work(pool: &Pool, worker: WorkerId) {
    let slot = Slot::claim();
    let index = slot.as_ref().map(Slot::index);
    let mut evaluator = Evaluator::new(pool, worker, slot);
    while let Some(task) = pool.next(worker, index) {
        let result = catch_unwind(AssertUnwindSafe(|| evaluator.evaluate(&task)));
        let result = result.unwrap_or_else(|_| {
            // The interpreter's own invariants are in doubt, so nothing it has made is used again.
            evaluator.forget();
            Err(evaluator.broken(&task))
        });
        drop(task);
        if pool.finish(worker, result) == Next::Retire {
            break;
        }
    }
}

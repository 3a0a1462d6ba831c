//! The thread that gives up evaluations which the interpreter does not stop.

use std::{io, sync::Arc};

use super::{pool::Pool, worker};

pub(crate) fn spawn(pool: &Arc<Pool>) -> io::Result<()> {
    let pool = Arc::clone(pool);
    std::thread::Builder::new().name("mapping-watch".to_owned()).spawn(move || {
        while let Some(lost) = pool.watch() {
            for _ in 0..lost {
                if let Err(error) = worker::spawn(&pool) {
                    tracing::error!(%error, "could not start a thread for mappings");
                }
            }
        }
    })?;
    Ok(())
}

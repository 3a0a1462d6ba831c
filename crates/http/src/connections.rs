//! How many connections are open, so that the end of the server can wait until each has learned of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The open connections of a server, counted.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    open: Arc<AtomicUsize>,
    accepted: Arc<AtomicU64>,
}

/// One connection, for as long as it is open.
#[derive(Debug)]
pub(crate) struct Open(Arc<AtomicUsize>);

impl Connections {
    /// So many are open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// So many have been accepted since the start.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn accept(&self) -> Open {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(&self.open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_counts_until_it_is_closed() {
        let connections = Connections::default();
        let first = connections.accept();
        let second = connections.clone().accept();
        assert_eq!((connections.open(), connections.accepted()), (2, 2));
        drop(first);
        assert_eq!((connections.open(), connections.accepted()), (1, 2));
        drop(second);
        assert_eq!((connections.open(), connections.accepted()), (0, 2));
    }
}

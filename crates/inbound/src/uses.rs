//! When tokens were used: kept in memory by the request, and written down together a little later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use scimitar_domain::{SourceTokenId, Timestamp};
use scimitar_store::{Store, StoreError, source_tokens};

/// The last use of each token that is not written down yet: as many as there are tokens, at most.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses(Arc<Mutex<BTreeMap<SourceTokenId, Timestamp>>>);

impl Uses {
    pub(crate) fn note(&self, token: SourceTokenId, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token, now);
    }

    /// Write down what is noted. What cannot be written is lost; it says little.
    pub(crate) async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return Ok(());
        }
        let uses: Vec<_> = taken.into_iter().collect();
        store.write(move |conn| source_tokens::used(conn, &uses)).await
    }
}

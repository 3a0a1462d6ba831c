//! `ak_user_by` for mappings: a look into the directory from an evaluation thread.

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;

use scimitar_domain::{Clock, InstallId, Timestamp};
use scimitar_mapping::{Lookup, Person};
use scimitar_store::{Store, StoreError, users};

use crate::view::{self, Memberships};

/// Answers mappings from the store. Made by the composition root inside a runtime.
#[derive(Debug)]
pub struct StoreLookup {
    store: Store,
    install: InstallId,
    clock: Arc<dyn Clock>,
    runtime: Handle,
}

impl StoreLookup {
    pub fn new(store: Store, install: InstallId, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        Self { store, install, clock, runtime }
    }
}

impl Lookup for StoreLookup {
    fn user_by(&self, filters: &[(String, Value)]) -> Option<Person> {
        let (filters, install) = (filters.to_vec(), self.install);
        let found = self.runtime.block_on(self.store.read(move |conn| {
            let Some(user) = users::find_by(conn, &filters)? else { return Ok::<_, StoreError>(None) };
            let memberships = Memberships::load(conn, &[user.pk])?;
            Ok(Some(view::person(&user, install, &memberships)))
        }));
        found.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "a mapping's look-up failed");
            None
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

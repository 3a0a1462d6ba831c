//! The service as it is handed over to whoever speaks HTTP.

use std::sync::Arc;

use scimitar_domain::{Clock, IdSource};
use scimitar_scim::ResourceKind;
use scimitar_scim::schema::{Registry, ResourceType};
use scimitar_store::{Keyring, Store};

use crate::journal::Journal;
use crate::uses::Uses;

/// What the service works with.
#[derive(Debug, Clone)]
pub struct InboundParts {
    pub store: Store,
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub mappings: Arc<scimitar_mapping::Engine>,
}

/// The SCIM service. Clones share everything.
#[derive(Debug, Clone)]
pub struct Inbound {
    pub(crate) parts: InboundParts,
    pub(crate) schemas: Schemas,
    pub(crate) uses: Uses,
    pub(crate) journal: Journal,
}

/// The schemas of all sources. Shared, because units of work outlive the request that asks for them.
#[derive(Debug, Clone)]
pub(crate) struct Schemas(Arc<Registry>);

impl Inbound {
    pub fn new(parts: InboundParts) -> Self {
        Self {
            parts,
            schemas: Schemas(Arc::new(Registry::standard())),
            uses: Uses::default(),
            journal: Journal::default(),
        }
    }
}

impl Schemas {
    /// What resources of a kind may hold.
    pub(crate) fn of(&self, kind: ResourceKind) -> &ResourceType {
        #[expect(clippy::expect_used, reason = "the standard registry knows both kinds; a test reads them")]
        self.0.resource_type(kind.name()).expect("users and groups are standard")
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_have_their_schema() {
        let schemas = Schemas(Arc::new(Registry::standard()));
        for kind in ResourceKind::ALL {
            assert_eq!(schemas.of(kind).name, kind.name());
        }
    }
}

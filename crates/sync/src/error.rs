//! Why the engine could not do what it was asked.

use scimitar_client::ClientError;
use scimitar_mapping::MappingError;
use scimitar_store::StoreError;

/// A failure of the engine itself. What goes wrong with one object is not an error but its outcome.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the mappings cannot be evaluated")]
    Mapping(#[source] MappingError),
    #[error("the provider cannot be called")]
    Client(#[source] ClientError),
    #[error("a job of kind `{0}` cannot be read")]
    Job(String),
}

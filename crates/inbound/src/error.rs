//! Why a request of a source's client was not done.

use scimitar_mapping::MappingError;
use scimitar_scim::{Reason, ResourceKind, ScimError};
use scimitar_store::{StoreError, Unique};
use thiserror::Error;
use validator::ValidationErrors;

#[derive(Debug, Error)]
pub enum InboundError {
    /// The request itself cannot be accepted; the words are for its sender.
    #[error(transparent)]
    Refused(#[from] ScimError),

    /// No credentials, or none that open this source. What is wrong with them is not told.
    #[error("the source's token is missing, wrong or expired")]
    Unauthorized,

    #[error("the source `{slug}` is disabled")]
    Disabled { slug: String },

    /// The token is good, and not for this.
    #[error("the token does not open this: {0}")]
    Forbidden(&'static str),

    /// Too many users are being deactivated or deleted.
    #[error("{0}")]
    Held(String),

    /// Not there, or another source's.
    #[error("there is no {kind} with this id")]
    NotFound { kind: ResourceKind },

    /// Others changed the resource each time that the mappings had just been evaluated.
    #[error("the resource changes too often to be written at the moment")]
    Contended,

    #[error("the property mapping `{name}` does not work for this resource; the service's log says why")]
    Mapping {
        name: String,
        #[source]
        source: Box<MappingError>,
    },

    #[error("the property mappings cannot be evaluated at the moment")]
    Unmapped {
        #[source]
        source: Box<MappingError>,
    },

    #[error("the service cannot answer at the moment")]
    Store(#[source] StoreError),
}

impl From<StoreError> for InboundError {
    /// What the store finds taken is the client's affair; everything else is ours.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(unique) => Self::Refused(taken(unique)),
            StoreError::NotFound("user") => Self::NotFound { kind: ResourceKind::User },
            StoreError::NotFound("group") => Self::NotFound { kind: ResourceKind::Group },
            StoreError::NotFound(_)
            | StoreError::Missing { field: _, key: _ }
            | StoreError::Circle
            | StoreError::InvalidPage
            | StoreError::Unavailable { source: _ }
            | StoreError::Overloaded
            | StoreError::Closed
            | StoreError::Panicked
            | StoreError::Inconsistent { table: _, column: _, row: _ }
            | StoreError::Migration(_)
            | StoreError::Newer(_)
            | StoreError::Older(_)
            | StoreError::Sealed(_)
            | StoreError::NotHashed
            | StoreError::UnknownAddress
            | StoreError::Internal(_) => Self::Store(error),
        }
    }
}

/// The attribute that collides. Nothing tells whether it is another resource of the source or an object that was
/// made here: to take such a one over is not the client's decision.
fn taken(unique: Unique) -> ScimError {
    let attribute = match unique {
        Unique::Username | Unique::SourceLinkUserName => "userName",
        Unique::GroupName => "displayName",
        Unique::SourceLinkExternalId => "externalId",
        Unique::UserUuid
        | Unique::TokenIdentifier
        | Unique::TokenManaged
        | Unique::TokenKey
        | Unique::ApplicationSlug
        | Unique::ApplicationProvider
        | Unique::ProviderName
        | Unique::MappingName
        | Unique::MappingManaged
        | Unique::LinkObject
        | Unique::LinkRemote
        | Unique::SourceSlug
        | Unique::SourceTokenName
        | Unique::SourceLinkId
        | Unique::SourceLinkObject => "id",
    };
    Reason::Uniqueness.because(format!("`{attribute}` is taken already"))
}

/// What the directory cannot hold, by the attribute that it came from.
pub(crate) fn unfit(errors: &ValidationErrors, attribute: impl Fn(&str) -> &'static str) -> ScimError {
    let mut names: Vec<_> =
        errors.field_errors().into_keys().map(|field| attribute(field.as_ref())).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Reason::InvalidValue.because(format!("the directory cannot hold {names}: too long, blank or malformed"))
}

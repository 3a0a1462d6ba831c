//! Why the store did not do what it was asked to.

use std::error::Error;
use std::fmt;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

type Source = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another row has the same {0}")]
    Taken(Unique),

    /// A reference to something that does not exist.
    #[error("`{field}` names `{key}`, which does not exist")]
    Missing { field: &'static str, key: String },

    /// The addressed object itself.
    #[error("there is no such {0}")]
    NotFound(&'static str),

    #[error("a group cannot be among its own ancestors")]
    Circle,

    #[error("there is no such page")]
    InvalidPage,

    /// The database cannot do it now; later it may.
    #[error("the database is unavailable")]
    Unavailable {
        #[source]
        source: Source,
    },

    #[error("the database has too much to do")]
    Overloaded,

    #[error("the store is closed")]
    Closed,

    #[error("the closure given to the store panicked")]
    Panicked,

    /// A row that no version of this program writes.
    #[error("`{table}.{column}` of row `{row}` holds something unreadable")]
    Inconsistent { table: &'static str, column: &'static str, row: String },

    #[error("the schema could not be migrated")]
    Migration(#[source] Source),

    #[error("the database was migrated by a newer version of this program, see migration {0}")]
    Newer(String),

    #[error("the schema lacks the migration {0}")]
    Older(String),

    #[error("the sealed value cannot be opened: {0}")]
    Sealed(&'static str),

    #[error("the password could not be hashed")]
    NotHashed,

    #[error("the database address must start with `sqlite:` or `postgres:`")]
    UnknownAddress,

    #[error("the database refused a statement")]
    Internal(#[source] DieselError),
}

/// What must not occur twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unique {
    Username,
    UserUuid,
    GroupName,
    TokenIdentifier,
    TokenManaged,
    TokenKey,
    ApplicationSlug,
    ApplicationProvider,
    ProviderName,
    MappingName,
    MappingManaged,
    /// A local object has one link per provider.
    LinkObject,
    /// A remote resource stands for one local object.
    LinkRemote,
    SourceSlug,
    /// The key of a source's user, or of its group.
    SourceLinkId,
    /// A source knows a local object once.
    SourceLinkObject,
    SourceLinkExternalId,
    SourceLinkUserName,
    /// A source's tokens are told apart by their names.
    SourceTokenName,
}

/// The constraint's name (PostgreSQL) and its columns (SQLite) for each.
const UNIQUES: [(Unique, &str, &str); 21] = [
    (Unique::Username, "users_username_key", "users.username"),
    (Unique::UserUuid, "users_uuid_key", "users.uuid"),
    (Unique::GroupName, "groups_name_key", "groups.name"),
    (Unique::TokenIdentifier, "tokens_identifier_key", "tokens.identifier"),
    (Unique::TokenManaged, "tokens_managed_key", "tokens.managed"),
    (Unique::TokenKey, "tokens_key_hash_key", "tokens.key_hash"),
    (Unique::ApplicationSlug, "applications_slug_key", "applications.slug"),
    (Unique::ApplicationProvider, "applications_provider_pk_key", "applications.provider_pk"),
    (Unique::ProviderName, "providers_name_key", "providers.name"),
    (Unique::MappingName, "mappings_name_key", "mappings.name"),
    (Unique::MappingManaged, "mappings_managed_key", "mappings.managed"),
    (Unique::LinkObject, "links_user_key", "links.provider_pk, links.user_pk"),
    (Unique::LinkObject, "links_group_key", "links.provider_pk, links.group_id"),
    (Unique::LinkRemote, "links_remote_id_key", "links.provider_pk, links.kind, links.remote_id"),
    (Unique::SourceSlug, "sources_slug_key", "sources.slug"),
    (Unique::SourceTokenName, "source_tokens_name_key", "source_tokens.source_id, source_tokens.name"),
    (Unique::SourceLinkId, "source_links_pkey", "source_links.kind, source_links.id"),
    (Unique::SourceLinkObject, "source_links_user_key", "source_links.source_id, source_links.user_pk"),
    (Unique::SourceLinkObject, "source_links_group_key", "source_links.source_id, source_links.group_id"),
    (
        Unique::SourceLinkExternalId,
        "source_links_external_id_key",
        "source_links.source_id, source_links.kind, source_links.external_id",
    ),
    (
        Unique::SourceLinkUserName,
        "source_links_user_name_key",
        "source_links.source_id, source_links.user_name",
    ),
];

/// The field that a foreign key of PostgreSQL speaks of. SQLite does not tell; there the store functions look
/// before they write, and its single writer leaves no gap in between.
const REFERENCES: [(&str, &str); 14] = [
    ("group_parents_parent_id_fkey", "parents"),
    ("memberships_group_id_fkey", "groups"),
    ("memberships_user_pk_fkey", "users"),
    ("tokens_user_pk_fkey", "user"),
    ("applications_provider_pk_fkey", "provider"),
    ("providers_filter_group_id_fkey", "filter_group"),
    ("providers_application_id_fkey", "application"),
    ("provider_mappings_mapping_id_fkey", "property_mappings"),
    ("provider_group_filters_group_id_fkey", "group_filters"),
    ("links_provider_pk_fkey", "provider"),
    ("source_mappings_mapping_id_fkey", "user_property_mappings"),
    ("source_links_source_id_fkey", "source"),
    ("source_links_user_pk_fkey", "user"),
    ("source_links_group_id_fkey", "group"),
];

/// What the two databases say when they cannot go on for now. Both speak English unless told otherwise; a lost
/// connection is told by the connection itself.
const PASSING: [&str; 15] = [
    "database or disk is full",
    "disk I/O error",
    "database is locked",
    "database table is locked",
    "unable to open database file",
    "attempt to write a readonly database",
    "terminating connection",
    "the database system is",
    "canceling statement due to",
    "too many clients",
    "remaining connection slots",
    "No space left on device",
    "connection closed",
    "error communicating with the server",
    "could not serialize access",
];

/// How bad an error of the database is, for whoever holds the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    None,
    /// The statement was at fault, not the database.
    Statement,
    /// Two transactions stood in each other's way; the same unit will do when repeated.
    Collision,
    /// The database or the way to it.
    Outage,
}

impl StoreError {
    pub(crate) fn inconsistent(table: &'static str, column: &'static str, row: &impl ToString) -> Self {
        Self::Inconsistent { table, column, row: row.to_string() }
    }

    pub(crate) fn missing(field: &'static str, key: &impl ToString) -> Self {
        Self::Missing { field, key: key.to_string() }
    }

    /// A value of our own that could not be made into what the database keeps.
    pub(crate) fn unwritable(source: impl Into<Source>) -> Self {
        Self::Internal(DieselError::SerializationError(source.into()))
    }

    pub(crate) fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable { source: source.into() }
    }

    /// A connection could not be made. The error of the driver may quote the address, password and all.
    pub(crate) fn unreachable(source: diesel::ConnectionError) -> Self {
        match source {
            diesel::ConnectionError::BadConnection(text) => Self::unavailable(text),
            other => Self::unavailable(other),
        }
    }
}

impl Trouble {
    pub(crate) fn of(error: &DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => Self::judge(*kind, information.as_ref()),
            DieselError::BrokenTransactionManager => Self::Outage,
            DieselError::RollbackErrorOnCommit { rollback_error, commit_error } => {
                Self::of(rollback_error).max(Self::of(commit_error))
            }
            DieselError::NotFound => Self::None,
            _statement => Self::Statement,
        }
    }

    fn judge(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Self {
        match kind {
            DatabaseErrorKind::SerializationFailure => Self::Collision,
            DatabaseErrorKind::ClosedConnection => Self::Outage,
            _other if information.message().contains("deadlock detected") => Self::Collision,
            _other if PASSING.iter().any(|text| information.message().contains(text)) => Self::Outage,
            _other => Self::Statement,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        if Trouble::of(&error) > Trouble::Statement {
            return Self::unavailable(error);
        }
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
                unique(information.as_ref()).map_or_else(|| Self::Internal(error), Self::Taken)
            }
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, information) => {
                let field = reference(information.as_ref()).unwrap_or("reference");
                let key = information.details().unwrap_or_else(|| information.message()).to_owned();
                Self::Missing { field, key }
            }
            _statement => Self::Internal(error),
        }
    }
}

fn unique(information: &dyn DatabaseErrorInformation) -> Option<Unique> {
    let columns = information.message().strip_prefix("UNIQUE constraint failed: ");
    UNIQUES
        .iter()
        .find(|(_, constraint, theirs)| {
            information.constraint_name() == Some(constraint) || columns == Some(theirs)
        })
        .map(|(unique, ..)| *unique)
}

fn reference(information: &dyn DatabaseErrorInformation) -> Option<&'static str> {
    let name = information.constraint_name()?;
    REFERENCES.iter().find(|(constraint, _)| *constraint == name).map(|(_, field)| *field)
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username => "username",
            Self::UserUuid => "user uuid",
            Self::GroupName => "group name",
            Self::TokenIdentifier => "token identifier",
            Self::TokenManaged => "managed key of a token",
            Self::TokenKey => "token key",
            Self::ApplicationSlug => "application slug",
            Self::ApplicationProvider => "provider of an application",
            Self::ProviderName => "provider name",
            Self::MappingName => "mapping name",
            Self::MappingManaged => "managed key of a mapping",
            Self::LinkObject => "object at this provider",
            Self::LinkRemote => "remote id at this provider",
            Self::SourceSlug => "source slug",
            Self::SourceLinkId => "key among the objects of sources",
            Self::SourceLinkObject => "object at this source",
            Self::SourceLinkExternalId => "external id at this source",
            Self::SourceLinkUserName => "userName at this source",
            Self::SourceTokenName => "name of a token of this source",
        })
    }
}

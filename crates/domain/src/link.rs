//! Links: which remote resource stands for which local object, and what became of the last attempt.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::user::UnknownName;
use crate::{Departure, JsonObject, LinkId, ObjectId, ProviderPk, Timestamp, TombstoneId};

/// One local object at one provider. It exists from the first attempt on, before there is a remote resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: LinkId,
    pub provider: ProviderPk,
    pub object: ObjectId,
    pub state: LinkState,
    /// What the remote last answered; `{}` when it answered nothing.
    pub attributes: JsonObject,
    /// The body that we last sent and the remote acknowledged; `{}` when there is none. A PATCH says what
    /// differs from it.
    pub sent: JsonObject,
    /// Fingerprint of the body that we last sent and the remote acknowledged.
    pub fingerprint: Option<i64>,
    /// The version that the remote resource had after our last change, where the remote says so and nothing of
    /// ours may have changed it since. As `If-Match` names it (RFC 7644 §3.14).
    pub etag: Option<String>,
    /// The object's version and the provider's revision at that time. Where neither has risen, there is
    /// nothing to evaluate.
    pub synced_version: i64,
    pub synced_revision: i64,
    /// The failed attempts since the last success, if any.
    pub attempt: Option<Attempt>,
    /// What has become of the resource since its object left the scope.
    pub departed: Option<Departure>,
    /// When somebody said that it stays as it is, although it would be deleted or deactivated.
    pub rejected: Option<Timestamp>,
}

/// How far a link has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing was sent yet.
    New,
    /// A create was sent or was about to be, and its answer is not known. Before it is sent again, the remote
    /// is searched for what the lost call may have made.
    Creating {
        /// The `externalId` and the natural key (`userName`, `displayName`) that the create carried.
        external_id: String,
        natural_key: String,
    },
    /// The remote knows the object by this id.
    Linked { remote_id: String },
}

impl LinkState {
    pub fn remote_id(&self) -> Option<&str> {
        match self {
            Self::Linked { remote_id } => Some(remote_id),
            Self::New | Self::Creating { .. } => None,
        }
    }
}

/// What became of the last attempts at an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub class: FailureClass,
    /// For people: what happened and what to do next. Never a secret, at most 1,000 characters.
    pub detail: String,
    pub count: i32,
    pub last_at: Timestamp,
    /// When it is tried again; `None` when only a change of the object or the provider, or a person, can help.
    pub next_at: Option<Timestamp>,
}

/// Why an attempt failed, coarse enough to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The object's mapping failed.
    Mapping,
    /// The egress policy or the address itself forbids the call.
    Refused,
    Unreachable,
    Throttled,
    Unavailable,
    Unauthorized,
    /// A certificate is not good enough: the remote's for us, or ours for the remote.
    Certificate,
    /// The remote judged the resource invalid.
    Rejected,
    /// The remote says that it already has the resource, and it cannot be found.
    Conflict,
    /// Several remote resources could be the one.
    Ambiguous,
    /// The remote answered something that is not SCIM.
    Malformed,
    /// The remote does not offer what would be needed.
    Unsupported,
    /// Too much would be deleted or deactivated at once; it waits for somebody to approve.
    Held,
    /// Scimitar itself failed.
    Internal,
}

impl FailureClass {
    pub const ALL: [Self; 14] = [
        Self::Mapping,
        Self::Refused,
        Self::Unreachable,
        Self::Throttled,
        Self::Unavailable,
        Self::Unauthorized,
        Self::Certificate,
        Self::Rejected,
        Self::Conflict,
        Self::Ambiguous,
        Self::Malformed,
        Self::Unsupported,
        Self::Held,
        Self::Internal,
    ];

    /// The name in status answers and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Unauthorized => "unauthorized",
            Self::Certificate => "certificate",
            Self::Rejected => "rejected",
            Self::Conflict => "conflict",
            Self::Ambiguous => "ambiguous",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Held => "held",
            Self::Internal => "internal",
        }
    }
}

impl FromStr for FailureClass {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// A remote resource that has lost its local object and waits for its deletion.
///
/// Written in the transaction that deletes the object, so that no deletion is lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Tombstone {
    pub id: TombstoneId,
    pub provider: ProviderPk,
    /// The object that is gone. Its key is never used again.
    pub object: ObjectId,
    /// `Creating` when the object was deleted while its create was under way: then the remote is searched first.
    pub state: LinkState,
    /// The object's name at that time, for people.
    pub label: String,
    pub attempt: Option<Attempt>,
    /// What has become of the resource before its object was deleted, or since.
    pub departed: Option<Departure>,
    /// When somebody said that it stays as it is.
    pub rejected: Option<Timestamp>,
}

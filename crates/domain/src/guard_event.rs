//! What happened to a provider's guard, and who did it.

use std::str::FromStr;

use crate::Timestamp;
use crate::user::UnknownName;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardEvent {
    pub at: Timestamp,
    pub deed: GuardDeed,
    /// A user's name; nobody for what happened by itself or on the command line.
    pub actor: Option<String>,
    /// For people.
    pub detail: String,
}

/// The kinds of things that happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardDeed {
    /// Deletions or deactivations began to be held.
    Held,
    /// Somebody changed the provider.
    Changed,
    /// Somebody approved, and another one has to.
    Asked,
    Approved,
    /// An approval was refused, because it would have been that of one person alone.
    Refused,
    /// Somebody said that what was held stays as it is.
    Rejected,
}

impl GuardDeed {
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Changed, Self::Asked, Self::Approved, Self::Refused, Self::Rejected];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Changed => "changed",
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
        }
    }
}

impl FromStr for GuardDeed {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

//! What becomes of a remote resource when its object leaves the scope or is deleted.

use std::str::FromStr;

use crate::user::UnknownName;
use crate::{ObjectKind, Timestamp};

/// What is done at the remote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deprovisioning {
    #[default]
    Delete,
    /// `active` becomes false, and the resource stays.
    Deactivate,
    /// The same, and some days later it is deleted, unless the object has come back.
    DeactivateThenDelete,
    /// Nothing is sent, and the resource is forgotten: who comes back is looked for anew.
    Unlink,
    /// Nothing is sent, and the resource is remembered.
    Nothing,
}

impl Deprovisioning {
    pub const ALL: [Self; 5] =
        [Self::Delete, Self::Deactivate, Self::DeactivateThenDelete, Self::Unlink, Self::Nothing];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Deactivate => "deactivate",
            Self::DeactivateThenDelete => "deactivate_then_delete",
            Self::Unlink => "unlink",
            Self::Nothing => "nothing",
        }
    }

    /// Whether something is taken away at the remote.
    pub fn is_destructive(self) -> bool {
        match self {
            Self::Delete | Self::Deactivate | Self::DeactivateThenDelete => true,
            Self::Unlink | Self::Nothing => false,
        }
    }

    /// Whether the resource is gone in the end.
    pub fn ends_in_deletion(self) -> bool {
        match self {
            Self::Delete | Self::DeactivateThenDelete => true,
            Self::Deactivate | Self::Unlink | Self::Nothing => false,
        }
    }

    /// Whether the resource stays, without being active.
    pub fn deactivates(self) -> bool {
        match self {
            Self::Deactivate | Self::DeactivateThenDelete => true,
            Self::Delete | Self::Unlink | Self::Nothing => false,
        }
    }

    /// Whether a kind of object can be treated so: groups have no `active`.
    pub fn fits(self, kind: ObjectKind) -> bool {
        match (self, kind) {
            (Self::Deactivate | Self::DeactivateThenDelete, ObjectKind::Group) => false,
            (Self::Delete | Self::Unlink | Self::Nothing, ObjectKind::Group) | (_, ObjectKind::User) => true,
        }
    }
}

impl FromStr for Deprovisioning {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// That a remote resource has been dealt with, because its object has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    pub at: Timestamp,
    /// When it is to be deleted, if ever.
    pub delete_at: Option<Timestamp>,
}

impl Departure {
    /// Whether the time of its deletion has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.delete_at.is_some_and(|at| at <= now)
    }
}

//! Runs: full syncs of one provider, as operators see them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::user::UnknownName;
use crate::{ProviderPk, RunId, Timestamp};

/// One full sync.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub provider: ProviderPk,
    pub trigger: RunTrigger,
    pub dry_run: bool,
    pub state: RunState,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub counts: RunCounts,
    /// Why it did not end well, for people.
    pub detail: Option<String>,
}

/// What a run did, object by object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCounts {
    pub in_scope: i64,
    pub created: i64,
    pub adopted: i64,
    pub updated: i64,
    pub deleted: i64,
    pub skipped: i64,
    pub failed: i64,
    pub member_changes: i64,
    /// How much of it was about groups. The rest was about users.
    pub of_groups: KindCounts,
}

/// What a run did with objects of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KindCounts {
    pub in_scope: i64,
    pub created: i64,
    pub adopted: i64,
    pub updated: i64,
    pub deleted: i64,
    pub skipped: i64,
    pub failed: i64,
}

impl RunCounts {
    /// What was about users.
    pub fn of_users(&self) -> KindCounts {
        let groups = &self.of_groups;
        KindCounts {
            in_scope: self.in_scope - groups.in_scope,
            created: self.created - groups.created,
            adopted: self.adopted - groups.adopted,
            updated: self.updated - groups.updated,
            deleted: self.deleted - groups.deleted,
            skipped: self.skipped - groups.skipped,
            failed: self.failed - groups.failed,
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Sending users.
    Users,
    /// Users are done; sending groups and members.
    Groups,
    /// Deleting what has left the scope.
    Sweep,
    Done,
    /// Ended; some objects failed and will be tried again or need a person.
    Warning,
    /// Could not go on; `detail` says why.
    Error,
}

impl RunState {
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Groups, Self::Sweep, Self::Done, Self::Warning, Self::Error];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Sweep => "sweep",
            Self::Done => "done",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    pub fn is_running(self) -> bool {
        match self {
            Self::Users | Self::Groups | Self::Sweep => true,
            Self::Done | Self::Warning | Self::Error => false,
        }
    }
}

impl FromStr for RunState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunTrigger {
    Schedule,
    Saved,
    Manual,
}

impl RunTrigger {
    pub const ALL: [Self; 3] = [Self::Schedule, Self::Saved, Self::Manual];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Saved => "saved",
            Self::Manual => "manual",
        }
    }
}

impl FromStr for RunTrigger {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

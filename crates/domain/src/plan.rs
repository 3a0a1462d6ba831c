//! Plans: what a full sync of a provider would do, kept so that exactly that can be done later.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::user::UnknownName;
use crate::{JsonObject, ObjectId, PlanId, ProviderPk, Timestamp, TombstoneId};

/// A plan, without its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub id: PlanId,
    pub provider: ProviderPk,
    pub state: PlanState,
    /// Who asked for it: a user's name, or a word for the command line.
    pub asked_by: String,
    pub created_at: Timestamp,
    /// From then on it is not shown and not applied any more.
    pub expires_at: Timestamp,
    pub counts: PlanCounts,
    /// Why it could not be made, that and why it was made without a look at the remote, or what holds a part of it, for
    /// people.
    pub detail: Option<String>,
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    Building,
    Ready,
    Applying,
    Applied,
    /// It could not be made; `detail` says why.
    Failed,
}

impl PlanState {
    pub const ALL: [Self; 5] = [Self::Building, Self::Ready, Self::Applying, Self::Applied, Self::Failed];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for PlanState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

/// How many objects need which step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanCounts {
    pub in_scope: i64,
    pub create: i64,
    pub adopt: i64,
    pub update: i64,
    pub deactivate: i64,
    pub delete: i64,
    pub keep: i64,
    pub skip: i64,
    pub broken: i64,
}

/// What a plan says of one object. What is kept or skipped is only counted.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanItem {
    /// Its place in the order in which a sync would work, from 1 on.
    pub position: i64,
    pub object: ObjectId,
    /// What a deleted object has left behind, if it is about that.
    pub tombstone: Option<TombstoneId>,
    /// The object's name, for people.
    pub label: String,
    pub step: PlanStep,
    /// Of everything that would be sent. Another one later means that something has changed.
    pub fingerprint: i64,
    /// `attributes`: a list of `attribute`, `from`, `to`; `members`: counts and names; `reason`: why it is broken.
    pub detail: JsonObject,
    /// What became of it when the plan was applied.
    pub outcome: Option<String>,
}

/// What an object needs, in the words of plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStep {
    Create,
    /// The remote has it already, and it is taken over.
    Adopt,
    Update,
    Deactivate,
    Delete,
    /// Its mappings fail, or it is parked: nothing is sent.
    Broken,
}

impl PlanStep {
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Adopt, Self::Update, Self::Deactivate, Self::Delete, Self::Broken];

    /// The name in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Deactivate => "deactivate",
            Self::Delete => "delete",
            Self::Broken => "broken",
        }
    }

    /// Whether it takes something away at the remote.
    pub fn is_destructive(self) -> bool {
        match self {
            Self::Deactivate | Self::Delete => true,
            Self::Create | Self::Adopt | Self::Update | Self::Broken => false,
        }
    }
}

impl FromStr for PlanStep {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownName(name.to_owned()))
    }
}

impl PlanCounts {
    /// One more object with this step.
    pub fn add(&mut self, step: PlanStep) {
        let count = match step {
            PlanStep::Create => &mut self.create,
            PlanStep::Adopt => &mut self.adopt,
            PlanStep::Update => &mut self.update,
            PlanStep::Deactivate => &mut self.deactivate,
            PlanStep::Delete => &mut self.delete,
            PlanStep::Broken => &mut self.broken,
        };
        *count += 1;
    }

    /// Objects for which there is something to send.
    pub fn acting(&self) -> i64 {
        self.create + self.adopt + self.update + self.deactivate + self.delete
    }
}

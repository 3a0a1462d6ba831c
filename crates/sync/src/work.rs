//! The jobs of this engine: what each names, and its place in the queue.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use scimitar_domain::{
    GroupId, ObjectId, ObjectKind, PlanId, ProviderPk, RunId, RunTrigger, Timestamp, TombstoneId, UserPk,
};
use scimitar_store::jobs::{Job, NewJob};

use crate::error::SyncError;

/// A thing to look at. What to do about it is decided from the state found then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "work")]
pub enum Work {
    /// Bring one object in step.
    Object { provider: ProviderPk, object: ObjectId },
    /// Delete what a deleted object has left at the remote.
    Tombstone { provider: ProviderPk, tombstone: TombstoneId },
    /// Walk through the remote, and write down what could be adopted.
    Discover { provider: ProviderPk },
    /// Compare the remote with what was last sent; with `repair`, send what differs again.
    Drift { provider: ProviderPk, repair: bool },
    /// Start a full sync, or go on with the one that is running.
    Run { provider: ProviderPk, trigger: RunTrigger },
    /// Plan the pages of the stage that a full sync has reached.
    Stage { provider: ProviderPk, run: RunId },
    /// Bring one page of a full sync in step: users after one key up to another.
    UserPage { provider: ProviderPk, run: RunId, after: Option<UserPk>, upto: UserPk },
    /// The same for groups.
    GroupPage { provider: ProviderPk, run: RunId, after: Option<GroupId>, upto: GroupId },
    /// Make a plan. It sends nothing, so it waits for no rest of the remote, and says where it could not look because of
    /// one.
    Plan { provider: ProviderPk, plan: PlanId },
    /// Do what a plan says.
    ApplyPlan { provider: ProviderPk, plan: PlanId },
}

/// The lane of a provider's jobs.
pub fn lane_of(provider: ProviderPk) -> String {
    format!("provider:{provider}")
}

impl Work {
    pub fn provider(&self) -> ProviderPk {
        match self {
            Self::Object { provider, .. }
            | Self::Tombstone { provider, .. }
            | Self::Discover { provider }
            | Self::Drift { provider, .. }
            | Self::Run { provider, .. }
            | Self::Stage { provider, .. }
            | Self::UserPage { provider, .. }
            | Self::GroupPage { provider, .. }
            | Self::Plan { provider, .. }
            | Self::ApplyPlan { provider, .. } => *provider,
        }
    }

    /// The job that does this work at `run_at`. Jobs of one key coalesce.
    pub fn job(&self, run_at: Timestamp) -> NewJob {
        NewJob {
            lane: self.lane(),
            kind: self.kind().to_owned(),
            key: self.key(),
            payload: serde_json::to_value(self).unwrap_or(Value::Null),
            priority: self.priority(),
            run_at,
        }
    }

    pub fn of_job(job: &Job) -> Result<Self, SyncError> {
        serde_json::from_value(job.payload.clone()).map_err(|_unreadable| SyncError::Job(job.kind.clone()))
    }

    fn lane(&self) -> String {
        match self {
            Self::Plan { provider, .. } => format!("plan:{provider}"),
            Self::Object { provider, .. }
            | Self::Tombstone { provider, .. }
            | Self::Run { provider, .. }
            | Self::Stage { provider, .. }
            | Self::UserPage { provider, .. }
            | Self::GroupPage { provider, .. }
            | Self::Discover { provider }
            | Self::Drift { provider, .. }
            | Self::ApplyPlan { provider, .. } => lane_of(*provider),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Object { .. } => "object",
            Self::Tombstone { .. } => "tombstone",
            Self::Discover { .. } => "discover",
            Self::Drift { .. } => "drift",
            Self::Run { .. } => "run",
            Self::Stage { .. } => "stage",
            Self::UserPage { .. } => "user_page",
            Self::GroupPage { .. } => "group_page",
            Self::Plan { .. } => "plan",
            Self::ApplyPlan { .. } => "apply_plan",
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Object { object: ObjectId::User(pk), .. } => format!("user:{pk}"),
            Self::Object { object: ObjectId::Group(id), .. } => format!("group:{id}"),
            Self::Tombstone { tombstone, .. } => format!("tombstone:{}", tombstone.0),
            Self::Discover { .. } => "discover".to_owned(),
            Self::Drift { repair, .. } => if *repair { "drift:repair" } else { "drift" }.to_owned(),
            Self::Run { .. } => "run".to_owned(),
            Self::Stage { run, .. } => format!("stage:{}", run.0),
            Self::UserPage { run, upto, .. } => format!("users:{}:{upto}", run.0),
            Self::GroupPage { run, upto, .. } => format!("groups:{}:{upto}", run.0),
            Self::Plan { plan, .. } => format!("plan:{}", plan.0),
            Self::ApplyPlan { plan, .. } => format!("apply:{}", plan.0),
        }
    }

    /// Deletions go first, because a name may be free again only after them; users go before groups, because a
    /// group can only name members that are there; single changes go before the pages of a full sync.
    fn priority(&self) -> i16 {
        match self {
            Self::Tombstone { .. } => 40,
            Self::Object { object, .. } => match object.kind() {
                ObjectKind::User => 30,
                ObjectKind::Group => 20,
            },
            Self::Discover { .. } | Self::Run { .. } | Self::Stage { .. } | Self::ApplyPlan { .. } => 10,
            Self::UserPage { .. } | Self::GroupPage { .. } | Self::Plan { .. } => 0,
            Self::Drift { .. } => -10,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_kind_of_work_reads_back_from_its_payload() {
        let (provider, run) = (ProviderPk(7), RunId(Uuid::from_u128(1)));
        let group = GroupId(Uuid::from_u128(2));
        let all = [
            Work::Object { provider, object: ObjectId::User(UserPk(1)) },
            Work::Object { provider, object: ObjectId::Group(group) },
            Work::Tombstone { provider, tombstone: TombstoneId(Uuid::from_u128(3)) },
            Work::Discover { provider },
            Work::Drift { provider, repair: false },
            Work::Drift { provider, repair: true },
            Work::Run { provider, trigger: RunTrigger::Saved },
            Work::Stage { provider, run },
            Work::UserPage { provider, run, after: None, upto: UserPk(9) },
            Work::GroupPage { provider, run, after: Some(group), upto: group },
            Work::Plan { provider, plan: PlanId(Uuid::from_u128(4)) },
            Work::ApplyPlan { provider, plan: PlanId(Uuid::from_u128(4)) },
        ];
        let mut keys = std::collections::BTreeSet::new();
        for work in all {
            let job = work.job(Timestamp::default());
            let lane = if matches!(work, Work::Plan { .. }) { "plan:7" } else { "provider:7" };
            assert_eq!(serde_json::from_value::<Work>(job.payload).ok(), Some(work));
            assert_eq!(job.lane, lane);
            assert!(keys.insert(job.key));
        }
    }
}

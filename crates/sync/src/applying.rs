//! Applying a plan: exactly what it says, and nothing where something has changed meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use scimitar_domain::{ObjectId, PlanId, PlanItem, PlanState, PlanStep, ProviderPk};
use scimitar_queue::Verdict;
use scimitar_store::{jobs, sync_plans};

use crate::batch::{Batch, Origin};
use crate::context::Context;
use crate::engine::{Engine, not_synced};
use crate::error::SyncError;
use crate::report::Outcome;
use crate::work::Work;

/// Items that are done together.
const AT_ONCE: i64 = 100;
/// A larger plan should be applied by a job.
pub const APPLIED_AT_ONCE: i64 = 100;
/// When a job looks after a plan whose applying has come to no end.
const LOOK_AFTER: TimeDelta = TimeDelta::minutes(5);

/// The word for what was not done because the object, or what is to be sent of it, has changed since.
const OUTDATED: &str = "outdated";

/// Why a plan is not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    #[error("there is no such plan, or it has expired")]
    NoPlan,
    #[error("the plan is not ready: it is {0}")]
    NotReady(&'static str),
    #[error("the provider only rehearses: with `override_dry_run` the plan is applied all the same")]
    DryRun,
    #[error("nothing is sent: {0}")]
    NotSynced(String),
}

/// What a plan says of objects, as far as a batch has to know.
pub(crate) struct Only<'a> {
    pub(crate) plan: PlanId,
    pub(crate) items: BTreeMap<ObjectId, &'a PlanItem>,
}

impl Only<'_> {
    /// Whether this object's step is still the planned one.
    pub(crate) fn allows(&self, object: ObjectId, step: Option<PlanStep>, fingerprint: i64) -> bool {
        let (Some(item), Some(step)) = (self.items.get(&object), step) else { return false };
        // Whether the remote has it already is only known when it is asked.
        let planned = if item.step == PlanStep::Adopt { PlanStep::Create } else { item.step };
        planned == step && item.fingerprint == fingerprint
    }
}

impl Engine {
    /// Do what a plan says and is still to be done. What has changed since is left alone; what the guard holds can
    /// be applied again once it is approved. A plan with more than `at_most` steps is left to a job and still being
    /// applied when this answers.
    pub async fn apply_plan(
        &self,
        provider: ProviderPk,
        plan: PlanId,
        override_dry_run: bool,
        at_most: i64,
    ) -> Result<Result<(), NotApplied>, SyncError> {
        let now = self.parts().clock.now();
        let found = self.parts().store.read(move |conn| sync_plans::find(conn, provider, plan, now)).await?;
        let (Some(found), Some(context)) = (found, self.context(provider).await?) else {
            return Ok(Err(NotApplied::NoPlan));
        };
        match found.state {
            PlanState::Building | PlanState::Failed => {
                return Ok(Err(NotApplied::NotReady(found.state.as_str())));
            }
            PlanState::Ready | PlanState::Applying | PlanState::Applied => {}
        }
        if let Some(reason) = not_synced(&context.provider) {
            return Ok(Err(NotApplied::NotSynced(reason)));
        }
        if context.provider.fields.dry_run && !override_dry_run {
            return Ok(Err(NotApplied::DryRun));
        }
        let is_small = found.counts.acting() <= at_most;
        let work = Work::ApplyPlan { provider, plan }.job(if is_small { now + LOOK_AFTER } else { now });
        let begin = move |conn: &mut scimitar_store::Conn| {
            sync_plans::set_state(conn, plan, PlanState::Applying, None)?;
            jobs::enqueue(conn, std::slice::from_ref(&work), now)
        };
        self.parts().store.write(begin).await?;
        if is_small && self.work_off(&context, plan).await? != Verdict::Done {
            // The job goes on with it as soon as it can.
            let now = self.parts().clock.now();
            let work = Work::ApplyPlan { provider, plan }.job(now + TimeDelta::seconds(1));
            self.parts()
                .store
                .write(move |conn| jobs::enqueue(conn, std::slice::from_ref(&work), now))
                .await?;
        }
        Ok(Ok(()))
    }

    /// Do what is still to be done of a plan that is being applied.
    pub(crate) async fn work_off(&self, context: &Arc<Context>, plan: PlanId) -> Result<Verdict, SyncError> {
        let (provider, now) = (context.provider.pk, self.parts().clock.now());
        let found = self.parts().store.read(move |conn| sync_plans::find(conn, provider, plan, now)).await?;
        if found.is_none_or(|plan| plan.state != PlanState::Applying) {
            return Ok(Verdict::Done);
        }
        let n = self.parts().store.read(move |conn| sync_plans::count_destructive(conn, plan)).await?;
        let held = self.parts().may_destroy_all(context, n, None).await?.err();
        let mut after = 0;
        let mut left_over = false;
        loop {
            let items =
                self.parts().store.read(move |conn| sync_plans::open(conn, plan, after, AT_ONCE)).await?;
            let Some(last) = items.last() else { break };
            after = last.position;
            let outcomes = self.do_items(context, plan, &items, held.is_some()).await?;
            left_over |= outcomes.len() < items.len();
            self.parts().store.write(move |conn| sync_plans::tell(conn, plan, &outcomes)).await?;
            if let Some(rest) = context.resting() {
                return Ok(rest.into());
            }
        }
        if left_over {
            return Ok(Verdict::Retry { at: self.parts().clock.now() + TimeDelta::seconds(2) });
        }
        self.parts().recovered(context).await?;
        let end = move |conn: &mut scimitar_store::Conn| {
            sync_plans::set_state(conn, plan, PlanState::Applied, held.as_deref())
        };
        self.parts().store.write(end).await?;
        Ok(Verdict::Done)
    }

    /// Answers the outcome of each that has come to an end.
    async fn do_items(
        &self,
        context: &Arc<Context>,
        plan: PlanId,
        items: &[PlanItem],
        is_held: bool,
    ) -> Result<Vec<(i64, String)>, SyncError> {
        let mut outcomes = Vec::new();
        let mut only = Only { plan, items: BTreeMap::new() };
        for item in items {
            if is_held && item.step.is_destructive() {
                outcomes.push((item.position, sync_plans::HELD.to_owned()));
            } else if let Some(stone) = item.tombstone {
                let deed = self.parts().bury_planned(context, stone, item.step).await?;
                outcomes.extend(deed.map(|deed| (item.position, deed.to_owned())));
            } else {
                only.items.insert(item.object, item);
            }
        }
        let objects = only.items.values().map(|item| item.object).collect();
        let batch = Batch { only: Some(&only), ..Batch::new(self.parts(), context, Origin::Page) };
        for report in batch.sync(objects).await? {
            let word = match report.outcome {
                Outcome::Waiting => continue,
                Outcome::Kept | Outcome::Outdated => OUTDATED,
                Outcome::Created
                | Outcome::Adopted
                | Outcome::Updated
                | Outcome::Deleted
                | Outcome::Skipped
                | Outcome::Failed => report.outcome.as_str(),
            };
            let position = only.items.get(&report.object).map(|item| item.position);
            outcomes.extend(position.map(|position| (position, word.to_owned())));
        }
        Ok(outcomes)
    }

    /// A plan whose provider is not synced any more comes to its end with that.
    pub(crate) async fn stop_plan(&self, plan: PlanId, reason: String) -> Result<(), SyncError> {
        let end = move |conn: &mut scimitar_store::Conn| {
            sync_plans::set_state(conn, plan, PlanState::Applied, Some(&reason))
        };
        Ok(self.parts().store.write(end).await?)
    }
}

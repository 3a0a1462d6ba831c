//! Making a plan: a full sync's steps, written down instead of taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use scimitar_domain::{
    Attempt, Candidate, JsonObject, ObjectId, Plan, PlanCounts, PlanId, PlanItem, PlanState, PlanStep,
    ProviderPk, Tombstone,
};
use scimitar_store::{StoreError, jobs, links, sync_plans, tombstones};
use serde_json::json;

use crate::adopt;
use crate::batch::Wanted;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::fingerprint::Fingerprint;
use crate::foresee::{self, Foreseen};
use crate::outlook::{Haste, Outlook};
use crate::parting::{self, Parting};
use crate::plan::plan_object;
use crate::preview::Looked;
use crate::walk::Walk;
use crate::work::Work;

/// How long a plan can be looked at and applied.
const LASTS: TimeDelta = TimeDelta::days(1);
/// Plans of a provider that are kept.
const KEPT: i64 = 5;
/// With more objects in scope a plan is made by a job.
const AT_ONCE_UP_TO: i64 = 1_000;
/// Parked objects that a plan names.
const PARKED_NAMED: i64 = 1_000;
/// Tombstones that are read at once.
const STONES_AT_ONCE: i64 = 500;

impl Engine {
    /// Make a plan of what a full sync of this provider would do now. A large one is still being made when this
    /// answers. Nothing is sent; only the remote's capabilities are read, what a lost create may have made, and what is
    /// there, where a full sync would walk through it before it creates.
    pub async fn plan(&self, provider: ProviderPk, asked_by: &str) -> Result<PlanId, SyncError> {
        let plan = self.begin_plan(provider, asked_by).await?;
        let Some(context) = self.context(provider).await? else { return Ok(plan) };
        let is_made = self.parts().count_in_scope(&context).await? <= AT_ONCE_UP_TO
            && self.make_plan(&context, plan, Haste::Waited, &mut |_| {}).await?;
        if !is_made {
            let now = self.parts().clock.now();
            let work = Work::Plan { provider, plan }.job(now);
            self.parts()
                .store
                .write(move |conn| jobs::enqueue(conn, std::slice::from_ref(&work), now))
                .await?;
        }
        Ok(plan)
    }

    /// Note that a plan is wanted. Whoever asked makes it by [`build_plan`](Self::build_plan).
    pub async fn begin_plan(&self, provider: ProviderPk, asked_by: &str) -> Result<PlanId, SyncError> {
        let now = self.parts().clock.now();
        let plan = Plan {
            id: PlanId(self.parts().ids.uuid()),
            provider,
            state: PlanState::Building,
            asked_by: asked_by.to_owned(),
            created_at: now,
            expires_at: now + LASTS,
            counts: PlanCounts::default(),
            detail: None,
        };
        let id = plan.id;
        let write = move |conn: &mut scimitar_store::Conn| {
            sync_plans::insert(conn, &plan)?;
            sync_plans::prune(conn, provider, KEPT, now)
        };
        self.parts().store.write(write).await?;
        Ok(id)
    }

    /// Make a plan that was begun, page by page, and tell each item.
    pub async fn build_plan<F>(
        &self,
        provider: ProviderPk,
        plan: PlanId,
        mut tell: F,
    ) -> Result<(), SyncError>
    where
        F: FnMut(&PlanItem) + Send,
    {
        let Some(context) = self.context(provider).await? else { return Ok(()) };
        self.make_plan(&context, plan, Haste::None, &mut tell).await?;
        Ok(())
    }

    /// Answers whether it is made. With haste it may not be; then whoever makes it without begins anew.
    async fn make_plan<F>(
        &self,
        context: &Arc<Context>,
        plan: PlanId,
        haste: Haste,
        tell: &mut F,
    ) -> Result<bool, SyncError>
    where
        F: FnMut(&PlanItem) + Send,
    {
        if !self.parts().store.write(move |conn| sync_plans::begin(conn, plan)).await? {
            return Ok(true);
        }
        let detail = match self.parts().look_out(context, haste).await? {
            Outlook::Clear => None,
            Outlook::Dim(why) => Some(why),
            Outlook::TooLong => return Ok(false),
        };
        let mut planner = Planner { engine: self, context, plan, position: 0 };
        let (state, counts, detail) = match planner.build(tell).await {
            Ok(counts) => (PlanState::Ready, counts, detail),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, provider.pk = context.provider.pk.0, "a plan could not be made");
                let detail = "it could not be made; the log says why. Ask for another one".to_owned();
                (PlanState::Failed, PlanCounts::default(), Some(detail))
            }
        };
        let write = move |conn: &mut scimitar_store::Conn| {
            sync_plans::finish(conn, plan, state, counts, detail.as_deref())
        };
        self.parts().store.write(write).await?;
        Ok(true)
    }
}

/// A plan that is being made.
struct Planner<'a> {
    engine: &'a Engine,
    context: &'a Arc<Context>,
    plan: PlanId,
    position: i64,
}

type Parked = BTreeMap<ObjectId, (String, Attempt)>;

impl Planner<'_> {
    async fn build<F>(&mut self, tell: &mut F) -> Result<PlanCounts, SyncError>
    where
        F: FnMut(&PlanItem) + Send,
    {
        let parts = self.engine.parts();
        let mut counts =
            PlanCounts { in_scope: parts.count_in_scope(self.context).await?, ..PlanCounts::default() };
        self.bury(&mut counts, tell).await?;
        let mut parked = self.parked().await?;
        // In scope, and in need of something else than nothing.
        let mut n_odd = 0;
        let mut walk = Walk::new(Some(self.plan));
        while let Some(objects) = walk.next(parts, self.context).await? {
            let mut items = Vec::new();
            let page = parts.look(self.context, objects).await?;
            let mut seen = parts.seen_before(self.context, &page).await?;
            for looked in page {
                parked.remove(&looked.subject.object);
                let is_in_scope = looked.subject.is_in_scope;
                let candidates = seen.remove(&looked.subject.object).unwrap_or_default();
                if let Wanted::Skip = looked.wanted {
                    counts.skip += 1;
                    n_odd += 1;
                } else if let Some(item) = self.item(looked, &candidates).await? {
                    counts.add(item.step);
                    n_odd += i64::from(is_in_scope);
                    items.push(item);
                }
            }
            self.write(items, tell).await?;
        }
        let mut items = Vec::new();
        for (object, (label, attempt)) in parked {
            counts.broken += 1;
            n_odd += 1;
            items.push(self.broken(object, label, &attempt.detail));
        }
        self.write(items, tell).await?;
        counts.keep = (counts.in_scope - n_odd).max(0);
        Ok(counts)
    }

    /// What deleted objects have left behind.
    async fn bury<F>(&mut self, counts: &mut PlanCounts, tell: &mut F) -> Result<(), SyncError>
    where
        F: FnMut(&PlanItem) + Send,
    {
        let (provider, now) = (self.context.provider.pk, self.engine.parts().clock.now());
        let mut after = None;
        loop {
            let read = move |conn: &mut _| tombstones::due(conn, provider, after, now, STONES_AT_ONCE);
            let stones: Vec<Tombstone> = self.engine.parts().store.read(read).await?;
            let Some(last) = stones.last() else { return Ok(()) };
            after = Some(last.id);
            let mut items = Vec::new();
            for stone in stones {
                let Some(step) = parting::burial(self.context, &stone, now) else { continue };
                counts.add(step);
                self.position += 1;
                items.push(PlanItem {
                    position: self.position,
                    object: stone.object,
                    tombstone: Some(stone.id),
                    label: stone.label,
                    step,
                    fingerprint: 0,
                    detail: JsonObject::new(),
                    outcome: None,
                });
            }
            self.write(items, tell).await?;
        }
    }

    /// Objects that are left alone until they or the provider change.
    async fn parked(&self) -> Result<Parked, SyncError> {
        let provider = self.context.provider.pk;
        let failures = self
            .engine
            .parts()
            .store
            .read(move |conn| links::failures(conn, provider, 0, PARKED_NAMED))
            .await?;
        Ok(failures
            .into_iter()
            .filter_map(|(link, label)| Some((link.object, (label, link.attempt?))))
            .filter(|(_, (_, attempt))| attempt.next_at.is_none())
            .collect())
    }

    /// `seen` is what the last walk has seen that could be the one.
    async fn item(&mut self, looked: Looked, seen: &[Candidate]) -> Result<Option<PlanItem>, SyncError> {
        let Looked { subject, bare, wanted } = looked;
        let parts = self.engine.parts();
        let desired = match wanted {
            Wanted::Absent => None,
            Wanted::Body(desired) | Wanted::Left(Parting::Deactivate(desired, _)) => Some(desired),
            Wanted::Skip | Wanted::Left(Parting::Leave(_) | Parting::Forget) => return Ok(None),
            Wanted::Broken(trouble) => {
                return Ok(Some(self.broken(subject.object, subject.label(), &trouble.explain())));
            }
        };
        let step = plan_object(desired.as_ref(), &subject.state(), subject.acknowledged());
        let Foreseen { step, fingerprint, members } =
            parts.foresee(self.context, self.plan, &subject, bare, &step, desired.as_ref()).await?;
        let Some(mut step) = step else { return Ok(None) };
        if let (PlanStep::Create, Some(desired)) = (step, &desired) {
            if seen.len() > 1 {
                let reason = adopt::several(subject.object.kind(), seen);
                return Ok(Some(self.broken(subject.object, subject.label(), &reason)));
            }
            if !seen.is_empty() || parts.would_adopt(self.context, &subject, desired).await {
                step = PlanStep::Adopt;
            }
        }
        let nothing = JsonObject::new();
        let known = subject.link.as_ref().map_or(&nothing, |link| &link.sent);
        let detail = foresee::differences(known, desired.as_ref(), &members);
        self.position += 1;
        Ok(Some(PlanItem {
            position: self.position,
            object: subject.object,
            tombstone: None,
            label: subject.label(),
            step,
            fingerprint,
            detail,
            outcome: None,
        }))
    }

    fn broken(&mut self, object: ObjectId, label: String, reason: &str) -> PlanItem {
        self.position += 1;
        let mut detail = JsonObject::new();
        detail.insert("reason".to_owned(), json!(reason));
        PlanItem {
            position: self.position,
            object,
            tombstone: None,
            label,
            step: PlanStep::Broken,
            fingerprint: Fingerprint::of(&json!(reason)).0,
            detail,
            outcome: None,
        }
    }

    async fn write<F>(&self, items: Vec<PlanItem>, tell: &mut F) -> Result<(), StoreError>
    where
        F: FnMut(&PlanItem) + Send,
    {
        if items.is_empty() {
            return Ok(());
        }
        items.iter().for_each(tell);
        let plan = self.plan;
        self.engine.parts().store.write(move |conn| sync_plans::append(conn, plan, &items)).await
    }
}

//! The one path to the remote: bring a few objects of one provider in step.
//!
//! Look at both sides, decide, act, record. Pages of a full sync, single
//! changes, retries and requests of people all come through here.

mod act;
mod part;
mod record;
mod team;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;

use scimitar_domain::{Candidate, Link, LinkId, ObjectId, ObjectKind, RunCounts};
use scimitar_store::claims::{self, Claim, LinkResult};
use scimitar_store::{jobs, remote_keys};

use crate::applying::Only;
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::fingerprint::Fingerprint;
use crate::metrics::OBJECTS_TOTAL;
use crate::parting::Parting;
use crate::plan::{Step, plan_object};
use crate::report::{ObjectReport, Outcome};
use crate::roster::Roster;
use crate::subject::{Loaded, Subject};
use crate::work::Work;

/// Objects that are mapped, and acted on, at the same time. The gate bounds the calls themselves.
const AT_ONCE: usize = 64;

/// Who asks, which decides how what is left over is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The object's own job: it retries itself.
    Object,
    /// A page of a full sync: what failed gets a job of its own, and groups are compared as a whole.
    Page,
}

/// What a mapping came to.
pub(crate) enum Wanted {
    /// Out of scope, or deleted.
    Absent,
    Body(Desired),
    /// The mapping raised `SkipObject`: the object is left as it is.
    Skip,
    Broken(Trouble),
    /// Out of scope, and not deleted, or not yet.
    Left(Parting),
}

impl Wanted {
    /// What the remote is to hold, if that is known.
    pub(crate) fn desired(&self) -> Option<&Desired> {
        match self {
            Self::Body(desired) | Self::Left(Parting::Deactivate(desired, _)) => Some(desired),
            Self::Absent | Self::Skip | Self::Broken(_) | Self::Left(Parting::Leave(_) | Parting::Forget) => {
                None
            }
        }
    }

    /// Of the body, if there is one.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.desired().map(|desired| desired.fingerprint)
    }

    /// Whether nothing is sent, whatever the remote holds.
    fn is_left_alone(&self) -> bool {
        match self {
            Self::Skip | Self::Broken(_) | Self::Left(Parting::Leave(_) | Parting::Forget) => true,
            Self::Absent | Self::Body(_) | Self::Left(Parting::Deactivate(..)) => false,
        }
    }

    /// What a link needs.
    fn step(&self, link: &Link) -> Step {
        if self.is_left_alone() {
            return Step::Keep;
        }
        match plan_object(self.desired(), &link.state, link.fingerprint) {
            // It was forgotten when its object left, and is there.
            Step::Create if link.departed.is_some() => Step::Recover,
            step => step,
        }
    }
}

/// A batch of one provider's objects.
pub(crate) struct Batch<'a> {
    pub(crate) parts: &'a EngineParts,
    pub(crate) context: &'a Arc<Context>,
    pub(crate) origin: Origin,
    /// Do only what a plan says.
    pub(crate) only: Option<&'a Only<'a>>,
    /// Whether the objects count as in scope, because they are brought back.
    pub(crate) restores: bool,
}

/// A leased link, and the version of its object that the batch has read.
struct Held {
    link: Link,
    epoch: i64,
    version: i64,
    /// The answer to an earlier write was lost, perhaps together with the worker that waited for it: the remote
    /// may hold something else than it has acknowledged.
    in_doubt: bool,
}

/// One object with everything that acting on it needs.
struct Planned {
    subject: Subject,
    claim: Held,
    wanted: Wanted,
    step: Step,
    /// Whom the body names as members.
    roster: Option<Roster>,
    /// What the last walk has seen that could be the one.
    seen: Vec<Candidate>,
    /// Whether that walk has not seen everything, so that whoever it has not seen may be there.
    is_unsure: bool,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(parts: &'a EngineParts, context: &'a Arc<Context>, origin: Origin) -> Self {
        Self { parts, context, origin, only: None, restores: false }
    }
}

impl Batch<'_> {
    pub(crate) async fn sync(&self, objects: Vec<ObjectId>) -> Result<Vec<ObjectReport>, SyncError> {
        let (planned, mut reports) = self.plan(objects).await?;
        let users = planned.iter().filter(|it| it.subject.object.kind() == ObjectKind::User);
        self.context.expect(users.filter(|it| it.step != Step::Keep).count()).await;
        let mut ended = futures_util::stream::iter(planned)
            .map(|planned| async move {
                let mut report =
                    ObjectReport::new(planned.subject.object, planned.subject.label(), Outcome::Kept);
                let context = self.context.with_trace();
                let result = Batch { context: &context, ..*self }.act(planned, &mut report).await;
                result.map(|()| report)
            })
            .buffer_unordered(AT_ONCE);
        while let Some(report) = ended.next().await {
            reports.push(report?);
        }
        for report in &reports {
            let kind = report.object.kind().as_str();
            metrics::counter!(OBJECTS_TOTAL, "outcome" => report.outcome.as_str(), "kind" => kind)
                .increment(1);
            self.parts.told(self.context, report);
        }
        Ok(reports)
    }

    /// Claim what concerns the provider, and decide each step.
    ///
    /// What is decided from is read after the claim: whoever changes an object later finds the lease, or makes a
    /// job that runs after this batch.
    async fn plan(&self, objects: Vec<ObjectId>) -> Result<(Vec<Planned>, Vec<ObjectReport>), SyncError> {
        self.parts.recall_groups(self.context).await?;
        let concerned = self.parts.concerned(self.context, objects.clone()).await?;
        let (concerned, unconcerned): (Vec<_>, Vec<_>) =
            objects.into_iter().partition(|object| self.restores || concerned.contains(object));
        let mut reports: Vec<ObjectReport> = unconcerned.into_iter().map(ObjectReport::unconcerned).collect();
        let mut claims = self.claim(&concerned).await?;
        let Loaded { subjects, memberships } = self.parts.load(self.context, concerned).await?;
        let memberships = &memberships;
        let mut mapped = futures_util::stream::iter(subjects)
            .map(|mut subject| {
                let claim = claims.remove(&subject.object);
                async move {
                    let Some(claim) = claim else { return (subject, None) };
                    subject.link = Some(claim.link.clone());
                    subject.is_in_scope |= self.restores;
                    let wanted = self.parts.want(self.context, &subject, memberships).await;
                    (subject, Some((claim, wanted)))
                }
            })
            .buffered(AT_ONCE);
        let mut planned = Vec::new();
        while let Some((subject, claimed)) = mapped.next().await {
            let Some((claim, wanted)) = claimed else {
                reports.push(self.waiting(&subject));
                continue;
            };
            let bare = wanted.fingerprint();
            let (wanted, roster) = self.parts.with_members(self.context, &subject, wanted).await?;
            let step = wanted.step(&claim.link);
            let in_doubt = claim.link.fingerprint.is_none() && claim.link.state.remote_id().is_some();
            let Claim { link, epoch } = claim;
            let claim = Held { link, epoch, version: subject.version(), in_doubt };
            let next = Planned { subject, claim, wanted, step, roster, seen: Vec::new(), is_unsure: false };
            if self.is_planned(&next, bare).await? {
                planned.push(next);
            } else {
                reports.push(self.outdated(next).await?);
            }
        }
        self.look_up(&mut planned).await?;
        self.look_again(&reports).await?;
        Ok((planned, reports))
    }

    /// Whether a plan, if there is one, says the same.
    async fn is_planned(&self, next: &Planned, bare: Option<Fingerprint>) -> Result<bool, SyncError> {
        let Some(only) = self.only else { return Ok(true) };
        if next.wanted.is_left_alone() {
            return Ok(false);
        }
        let desired = next.wanted.desired();
        let (subject, step) = (&next.subject, &next.step);
        let now = self.parts.foresee(self.context, only.plan, subject, bare, step, desired).await?;
        Ok(only.allows(subject.object, now.step, now.fingerprint))
    }

    /// Leave alone what has changed since the plan was made.
    async fn outdated(&self, planned: Planned) -> Result<ObjectReport, SyncError> {
        let subject = &planned.subject;
        let mut report = ObjectReport::new(subject.object, subject.label(), Outcome::Outdated);
        self.record(&planned.claim, LinkResult::Released, &mut report).await?;
        Ok(report)
    }

    /// Before anything is made, look up whether the last walk has seen it.
    async fn look_up(&self, planned: &mut [Planned]) -> Result<(), SyncError> {
        if !self.context.provider.fields.discovery_enabled {
            return Ok(());
        }
        let new = planned.iter().filter(|it| it.step == Step::Create);
        let wanted = new.filter_map(|it| match &it.wanted {
            Wanted::Body(desired) => Some((it.subject.object, desired.keys(it.subject.object.kind()))),
            Wanted::Absent | Wanted::Skip | Wanted::Broken(_) | Wanted::Left(_) => None,
        });
        let wanted: Vec<_> = wanted.collect();
        let mut unsure = BTreeSet::new();
        for kind in [ObjectKind::User, ObjectKind::Group] {
            if wanted.iter().any(|(object, _)| object.kind() == kind) {
                self.parts.ensure_walked(self.context, kind).await?;
                let provider = self.context.provider.pk;
                if self.parts.store.read(move |conn| remote_keys::is_partial(conn, provider, kind)).await? {
                    unsure.insert(kind);
                }
            }
        }
        let mut found = self.parts.candidates(self.context, wanted).await?;
        for it in planned {
            it.seen = found.remove(&it.subject.object).unwrap_or_default();
            it.is_unsure = unsure.contains(&it.subject.object.kind());
        }
        Ok(())
    }

    /// What another worker has, dead or alive, gets a job of its own: nobody else would come back to it.
    async fn look_again(&self, reports: &[ObjectReport]) -> Result<(), SyncError> {
        let (provider, now) = (self.context.provider.pk, self.parts.clock.now());
        let waiting = reports.iter().filter(|report| report.outcome == Outcome::Waiting);
        let work: Vec<_> = waiting
            .filter(|_| self.origin == Origin::Page)
            .filter_map(|report| Some(Work::Object { provider, object: report.object }.job(report.next_at?)))
            .collect();
        if !work.is_empty() {
            self.parts.store.write(move |conn| jobs::enqueue(conn, &work, now)).await?;
        }
        Ok(())
    }

    async fn claim(&self, objects: &[ObjectId]) -> Result<BTreeMap<ObjectId, Claim>, SyncError> {
        if objects.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted: Vec<(ObjectId, LinkId)> =
            objects.iter().map(|object| (*object, LinkId(self.parts.ids.uuid()))).collect();
        let (provider, now) = (self.context.provider.pk, self.parts.clock.now());
        let (owner, until) = (self.parts.settings.worker.clone(), now + self.parts.settings.lease);
        let claims = self
            .parts
            .store
            .write(move |conn| claims::claim(conn, provider, &wanted, &owner, now, until))
            .await?;
        Ok(claims.into_iter().map(|claim| (claim.link.object, claim)).collect())
    }

    /// Another worker has the object; look again shortly.
    fn waiting(&self, subject: &Subject) -> ObjectReport {
        let mut report = ObjectReport::new(subject.object, subject.label(), Outcome::Waiting);
        report.next_at = Some(self.parts.clock.now() + chrono::TimeDelta::seconds(1));
        report
    }
}

/// Sum up what a batch did.
pub(crate) fn count(reports: &[ObjectReport]) -> RunCounts {
    let mut counts = RunCounts::default();
    for report in reports {
        report.outcome.count(report.object.kind(), &mut counts);
        counts.member_changes += report.member_changes;
    }
    counts
}

/// Add up counts.
pub(crate) fn add(sum: &mut RunCounts, more: RunCounts) {
    sum.created += more.created;
    sum.adopted += more.adopted;
    sum.updated += more.updated;
    sum.deleted += more.deleted;
    sum.skipped += more.skipped;
    sum.failed += more.failed;
    sum.member_changes += more.member_changes;
    let (sum, more) = (&mut sum.of_groups, more.of_groups);
    sum.created += more.created;
    sum.adopted += more.adopted;
    sum.updated += more.updated;
    sum.deleted += more.deleted;
    sum.skipped += more.skipped;
    sum.failed += more.failed;
}

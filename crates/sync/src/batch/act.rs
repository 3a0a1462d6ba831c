//! Taking one object's step, members included.

use scimitar_domain::{JsonObject, Link, LinkState, NestedGroups, ObjectId, ObjectKind};
use scimitar_store::claims::LinkResult;
use scimitar_store::members;

use super::{Batch, Held, Origin, Planned, Wanted};
use crate::apply::{Act, Applied};
use crate::desired::Desired;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::guard;
use crate::members::Extent;
use crate::plan::Step;
use crate::report::{LogLevel, ObjectReport, Outcome};
use crate::roster::Roster;
use crate::scribe::Noted;
use crate::subject::Subject;

impl Batch<'_> {
    /// Take the step and record what came of it.
    pub(super) async fn act(&self, planned: Planned, report: &mut ObjectReport) -> Result<(), SyncError> {
        let Planned { subject, claim, wanted, step, roster, seen, is_unsure } = planned;
        let roster = roster.as_ref();
        let desired = match wanted {
            Wanted::Body(desired) => {
                if claim.link.state.remote_id().is_some() {
                    self.returned(&claim).await?;
                }
                Some(desired)
            }
            Wanted::Absent => None,
            Wanted::Left(parting) => return self.part(&subject, &claim, parting, &step, report).await,
            Wanted::Skip => return self.leave_alone(&subject, &claim, report).await,
            Wanted::Broken(trouble) => return self.fail(&claim, &trouble, report).await,
        };
        let kind = subject.object.kind();
        let body = desired.as_ref().map(|desired| &desired.body);
        let is_destructive = guard::is_destructive(&step, &claim.link.sent, body);
        if is_destructive {
            let has_left = !subject.is_in_scope && kind == ObjectKind::User;
            let suspicion = if has_left { self.parts.emptied(self.context).await? } else { None };
            if let Err(trouble) = self.parts.may_destroy(self.context, suspicion).await {
                return self.fail(&claim, &trouble, report).await;
            }
        }
        let act =
            Act { parts: self.parts, context: self.context, kind, link: &claim.link, epoch: claim.epoch };
        let result = match (&step, &desired) {
            (Step::Delete { remote_id }, _) => act.delete(remote_id).await.map(|()| None),
            (Step::RecoverAndDelete, _) => act.recover_and_delete().await.map(|()| None),
            (Step::Create, Some(desired)) => act.create_or_adopt(desired, &seen, is_unsure).await.map(Some),
            (Step::Recover, Some(desired)) => act.recover(desired).await.map(Some),
            (Step::Update { remote_id }, Some(desired)) => act.update(desired, remote_id).await.map(Some),
            (Step::Keep, Some(desired)) => {
                match self.keep(&subject, &claim, roster, report).await? {
                    // The remote has lost the group, members and all.
                    Some(trouble) if trouble.is_gone() => act.recover(desired).await.map(Some),
                    Some(trouble) => Err(trouble),
                    None => return Ok(()),
                }
            }
            (Step::Keep | Step::Create | Step::Recover | Step::Update { .. }, None) => {
                return self.record(&claim, LinkResult::Removed, report).await;
            }
        };
        if self.is_impossible(&subject, &claim, &step, &result, report).await? {
            return Ok(());
        }
        match (result, desired) {
            (Ok(Some(applied)), Some(desired)) => {
                if claim.link.state.remote_id().is_none() {
                    self.returned(&claim).await?;
                }
                self.written(&subject, &claim, (desired, roster), applied, report).await
            }
            (Ok(_), _) => {
                if matches!(step, Step::Delete { .. }) {
                    self.parts.note_taken(self.context, subject.object, &subject.label()).await?;
                }
                report.outcome = Outcome::Deleted;
                self.record(&claim, LinkResult::Removed, report).await
            }
            (Err(trouble), desired) => {
                if is_destructive {
                    self.parts.spared(self.context, &trouble).await?;
                }
                self.fail_step(&claim, &step, &trouble, desired.as_ref(), report).await
            }
        }
    }

    /// Nothing is sent of the object. Of what the remote does not have, nothing is in step either, so that all of it is
    /// looked at again when it does.
    pub(super) async fn leave_alone(
        &self,
        subject: &Subject,
        claim: &Held,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        report.outcome = Outcome::Skipped;
        let result = match (self.context.lessons.lacks(subject.object.kind()), &claim.link.state) {
            (true, LinkState::New) => LinkResult::Forgotten,
            (true, LinkState::Creating { .. } | LinkState::Linked { .. }) => {
                LinkResult::Kept { version: 0, revision: 0 }
            }
            (false, _) => self.kept(subject),
        };
        self.record(claim, result, report).await
    }

    /// Attributes agree; members may not. Answers what stands in the way of recording that all is well.
    async fn keep(
        &self,
        subject: &Subject,
        claim: &Held,
        roster: Option<&Roster>,
        report: &mut ObjectReport,
    ) -> Result<Option<Trouble>, SyncError> {
        let trouble = match (subject.object, claim.link.state.remote_id()) {
            (ObjectId::Group(_), Some(remote_id)) => {
                let noted = self.origin == Origin::Object && claim.link.attempt.is_none();
                let extent = self.extent(claim, noted).await?;
                let there = (remote_id, &claim.link.sent);
                self.sync_members(subject, claim, there, roster, extent, report).await?
            }
            (ObjectId::Group(_) | ObjectId::User(_), _) => None,
        };
        if trouble.is_none() {
            self.record(claim, self.kept(subject), report).await?;
        }
        Ok(trouble)
    }

    /// The remote has acknowledged the attributes: that is durable before a group's members are sent, which may take
    /// long. The link stays leased until they are, so that whoever comes after a crash compares all of them.
    pub(super) async fn written(
        &self,
        subject: &Subject,
        claim: &Held,
        (desired, roster): (Desired, Option<&Roster>),
        applied: Applied,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        report.outcome = applied.outcome;
        self.tell_foreign(&applied.foreign, report);
        let (remote_id, was_adopted) = (applied.remote_id.clone(), applied.outcome == Outcome::Adopted);
        let goes_on = subject.object.kind() == ObjectKind::Group;
        let sent = goes_on.then(|| desired.body.clone());
        let result = LinkResult::Written {
            remote_id: applied.remote_id,
            attributes: applied.answer,
            fingerprint: desired.fingerprint.0,
            sent: desired.body,
            etag: applied.version,
            version: subject.version(),
            revision: self.context.provider.revision,
            goes_on,
        };
        // Whoever was faster brings the members in step.
        let (Noted::Written, Some(sent)) = (self.note(claim, result, report).await?, sent) else {
            return Ok(());
        };
        let mut trouble = None;
        if was_adopted || self.may_be_adopted(claim).await? {
            let done = self.membership(subject, claim, &remote_id).learn().await?;
            trouble = self.after_members(subject, claim, (&remote_id, &sent), done, report).await?;
        }
        if trouble.is_none() {
            let is_update = report.outcome == Outcome::Updated && self.origin == Origin::Object;
            let noted = is_update && claim.link.attempt.is_none() && !claim.in_doubt;
            let extent = self.extent(claim, noted).await?;
            let there = (remote_id.as_str(), &sent);
            trouble = self.sync_members(subject, claim, there, roster, extent, report).await?;
        }
        let Some(trouble) = trouble else { return self.record(claim, self.kept(subject), report).await };
        // A failure is remembered, a rest is not: without the doubt only what is noted would be sent after it.
        let is_to_be_compared = was_adopted
            || claim.in_doubt
            || claim.link.attempt.is_some()
            || !self.is_of_these_settings(&claim.link);
        if is_to_be_compared || trouble.may_have_happened() {
            self.doubt(claim, &sent).await?;
        }
        self.fail(claim, &trouble, report).await
    }

    /// Whether whoever had the group before may have taken it over, and died before he saw whom the remote has in it.
    async fn may_be_adopted(&self, claim: &Held) -> Result<bool, SyncError> {
        let link = claim.link.id;
        Ok(claim.in_doubt && !self.parts.store.read(move |conn| members::has_acked(conn, link)).await?)
    }

    /// Somebody else works on the same resource, which people want to know.
    fn tell_foreign(&self, names: &[String], report: &mut ObjectReport) {
        if !names.is_empty() {
            let names = names.join(", ");
            let event = format!("Somebody else had changed it at the remote; {names} set back");
            report.tell(self.parts.clock.now(), LogLevel::Info, event, JsonObject::new());
        }
    }

    /// What is noted as changed is enough where everything else was compared before. Of a group that was just made
    /// nothing was: its maker may have been overtaken between making it and sending its members. Nor was it under other
    /// settings, which may read groups below others otherwise.
    async fn extent(&self, claim: &Held, noted: bool) -> Result<Extent, SyncError> {
        let (link, settings_are_known) = (claim.link.id, self.is_of_these_settings(&claim.link));
        let compared = noted
            && settings_are_known
            && self.parts.store.read(move |conn| members::has_acked(conn, link)).await?;
        let flattens = self.context.provider.fields.nested_groups == NestedGroups::Flattened;
        Ok(match compared {
            true => Extent::Pending,
            false if flattens || !settings_are_known => Extent::WholeNoted,
            false => Extent::Whole,
        })
    }

    /// Whether a link was never in step, or last under the settings that hold now.
    fn is_of_these_settings(&self, link: &Link) -> bool {
        link.synced_revision == 0 || link.synced_revision == self.context.provider.revision
    }

    pub(super) fn kept(&self, subject: &Subject) -> LinkResult {
        LinkResult::Kept { version: subject.version(), revision: self.context.provider.revision }
    }
}

//! Parting with one object that has left the scope, where the provider's policy does not delete it at once.

use scimitar_domain::{Departure, ObjectKind};
use scimitar_store::claims::{self, LinkResult};
use scimitar_store::{guards, members};

use super::{Batch, Held, Wanted};
use crate::apply::{Act, Applied};
use crate::desired::Desired;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::parting::Parting;
use crate::plan::Step;
use crate::report::{ObjectReport, Outcome};
use crate::subject::Subject;

impl Batch<'_> {
    pub(super) async fn part(
        &self,
        subject: &Subject,
        claim: &Held,
        parting: Parting,
        step: &Step,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        match parting {
            Parting::Forget => self.forget(claim, report).await,
            Parting::Leave(departure) => {
                // The answer to a deletion may have been lost before the policy became another. Groups must not name
                // what is not there any more.
                if departure.is_some()
                    && claim.in_doubt
                    && let Some(remote_id) = claim.link.state.remote_id()
                {
                    match self.context.still_there(claim.link.object.kind(), remote_id).await {
                        Ok(true) => {}
                        Ok(false) => return self.forget(claim, report).await,
                        Err(trouble) => return self.fail_step(claim, step, &trouble, None, report).await,
                    }
                }
                if departure.is_some() {
                    if let Some(trouble) = self.empty(claim, report).await? {
                        return self.fail_step(claim, step, &trouble, None, report).await;
                    }
                    self.depart(claim, departure).await?;
                }
                self.record(claim, self.kept(subject), report).await
            }
            Parting::Deactivate(desired, departure) => match step {
                Step::Update { remote_id } => {
                    let sent = self.retire(claim, &desired, remote_id).await?;
                    match sent {
                        Ok(Some(applied)) => {
                            self.parts.note_taken(self.context, subject.object, &subject.label()).await?;
                            self.depart(claim, Some(departure)).await?;
                            self.written(subject, claim, (desired, None), applied, report).await
                        }
                        Ok(None) => {
                            report.outcome = Outcome::Deleted;
                            self.record(claim, LinkResult::Removed, report).await
                        }
                        Err(trouble) => self.fail_step(claim, step, &trouble, Some(&desired), report).await,
                    }
                }
                // It is inactive already.
                Step::Keep | Step::Create | Step::Recover | Step::Delete { .. } | Step::RecoverAndDelete => {
                    self.depart(claim, Some(departure)).await?;
                    self.record(claim, self.kept(subject), report).await
                }
            },
        }
    }

    /// Whether a step was refused because the remote never takes such a step, which is remembered. A group that it cannot have
    /// is left alone, and what it does not delete is parted with otherwise, at once.
    pub(super) async fn is_impossible(
        &self,
        subject: &Subject,
        claim: &Held,
        step: &Step,
        result: &Result<Option<Applied>, Trouble>,
        report: &mut ObjectReport,
    ) -> Result<bool, SyncError> {
        let Err(refusal) = result else { return Ok(false) };
        if self.parts.is_without(self.context, subject.object.kind(), refusal).await? {
            self.leave_alone(subject, claim, report).await?;
            return Ok(true);
        }
        let Step::Delete { remote_id } = step else { return Ok(false) };
        match self.parts.learns_to_keep(self.context, subject.object.kind(), remote_id, refusal).await {
            Ok(true) => {}
            // What is unclear is tried again as it was.
            Ok(false) | Err(_) => return Ok(false),
        }
        let wanted = self.parts.part(self.context, subject);
        let step = wanted.step(&claim.link);
        let Wanted::Left(parting) = wanted else { return Ok(false) };
        self.parts.spared(self.context, refusal).await?;
        self.part(subject, claim, parting, &step, report).await?;
        Ok(true)
    }

    /// Take the members out of a group that is to go and cannot be deleted, where the guard lets it pass. Answers what stands
    /// in the way.
    async fn empty(&self, claim: &Held, report: &mut ObjectReport) -> Result<Option<Trouble>, SyncError> {
        let (link, kind) = (claim.link.id, claim.link.object.kind());
        let Some(remote_id) = claim.link.state.remote_id().filter(|_| claim.link.departed.is_none()) else {
            return Ok(None);
        };
        if kind != ObjectKind::Group || !self.context.keeps(kind) {
            return Ok(None);
        }
        if let Err(held) = self.parts.may_destroy(self.context, None).await {
            return Ok(Some(held));
        }
        if let Err(trouble) = self.parts.strip(self.context, remote_id).await {
            self.parts.spared(self.context, &trouble).await?;
            return Ok(Some(trouble));
        }
        // Who comes back as a member is sent anew.
        self.parts.store.write(move |conn| members::clear_acked(conn, link)).await?;
        report.outcome = Outcome::Updated;
        Ok(None)
    }

    /// The link stays, so that who comes back is looked for and not made a second time.
    async fn forget(&self, claim: &Held, report: &mut ObjectReport) -> Result<(), SyncError> {
        let now = self.parts.departure(&self.context.provider, claim.link.object.kind());
        self.depart(claim, Some(now)).await?;
        self.record(claim, LinkResult::Forgotten, report).await
    }

    /// Deactivate, where the guard lets it pass. Nothing where the remote does not have the resource any more.
    async fn retire(
        &self,
        claim: &Held,
        desired: &Desired,
        remote_id: &str,
    ) -> Result<Result<Option<Applied>, Trouble>, SyncError> {
        let suspicion = self.parts.emptied(self.context).await?;
        if let Err(trouble) = self.parts.may_destroy(self.context, suspicion).await {
            return Ok(Err(trouble));
        }
        let kind = claim.link.object.kind();
        let act =
            Act { parts: self.parts, context: self.context, kind, link: &claim.link, epoch: claim.epoch };
        let sent = act.change(desired, remote_id).await;
        if let Err(trouble) = &sent {
            self.parts.spared(self.context, trouble).await?;
        }
        Ok(sent)
    }

    /// An object that is in scope again has not departed, and what was said of its leaving is no matter any more. One
    /// that was forgotten meanwhile is looked for first, also by whoever comes after a crash, so that is noted when it
    /// is there.
    pub(super) async fn returned(&self, claim: &Held) -> Result<(), SyncError> {
        if claim.link.rejected.is_some() {
            let (link, epoch) = (claim.link.id, claim.epoch);
            self.parts.store.write(move |conn| guards::come_back(conn, link, epoch)).await?;
        }
        match claim.link.departed {
            Some(_) => self.depart(claim, None).await,
            None => Ok(()),
        }
    }

    /// Written before the outcome is recorded: a worker that dies in between leaves its lease, and with that a doubt.
    async fn depart(&self, claim: &Held, departure: Option<Departure>) -> Result<(), SyncError> {
        let (link, epoch) = (claim.link.id, claim.epoch);
        self.parts.store.write(move |conn| claims::depart(conn, link, epoch, departure)).await?;
        Ok(())
    }
}

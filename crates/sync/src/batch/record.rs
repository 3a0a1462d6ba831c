//! Writing down what came of a step, and scheduling what follows from it.

use scimitar_client::ClientError;
use scimitar_domain::{Attempt, FailureClass, JsonObject, ObjectId, ObjectKind, Timestamp};
use scimitar_queue::Ladder;
use scimitar_store::claims::{self, LinkOutcome, LinkResult};

use super::{Batch, Held, Origin};
use crate::adopt::SHOWN_AFTER;
use crate::announce::Event;
use crate::desired::Desired;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::metrics;
use crate::plan::Step;
use crate::report::{LogLevel, ObjectReport, Outcome};
use crate::scribe::{Note, Noted};

/// After so many, a group is refused for what it is, and not for a member who was just leaving.
const REFUSALS_OF_A_GROUP: i32 = 3;

/// What a failure leaves at the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// What was there before.
    Everything,
    /// Nothing that is ours.
    Nothing,
    /// Perhaps what a create has made, whose answer was lost.
    Doubt,
}

impl Batch<'_> {
    /// A failed step: whether the remote id or the intent still means something depends on the step.
    pub(super) async fn fail_step(
        &self,
        claim: &Held,
        step: &Step,
        trouble: &Trouble,
        desired: Option<&Desired>,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        match (step, desired) {
            (Step::Update { .. }, Some(desired)) if trouble.may_have_happened() => {
                let mut sent = claim.link.sent.clone();
                sent.extend(desired.body.clone());
                self.doubt(claim, &sent).await?;
            }
            // Members were sent, or it may be gone: its attributes are what they were.
            (Step::Keep, Some(_)) | (Step::Delete { .. }, None) if trouble.may_have_happened() => {
                self.doubt(claim, &claim.link.sent).await?;
            }
            _ => {}
        }
        if *step == Step::Create && !trouble.may_have_happened() {
            // Nothing was made: no need to search for it the next time.
            if let Trouble::Resting(rest) = trouble {
                report.outcome = Outcome::Waiting;
                // It may be over before the batch is, which then does not come back to it.
                report.next_at = Some(rest.until);
                return self.record(claim, LinkResult::Forgotten, report).await;
            }
            return self.record_failure(claim, trouble, Leaves::Nothing, report).await;
        }
        match (step, trouble) {
            (
                Step::Create | Step::Recover | Step::RecoverAndDelete,
                Trouble::Client(_) | Trouble::TooEarly { .. } | Trouble::Object { .. },
            ) => self.record_failure(claim, trouble, Leaves::Doubt, report).await,
            (Step::Keep | Step::Update { .. } | Step::Delete { .. }, _) | (_, Trouble::Resting(_)) => {
                self.fail(claim, trouble, report).await
            }
        }
    }

    /// The remote may hold what it acknowledged last, or what it was sent now. `sent` has the attributes of both.
    pub(super) async fn doubt(&self, claim: &Held, sent: &JsonObject) -> Result<(), SyncError> {
        let (link, epoch, sent) = (claim.link.id, claim.epoch, sent.clone());
        self.parts.store.write(move |conn| claims::doubt(conn, link, epoch, &sent)).await?;
        Ok(())
    }

    pub(super) async fn fail(
        &self,
        claim: &Held,
        trouble: &Trouble,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        if let Trouble::Resting(rest) = trouble {
            report.outcome = Outcome::Waiting;
            report.next_at = Some(rest.until);
            return self.record(claim, LinkResult::Released, report).await;
        }
        self.record_failure(claim, trouble, Leaves::Everything, report).await
    }

    async fn record_failure(
        &self,
        claim: &Held,
        trouble: &Trouble,
        leaves: Leaves,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        let now = self.parts.clock.now();
        let (version, revision) = (claim.version, self.context.provider.revision);
        let before = claim.link.attempt.as_ref();
        let Some(mut attempt) = trouble.attempt(before, claim.link.id.0, now) else { return Ok(()) };
        if attempt.next_at.is_none()
            && self.may_be_about_a_member(trouble, &attempt, before, report.object).await
        {
            let (high, low) = claim.link.id.0.as_u64_pair();
            attempt.next_at = Some(now + Ladder::OBJECT.wait(attempt.count, high ^ low));
        }
        if leaves == Leaves::Doubt {
            // Before that, a search would prove nothing.
            attempt.next_at = attempt.next_at.map(|at| at.max(attempt.last_at + SHOWN_AFTER));
        }
        let forget_remote = leaves == Leaves::Nothing;
        report.outcome = Outcome::Failed;
        report.next_at = attempt.next_at;
        tell_failure(report, now, &attempt);
        self.record(claim, LinkResult::Failed { attempt, forget_remote, version, revision }, report).await
    }

    /// A group that goes with all its members is refused for a member who has just left the remote, and nothing of
    /// the group changes after that. So it is sent again, with those who are left, before it is given up. What failed
    /// for another reason before was not refused so often.
    async fn may_be_about_a_member(
        &self,
        trouble: &Trouble,
        attempt: &Attempt,
        before: Option<&Attempt>,
        object: ObjectId,
    ) -> bool {
        let is_first = before.is_none_or(|before| before.class != attempt.class);
        object.kind() == ObjectKind::Group
            && (is_first || attempt.count < REFUSALS_OF_A_GROUP)
            && matches!(trouble, Trouble::Client(ClientError::Rejected { .. }))
            && matches!(self.parts.members_by_patch(self.context).await, Ok(false))
    }

    /// Write down the outcome, and schedule what follows from it, in one transaction.
    pub(super) async fn record(
        &self,
        claim: &Held,
        result: LinkResult,
        report: &mut ObjectReport,
    ) -> Result<(), SyncError> {
        self.note(claim, result, report).await.map(drop)
    }

    /// The same, and say what became of it. A conflict is written down as a failure.
    pub(super) async fn note(
        &self,
        claim: &Held,
        result: LinkResult,
        report: &mut ObjectReport,
    ) -> Result<Noted, SyncError> {
        let (provider, now) = (self.context.provider.pk, self.parts.clock.now());
        let mut event = None;
        if let LinkResult::Failed { attempt, .. } = &result
            && attempt.next_at.is_none()
        {
            metrics::parked();
            event = Some(Event::parked(provider, report.object, &report.label, attempt));
        }
        let outcome = LinkOutcome { link: claim.link.id, epoch: claim.epoch, result };
        let again = report.next_at.filter(|_| self.origin == Origin::Page).map(|at| (report.object, at));
        let exchange = self.context.last_exchange(report.outcome == Outcome::Failed);
        let note = Note { outcome, again, exchange, event };
        let noted = self.context.scribe.record(&self.parts.store, provider, note, now).await?;
        if noted == Noted::Conflict {
            let taken = Trouble::object(
                FailureClass::Ambiguous,
                "the remote resource stands for another local object already; unlink one of them",
            );
            Box::pin(self.record_failure(claim, &taken, Leaves::Nothing, report)).await?;
        }
        Ok(noted)
    }
}

fn tell_failure(report: &mut ObjectReport, now: Timestamp, attempt: &Attempt) {
    let word = match report.object.kind() {
        ObjectKind::User => "User",
        ObjectKind::Group => "Group",
    };
    let transient = if attempt.next_at.is_some() { "transient error" } else { "error" };
    let event = format!("Failed to sync {word} {} due to {transient}: {}", report.label, attempt.detail);
    report.tell(now, LogLevel::Warning, event, crate::status::attempt_attributes(attempt));
}

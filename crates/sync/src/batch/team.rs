//! A group's members, once its attributes are in step.

use scimitar_domain::{FailureClass, GroupId, JsonObject, ObjectId, ObjectKind, Taught};
use scimitar_store::{Conn, claims};
use serde_json::Value;

use super::{Batch, Held};
use crate::apply::Act;
use crate::desired::Desired;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::lessons;
use crate::members::{Extent, Membered, Membership};
use crate::report::{ObjectReport, Outcome};
use crate::roster::{self, Roster};
use crate::subject::Subject;
use crate::verbs::Verb;
use crate::versions::Change;

impl Batch<'_> {
    /// Send the members that come and go. `there` is the group at the remote: its id, and what it has acknowledged.
    pub(super) async fn sync_members(
        &self,
        subject: &Subject,
        claim: &Held,
        there: (&str, &JsonObject),
        roster: Option<&Roster>,
        extent: Extent,
        report: &mut ObjectReport,
    ) -> Result<Option<Trouble>, SyncError> {
        if let Some(roster) = roster {
            self.parts.acknowledge_roster(claim.link.id, roster).await?;
            return Ok(None);
        }
        match self.parts.members_by_patch(self.context).await {
            Ok(true) => {}
            Ok(false) => return Ok(Some(roster::without_roster())),
            Err(trouble) => return Ok(Some(trouble)),
        }
        let done = self.membership(subject, claim, there.0).sync(extent).await?;
        let is_to_put = done.to_put.is_some();
        let trouble = self.after_members(subject, claim, there, done, report).await?;
        if !is_to_put || trouble.as_ref().is_none_or(Trouble::may_have_happened) {
            return Ok(trouble);
        }
        // Not as a whole either: then whoever can go goes, one by one if need be.
        let membership = Membership { may_put: false, ..self.membership(subject, claim, there.0) };
        let done = membership.sync(extent).await?;
        self.after_members(subject, claim, there, done, report).await
    }

    /// Count and learn from what was sent; and send the whole group where its members cannot leave otherwise.
    pub(super) async fn after_members(
        &self,
        subject: &Subject,
        claim: &Held,
        there: (&str, &JsonObject),
        done: Membered,
        report: &mut ObjectReport,
    ) -> Result<Option<Trouble>, SyncError> {
        let mut n_changed = done.n_changed;
        if let Some(members) = done.fits {
            let (taught, answer) = (Taught::MembersPerRequest(members), &done.too_many);
            self.parts.learn(self.context, ObjectKind::Group, taught, answer).await;
        }
        if let Some((form, answer)) = &done.removed_by {
            let (taught, refused) = (lessons::leaving_by(*form), lessons::leaving_by(form.other()));
            self.parts.unlearn(self.context, ObjectKind::Group, refused).await;
            self.parts.learn(self.context, ObjectKind::Group, taught, answer).await;
        }
        let mut trouble = match done.trouble {
            Some(trouble) => Some(self.without_patch(trouble, there.0).await?),
            None => None,
        };
        if let Some(n_left) = done.to_put
            && self.put_whole(subject, claim, there).await?
        {
            (trouble, n_changed) = (None, n_changed + n_left);
        }
        report.member_changes += n_changed;
        if n_changed > 0 && report.outcome == Outcome::Kept {
            report.outcome = Outcome::Updated;
        }
        Ok(trouble)
    }

    /// Send the group with all of its members. Answers whether it was taken; where it was not, the refusal of its members
    /// says more.
    async fn put_whole(
        &self,
        subject: &Subject,
        claim: &Held,
        (remote_id, sent): (&str, &JsonObject),
    ) -> Result<bool, SyncError> {
        let ObjectId::Group(group) = subject.object else { return Ok(false) };
        let bare = Desired::of(Value::Object(sent.clone()));
        let (desired, roster) = self.parts.with_all_members(self.context, group, bare).await?;
        let kind = ObjectKind::Group;
        let act =
            Act { parts: self.parts, context: self.context, kind, link: &claim.link, epoch: claim.epoch };
        let known = JsonObject::new();
        let change = Change { desired: &desired, remote_id, known, version: None, foreign: Vec::new() };
        match act.once(Verb::Put, &change).await {
            Ok(answer) => {
                self.parts.acknowledge_roster(claim.link.id, &roster).await?;
                let link = claim.link.id;
                let note = move |conn: &mut Conn| claims::note_etag(conn, link, answer.version.as_deref());
                self.parts.store.write(note).await?;
                Ok(true)
            }
            Err(trouble) => {
                if trouble.is_about_the_verb() {
                    let refused = lessons::without(Verb::Put);
                    self.parts.learn(self.context, kind, refused, &trouble.explain()).await;
                }
                Ok(false)
            }
        }
    }

    /// A remote that refuses a PATCH of members, whatever it said, gets them with the whole group from now on.
    async fn without_patch(&self, trouble: Trouble, remote_id: &str) -> Result<Trouble, SyncError> {
        let Trouble::Client(error) = &trouble else { return Ok(trouble) };
        let by_a_404 = trouble.is_gone();
        if by_a_404 {
            match self.context.still_there(ObjectKind::Group, remote_id).await {
                Ok(true) => {}
                Ok(false) => return Ok(trouble),
                Err(unclear) => return Ok(unclear),
            }
        } else if !trouble.is_about_the_verb() {
            return Ok(trouble);
        }
        self.parts.learn(self.context, ObjectKind::Group, Taught::NoPatch, &error.explain()).await;
        if !self.context.profile.kind(ObjectKind::Group).may_change_by(Verb::Put) {
            return Ok(trouble);
        }
        let detail = format!("{}; its members go with the whole group from now on", error.explain());
        let class = if by_a_404 { FailureClass::Unsupported } else { error.class() };
        Ok(Trouble::Object { class, detail, retries: true })
    }

    pub(super) fn membership<'b>(
        &'b self,
        subject: &Subject,
        claim: &Held,
        remote_id: &'b str,
    ) -> Membership<'b> {
        let group = match subject.object {
            ObjectId::Group(group) => group,
            // Users have no members; an id that no group has gives none.
            ObjectId::User(_) => GroupId(uuid::Uuid::nil()),
        };
        Membership {
            context: self.context,
            store: &self.parts.store,
            group,
            link: claim.link.id,
            remote_id,
            per_request: self.context.members_per_request(self.parts.settings.members_per_request),
            in_doubt: claim.in_doubt,
            removed_by: self.context.lessons.removed_by(self.context.profile.members.removed_by),
            may_put: self.context.may_put_groups(),
        }
    }
}

//! What becomes of a remote resource whose object has left the scope or is deleted: deciding it by the provider's
//! policy.

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_client::ClientError;
use scimitar_domain::{
    Departure, Deprovisioning, JsonObject, LinkState, ObjectKind, PlanStep, Provider, Timestamp, Tombstone,
};
use scimitar_store::{Conn, StoreError, links, tombstones};

use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::EngineParts;
use crate::failure::Trouble;
use crate::subject::Subject;

/// What is done instead of deleting.
pub(crate) enum Parting {
    /// `active` becomes false.
    Deactivate(Desired, Departure),
    /// Nothing is sent. A departure is to be noted; without one, that was done, or somebody has rejected it.
    Leave(Option<Departure>),
    /// Nothing is sent, and the link goes.
    Forget,
}

impl EngineParts {
    /// What is wanted of a resource whose object has left the scope.
    pub(crate) fn part(&self, context: &Context, subject: &Subject) -> Wanted {
        let Some(link) = &subject.link else { return Wanted::Absent };
        if link.rejected.is_some() {
            return Wanted::Left(Parting::Leave(None));
        }
        let kind = subject.object.kind();
        let policy = context.provider.fields.deprovisioning(kind);
        if let Some(departure) = link.departed {
            // The policy at the time of leaving has been followed. Only a deletion is still to come, if at all.
            return match (departure.is_due(self.clock.now()), policy.ends_in_deletion()) {
                (true, true) if context.keeps(kind) => Wanted::Left(Parting::Leave(None)),
                (true, true) => Wanted::Absent,
                (true, false) => {
                    Wanted::Left(Parting::Leave(Some(Departure { delete_at: None, ..departure })))
                }
                (false, _) => Wanted::Left(Parting::Leave(None)),
            };
        }
        let now = || self.departure(&context.provider, kind);
        if context.keeps(kind) && link.state.remote_id().is_some() {
            return Wanted::Left(match kind {
                ObjectKind::User => Parting::Deactivate(inactive(&link.sent), now()),
                ObjectKind::Group => Parting::Leave(Some(now())),
            });
        }
        match (policy, &link.state) {
            // What a lost create may have made was never in use, and goes.
            (_, LinkState::New)
            | (Deprovisioning::Delete, _)
            | (
                Deprovisioning::Deactivate | Deprovisioning::DeactivateThenDelete,
                LinkState::Creating { .. },
            ) => Wanted::Absent,
            (Deprovisioning::Deactivate | Deprovisioning::DeactivateThenDelete, LinkState::Linked { .. }) => {
                Wanted::Left(Parting::Deactivate(inactive(&link.sent), now()))
            }
            (Deprovisioning::Nothing, LinkState::Linked { .. }) => Wanted::Left(Parting::Leave(Some(now()))),
            (Deprovisioning::Unlink, _) | (Deprovisioning::Nothing, LinkState::Creating { .. }) => {
                Wanted::Left(Parting::Forget)
            }
        }
    }

    /// A departure that happens now. What a policy would delete at once leaves so only where the remote does not delete: its
    /// deletion is due when it does.
    pub(crate) fn departure(&self, provider: &Provider, kind: ObjectKind) -> Departure {
        let at = self.clock.now();
        let days = TimeDelta::days(i64::from(provider.fields.deprovisioning_days));
        let delete_at = match provider.fields.deprovisioning(kind) {
            Deprovisioning::Delete => Some(at),
            Deprovisioning::DeactivateThenDelete => Some(at + days),
            Deprovisioning::Deactivate | Deprovisioning::Unlink | Deprovisioning::Nothing => None,
        };
        Departure { at, delete_at }
    }

    /// Do with the resource of a deleted object what the policy says, short of deleting it. Answers whether it is to
    /// be deleted now.
    pub(crate) async fn spare_buried(&self, context: &Context, stone: &Tombstone) -> Result<bool, Trouble> {
        let kind = stone.object.kind();
        let policy = context.provider.fields.deprovisioning(kind);
        if context.keeps(kind)
            && let LinkState::Linked { remote_id } = &stone.state
        {
            if stone.departed.is_none() {
                self.deactivate_buried(context, stone, remote_id).await?;
            }
            return Ok(false);
        }
        let remote_id = match (policy, &stone.state) {
            (Deprovisioning::Delete, _) if stone.departed.is_none() => return Ok(true),
            (Deprovisioning::Unlink | Deprovisioning::Nothing, _) | (_, LinkState::New) => {
                return self.forget_buried(stone).await;
            }
            (
                Deprovisioning::Delete | Deprovisioning::Deactivate | Deprovisioning::DeactivateThenDelete,
                LinkState::Creating { .. },
            ) => return Ok(true),
            (
                Deprovisioning::Delete | Deprovisioning::Deactivate | Deprovisioning::DeactivateThenDelete,
                LinkState::Linked { remote_id },
            ) => remote_id,
        };
        let Some(departure) = stone.departed else {
            self.deactivate_buried(context, stone, remote_id).await?;
            return Ok(false);
        };
        let (provider, asked) = (stone.provider, remote_id.clone());
        let stands_for = move |conn: &mut Conn| links::stands_for(conn, provider, kind, &asked);
        if self.store.read(stands_for).await? {
            // Another object has taken it over in the meantime.
            return self.forget_buried(stone).await;
        }
        if departure.delete_at.is_none() || !policy.ends_in_deletion() {
            return self.forget_buried(stone).await;
        }
        Ok(departure.is_due(self.clock.now()))
    }

    async fn forget_buried(&self, stone: &Tombstone) -> Result<bool, Trouble> {
        let (id, was_deactivated) = (stone.id, stone.departed.is_some());
        let forget = move |conn: &mut Conn| {
            if was_deactivated { tombstones::release(conn, id) } else { tombstones::leave(conn, id) }
        };
        self.store.write(forget).await?;
        Ok(false)
    }

    /// Deactivate, or empty a group, where the guard lets it pass; then wait for the time of the deletion, if there is one.
    async fn deactivate_buried(
        &self,
        context: &Context,
        stone: &Tombstone,
        remote_id: &str,
    ) -> Result<(), Trouble> {
        self.may_destroy(context, None).await?;
        let switched_off = match stone.object.kind() {
            ObjectKind::User => self.deactivate(context, remote_id).await,
            ObjectKind::Group => self.strip(context, remote_id).await,
        };
        match switched_off {
            Ok(()) | Err(Trouble::Client(ClientError::Gone { .. })) => {}
            Err(trouble) => {
                self.spared(context, &trouble).await?;
                return Err(trouble);
            }
        }
        self.note_taken(context, stone.object, &stone.label).await?;
        let (id, departure) = (stone.id, self.departure(&context.provider, stone.object.kind()));
        let note = move |conn: &mut Conn| match departure.delete_at {
            Some(_) => tombstones::postpone(conn, id, departure),
            None => tombstones::release(conn, id),
        };
        let noted: Result<(), StoreError> = self.store.write(note).await;
        Ok(noted?)
    }
}

/// What a full sync would do now with what a deleted object has left behind. Nothing for what it leaves or forgets.
pub(crate) fn burial(context: &Context, stone: &Tombstone, now: Timestamp) -> Option<PlanStep> {
    if stone.rejected.is_some() {
        return None;
    }
    let kind = stone.object.kind();
    let policy = context.provider.fields.deprovisioning(kind);
    let is_linked = stone.state.remote_id().is_some();
    if context.keeps(kind) && is_linked {
        let switched_off = match kind {
            ObjectKind::User => PlanStep::Deactivate,
            ObjectKind::Group => PlanStep::Update,
        };
        return stone.departed.is_none().then_some(switched_off);
    }
    match (policy, stone.departed) {
        (_, Some(departure)) => {
            (departure.is_due(now) && policy.ends_in_deletion()).then_some(PlanStep::Delete)
        }
        (Deprovisioning::Delete, None) => Some(PlanStep::Delete),
        (Deprovisioning::Unlink | Deprovisioning::Nothing, None) => None,
        (Deprovisioning::Deactivate | Deprovisioning::DeactivateThenDelete, None) => {
            Some(if is_linked { PlanStep::Deactivate } else { PlanStep::Delete })
        }
    }
}

/// What was sent last, switched off.
fn inactive(sent: &JsonObject) -> Desired {
    let mut body = sent.clone();
    body.insert("active".to_owned(), json!(false));
    Desired::of(Value::Object(body))
}

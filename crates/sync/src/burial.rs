//! Deleting at the remote what a deleted object has left behind.

use scimitar_client::{ClientError, Deed, Operation};
use scimitar_domain::{LinkId, LinkState, PlanStep, Tombstone, TombstoneId};
use scimitar_queue::Verdict;
use scimitar_store::{Conn, StoreError, tombstones};

use crate::adopt::{self, Found, SHOWN_AFTER, Search};
use crate::announce::Event;
use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::metrics;
use crate::report::{ObjectReport, Outcome};

impl EngineParts {
    /// Delete, then forget. The tombstone stays until the remote has acknowledged.
    pub(crate) async fn bury(&self, context: &Context, id: TombstoneId) -> Result<Verdict, SyncError> {
        let Some(stone) = self.store.read(move |conn| tombstones::find(conn, id)).await? else {
            return Ok(Verdict::Done);
        };
        if context.provider.fields.dry_run || stone.rejected.is_some() {
            return Ok(Verdict::Done);
        }
        self.bury_now(context, stone).await
    }

    /// The same for a plan, which is asked for by name. Answers what became of it, if it has come to an end.
    pub(crate) async fn bury_planned(
        &self,
        context: &Context,
        id: TombstoneId,
        step: PlanStep,
    ) -> Result<Option<&'static str>, SyncError> {
        let find = move |conn: &mut Conn| tombstones::find(conn, id);
        let stone = self.store.read(find).await?.filter(|stone| stone.rejected.is_none());
        let Some(stone) = stone else { return Ok(Some("outdated")) };
        Ok(match self.bury_now(context, stone).await? {
            Verdict::Pause { .. } => None,
            Verdict::Done | Verdict::Finished | Verdict::Retry { .. } => {
                let is_done = self
                    .store
                    .read(find)
                    .await?
                    .is_none_or(|it| it.departed.is_some() && it.attempt.is_none());
                let done = if step == PlanStep::Delete { Outcome::Deleted } else { Outcome::Updated };
                Some(if is_done { done.as_str() } else { Outcome::Failed.as_str() })
            }
        })
    }

    async fn bury_now(&self, context: &Context, stone: Tombstone) -> Result<Verdict, SyncError> {
        let id = stone.id;
        let trouble = match self.end_buried(context, &stone).await {
            Ok(false) => {
                self.recovered(context).await?;
                return Ok(Verdict::Done);
            }
            Ok(true) => {
                if stone.state.remote_id().is_some() {
                    self.note_taken(context, stone.object, &stone.label).await?;
                }
                self.store.write(move |conn| tombstones::remove(conn, id)).await?;
                self.told(context, &ObjectReport::new(stone.object, stone.label, Outcome::Deleted));
                self.recovered(context).await?;
                return Ok(Verdict::Done);
            }
            Err(trouble) => trouble,
        };
        let now = self.clock.now();
        let next_at = match trouble.attempt(stone.attempt.as_ref(), stone.id.0, now) {
            Some(mut attempt) => {
                if let LinkState::Creating { .. } = stone.state {
                    attempt.next_at = attempt.next_at.map(|at| at.max(attempt.last_at + SHOWN_AFTER));
                }
                let next_at = attempt.next_at;
                let (herald, mut event) = (self.herald(), None);
                if next_at.is_none() {
                    metrics::parked();
                    event = Some(Event::parked(stone.provider, stone.object, &stone.label, &attempt));
                }
                let fail = move |conn: &mut Conn| {
                    tombstones::fail(conn, id, &attempt)?;
                    event.as_ref().map_or(Ok(()), |event| herald.tell(conn, event, now))
                };
                self.store.write(fail).await?;
                next_at
            }
            None => None,
        };
        if let Some(rest) = context.resting() {
            return Ok(rest.into());
        }
        Ok(next_at.map_or(Verdict::Done, |at| Verdict::Retry { at }))
    }

    /// Answers whether the resource is deleted, in place of something milder or later.
    async fn end_buried(&self, context: &Context, stone: &Tombstone) -> Result<bool, Trouble> {
        if !self.spare_buried(context, stone).await? {
            return Ok(false);
        }
        let (kind, id) = (stone.object.kind(), stone.id);
        let (remote_id, was_lost) = match &stone.state {
            LinkState::New => return Ok(true),
            LinkState::Linked { remote_id } => (remote_id.clone(), false),
            LinkState::Creating { external_id, .. } => {
                match self.find_lost(context, stone, external_id).await? {
                    Some(remote_id) => (remote_id, true),
                    None => return Ok(true),
                }
            }
        };
        if !(was_lost && context.keeps(kind)) {
            let Err(refusal) = self.delete(context, stone, &remote_id).await else { return Ok(true) };
            if !self.learns_to_keep(context, kind, &remote_id, &refusal).await? {
                return Err(refusal);
            }
        }
        if was_lost {
            let found = remote_id.clone();
            let learn = move |conn: &mut Conn| tombstones::learn(conn, LinkId(id.0), &found);
            let learned: Result<(), StoreError> = self.store.write(learn).await;
            learned?;
        }
        let known = Tombstone { state: LinkState::Linked { remote_id }, ..stone.clone() };
        self.spare_buried(context, &known).await
    }

    /// What a lost create has made, if it is sure whether it has. Only what carries our id is ours to delete.
    async fn find_lost(
        &self,
        context: &Context,
        stone: &Tombstone,
        external_id: &str,
    ) -> Result<Option<String>, Trouble> {
        let search = Search {
            parts: self,
            context,
            kind: stone.object.kind(),
            link: LinkId(stone.id.0),
            external_id,
            natural_key: "",
            emails: &[],
        };
        match search.find().await? {
            Found::One { remote_id, .. } => Ok(Some(remote_id)),
            Found::Nothing | Found::Others => {
                adopt::believe(stone.attempt.as_ref(), self.clock.now()).map(|()| None)
            }
        }
    }

    /// Delete, where the guard lets it pass.
    async fn delete(&self, context: &Context, stone: &Tombstone, remote_id: &str) -> Result<(), Trouble> {
        self.may_destroy(context, None).await?;
        if self.let_go(context, stone.object.kind(), remote_id).await? {
            return Ok(());
        }
        let deed = Deed::Delete { remote_id: remote_id.to_owned() };
        let operation = Operation { deed, kind: resource_kind(stone.object.kind()), version: None };
        match self.change(context, operation, stone.attempt.as_ref()).await {
            Ok(_) | Err(Trouble::Client(ClientError::Gone { .. })) => Ok(()),
            Err(trouble) => {
                self.spared(context, &trouble).await?;
                Err(trouble)
            }
        }
    }
}

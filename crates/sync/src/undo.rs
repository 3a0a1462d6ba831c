//! Bringing back what the last deprovisioning has taken away.

use std::collections::BTreeSet;
use std::sync::Arc;

use scimitar_domain::{GuardDeed, GuardEvent, ObjectId, Provider, ProviderPk, Timestamp};
use scimitar_store::deprovisioned::{self, Deprovisioned};
use scimitar_store::{Conn, StoreError, groups, guards, providers, runs, scope, users};

use crate::batch::{Batch, Origin};
use crate::context::Context;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::report::{ObjectReport, Outcome};
use crate::subject::by_kind;

/// Objects that are brought back by one call.
const AT_ONCE: i64 = 500;
/// Objects that are sent together.
const TOGETHER: usize = 100;
/// Runs among which the one is looked for that took something away.
const RUNS_LOOKED_AT: i64 = 100;

/// Why nothing is brought back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUndone {
    #[error("nothing is sent: the provider only rehearses")]
    DryRun,
    #[error("nothing is sent: the provider is not a backchannel provider of any application")]
    NotAttached,
}

/// What can be brought back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undoable {
    /// When the run began that took it away.
    pub since: Option<Timestamp>,
    pub count: i64,
    /// The first of it, the oldest first.
    pub taken: Vec<Deprovisioned>,
}

/// What an undo came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// At the remote again, as they were.
    pub restored: i64,
    /// Tried, and failed; each says why among the failures of the provider. Undo again.
    pub failed: i64,
    /// Still to be brought back, the failed ones among it: undo again.
    pub left: i64,
    /// What cannot be brought back, and why.
    pub impossible: Vec<String>,
    /// Why the provider is held from now on, where what is back is outside of its scope.
    pub held: Option<String>,
}

impl Engine {
    /// What an undo would bring back: what the last run that took something away has deleted or deactivated because
    /// its object had left, and what was taken away since. `limit` bounds the list and not the count.
    pub async fn undoable(&self, provider: ProviderPk, limit: i64) -> Result<Undoable, SyncError> {
        Ok(self.parts().store.read(move |conn| last_taken(conn, provider, limit)).await?)
    }

    /// Bring it back, up to 500 objects. `by` is a person's name.
    ///
    /// Who is still in the directory is sent again, in scope or not. Where one is not, the provider is held first, so
    /// that the next sync does not take it away again. Who was deleted from the directory stays away: an account that
    /// nobody here stands for is not switched on.
    pub async fn undo(&self, provider: ProviderPk, by: &str) -> Result<Result<Undone, NotUndone>, SyncError> {
        let parts = self.parts();
        let Some(context) = self.context(provider).await? else { return Ok(Ok(Undone::default())) };
        let taken = self.undoable(provider, AT_ONCE).await?.taken;
        if taken.is_empty() {
            return Ok(Ok(Undone::default()));
        }
        if context.provider.fields.dry_run {
            return Ok(Err(NotUndone::DryRun));
        }
        if context.provider.application.is_none() {
            return Ok(Err(NotUndone::NotAttached));
        }
        let mut undone = Undone::default();
        let (view, objects) = (context.provider.clone(), distinct(&taken));
        let (here, outside) = parts.store.read(move |conn| sort(conn, &view, &objects)).await?;
        if outside > 0 {
            undone.held = Some(self.hold_undone(provider, by, outside).await?);
        }
        let (gone, kept): (Vec<_>, Vec<_>) = taken.into_iter().partition(|it| !here.contains(&it.object));
        undone.impossible = gone.iter().map(impossible).collect();
        let back = parts.restore(&context, &here, &mut undone).await?;
        let back = kept.iter().filter(|it| back.contains(&it.object));
        let settled: Vec<i64> = gone.iter().chain(back).map(|it| it.id).collect();
        let detail = format!("brought back {} of what was taken away", undone.restored);
        let event = GuardEvent {
            at: parts.clock.now(),
            deed: GuardDeed::Changed,
            actor: Some(by.to_owned()),
            detail: detail.clone(),
        };
        let settle = move |conn: &mut Conn| {
            deprovisioned::forget(conn, &settled)?;
            guards::note(conn, provider, &event)
        };
        parts.store.write(settle).await?;
        undone.left = self.undoable(provider, 0).await?.count;
        tracing::info!(provider.pk = provider.0, "{by} {detail} at provider {provider}");
        Ok(Ok(undone))
    }

    /// Hold the provider, because what comes back is outside of its scope. Answers the reason.
    async fn hold_undone(
        &self,
        provider: ProviderPk,
        by: &str,
        outside: usize,
    ) -> Result<String, StoreError> {
        let reason = format!(
            "{by} has undone the last deprovisioning, and {outside} of the objects are outside of the scope. Mend the \
             scope and save the provider to let it go on"
        );
        let hold = reason.clone();
        self.parts().store.write(move |conn| providers::hold(conn, provider, &hold)).await?;
        Ok(reason)
    }
}

impl EngineParts {
    /// Send the objects again, whatever the scope is. Answers which of them are done with.
    async fn restore(
        &self,
        context: &Arc<Context>,
        objects: &BTreeSet<ObjectId>,
        undone: &mut Undone,
    ) -> Result<BTreeSet<ObjectId>, SyncError> {
        let mut back = BTreeSet::new();
        // Users come before groups, so that a group finds its members.
        let objects: Vec<ObjectId> = objects.iter().copied().collect();
        for objects in objects.chunks(TOGETHER) {
            let batch = Batch { restores: true, ..Batch::new(self, context, Origin::Page) };
            for report in batch.sync(objects.to_vec()).await? {
                match report.outcome {
                    Outcome::Failed | Outcome::Waiting => undone.failed += 1,
                    Outcome::Skipped => {
                        undone.impossible.push(skipped(&report));
                        back.insert(report.object);
                    }
                    Outcome::Kept
                    | Outcome::Created
                    | Outcome::Adopted
                    | Outcome::Updated
                    | Outcome::Deleted
                    | Outcome::Outdated => {
                        undone.restored += 1;
                        back.insert(report.object);
                    }
                }
            }
        }
        Ok(back)
    }

    /// Note that a resource was taken away because its object has left.
    pub(crate) async fn note_taken(
        &self,
        context: &Context,
        object: ObjectId,
        label: &str,
    ) -> Result<(), StoreError> {
        let (provider, now, label) = (context.provider.pk, self.clock.now(), label.to_owned());
        self.store.write(move |conn| deprovisioned::note(conn, provider, object, &label, now)).await
    }
}

fn last_taken(conn: &mut Conn, provider: ProviderPk, limit: i64) -> Result<Undoable, StoreError> {
    let Some(latest) = deprovisioned::latest(conn, provider)? else { return Ok(Undoable::default()) };
    let runs = runs::latest(conn, provider, RUNS_LOOKED_AT)?;
    let run = runs.iter().filter(|run| !run.dry_run).find(|run| run.started_at <= latest);
    let since = run.map_or(latest, |run| run.started_at);
    Ok(Undoable {
        since: Some(since),
        count: deprovisioned::count_since(conn, provider, since)?,
        taken: deprovisioned::since(conn, provider, since, limit)?,
    })
}

/// Without those that were deactivated first and deleted later twice.
fn distinct(taken: &[Deprovisioned]) -> Vec<ObjectId> {
    taken.iter().map(|it| it.object).collect::<BTreeSet<_>>().into_iter().collect()
}

fn impossible(gone: &Deprovisioned) -> String {
    let (kind, label) = (gone.object.kind().as_str(), &gone.label);
    format!("{kind} {label} was deleted from the directory: make it again, and it is sent again")
}

fn skipped(report: &ObjectReport) -> String {
    format!("{} {} is skipped by a mapping", report.object.kind().as_str(), report.label)
}

/// Those of the objects that exist, and how many of them are out of scope.
fn sort(
    conn: &mut Conn,
    provider: &Provider,
    objects: &[ObjectId],
) -> Result<(BTreeSet<ObjectId>, usize), StoreError> {
    let (pks, ids) = by_kind(objects);
    let users = users::find_many(conn, &pks)?.into_iter().map(|user| ObjectId::User(user.pk));
    let groups = groups::find_many(conn, &ids)?.into_iter().map(|group| ObjectId::Group(group.id));
    let here: BTreeSet<ObjectId> = users.chain(groups).collect();
    let inside = scope::users_in_scope(conn, provider, &pks)?.len()
        + scope::groups_in_scope(conn, provider, &ids)?.len();
    let outside = here.len().saturating_sub(inside);
    Ok((here, outside))
}

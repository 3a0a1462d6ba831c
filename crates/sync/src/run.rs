//! Full syncs: users, then groups, then what has left the scope.
//!
//! A run is cut into pages by key, each a job, so replicas share it and a crash loses at most a page's
//! progress. Only what may differ is paged: where neither the object nor the provider has changed since the
//! last acknowledged write, the object is not even read.

use std::sync::Arc;

use scimitar_domain::{ObjectId, ObjectKind, Run, RunCounts, RunId, RunState, RunTrigger};
use scimitar_queue::Verdict;
use scimitar_store::jobs::Job;
use scimitar_store::links::LinkCounts;
use scimitar_store::scope::DepartedCounts;
use scimitar_store::{StoreError, deprovisioned, guards, jobs, links, providers, runs, scope, tombstones};

use crate::absence;
use crate::announce::Event;
use crate::batch::{self, Batch, Origin};
use crate::context::Context;
use crate::drain;
use crate::engine::{self, EngineParts};
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::guard;
use crate::metrics::RUNS_TOTAL;
use crate::pages::Pages;
use crate::unverified::unverified_remote;
use crate::work::Work;

/// Keys that are read at once while pages are planned.
const KEYS_AT_ONCE: i64 = 10_000;
/// With fewer pages than this left, none waits for its turn any more.
const LAST_PAGES: i64 = 8;
/// What has left the scope is handled this many at a time.
const SWEEP_AT_ONCE: i64 = 100;
/// What was taken away can be brought back for so long, and so much of it.
const TAKEN_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
const TAKEN_MOST: i64 = 100_000;

const SOME_FAIL: &str = "some objects fail; each says why, and when it is tried again";

/// What came of the wish for a run.
enum Start {
    Begun,
    UnderWay,
    /// The provider has been deleted.
    Gone,
}

/// Whether a stage has its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Done,
    /// Not before the remote was walked through. So many users wait: none in the stage of groups.
    WalkFirst(usize),
}

/// A full sync as its jobs see it.
pub(crate) struct FullSync<'a> {
    pub(crate) parts: &'a EngineParts,
    pub(crate) context: &'a Arc<Context>,
}

impl FullSync<'_> {
    /// Start a run, unless one is under way; then its jobs go on by themselves, and this one waits behind it.
    pub(crate) async fn start(&self, trigger: RunTrigger) -> Result<Verdict, SyncError> {
        let provider = &self.context.provider;
        let (pk, now, id) = (provider.pk, self.parts.clock.now(), RunId(self.parts.ids.uuid()));
        let (kept, view) = (self.parts.settings.runs_kept, provider.clone());
        let keyring = self.parts.keyring.clone();
        let run = Run {
            id,
            provider: pk,
            trigger,
            dry_run: provider.fields.dry_run,
            state: RunState::Users,
            started_at: now,
            finished_at: None,
            counts: RunCounts::default(),
            detail: None,
        };
        let started = self
            .parts
            .store
            .write(move |conn| {
                // Its last job may be this one, taken just before it was deleted.
                match providers::lock(conn, &keyring, pk) {
                    Err(StoreError::NotFound(_)) => return Ok::<_, StoreError>(Start::Gone),
                    other => other?,
                };
                if runs::running(conn, pk)?.is_some() {
                    return Ok(Start::UnderWay);
                }
                runs::start(conn, &run)?;
                let n_groups = scope::count_groups(conn, &view)?;
                let in_scope = scope::count_users(conn, &view)? + n_groups;
                runs::set_scope(conn, id, in_scope, n_groups)?;
                runs::prune(conn, pk, kept)?;
                deprovisioned::trim(conn, pk, now - TAKEN_KEPT, TAKEN_MOST)?;
                let stones = tombstones::due(conn, pk, None, now, KEYS_AT_ONCE)?;
                let mut work: Vec<_> = stones
                    .iter()
                    .map(|stone| Work::Tombstone { provider: pk, tombstone: stone.id }.job(now))
                    .collect();
                work.push(Work::Stage { provider: pk, run: id }.job(now));
                jobs::enqueue(conn, &work, now)?;
                Ok(Start::Begun)
            })
            .await?;
        Ok(match started {
            Start::Begun => {
                tracing::info!(provider.pk = pk.0, "full sync of provider {pk} started");
                if let Some(warning) = unverified_remote(provider) {
                    tracing::warn!(provider.pk = pk.0, "provider {pk}: {warning}");
                }
                Verdict::Done
            }
            Start::UnderWay => Verdict::Retry { at: now + chrono::TimeDelta::seconds(2) },
            Start::Gone => Verdict::Done,
        })
    }

    /// Plan the pages of the stage that the run has reached, or sweep.
    pub(crate) async fn stage(&self, job: &Job, run: RunId) -> Result<Verdict, SyncError> {
        let Some(found) = self.parts.store.read(move |conn| runs::find(conn, run)).await? else {
            return Ok(Verdict::Done);
        };
        match found.state {
            RunState::Users | RunState::Groups => self.plan_pages(job, &found).await,
            RunState::Sweep => self.sweep(job, &found).await,
            RunState::Done | RunState::Warning | RunState::Error => Ok(Verdict::Done),
        }
    }

    /// Plan the pages; before that, see what is at the remote, where there is something that it may not have.
    async fn plan_pages(&self, job: &Job, run: &Run) -> Result<Verdict, SyncError> {
        let is_of_users = run.state == RunState::Users;
        if !is_of_users {
            match self.parts.still_without_groups(self.context).await {
                Ok(true) => return self.pass_over(job, run).await,
                Err(Trouble::Resting(rest)) => return Ok(rest.into()),
                Ok(false) | Err(Trouble::Client(_) | Trouble::TooEarly { .. } | Trouble::Object { .. }) => {}
            }
        }
        let kind = if is_of_users { ObjectKind::User } else { ObjectKind::Group };
        let may_walk = self.context.provider.fields.discovery_enabled
            && !self.context.walked.is_done_for(kind, run.id).await;
        if let Cut::WalkFirst(n_users) = self.cut(job, run, may_walk).await? {
            let walk = self.parts.walk_for(self.context, kind, run.id);
            let (walked, ()) = futures_util::join!(walk, self.context.expect(n_users));
            if let Some(rest) = walked? {
                return Ok(rest.into());
            }
            self.cut(job, run, false).await?;
        }
        Ok(Verdict::Finished)
    }

    /// A stage without anything to do.
    async fn pass_over(&self, job: &Job, run: &Run) -> Result<Verdict, SyncError> {
        let (provider, now) = (self.context.provider.pk, self.parts.clock.now());
        let (job, id, state) = (job.clone(), run.id, run.state);
        let pass = move |conn: &mut scimitar_store::Conn| {
            if jobs::finish(conn, &job, now)? {
                next_stage(conn, provider, id, state, now)?;
            }
            Ok::<_, StoreError>(())
        };
        self.parts.store.write(pass).await?;
        Ok(Verdict::Finished)
    }

    /// The stage's pages and the end of this job are one transaction: planned twice, a page would count twice.
    async fn cut(&self, job: &Job, run: &Run, may_walk: bool) -> Result<Cut, SyncError> {
        let (provider, now) = (self.context.provider.clone(), self.parts.clock.now());
        let evaluates_all = self.context.mappings(ObjectKind::User).depends_on_groups();
        let (job, id, state) = (job.clone(), run.id, run.state);
        let cut = self
            .parts
            .store
            .write(move |conn| {
                let pk = provider.pk;
                let size = usize::try_from(provider.fields.sync_page_size).unwrap_or(100).clamp(1, 1_000);
                let (mut sizes, mut pages, mut n_users) = (Pages::of(size), Vec::<Work>::new(), 0);
                if state == RunState::Users {
                    let mut after = None;
                    loop {
                        let keys =
                            scope::users_due(conn, &provider, after, None, KEYS_AT_ONCE, evaluates_all)?;
                        n_users += keys.len();
                        let mut rest = keys.as_slice();
                        while let Some(upto) = sizes.cut(&mut rest) {
                            pages.push(Work::UserPage { provider: pk, run: id, after, upto });
                            after = Some(upto);
                        }
                        if keys.is_empty() {
                            break;
                        }
                    }
                } else {
                    let mut after = None;
                    loop {
                        let keys = scope::groups_due(conn, &provider, after, None, KEYS_AT_ONCE, false)?;
                        let mut rest = keys.as_slice();
                        while let Some(upto) = sizes.cut(&mut rest) {
                            pages.push(Work::GroupPage { provider: pk, run: id, after, upto });
                            after = Some(upto);
                        }
                        if keys.is_empty() {
                            break;
                        }
                    }
                }
                let kind = if state == RunState::Users { ObjectKind::User } else { ObjectKind::Group };
                if may_walk && !pages.is_empty() && scope::any_unlinked(conn, &provider, kind)? {
                    return Ok::<_, StoreError>(Cut::WalkFirst(n_users));
                }
                if !jobs::finish(conn, &job, now)? {
                    return Ok(Cut::Done);
                }
                if pages.is_empty() {
                    next_stage(conn, pk, id, state, now)?;
                    return Ok(Cut::Done);
                }
                runs::add_pages(conn, id, i32::try_from(pages.len()).unwrap_or(i32::MAX))?;
                let work: Vec<_> = pages.iter().map(|page| page.job(now)).collect();
                jobs::enqueue(conn, &work, now)?;
                Ok(Cut::Done)
            })
            .await?;
        Ok(cut)
    }

    /// Bring one page in step. A page that its provider's rest has cut short is looked at again after it: what
    /// was done is not due any more.
    pub(crate) async fn page(
        &self,
        job: &Job,
        run: RunId,
        objects: Vec<ObjectId>,
    ) -> Result<Verdict, SyncError> {
        let Some(found) = self.parts.store.read(move |conn| runs::find(conn, run)).await? else {
            return Ok(Verdict::Done);
        };
        let reports = if found.dry_run {
            if self.context.provider.fields.discovery_enabled {
                self.parts.note_adoptions(self.context, objects.clone()).await?;
            }
            self.parts.preview(self.context, objects).await?
        } else {
            Batch::new(self.parts, self.context, Origin::Page).sync(objects).await?
        };
        let counts = batch::count(&reports);
        if let Some(rest) = self.context.resting() {
            self.add_counts(run, counts).await?;
            return Ok(rest.into());
        }
        self.parts.recovered(self.context).await?;
        let (job, now, provider, state) =
            (job.clone(), self.parts.clock.now(), self.context.provider.pk, found.state);
        let n_open = self
            .parts
            .store
            .write(move |conn| {
                if !jobs::finish(conn, &job, now)? {
                    return Ok(None);
                }
                let n_open = runs::page_done(conn, run, &counts)?;
                if n_open == 0 {
                    next_stage(conn, provider, run, state, now)?;
                }
                Ok::<_, StoreError>(Some(n_open))
            })
            .await?;
        if state == RunState::Users && n_open.is_some_and(|n| (1..LAST_PAGES).contains(&n)) {
            self.parts.walk_ahead(self.context, run).await?;
        }
        Ok(Verdict::Finished)
    }

    async fn add_counts(&self, run: RunId, counts: RunCounts) -> Result<(), SyncError> {
        self.parts.store.write(move |conn| runs::add_counts(conn, run, &counts)).await?;
        Ok(())
    }

    /// Of users and groups that have left, those of which the policy takes something away.
    fn taken_away(&self, departed: (i64, i64)) -> (i64, i64) {
        let fields = &self.context.provider.fields;
        let of = |kind, n: i64| if fields.deprovisioning(kind).is_destructive() { n } else { 0 };
        (of(ObjectKind::User, departed.0), of(ObjectKind::Group, departed.1))
    }

    /// That a provider that is being emptied shrinks is meant.
    fn suspicion(&self, departed: (i64, i64), managed: (i64, i64), n_new: i64) -> Option<String> {
        if self.context.provider.draining { None } else { guard::shrunk(departed, managed, n_new) }
    }

    /// Do with what has left the scope as the policy says, then end the run.
    async fn sweep(&self, job: &Job, run: &Run) -> Result<Verdict, SyncError> {
        let mut after = None;
        let mut counts = RunCounts::default();
        let view = self.context.provider.clone();
        let now = self.parts.clock.now();
        let count = move |conn: &mut scimitar_store::Conn| {
            let departed = scope::count_departed(conn, &view, now)?;
            // Counting what is managed is only worth it where something has left.
            let counts = if departed == DepartedCounts::default() {
                LinkCounts::default()
            } else {
                links::counts(conn, view.pk)?
            };
            Ok::<_, StoreError>((departed, (counts.users_linked, counts.groups_linked)))
        };
        let (departed, managed) = self.parts.store.read(count).await?;
        let rejected = self.taken_away((departed.users_rejected, departed.groups_rejected));
        let departed = self.taken_away((departed.users, departed.groups));
        let n_new = run.counts.created + run.counts.adopted;
        let (n_departed, n_rejected) = (departed.0 + departed.1, rejected.0 + rejected.1);
        // Of what was rejected nobody is asked again, unless more would go.
        let asks = n_departed > n_rejected;
        let suspicion = guard::more_than_rejected(n_rejected, n_departed - n_rejected)
            .or_else(|| self.suspicion(departed, managed, n_new));
        if !run.dry_run
            && asks
            && let Err(held) = self.parts.may_destroy_all(self.context, n_departed, suspicion).await?
        {
            tracing::warn!(provider.pk = self.context.provider.pk.0, "{held}");
            return self.end(job, run, counts, Some(held)).await;
        }
        loop {
            let provider = self.context.provider.clone();
            let departed = self
                .parts
                .store
                .read(move |conn| scope::departed(conn, &provider, after, now, SWEEP_AT_ONCE))
                .await?;
            let Some((last, _)) = departed.last() else { break };
            after = Some(*last);
            let objects: Vec<ObjectId> = departed.into_iter().map(|(_, object)| object).collect();
            let reports = if run.dry_run {
                self.parts.preview(self.context, objects).await?
            } else {
                Batch::new(self.parts, self.context, Origin::Page).sync(objects).await?
            };
            batch::add(&mut counts, batch::count(&reports));
            if let Some(rest) = self.context.resting() {
                self.add_counts(run.id, counts).await?;
                return Ok(rest.into());
            }
        }
        self.end(job, run, counts, None).await
    }

    /// A run has gone well when nothing fails: what is parked from earlier took no part in it and still counts, and
    /// what failed on the way and then arrived does not. `held` says why nothing was deleted, where the guard held
    /// it.
    async fn end(
        &self,
        job: &Job,
        run: &Run,
        counts: RunCounts,
        held: Option<String>,
    ) -> Result<Verdict, SyncError> {
        let (job, id, dry_run) = (job.clone(), run.id, run.dry_run);
        let (now, provider) = (self.parts.clock.now(), self.context.provider.pk);
        let (herald, view) = (self.parts.herald(), self.context.provider.clone());
        let state = self
            .parts
            .store
            .write(move |conn| {
                runs::add_counts(conn, id, &counts)?;
                jobs::finish(conn, &job, now)?;
                engine::resume(conn, provider, &herald, now)?;
                if !dry_run {
                    let failing =
                        links::count_failing(conn, provider)? + tombstones::count_failing(conn, provider)?;
                    let n_groups = links::count_failing_groups(conn, provider)?
                        + tombstones::count_failing_groups(conn, provider)?;
                    runs::set_failed(conn, id, failing, n_groups)?;
                }
                let counts = runs::find(conn, id)?.map(|run| run.counts).unwrap_or_default();
                let (state, wrong) = match (&held, counts.failed > 0) {
                    (Some(held), _) => (RunState::Warning, Some(held.as_str())),
                    (None, true) => (RunState::Warning, Some(SOME_FAIL)),
                    (None, false) => (RunState::Done, None),
                };
                let details: Vec<&str> = wrong.into_iter().chain(absence::told(conn, &view)?).collect();
                let detail = (!details.is_empty()).then(|| details.join(". "));
                if runs::finish(conn, id, state, detail.as_deref(), now)? {
                    let ended = match wrong {
                        Some(wrong) => Event::run_ended(provider, id, state, wrong),
                        None => Event::run_done(provider, id, &counts),
                    };
                    herald.tell(conn, &ended, now)?;
                }
                drain::end_drain(conn, &view)?;
                if held.is_none() && tombstones::due(conn, provider, None, now, 1)?.is_empty() {
                    guards::clear(conn, provider)?;
                }
                Ok::<_, StoreError>(state)
            })
            .await?;
        metrics::counter!(RUNS_TOTAL, "state" => state.as_str()).increment(1);
        tracing::info!(
            provider.pk = provider.0,
            state = state.as_str(),
            "full sync of provider {provider} ended"
        );
        Ok(Verdict::Finished)
    }
}

fn next_stage(
    conn: &mut scimitar_store::Conn,
    provider: scimitar_domain::ProviderPk,
    run: RunId,
    state: RunState,
    now: scimitar_domain::Timestamp,
) -> Result<(), StoreError> {
    let next = if state == RunState::Users { RunState::Groups } else { RunState::Sweep };
    if runs::set_state(conn, run, state, next)? {
        jobs::enqueue(conn, &[Work::Stage { provider, run }.job(now)], now)?;
    }
    Ok(())
}

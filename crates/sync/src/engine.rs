//! The engine as others hold it: its parts, its loops, and what people may ask of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use scimitar_client::Egress;
use scimitar_domain::{
    Clock, FailureClass, GroupId, IdSource, InstallId, ObjectId, ObjectKind, Provider, ProviderPk, RunState,
    Timestamp, UserPk,
};
use scimitar_mapping::{Expression, MappingSet};
use scimitar_queue::{Handler, QueueSettings, Runner, Verdict};
use scimitar_store::jobs::Job;
use scimitar_store::{
    Conn, Keyring, Store, StoreError, changes, lanes, lessons, mappings, providers, runs, scope,
};

use crate::announce::{self, Event, Herald};
use crate::batch::{Batch, Origin};
use crate::context::{Context, Contexts};
use crate::dispatch;
use crate::error::SyncError;
use crate::metrics::{self as series, CHANGES_TOTAL, Ended};
use crate::profile::Profiles;
use crate::report::ObjectReport;
use crate::run::FullSync;
use crate::settings::SyncSettings;
use crate::work::{Work, lane_of};

/// Between two looks at the outbox and the schedule when nothing says that there is work.
const POLL: Duration = Duration::from_secs(1);

/// Between two looks at how much waits.
const MEASURE_EVERY: Duration = Duration::from_secs(10);

/// Everything that the engine works with, put together by the composition root.
pub struct EngineParts {
    pub store: Store,
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub install: InstallId,
    pub egress: Egress,
    /// Shared with the SCIM service of sources.
    pub mappings: Arc<scimitar_mapping::Engine>,
    pub settings: SyncSettings,
}

/// The outbound engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    parts: EngineParts,
    contexts: Contexts,
}

impl Engine {
    pub fn new(parts: EngineParts) -> Self {
        Self { inner: Arc::new(Inner { parts, contexts: Contexts::default() }) }
    }

    /// The evaluation of property mappings, which the SCIM service of sources shares.
    pub fn mappings(&self) -> Arc<scimitar_mapping::Engine> {
        Arc::clone(&self.inner.parts.mappings)
    }

    /// What is known of vendors.
    pub fn profiles(&self) -> &Profiles {
        &self.inner.parts.settings.profiles
    }

    pub(crate) fn parts(&self) -> &EngineParts {
        &self.inner.parts
    }

    /// The queue's runner for this engine's jobs.
    pub fn runner(&self, settings: QueueSettings) -> Runner<Self> {
        let parts = self.parts();
        Runner::new(parts.store.clone(), Arc::clone(&parts.clock), settings, self.clone())
    }

    /// Run jobs, hand out changes and start scheduled syncs until `stop` is cancelled.
    pub async fn run(&self, settings: QueueSettings, stop: CancellationToken) {
        let runner = self.runner(settings);
        series::begin();
        tokio::join!(runner.run(stop.clone()), self.hand_out(stop.clone()), self.keep_measuring(stop));
        series::end();
    }

    async fn keep_measuring(&self, stop: CancellationToken) {
        let mut known = BTreeSet::new();
        loop {
            if let Err(error) = self.measure(&mut known).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the queue could not be measured");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(MEASURE_EVERY) => {}
            }
        }
    }

    async fn hand_out(&self, stop: CancellationToken) {
        let mut changed = self.parts().store.changed();
        loop {
            changed.mark_unchanged();
            let handed = match self.dispatch().await {
                Ok(0) => self.start_due().await.map(|()| 0),
                handed => handed,
            };
            match handed {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "changes could not be handed out"
                    );
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = changed.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn start_due(&self) -> Result<(), SyncError> {
        self.start_scheduled().await?;
        self.start_drift_checks().await?;
        Ok(())
    }

    /// Hand the oldest changes of the outbox to the lanes. Returns how many there were.
    pub async fn dispatch(&self) -> Result<usize, SyncError> {
        let parts = self.parts();
        if parts.store.read(changes::oldest_at).await?.is_none() {
            return Ok(0);
        }
        let (keyring, now, me) = (parts.keyring.clone(), parts.clock.now(), self.clone());
        let handed = parts
            .store
            .write(move |conn| {
                dispatch::dispatch(
                    conn,
                    &keyring,
                    &|conn, provider| me.depends_on_groups(conn, provider),
                    now,
                )
            })
            .await?;
        metrics::counter!(CHANGES_TOTAL).increment(u64::try_from(handed).unwrap_or(0));
        Ok(handed)
    }

    fn depends_on_groups(&self, conn: &mut Conn, provider: &Provider) -> Result<bool, StoreError> {
        if let Some(context) = self.inner.contexts.find(provider.pk, provider.revision) {
            return Ok(context.mappings(ObjectKind::User).depends_on_groups());
        }
        let expressions =
            mappings::of_provider(conn, provider.pk, ObjectKind::User)?.into_iter().map(|mapping| {
                Expression {
                    id: mapping.id.0.to_string(),
                    version: mapping.version,
                    name: mapping.fields.name,
                    source: mapping.fields.expression.into(),
                }
            });
        Ok(MappingSet::new(expressions.collect()).depends_on_groups())
    }

    /// The provider ready to be called, or nothing when there is none of this key.
    pub(crate) async fn context(&self, provider: ProviderPk) -> Result<Option<Arc<Context>>, SyncError> {
        let parts = self.parts();
        let keyring = parts.keyring.clone();
        let me = self.clone();
        let found = parts
            .store
            .read(move |conn| {
                let Some(provider) = providers::find(conn, &keyring, provider)? else {
                    return Ok::<_, StoreError>(None);
                };
                if let Some(context) = me.inner.contexts.find(provider.pk, provider.revision) {
                    // Attachment and name of the application do not raise the revision.
                    if context.provider == provider {
                        return Ok(Some(Ok(context)));
                    }
                }
                let users = mappings::of_provider(conn, provider.pk, ObjectKind::User)?;
                let groups = mappings::of_provider(conn, provider.pk, ObjectKind::Group)?;
                let learned = lessons::of_provider(conn, provider.pk)?;
                Ok(Some(Err((provider, [users, groups], learned))))
            })
            .await?;
        Ok(match found {
            None => {
                self.inner.contexts.drop_provider(provider);
                None
            }
            Some(Ok(context)) => Some(context),
            Some(Err((provider, mappings, learned))) => {
                let context = Context::new(provider, mappings, &learned, parts);
                Some(self.inner.contexts.keep(context))
            }
        })
    }

    async fn work(&self, job: &Job) -> Result<Verdict, SyncError> {
        let work = Work::of_job(job)?;
        let Some(context) = self.context(work.provider()).await? else { return Ok(Verdict::Done) };
        if let Work::Plan { provider, plan } = work {
            self.build_plan(provider, plan, |_| {}).await?;
            return Ok(Verdict::Done);
        }
        if let Some(reason) = not_synced(&context.provider) {
            return self.put_aside(&work, reason).await;
        }
        if let Some(rest) = context.resting() {
            return Ok(rest.into());
        }
        let full = FullSync { parts: self.parts(), context: &context };
        match work {
            Work::Object { object, .. } => self.object(&context, object).await,
            Work::Tombstone { tombstone, .. } => self.parts().bury(&context, tombstone).await,
            Work::Discover { provider } => {
                self.discover(provider).await?;
                Ok(match context.resting() {
                    Some(rest) => rest.into(),
                    None => Verdict::Done,
                })
            }
            Work::Drift { repair, .. } => self.drift(&context, repair).await,
            Work::Run { trigger, .. } => full.start(trigger).await,
            Work::Stage { run, .. } => full.stage(job, run).await,
            Work::UserPage { run, after, upto, .. } => {
                let objects = self.users_due(&context, after, upto).await?;
                full.page(job, run, objects).await
            }
            Work::GroupPage { run, after, upto, .. } => {
                let objects = self.groups_due(&context, after, upto).await?;
                full.page(job, run, objects).await
            }
            Work::Plan { .. } => Ok(Verdict::Done),
            Work::ApplyPlan { plan, .. } => self.work_off(&context, plan).await,
        }
    }

    async fn object(&self, context: &Arc<Context>, object: ObjectId) -> Result<Verdict, SyncError> {
        let parts = self.parts();
        if context.provider.fields.dry_run {
            return Ok(Verdict::Done);
        }
        let reports = Batch::new(parts, context, Origin::Object).sync(vec![object]).await?;
        if let Some(rest) = context.resting() {
            return Ok(rest.into());
        }
        parts.recovered(context).await?;
        Ok(match reports.first().and_then(|report| report.next_at) {
            Some(at) => Verdict::Retry { at },
            None => Verdict::Done,
        })
    }

    async fn users_due(
        &self,
        context: &Context,
        after: Option<UserPk>,
        upto: UserPk,
    ) -> Result<Vec<ObjectId>, SyncError> {
        let provider = context.provider.clone();
        let all = context.mappings(ObjectKind::User).depends_on_groups();
        let due = self
            .parts()
            .store
            .read(move |conn| scope::users_due(conn, &provider, after, Some(upto), 1_000, all))
            .await?;
        Ok(due.into_iter().map(ObjectId::User).collect())
    }

    async fn groups_due(
        &self,
        context: &Context,
        after: Option<GroupId>,
        upto: GroupId,
    ) -> Result<Vec<ObjectId>, SyncError> {
        let provider = context.provider.clone();
        let due = self
            .parts()
            .store
            .read(move |conn| scope::groups_due(conn, &provider, after, Some(upto), 1_000, false))
            .await?;
        Ok(due.into_iter().map(ObjectId::Group).collect())
    }

    /// A provider that is not synced takes no work; a run that was under way ends, and says why.
    async fn put_aside(&self, work: &Work, reason: String) -> Result<Verdict, SyncError> {
        if let Work::ApplyPlan { plan, .. } = *work {
            self.stop_plan(plan, reason).await?;
            return Ok(Verdict::Done);
        }
        let (Work::Stage { run, .. } | Work::UserPage { run, .. } | Work::GroupPage { run, .. }) = *work
        else {
            return Ok(Verdict::Done);
        };
        let (provider, herald, now) = (work.provider(), self.parts().herald(), self.parts().clock.now());
        let end = move |conn: &mut Conn| {
            if runs::finish(conn, run, RunState::Error, Some(&reason), now)? {
                herald.tell(conn, &Event::run_ended(provider, run, RunState::Error, &reason), now)?;
            }
            Ok::<_, StoreError>(())
        };
        self.parts().store.write(end).await?;
        Ok(Verdict::Done)
    }

    /// The first rest is news, those that follow until the remote answers again are not. That it asks for less haste
    /// is none at all.
    async fn tell_of_rest(&self, job: &Job, verdict: &Verdict) -> Result<(), SyncError> {
        let Verdict::Pause { until, class, reason } = verdict else { return Ok(()) };
        let herald = self.parts().herald();
        if !herald.has_hearers() || class == FailureClass::Throttled.as_str() {
            return Ok(());
        }
        let provider = Work::of_job(job)?.provider();
        let (event, lane) = (Event::rests(provider, *until, class, reason), lane_of(provider));
        let now = self.parts().clock.now();
        let tell = move |conn: &mut Conn| {
            if lanes::tell(conn, &lane, now)? {
                herald.tell(conn, &event, now)?;
            }
            Ok::<_, StoreError>(())
        };
        Ok(self.parts().store.write(tell).await?)
    }
}

pub(crate) fn not_synced(provider: &Provider) -> Option<String> {
    if provider.application.is_none() {
        return Some("the provider is not a backchannel provider of any application".to_owned());
    }
    provider.held.clone()
}

/// Open a provider's lane, after a rest or where nothing stands in its way.
pub(crate) fn resume(
    conn: &mut Conn,
    provider: ProviderPk,
    herald: &Herald,
    now: Timestamp,
) -> Result<(), StoreError> {
    let lane = lane_of(provider);
    lanes::resume(conn, &lane, now)?;
    // What went well may have been under way when the rest began.
    let rests = lanes::find(conn, &lane)?.is_some_and(|lane| lane.paused_until.is_some());
    if !rests && lanes::untell(conn, &lane)? {
        herald.tell(conn, &Event::recovered(provider), now)?;
    }
    Ok(())
}

impl EngineParts {
    /// Tell whoever watches what became of an object.
    pub(crate) fn told(&self, context: &Context, report: &ObjectReport) {
        if let Some(watcher) = &self.settings.watcher {
            watcher.tell(context.provider.pk, report);
        }
    }

    /// After a rest, or the first answer since the start: the lane's record of failures is history.
    pub(crate) async fn recovered(&self, context: &Context) -> Result<(), SyncError> {
        if context.take_recovered() {
            let (provider, herald, now) = (context.provider.pk, self.herald(), self.clock.now());
            self.store.write(move |conn| resume(conn, provider, &herald, now)).await?;
        }
        Ok(())
    }
}

impl Handler for Engine {
    async fn run(&self, job: &Job, _stop: &CancellationToken) -> Verdict {
        if job.kind == announce::KIND {
            return self.parts().deliver(job).await;
        }
        let is_object = matches!(job.kind.as_str(), "object" | "tombstone");
        match self.work(job).await {
            Ok(verdict) => {
                if let Err(error) = self.tell_of_rest(job, &verdict).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, job.lane, "a rest could not be announced");
                }
                let how = match verdict {
                    Verdict::Retry { .. } | Verdict::Pause { .. } => Ended::Again,
                    Verdict::Done | Verdict::Finished => Ended::Well,
                };
                series::ended(is_object, how);
                verdict
            }
            Err(error) => {
                series::ended(is_object, Ended::InError);
                tracing::error!(error = &error as &dyn std::error::Error, job.lane, job.key, "a job failed");
                let wait = scimitar_queue::Ladder::OBJECT
                    .wait(job.attempts.saturating_add(1), job.id.unsigned_abs());
                Verdict::Retry { at: self.parts().clock.now() + wait }
            }
        }
    }
}

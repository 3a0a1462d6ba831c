//! One provider as the engine works with it: client, mappings, capabilities, gate. Kept while its revision
//! stays the same.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use tokio::sync::SemaphorePermit;

use scimitar_client::{Answer, Client, ClientError, Disposition, Egress, Operation, Recorder, Target};
use scimitar_domain::{
    Clock, FailureClass, KeptExchange, Lesson, Mapping, ObjectKind, Provider, ProviderFields, ProviderPk,
    Timestamp,
};
use scimitar_mapping::{Expression, MappingSet};
use scimitar_scim::Capabilities;

use crate::access;
use crate::desired::resource_kind;
use crate::discover::Walked;
use crate::drift::Progress;
use crate::engine::EngineParts;
use crate::failure::{self, Trouble};
use crate::gate::{Gate, Load, Rest};
use crate::inquiry::Inquiry;
use crate::lessons::Lessons;
use crate::metrics;
use crate::pace::{Pacer, Pause, Turn};
use crate::profile::{Chosen, Profile};
use crate::scribe::Scribe;
use crate::together::Together;
use crate::trace::Trace;
use crate::verbs::Verb;

/// A provider, ready to be called.
pub(crate) struct Context {
    shared: Arc<Shared>,
    /// Who wants to know what is said to the remote, if anybody does.
    trace: Option<Trace>,
}

/// What all who work with a provider have together.
pub(crate) struct Shared {
    pub(crate) provider: Provider,
    /// `None` where the provider names a profile that is not there.
    pub(crate) chosen: Option<Chosen>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) lessons: Lessons,
    pub(crate) scribe: Scribe,
    pub(crate) walked: Walked,
    pub(crate) together: Together,
    /// A comparison that a rest has interrupted.
    pub(crate) drift: tokio::sync::Mutex<Option<Progress>>,
    user_mappings: Arc<MappingSet>,
    group_mappings: Arc<MappingSet>,
    client: Result<Client, Rest>,
    /// Only for a remote whose rate is known.
    pacer: Option<Pacer>,
    pause: Pause,
    gate: Gate,
    /// Lane-wide failures in a row; -1 until the first answer after the start.
    failures: AtomicI32,
    /// Transient failures of any kind in a row.
    in_a_row: AtomicI32,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inquiry: tokio::sync::Mutex<Inquiry>,
}

/// The contexts that are in use.
#[derive(Default)]
pub(crate) struct Contexts {
    by_provider: Mutex<BTreeMap<ProviderPk, Arc<Context>>>,
}

impl Contexts {
    /// The context of this revision, if it is kept.
    pub(crate) fn find(&self, provider: ProviderPk, revision: i64) -> Option<Arc<Context>> {
        let kept = self.by_provider.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&provider).filter(|context| context.provider.revision == revision).cloned()
    }

    /// Keep `context`, unless another caller was first; then that one's.
    ///
    /// The whole provider is compared: attachment, and what holds it, do not raise its revision.
    pub(crate) fn keep(&self, context: Context) -> Arc<Context> {
        let mut kept = self.by_provider.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(&context.provider.pk) {
            Some(first) if first.provider == context.provider => Arc::clone(first),
            Some(_) | None => {
                let context = Arc::new(context);
                kept.insert(context.provider.pk, Arc::clone(&context));
                context
            }
        }
    }

    pub(crate) fn drop_provider(&self, provider: ProviderPk) {
        self.by_provider.lock().unwrap_or_else(PoisonError::into_inner).remove(&provider);
    }
}

impl Deref for Context {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Context {
    pub(crate) fn new(
        provider: Provider,
        mappings: [Vec<Mapping>; 2],
        learned: &[Lesson],
        parts: &EngineParts,
    ) -> Self {
        let (settings, egress, clock) = (&parts.settings, &parts.egress, Arc::clone(&parts.clock));
        let (max_in_flight, now) = (settings.max_in_flight, clock.now());
        let chosen = settings.profiles.choose(&provider.fields);
        let client = match &chosen {
            Some(_) => client(&provider.fields, egress, max_in_flight, now),
            None => Err(settings_rest(FailureClass::Refused, no_profile(&provider.fields.profile), now)),
        };
        let rate = chosen.as_ref().and_then(|chosen| chosen.profile.rate);
        let pacer = rate.map(|rate| Pacer::new(parts.store.clone(), provider.pk, rate));
        let [user_mappings, group_mappings] = mappings.map(|list| Arc::new(mapping_set(list)));
        let lessons = Lessons::of(learned);
        let together = Together::default();
        if lessons.refuses_bulk() {
            together.offer(false);
        }
        let shared = Shared {
            profile: chosen.as_ref().map(|chosen| Arc::clone(&chosen.profile)).unwrap_or_default(),
            chosen,
            lessons,
            scribe: Scribe::new(parts.herald()),
            walked: Walked::default(),
            together,
            drift: tokio::sync::Mutex::default(),
            provider,
            user_mappings,
            group_mappings,
            client,
            pacer,
            pause: settings.pause.clone(),
            gate: Gate::new(max_in_flight),
            failures: AtomicI32::new(-1),
            in_a_row: AtomicI32::new(0),
            clock,
            inquiry: tokio::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared), trace: None }
    }

    /// The same provider, with what is said to it kept in `trace`.
    pub(crate) fn traced(&self, trace: Trace) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(&self.shared), trace: Some(trace) })
    }

    /// The same provider with a trace: the one that it has, or else one of what fails, or of everything where the
    /// provider asks for that.
    pub(crate) fn with_trace(self: &Arc<Self>) -> Arc<Self> {
        match &self.trace {
            Some(_) => Arc::clone(self),
            None if self.provider.fields.keep_exchanges => self.traced(Trace::of_any(&self.clock)),
            None => self.traced(Trace::of_failures(&self.clock)),
        }
    }

    /// What was said last, where it is worth keeping.
    pub(crate) fn last_exchange(&self, has_failed: bool) -> Option<KeptExchange> {
        self.trace.as_ref()?.worth_keeping(has_failed)
    }

    pub(crate) fn mappings(&self, kind: ObjectKind) -> &Arc<MappingSet> {
        match kind {
            ObjectKind::User => &self.user_mappings,
            ObjectKind::Group => &self.group_mappings,
        }
    }

    /// Call the remote, unless the provider rests. Begins a rest when the answer asks for one.
    pub(crate) async fn call<T, F, Fut>(&self, ask: F) -> Result<T, Trouble>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        self.take_turn().await?;
        self.send(ask).await
    }

    async fn send<T, F, Fut>(&self, ask: F) -> Result<T, Trouble>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        self.send_for(self.recorder(), ask).await
    }

    async fn send_for<T, F, Fut>(&self, recorder: Option<Recorder>, ask: F) -> Result<T, Trouble>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let place = self.gate.enter(|| self.clock.now()).await?;
        let client = match recorder {
            Some(recorder) => client.with_recorder(recorder),
            None => client.clone(),
        };
        let answer = ask(client).await;
        place.answered(self.weigh(answer.as_ref().err()));
        answer.map_err(Trouble::Client)
    }

    /// Call the remote for somebody else, who may want to know what is said.
    pub(crate) async fn call_for<T, F, Fut>(&self, recorder: Option<Recorder>, ask: F) -> Result<T, Trouble>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        self.take_turn().await?;
        self.send_for(recorder, ask).await
    }

    /// Make many changes in one call, each with who wants to know what is said of it.
    pub(crate) async fn call_together(
        &self,
        parts: &[(Operation, Option<Recorder>)],
    ) -> Result<Vec<Result<Answer, ClientError>>, Trouble> {
        self.take_turn().await?;
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let place = self.gate.enter(|| self.clock.now()).await?;
        let answer = client.bulk(parts).await;
        place.answered(match &answer {
            Ok(results) => self.weigh(telling(results)),
            Err(error) => self.weigh(Some(error)),
        });
        answer.map_err(Trouble::Client)
    }

    /// What has become of a call whose maker went away: perhaps it was sent.
    pub(crate) fn given_up(&self) -> Trouble {
        match &self.client {
            Ok(client) => Trouble::Client(client.given_up()),
            Err(rest) => Trouble::Resting(rest.clone()),
        }
    }

    /// Whether the remote's rate is known.
    pub(crate) fn is_paced(&self) -> bool {
        self.pacer.is_some()
    }

    /// Who wants to know what is said, if anybody does.
    pub(crate) fn recorder(&self) -> Option<Recorder> {
        self.trace.as_ref().map(Trace::recorder)
    }

    /// Whether somebody has asked to see all that is said.
    pub(crate) fn tells_all(&self) -> bool {
        self.trace.as_ref().is_some_and(Trace::tells_all)
    }

    /// Wait until what a call needs may be made ready.
    pub(crate) async fn make_ready(&self) -> Result<Option<SemaphorePermit<'_>>, Trouble> {
        self.client.as_ref().map_err(Clone::clone)?;
        Ok(self.gate.make_ready(|| self.clock.now()).await?)
    }

    /// The same, with something to do shortly before the call's turn comes.
    pub(crate) async fn call_after<T, P, F, Fut>(&self, prepare: P, ask: F) -> Result<T, Trouble>
    where
        P: Future<Output = Result<(), Trouble>>,
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        let _ready = self.make_ready().await?;
        self.take_turn().await?;
        prepare.await?;
        self.send(ask).await
    }

    /// Wait for the next turn that the remote's rate leaves us. Costs nothing where none is known.
    async fn take_turn(&self) -> Result<(), Trouble> {
        let Some(pacer) = &self.pacer else { return Ok(()) };
        let now = self.clock.now();
        if let Some(rest) = self.resting() {
            return Err(Trouble::Resting(rest));
        }
        match pacer.turn(now).await? {
            Turn::At(moment) => self.pause.until(moment, now).await,
            Turn::Later(until) => {
                let reason =
                    "its rate is used up; what is left goes on at once when there is room".to_owned();
                let rest = Rest { until, class: FailureClass::Throttled, reason };
                self.rest(rest.clone());
                return Err(Trouble::Resting(rest));
            }
        }
        Ok(())
    }

    /// What an answer means for the calls that follow, and how much it says that the remote bears.
    fn weigh(&self, error: Option<&ClientError>) -> Load {
        let Some(error) = error else {
            self.failures.store(self.failures.load(Ordering::Relaxed).min(0), Ordering::Relaxed);
            self.in_a_row.store(0, Ordering::Relaxed);
            return Load::Fine;
        };
        let now = self.clock.now();
        let mut load = failure::load(error);
        if let Some(rest) = failure::rest_after_many(error, self.count_in_a_row(error), now) {
            load = Load::Out;
            self.rest(rest);
        }
        let failures = self.failures.load(Ordering::Relaxed).max(0).saturating_add(1);
        if let Some(rest) = failure::rest_after(error, failures, now) {
            if self.gate.resting(now).is_none() {
                self.failures.store(failures, Ordering::Relaxed);
            }
            self.rest(rest);
        }
        load
    }

    /// Rest, and count for how long.
    fn rest(&self, rest: Rest) {
        let class = rest.class.as_str();
        metrics::rests(self.provider.pk, class, self.gate.rest(rest, self.clock.now()));
    }

    /// Transient failures in a row, this one included. A refusal is an answer of a remote that works.
    fn count_in_a_row(&self, error: &ClientError) -> i32 {
        match error.disposition() {
            Disposition::Retry { .. } => self.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1),
            Disposition::PauseProvider { .. } | Disposition::Relink | Disposition::GiveUp => {
                self.in_a_row.store(0, Ordering::Relaxed);
                0
            }
        }
    }

    /// Why nothing is sent now, if so.
    pub(crate) fn resting(&self) -> Option<Rest> {
        self.gate.resting(self.clock.now()).or_else(|| self.client.as_ref().err().cloned())
    }

    /// Whether the lane's record of failures should be cleared: once after the start, and after an outage.
    pub(crate) fn take_recovered(&self) -> bool {
        self.gate.take_rested(self.clock.now())
            || self.failures.compare_exchange(-1, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The verb by which this kind of resource is changed.
    pub(crate) async fn verb(&self, kind: ObjectKind) -> Result<Verb, Trouble> {
        Ok(self.first_verb(kind, &self.capabilities().await?))
    }

    pub(crate) fn first_verb(&self, kind: ObjectKind, can: &Capabilities) -> Verb {
        self.lessons.first(kind, &self.profile.kind(kind).change, can.patch == Some(true))
    }

    /// The most members that go in one request: ours, the vendor's, or what the remote has taught.
    pub(crate) fn members_per_request(&self, ours: usize) -> usize {
        let known = self.profile.members.per_request.unwrap_or(usize::MAX);
        ours.min(known).min(self.lessons.members_per_request())
    }

    /// Whether the remote still has a resource that it has answered for with 404.
    pub(crate) async fn still_there(&self, kind: ObjectKind, remote_id: &str) -> Result<bool, Trouble> {
        let kind = resource_kind(kind);
        match self.call(|client| async move { client.get(kind, remote_id).await }).await {
            Ok(_) => Ok(true),
            // One that cannot be looked at is looked for.
            Err(trouble) if trouble.is_gone() || trouble.is_about_the_verb() => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }
}

/// Of many results, the one that says most about the remote: what fails for all of them; else nothing, if it works;
/// else that it does not. One request counts once, however many stand in it.
fn telling(results: &[Result<Answer, ClientError>]) -> Option<&ClientError> {
    let mut errors = results.iter().filter_map(|result| result.as_ref().err());
    let is_about_all = |error: &&ClientError| {
        matches!(error.disposition(), Disposition::PauseProvider { .. })
            || error.class() == FailureClass::Throttled
    };
    let works = |result: &Result<Answer, ClientError>| match result {
        Ok(_) => true,
        Err(error) => matches!(error.disposition(), Disposition::Relink | Disposition::GiveUp),
    };
    let about_all = errors.clone().find(is_about_all);
    about_all.or_else(|| errors.next().filter(|_| !results.iter().any(works)))
}

/// The client of a provider, or why there can be none.
fn client(
    fields: &ProviderFields,
    egress: &Egress,
    max_in_flight: usize,
    now: Timestamp,
) -> Result<Client, Rest> {
    let unfit = |(class, reason)| settings_rest(class, reason, now);
    let (credentials, certificates) =
        (access::credentials(fields).map_err(unfit)?, access::certificates(fields).map_err(unfit)?);
    let target = Target {
        base_url: fields.url.clone(),
        credentials,
        verify_certificates: fields.verify_certificates,
        certificates,
        max_in_flight,
    };
    Client::new(egress, target).map_err(|error| settings_rest(error.class(), error.explain(), now))
}

/// Settings that cannot work rest the provider until it is saved again, which makes a new context; the hour is
/// for the case that what stands in the way is outside of it.
fn settings_rest(class: FailureClass, reason: String, now: Timestamp) -> Rest {
    Rest { until: now + TimeDelta::hours(1), class, reason }
}

fn no_profile(name: &str) -> String {
    format!("there is no profile `{name}`; add its file to `sync.profiles`, or choose another")
}

fn mapping_set(mappings: Vec<Mapping>) -> MappingSet {
    let expressions = mappings.into_iter().map(|mapping| Expression {
        id: mapping.id.0.to_string(),
        version: mapping.version,
        name: mapping.fields.name,
        source: mapping.fields.expression.into(),
    });
    MappingSet::new(expressions.collect())
}

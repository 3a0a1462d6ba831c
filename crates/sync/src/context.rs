//! One provider as the engine works with it: client, mappings, capabilities, gate. Kept while its revision
//! stays the same.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_client::{Client, ClientError, Disposition, Egress, Target};
use scimitar_domain::{
    Clock, FailureClass, Mapping, ObjectKind, Provider, ProviderFields, ProviderPk, Timestamp,
};
use scimitar_mapping::{Expression, MappingSet};
use scimitar_scim::Capabilities;

use crate::access;
use crate::failure::{self, Trouble};
use crate::gate::{Gate, Rest};
use crate::profile::Profile;
use crate::scribe::Scribe;
use crate::settings::SyncSettings;
use crate::trace::Trace;
use crate::verbs::{Verb, Verbs};

/// A provider, ready to be called.
pub(crate) struct Context {
    shared: Arc<Shared>,
    /// Who wants to know what is said to the remote, if anybody does.
    trace: Option<Trace>,
}

/// What all who work with a provider have together.
pub(crate) struct Shared {
    pub(crate) provider: Provider,
    pub(crate) profile: Arc<Profile>,
    pub(crate) verbs: Verbs,
    pub(crate) scribe: Scribe,
    user_mappings: Arc<MappingSet>,
    group_mappings: Arc<MappingSet>,
    client: Result<Client, Rest>,
    gate: Gate,
    /// Lane-wide failures in a row; -1 until the first answer after the start.
    failures: AtomicI32,
    /// Transient failures of any kind in a row.
    in_a_row: AtomicI32,
    clock: Arc<dyn Clock>,
    capabilities: tokio::sync::Mutex<Option<(Capabilities, Timestamp)>>,
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
        egress: &Egress,
        clock: Arc<dyn Clock>,
        settings: &SyncSettings,
    ) -> Self {
        let (max_in_flight, now) = (settings.max_in_flight, clock.now());
        let chosen = settings.profiles.choose(&provider.fields);
        let client = match &chosen {
            Some(_) => client(&provider.fields, egress, max_in_flight, now),
            None => Err(settings_rest(FailureClass::Refused, no_profile(&provider.fields.profile), now)),
        };
        let [user_mappings, group_mappings] = mappings.map(|list| Arc::new(mapping_set(list)));
        let shared = Shared {
            profile: chosen.map(|chosen| chosen.profile).unwrap_or_default(),
            verbs: Verbs::default(),
            scribe: Scribe::default(),
            provider,
            user_mappings,
            group_mappings,
            client,
            gate: Gate::new(max_in_flight),
            failures: AtomicI32::new(-1),
            in_a_row: AtomicI32::new(0),
            clock,
            capabilities: tokio::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared), trace: None }
    }

    /// The same provider, with what is said to it kept in `trace`.
    pub(crate) fn traced(&self, trace: Trace) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(&self.shared), trace: Some(trace) })
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
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let _place = self.gate.enter(|| self.clock.now()).await?;
        let client = match &self.trace {
            Some(trace) => client.with_recorder(trace.recorder()),
            None => client.clone(),
        };
        let answer = ask(client).await;
        self.judge(&answer);
        answer.map_err(Trouble::Client)
    }

    /// The same, with something to do shortly before the call's turn comes.
    pub(crate) async fn call_after<T, P, F, Fut>(&self, prepare: P, ask: F) -> Result<T, Trouble>
    where
        P: Future<Output = Result<(), Trouble>>,
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, ClientError>>,
    {
        self.client.as_ref().map_err(Clone::clone)?;
        let _ready = self.gate.make_ready(|| self.clock.now()).await?;
        prepare.await?;
        self.call(ask).await
    }

    /// What an answer means for the calls that follow.
    fn judge<T>(&self, answer: &Result<T, ClientError>) {
        match answer {
            Ok(_) => {
                self.failures.store(self.failures.load(Ordering::Relaxed).min(0), Ordering::Relaxed);
                self.in_a_row.store(0, Ordering::Relaxed);
            }
            Err(error) => {
                let now = self.clock.now();
                if let Some(rest) = failure::rest_after_many(error, self.count_in_a_row(error), now) {
                    self.gate.rest(rest);
                }
                let failures = self.failures.load(Ordering::Relaxed).max(0).saturating_add(1);
                if let Some(rest) = failure::rest_after(error, failures, self.clock.now()) {
                    if self.gate.resting(self.clock.now()).is_none() {
                        self.failures.store(failures, Ordering::Relaxed);
                    }
                    self.gate.rest(rest);
                }
            }
        }
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
        let offers_patch = self.capabilities().await?.patch == Some(true);
        Ok(self.verbs.first(kind, &self.profile.kind(kind).change, offers_patch))
    }

    /// What the remote can do. Asked once per `service_provider_config_cache_timeout`; concurrent callers wait
    /// for one answer.
    pub(crate) async fn capabilities(&self) -> Result<Capabilities, Trouble> {
        let instead = &self.provider.fields.service_provider_config_override;
        if !instead.is_empty() {
            return Ok(self.profile.complete(Capabilities::read(&Value::Object(instead.clone()))));
        }
        let route = self.profile.discovery.as_str();
        if route.is_empty() {
            return Ok(self.profile.amend(Capabilities::default()));
        }
        let mut known = self.capabilities.lock().await;
        let now = self.clock.now();
        if let Some((capabilities, _)) = known.as_ref().filter(|(_, until)| *until > now) {
            return Ok(*capabilities);
        }
        let said = self.call(|client| async move { client.service_provider_config_at(route).await }).await?;
        let capabilities = self.profile.amend(said);
        let lasts = self.provider.fields.service_provider_config_cache_timeout.duration();
        let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::days(365));
        *known = Some((capabilities, now + lasts));
        Ok(capabilities)
    }
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

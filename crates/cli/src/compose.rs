//! The composition root: settings in, a program out.

use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context;
use tokio::runtime::Handle;

use scimitar_client::{Egress, EgressSettings};
use scimitar_domain::{Clock, IdSource, InstallId, RandomIds, SystemClock};
use scimitar_inbound::{Inbound, InboundParts};
use scimitar_mapping::{Engine as MappingEngine, Limits};
use scimitar_queue::QueueSettings;
use scimitar_store::guards::GuardLimits;
use scimitar_store::{Conn, Keyring, Store, StoreError, claims, jobs};
use scimitar_sync::{Engine, EngineParts, StoreLookup, SyncSettings, Watcher};

use crate::config::Config;
use crate::database;
use crate::first_start::{self, AdminKey, Plan};
use crate::instance::{self, Claim};
use crate::master_key::MasterKey;
use crate::report::Problem;

/// An installation that is open and ready for work.
pub(crate) struct Installation {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) install: InstallId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl Installation {
    /// Open it for those who serve: bring the schema up to date and make what is not there yet.
    pub(crate) async fn settle(config: &Config, claim: &Claim) -> anyhow::Result<(Self, AdminKey)> {
        let (clock, ids) = doors();
        database::migrate(&config.database)?;
        let store = database::open(&config.database)?;
        let key = MasterKey::find_or_make(config, &store, ids.as_ref()).await?;
        let (plan, keyring) = (Plan::draw(ids.as_ref(), config.bootstrap_token.clone()), key.keyring.clone());
        let (now, is_alone) = (clock.now(), claim.is_alone());
        let settled = store
            .write(move |conn| {
                if is_alone {
                    take_back(conn)?;
                }
                first_start::settle(conn, &keyring, &plan, now)
            })
            .await;
        let settled = settled.map_err(|error| {
            if matches!(error, StoreError::Sealed(_)) {
                key.unmake();
            }
            database::explain(error, &config.database)
        })?;
        Ok((Self { store, keyring: key.keyring, install: settled.install, clock, ids }, settled.key))
    }

    /// Open one that was started before. `claim` is held by those who are going to work on it.
    pub(crate) async fn open(config: &Config, claim: Option<&Claim>) -> anyhow::Result<Self> {
        let (clock, ids) = doors();
        let store = database::open_ready(&config.database).await?;
        let keyring = MasterKey::find(config)?.keyring;
        let (ring, candidate, now) = (keyring.clone(), InstallId(ids.uuid()), clock.now());
        let is_alone = claim.is_some_and(Claim::is_alone);
        let opened = store.write(move |conn| {
            if is_alone {
                take_back(conn)?;
            }
            first_start::reopen(conn, &ring, candidate, now)
        });
        match opened.await {
            Ok(install) => Ok(Self { store, keyring, install, clock, ids }),
            Err(StoreError::NotFound(_)) => Err(Problem::new(
                "this installation was never started",
                "start `scimitar serve` once: it makes the first administrator",
            )
            .into()),
            Err(error) => Err(database::explain(error, &config.database)),
        }
    }

    /// Lend it to `work` and close it, however that ends.
    pub(crate) async fn lend<T>(self, work: impl AsyncFnOnce(&Self) -> T) -> T {
        let done = Box::pin(work(&self)).await;
        self.store.close().await;
        done
    }

    /// Take back what a process had leased that has ended meanwhile.
    pub(crate) async fn take_over(&self, config: &Config, claim: &Claim) -> anyhow::Result<()> {
        if claim.is_alone() {
            self.store.write(take_back).await.map_err(|error| database::explain(error, &config.database))?;
        }
        Ok(())
    }

    /// The SCIM service of the sources.
    pub(crate) fn inbound(&self, engine: &Engine) -> Inbound {
        Inbound::new(InboundParts {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            mappings: engine.mappings(),
        })
    }

    /// The engine that sends to remotes. `worker` is the name under which it leases.
    pub(crate) fn engine(&self, config: &Config, worker: &str) -> anyhow::Result<Engine> {
        self.watched_engine(config, worker, None)
    }

    /// The engine of a command, which sends beside a service or without one.
    pub(crate) fn command_engine(&self, config: &Config, host: Option<&str>) -> anyhow::Result<Engine> {
        self.engine(config, &self.command_worker(host))
    }

    /// The name under which a command leases.
    pub(crate) fn command_worker(&self, host: Option<&str>) -> String {
        format!("cli-{}", instance::worker_name(host, self.ids.as_ref()))
    }

    /// An engine that tells a watcher of every object.
    pub(crate) fn watched_engine(
        &self,
        config: &Config,
        worker: &str,
        watcher: Option<Watcher>,
    ) -> anyhow::Result<Engine> {
        let lookup =
            StoreLookup::new(self.store.clone(), self.install, Arc::clone(&self.clock), Handle::current());
        let limits = Limits { time: config.mapping.time, memory: config.mapping.memory, ..Limits::default() };
        let threads = config.mapping.threads.unwrap_or_else(processors);
        let mappings = MappingEngine::start(limits, threads, Arc::new(lookup))
            .context("the threads for property mappings could not be started")?;
        let egress = EgressSettings {
            allow: config.egress.allow.clone(),
            plain_http: config.egress.plain_http,
            connect_timeout: config.egress.connect_timeout,
            request_timeout: config.egress.request_timeout,
            ..EgressSettings::default()
        };
        let settings = SyncSettings {
            worker: worker.to_owned(),
            max_in_flight: config.sync.max_in_flight,
            full_sync_every: config.sync.full_sync_every,
            members_per_request: config.sync.members_per_request,
            guard: GuardLimits {
                floor: config.sync.guard_floor,
                percent: config.sync.guard_percent,
                ..SyncSettings::default().guard
            },
            watcher,
            profiles: config.sync.profiles.clone(),
            webhooks: config.webhooks.clone(),
            ..SyncSettings::default()
        };
        Ok(Engine::new(EngineParts {
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            install: self.install,
            egress: Egress::new(egress, Arc::clone(&self.clock)),
            mappings: Arc::new(mappings),
            settings,
        }))
    }
}

/// How the queue of this process runs.
pub(crate) fn queue(config: &Config, worker: &str) -> QueueSettings {
    QueueSettings {
        worker: worker.to_owned(),
        max_jobs: config.queue.jobs,
        max_jobs_per_lane: config.queue.jobs_per_lane,
        ..QueueSettings::default()
    }
}

/// As many threads as there are processors.
pub(crate) fn processors() -> usize {
    available_parallelism().map_or(2, Into::into)
}

/// What dead processes had leased.
fn take_back(conn: &mut Conn) -> Result<(), StoreError> {
    claims::release_all(conn)?;
    jobs::release_all(conn)?;
    Ok(())
}

fn doors() -> (Arc<dyn Clock>, Arc<dyn IdSource>) {
    (Arc::new(SystemClock), Arc::new(RandomIds))
}

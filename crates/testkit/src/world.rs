//! A whole outbound world for stories: a directory, a provider, a hostile remote, and a clock that stands still.
//!
//! Stories change the directory, let the world [`settle`](World::settle), and judge the remote. Time passes
//! only in jumps to when the next job is due, so a story of hours takes milliseconds.

#![expect(clippy::expect_used, reason = "a story whose world breaks has failed")]

mod judge;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use scimitar_client::{Egress, EgressSettings};
use scimitar_domain::{
    ApplicationFields, ApplicationId, Clock, GroupFields, GroupId, IdSource, InstallId, ManualClock,
    MappingFields, MappingId, MappingKind, Provider, ProviderFields, ProviderPk, Secret, SeededIds,
    Timestamp, UserFields, UserPk, UserUuid,
};
use scimitar_mapping::defaults;
use scimitar_queue::{QueueSettings, Runner};
use scimitar_store::guards::GuardLimits;
use scimitar_store::{
    Conn, Keyring, Store, StoreError, applications, groups, installation, jobs, mappings, providers, users,
};
use scimitar_sync::{Engine, EngineParts, Pause, StoreLookup, SyncSettings, Webhooks};

use crate::database::Database;
use crate::remote::{Behaviour, FakeRemote};

/// A guard that lets everything pass.
const UNGUARDED: GuardLimits = GuardLimits { floor: 0, percent: 100, window: TimeDelta::hours(1) };
/// The longest that a story's time goes on by itself.
const HORIZON: TimeDelta = TimeDelta::hours(12);

/// The world of a story. One provider is attached to an application and sends to [`remote`](World::remote).
pub struct World {
    pub store: Store,
    pub keyring: Keyring,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<SeededIds>,
    pub install: InstallId,
    pub engine: Engine,
    pub remote: FakeRemote,
    pub provider: ProviderPk,
    pub runner: Runner<Engine>,
    database: Database,
}

impl World {
    /// A world with a healthy remote.
    pub async fn new() -> Self {
        Self::with(Behaviour::default()).await
    }

    pub async fn with(behaviour: Behaviour) -> Self {
        let remote = FakeRemote::start(behaviour).await;
        let database = Database::fresh();
        let store = database.store();
        let clock = Arc::new(ManualClock::default());
        remote.set_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        let ids = Arc::new(SeededIds::new(42));
        let keyring = Keyring::new(vec![(1, [7; 32])]);
        let now = clock.now();
        let install = InstallId(Uuid::from_u128(0x5c1));
        let install = write(&store, move |conn| installation::get_or_create(conn, install, now)).await;
        let engine = engine(&store, &keyring, &clock, &ids, install, settings("story"));
        let runner = engine.runner(queue("story"));
        let mut world = Self {
            store,
            keyring,
            clock,
            ids,
            install,
            engine,
            remote,
            provider: ProviderPk(0),
            runner,
            database,
        };
        world.ensure_mappings().await;
        world.provider = world.add_provider("remote", |_| {}).await;
        world.settle().await;
        world.remote.clear_requests();
        world
    }

    /// From now on the guard holds what exceeds the usual measure. Without this nothing is held, because stories
    /// are about few objects and often delete most of them.
    #[must_use]
    pub fn guarded(mut self) -> Self {
        let guard = SyncSettings::default().guard;
        self.settle_anew(SyncSettings { guard, ..settings("story") });
        self
    }

    /// The engine knows one more vendor, whom a provider may name.
    #[must_use]
    pub fn knowing(mut self, name: &str, profile: &str) -> Self {
        let profiles = self.engine.profiles().with(name, profile).expect("a profile");
        self.settle_anew(SyncSettings { profiles, ..settings("story") });
        self
    }

    /// From now on these are told of events, those of the guard included.
    #[must_use]
    pub fn telling(mut self, webhooks: Webhooks) -> Self {
        let (webhooks, guard) = (Some(Arc::new(webhooks)), SyncSettings::default().guard);
        self.settle_anew(SyncSettings { webhooks, guard, ..settings("story") });
        self
    }

    fn settle_anew(&mut self, settings: SyncSettings) {
        self.engine = engine(&self.store, &self.keyring, &self.clock, &self.ids, self.install, settings);
        self.runner = self.engine.runner(queue("story"));
    }

    /// Another process over the same database, as a replica or after a restart.
    pub fn replica(&self, worker: &str) -> (Engine, Runner<Engine>) {
        let also = SyncSettings { profiles: self.engine.profiles().clone(), ..settings(worker) };
        let engine = engine(&self.store, &self.keyring, &self.clock, &self.ids, self.install, also);
        let runner = engine.runner(queue(worker));
        (engine, runner)
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Run what is due now, and what follows from it at once.
    pub async fn step(&self) {
        loop {
            let handed = self.engine.dispatch().await.expect("changes are handed out");
            let ran = self.runner.run_due().await.expect("the queue can be read");
            if handed == 0 && ran == 0 {
                return;
            }
        }
    }

    /// Let time pass until nothing is waiting any more, at most twelve hours.
    pub async fn settle(&self) {
        let end = self.clock.now() + HORIZON;
        loop {
            self.step().await;
            let now = self.clock.now();
            let next = self.read(move |conn| jobs::next_due(conn, now)).await;
            match next {
                Some(at) if at <= end => self.clock.advance_to(at.max(now + TimeDelta::milliseconds(1))),
                Some(_) | None => return,
            }
        }
    }

    /// Let `by` pass, with everything that becomes due meanwhile.
    pub async fn pass(&self, by: TimeDelta) {
        let end = self.clock.now() + by;
        loop {
            self.step().await;
            let now = self.clock.now();
            let next = self.read(move |conn| jobs::next_due(conn, now)).await;
            match next {
                Some(at) if at <= end => self.clock.advance_to(at.max(now + TimeDelta::milliseconds(1))),
                Some(_) | None => break,
            }
        }
        self.clock.advance_to(end);
        self.engine.start_scheduled().await.expect("the schedule can be read");
        self.step().await;
    }

    /// Start a full sync, as an operator would, and see it through.
    pub async fn full_sync(&self) {
        self.start_full_sync().await;
        self.settle().await;
    }

    pub async fn start_full_sync(&self) {
        let work = scimitar_sync::Work::Run {
            provider: self.provider,
            trigger: scimitar_domain::RunTrigger::Manual,
        };
        let now = self.clock.now();
        self.write(move |conn| jobs::enqueue(conn, &[work.job(now)], now)).await;
    }

    pub async fn user(&self, username: &str) -> UserPk {
        self.user_with(username, |_| {}).await
    }

    pub async fn user_with(&self, username: &str, change: impl FnOnce(&mut UserFields)) -> UserPk {
        let mut fields = UserFields {
            username: username.to_owned(),
            name: format!("{username} Example"),
            email: format!("{username}@example.com"),
            ..UserFields::default()
        };
        change(&mut fields);
        let (uuid, now) = (UserUuid(self.ids.uuid()), self.clock.now());
        self.write(move |conn| users::insert(conn, uuid, &fields, &[], now)).await.pk
    }

    pub async fn change_user(&self, user: UserPk, change: impl FnOnce(&mut UserFields)) {
        let mut fields = self.read(move |conn| users::get(conn, user)).await.fields;
        change(&mut fields);
        let now = self.clock.now();
        self.write(move |conn| users::update(conn, user, &fields, None, now)).await;
    }

    pub async fn delete_user(&self, user: UserPk) {
        let now = self.clock.now();
        self.write(move |conn| users::delete(conn, user, now)).await;
    }

    pub async fn group(&self, name: &str, members: &[UserPk]) -> GroupId {
        let fields = GroupFields { name: name.to_owned(), ..GroupFields::default() };
        let (id, members, now) = (GroupId(self.ids.uuid()), members.to_vec(), self.clock.now());
        self.write(move |conn| groups::insert(conn, id, &fields, &members, now)).await.id
    }

    pub async fn change_group(&self, group: GroupId, change: impl FnOnce(&mut GroupFields)) {
        let mut fields = self.read(move |conn| groups::get(conn, group)).await.fields;
        change(&mut fields);
        let now = self.clock.now();
        self.write(move |conn| groups::update(conn, group, &fields, None, now)).await;
    }

    pub async fn delete_group(&self, group: GroupId) {
        let now = self.clock.now();
        self.write(move |conn| groups::delete(conn, group, now)).await;
    }

    pub async fn join(&self, user: UserPk, group: GroupId) {
        let now = self.clock.now();
        self.write(move |conn| groups::add_member(conn, group, user, now)).await;
    }

    pub async fn leave(&self, user: UserPk, group: GroupId) {
        let now = self.clock.now();
        self.write(move |conn| groups::remove_member(conn, group, user, now)).await;
    }

    /// The story's provider as it is stored.
    pub async fn provider(&self) -> Provider {
        let (keyring, pk) = (self.keyring.clone(), self.provider);
        self.read(move |conn| providers::get(conn, &keyring, pk)).await
    }

    pub async fn change_provider(&self, change: impl FnOnce(&mut ProviderFields)) {
        let mut fields = self.provider().await.fields;
        change(&mut fields);
        let (keyring, pk, now) = (self.keyring.clone(), self.provider, self.clock.now());
        self.write(move |conn| providers::update(conn, &keyring, pk, &fields, now)).await;
    }

    /// A provider to the story's remote, attached to an application of its own.
    pub async fn add_provider(&self, name: &str, change: impl FnOnce(&mut ProviderFields)) -> ProviderPk {
        let managed = |key: &'static str| self.read(move |conn| mappings::find_by_managed(conn, key));
        let ids = |mapping: Option<scimitar_domain::Mapping>| mapping.into_iter().map(|it| it.id).collect();
        let mut fields = ProviderFields {
            name: name.to_owned(),
            url: self.remote.url().to_owned(),
            token: Secret::new("story-token".to_owned()),
            property_mappings: ids(managed(defaults::USER_MANAGED).await),
            property_mappings_group: ids(managed(defaults::GROUP_MANAGED).await),
            // Stories are about the objects that they make; those about discovery switch it on.
            discovery_enabled: false,
            ..ProviderFields::default()
        };
        change(&mut fields);
        let (keyring, seal, app, now) =
            (self.keyring.clone(), self.ids.uuid(), ApplicationId(self.ids.uuid()), self.clock.now());
        let application = ApplicationFields {
            name: name.to_owned(),
            slug: name.to_owned(),
            ..ApplicationFields::default()
        };
        self.write(move |conn| {
            let provider = providers::insert(conn, &keyring, seal, &fields, now)?;
            let application =
                ApplicationFields { backchannel_providers: vec![provider.pk], ..application.clone() };
            applications::insert(conn, app, &application, now)?;
            Ok(provider.pk)
        })
        .await
    }

    /// A mapping of this expression.
    pub async fn mapping(&self, name: &str, expression: &str) -> MappingId {
        let fields =
            MappingFields { name: name.to_owned(), expression: expression.to_owned(), managed: None };
        let id = MappingId(self.ids.uuid());
        self.write(move |conn| mappings::insert(conn, id, MappingKind::Provider, &fields)).await.id
    }

    pub async fn change_mapping(&self, mapping: MappingId, expression: &str) {
        let mut fields = self.read(move |conn| mappings::get(conn, mapping)).await.fields;
        expression.clone_into(&mut fields.expression);
        let now = self.clock.now();
        self.write(move |conn| mappings::update(conn, mapping, &fields, now)).await;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn read<T, F>(&self, ask: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(ask).await.expect("the story's read")
    }

    pub async fn write<T, F>(&self, change: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        write(&self.store, change).await
    }

    async fn ensure_mappings(&self) {
        let shipped = [
            (defaults::USER_NAME, defaults::USER_MANAGED, defaults::USER_EXPRESSION),
            (defaults::GROUP_NAME, defaults::GROUP_MANAGED, defaults::GROUP_EXPRESSION),
        ];
        for (name, managed, expression) in shipped {
            let fields = MappingFields {
                name: name.to_owned(),
                expression: expression.to_owned(),
                managed: Some(managed.to_owned()),
            };
            let id = MappingId(self.ids.uuid());
            self.write(move |conn| mappings::ensure_managed(conn, id, &fields)).await;
        }
    }
}

async fn write<T, F>(store: &Store, change: F) -> T
where
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    store.write(change).await.expect("the story's write")
}

fn queue(worker: &str) -> QueueSettings {
    QueueSettings { worker: worker.to_owned(), ..QueueSettings::default() }
}

fn settings(worker: &str) -> SyncSettings {
    SyncSettings { worker: worker.to_owned(), guard: UNGUARDED, ..SyncSettings::default() }
}

fn engine(
    store: &Store,
    keyring: &Keyring,
    clock: &Arc<ManualClock>,
    ids: &Arc<SeededIds>,
    install: InstallId,
    settings: SyncSettings,
) -> Engine {
    let going = Arc::clone(clock);
    let pause = Pause::new(move |moment, _| {
        going.advance_to(moment);
        Box::pin(std::future::ready(()))
    });
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let egress = EgressSettings {
        allow: ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network")).into(),
        request_timeout: Duration::from_secs(5),
        ..EgressSettings::default()
    };
    let lookup =
        StoreLookup::new(store.clone(), install, Arc::clone(&clock), tokio::runtime::Handle::current());
    let mappings = scimitar_mapping::Engine::start(scimitar_mapping::Limits::default(), 1, Arc::new(lookup))
        .expect("threads");
    Engine::new(EngineParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(ids) as Arc<dyn IdSource>,
        install,
        egress: Egress::new(egress, clock),
        mappings: Arc::new(mappings),
        settings: SyncSettings { pause, ..settings },
    })
}

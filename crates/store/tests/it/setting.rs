//! What the stories about the outbound side begin with: a database, and short words for filling it.

use std::sync::Mutex;

use tokio::runtime::Runtime;

use scimitar_domain::{
    ApplicationFields, ApplicationId, Attempt, Clock, FailureClass, GroupFields, GroupId, IdSource,
    JsonObject, LinkId, ManualClock, ObjectId, Provider, ProviderFields, ProviderPk, SeededIds, Timestamp,
    UserFields, UserKind, UserPk, UserUuid,
};
use scimitar_store::claims::{self, Claim, LinkOutcome, LinkResult, Recorded};
use scimitar_store::{Conn, Keyring, Store, StoreError, applications, groups, providers, users};

use crate::database::Database;

pub(crate) struct Setting {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    ids: Mutex<SeededIds>,
    runtime: Runtime,
    _database: Database,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let database = Database::fresh();
        Self {
            store: database.store(),
            keyring: Keyring::new(vec![(1, [7; 32])]),
            ids: Mutex::new(SeededIds::new(1)),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            _database: database,
        }
    }

    /// One unit of work that is to succeed.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        unit: impl Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.attempt(unit).unwrap()
    }

    pub(crate) fn attempt<T: Send + 'static>(
        &self,
        unit: impl Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(self.store.write(unit))
    }

    /// Units that run side by side.
    pub(crate) fn run_all<T: Send + 'static>(
        &self,
        n: usize,
        unit: impl Fn(&mut Conn, usize) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> Vec<T> {
        self.runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for i in 0..n {
                let (store, unit) = (self.store.clone(), unit.clone());
                tasks.spawn(async move { store.write(move |conn| unit(conn, i)).await.unwrap() });
            }
            tasks.join_all().await
        })
    }

    pub(crate) fn uuid(&self) -> uuid::Uuid {
        self.ids.lock().unwrap().uuid()
    }

    pub(crate) fn link_id(&self) -> LinkId {
        LinkId(self.uuid())
    }

    pub(crate) fn user(&self, name: &str) -> UserPk {
        self.user_of_kind(name, UserKind::Internal)
    }

    pub(crate) fn user_of_kind(&self, name: &str, kind: UserKind) -> UserPk {
        let fields = UserFields { username: name.to_owned(), kind, ..UserFields::default() };
        let uuid = UserUuid(self.uuid());
        self.run(move |conn| users::insert(conn, uuid, &fields, &[], at(0))).pk
    }

    pub(crate) fn group(&self, name: &str, members: &[UserPk]) -> GroupId {
        let fields = GroupFields { name: name.to_owned(), ..GroupFields::default() };
        let (id, members) = (GroupId(self.uuid()), members.to_vec());
        self.run(move |conn| groups::insert(conn, id, &fields, &members, at(0))).id
    }

    /// A provider with the defaults, attached to an application of the same name.
    pub(crate) fn provider(&self, name: &str) -> Provider {
        self.provider_with(name, |_| ())
    }

    pub(crate) fn provider_with(&self, name: &str, set: impl FnOnce(&mut ProviderFields)) -> Provider {
        let mut fields = provider_fields(name);
        set(&mut fields);
        let (keyring, seal_id, id) = (self.keyring.clone(), self.uuid(), ApplicationId(self.uuid()));
        let name = name.to_owned();
        self.run(move |conn| {
            let provider = providers::insert(conn, &keyring, seal_id, &fields, at(0))?;
            let application = ApplicationFields {
                name: name.clone(),
                slug: name.clone(),
                backchannel_providers: vec![provider.pk],
                ..ApplicationFields::default()
            };
            applications::insert(conn, id, &application, at(0))?;
            providers::get(conn, &keyring, provider.pk)
        })
    }

    /// Lease the link of an object for ten minutes from the beginning on.
    pub(crate) fn claim(&self, provider: ProviderPk, object: ObjectId) -> Claim {
        let id = self.link_id();
        let claimed =
            self.run(move |conn| claims::claim(conn, provider, &[(object, id)], "worker", at(0), at(10)));
        claimed.into_iter().next().expect("the link is free")
    }

    pub(crate) fn record(&self, claim: &Claim, result: LinkResult) -> Recorded {
        let outcome = LinkOutcome { link: claim.link.id, epoch: claim.epoch, result };
        self.run(move |conn| claims::record(conn, std::slice::from_ref(&outcome)))
    }

    /// Link an object as a successful sync does.
    pub(crate) fn link(&self, provider: &Provider, object: impl Into<Object>, remote_id: &str) -> LinkId {
        let object = object.into().0;
        let claim = self.claim(provider.pk, object);
        let version = self.version(object);
        self.record(&claim, written(remote_id, version, provider.revision));
        claim.link.id
    }

    pub(crate) fn version(&self, object: ObjectId) -> i64 {
        self.run(move |conn| match object {
            ObjectId::User(pk) => Ok(users::get(conn, pk)?.version),
            ObjectId::Group(id) => Ok(groups::get(conn, id)?.version),
        })
    }
}

/// Users and groups alike, where a story links either.
pub(crate) struct Object(ObjectId);

impl From<UserPk> for Object {
    fn from(pk: UserPk) -> Self {
        Self(ObjectId::User(pk))
    }
}

impl From<GroupId> for Object {
    fn from(id: GroupId) -> Self {
        Self(ObjectId::Group(id))
    }
}

/// That many minutes after the beginning.
pub(crate) fn at(minutes: i64) -> Timestamp {
    ManualClock::default().now() + chrono::TimeDelta::minutes(minutes)
}

pub(crate) fn provider_fields(name: &str) -> ProviderFields {
    ProviderFields {
        name: name.to_owned(),
        url: format!("https://{name}.example.com/scim"),
        ..ProviderFields::default()
    }
}

pub(crate) fn written(remote_id: &str, version: i64, revision: i64) -> LinkResult {
    LinkResult::Written {
        remote_id: remote_id.to_owned(),
        attributes: object("answered", remote_id),
        sent: object("sent", remote_id),
        fingerprint: 42,
        etag: Some(format!("W/\"{version}\"")),
        version,
        revision,
        goes_on: false,
    }
}

pub(crate) fn object(key: &str, value: &str) -> JsonObject {
    [(key.to_owned(), serde_json::Value::from(value))].into_iter().collect()
}

/// A failed attempt, to be repeated at a time or, with `None`, not by itself.
pub(crate) fn attempt(next_at: Option<Timestamp>) -> Attempt {
    Attempt {
        class: FailureClass::Rejected,
        detail: "the remote says no".to_owned(),
        count: 3,
        last_at: at(0),
        next_at,
    }
}

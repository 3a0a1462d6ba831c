//! A served API of one's own, and callers that differ only in their credentials.

mod client;
pub(crate) mod contract;
pub(crate) mod objects;
mod schema;
mod serve;

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use chrono::TimeDelta;
use scimitar_domain::{
    Clock, GroupFields, GroupId, IdSource, InstallId, Intent, ManualClock, Secret, SeededIds, TokenFields,
    TokenId, UserFields, UserPk, UserUuid,
};
use scimitar_http::App;
use scimitar_inbound::Inbound;
use scimitar_store::{Conn, Keyring, Store, StoreError, groups, installation, tokens, users};
use scimitar_testkit::database::Database;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use client::{Answer, Client};
use contract::Seen;

/// A server on loopback over a fresh database with one administrator.
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Arc<SeededIds>,
    /// The served SCIM service, for what it does by the clock.
    pub(crate) inbound: Inbound,
    address: String,
    web: reqwest::Client,
    /// Which statuses of which operations its callers have seen.
    pub(crate) seen: Seen,
    server: Option<(ServerHandle, std::thread::JoinHandle<()>)>,
    /// Cancelled by a story whose server is about to stop.
    pub(crate) leaving: CancellationToken,
    /// Goes last: the store must have let go of it.
    _database: Database,
}

/// The administrator's key.
pub(crate) const ADMIN_KEY: &str = "canary-admin-key";

impl Api {
    pub(crate) async fn start() -> Self {
        let database = Database::fresh();
        let store = database.store();
        let clock = Arc::new(ManualClock::default());
        // Keys of requests and of what is made directly come from different seeds.
        let (ids, own_ids) = (Arc::new(SeededIds::new(1)), Arc::new(SeededIds::new(2)));
        let keyring = Keyring::new(vec![(1, [7; 32])]);
        let (install, now) = (InstallId(Uuid::from_u128(0x5c1)), clock.now());
        let install = store
            .write(move |conn| installation::get_or_create(conn, install, now))
            .await
            .expect("the installation is known");
        let engine = serve::engine(&store, &keyring, &clock, &ids, install);
        let inbound = serve::inbound(&store, &keyring, &clock, &ids, &engine);
        let leaving = CancellationToken::new();
        let app = App {
            inbound: inbound.clone(),
            engine,
            store: store.clone(),
            keyring: keyring.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids) as Arc<dyn IdSource>,
            install,
            page_size_cap: App::PAGE_SIZE_CAP,
            leaving: leaving.clone(),
            public_url: None,
        };
        let (address, handle, thread) = serve::serve(app);
        let web = serve::web_client();
        let server = Some((handle, thread));
        let seen = Seen::default();
        let api = Self {
            store,
            keyring,
            clock,
            ids: own_ids,
            inbound,
            address,
            web,
            seen,
            leaving,
            server,
            _database: database,
        };
        let admin = api.user("admin").await;
        api.group_with("admins", &[admin], |group| group.is_superuser = true).await;
        api.token(admin, "admin-token", ADMIN_KEY, |_| {}).await;
        api
    }

    /// A caller with this key as bearer.
    pub(crate) fn with_key(&self, key: &str) -> Client {
        self.with_header(&format!("Bearer {key}"))
    }

    /// A caller with this text as `Authorization`.
    pub(crate) fn with_header(&self, header: &str) -> Client {
        Client::new(self.web.clone(), self.address.clone(), Some(header.to_owned()), Arc::clone(&self.seen))
    }

    pub(crate) fn admin(&self) -> Client {
        self.with_key(ADMIN_KEY)
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.web.clone(), self.address.clone(), None, Arc::clone(&self.seen))
    }

    /// A user without rights, with a token of its own, and the caller that uses it.
    pub(crate) async fn ordinary(&self, username: &str) -> (UserPk, Client) {
        let pk = self.user(username).await;
        let key = format!("canary-{username}-key");
        self.token(pk, &format!("{username}-token"), &key, |_| {}).await;
        (pk, self.with_key(&key))
    }

    pub(crate) async fn user(&self, username: &str) -> UserPk {
        self.user_with(username, |_| {}).await
    }

    pub(crate) async fn user_with(&self, username: &str, change: impl FnOnce(&mut UserFields)) -> UserPk {
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

    pub(crate) async fn group(&self, name: &str, members: &[UserPk]) -> GroupId {
        self.group_with(name, members, |_| {}).await
    }

    pub(crate) async fn group_with(
        &self,
        name: &str,
        members: &[UserPk],
        change: impl FnOnce(&mut GroupFields),
    ) -> GroupId {
        let mut fields = GroupFields { name: name.to_owned(), ..GroupFields::default() };
        change(&mut fields);
        let (id, members, now) = (GroupId(self.ids.uuid()), members.to_vec(), self.clock.now());
        self.write(move |conn| groups::insert(conn, id, &fields, &members, now)).await.id
    }

    /// A token that works for a year of the clock, unless `change` says otherwise.
    pub(crate) async fn token(
        &self,
        user: UserPk,
        identifier: &str,
        key: &str,
        change: impl FnOnce(&mut TokenFields),
    ) {
        let mut fields = TokenFields {
            identifier: identifier.to_owned(),
            intent: Intent::Api,
            user,
            description: String::new(),
            expires: Some(self.clock.now() + TimeDelta::days(365)),
            expiring: true,
            managed: None,
        };
        change(&mut fields);
        let (id, key, keyring) =
            (TokenId(self.ids.uuid()), Secret::new(key.to_owned()), self.keyring.clone());
        self.write(move |conn| tokens::insert(conn, &keyring, id, &fields, &key)).await;
    }

    /// Something done to the database behind the API's back.
    pub(crate) async fn write<T, F>(&self, unit: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(unit).await.expect("the database takes it")
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            drop(handle.stop(false));
            let stopped = thread.join();
            assert!(stopped.is_ok() || std::thread::panicking(), "the server ended in a panic");
        }
    }
}

//! A store on a database of its own, and short words for what most tests begin with.

use crate::database::Database;
use scimitar_domain::{
    ChangeKind, Group, GroupFields, GroupId, Provider, ProviderFields, Secret, Timestamp, User, UserFields,
    UserUuid,
};
use scimitar_store::{Conn, Keyring, Store, StoreError, changes, groups, providers, users};
use uuid::Uuid;

/// Fields drop in this order: the store before its database.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) database: Database,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Database::fresh())
    }

    pub(crate) fn on(database: Database) -> Self {
        Self { store: database.store(), database }
    }

    pub(crate) async fn write<T, F>(&self, closure: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(closure).await.unwrap()
    }

    pub(crate) async fn read<T, F>(&self, closure: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(closure).await.unwrap()
    }

    /// What a unit is refused with.
    pub(crate) async fn refusal<T, F>(&self, closure: F) -> StoreError
    where
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
        T: Send + std::fmt::Debug + 'static,
    {
        self.store.write(closure).await.unwrap_err()
    }
}

/// 2026-01-01T00:00:00Z and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

/// Always the same id for the same name.
pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub(crate) fn group_id(name: &str) -> GroupId {
    GroupId(id(name))
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(vec![(1, [7; 32])])
}

pub(crate) fn named(username: &str) -> UserFields {
    UserFields { username: username.to_owned(), ..UserFields::default() }
}

pub(crate) fn called(name: &str) -> GroupFields {
    GroupFields { name: name.to_owned(), ..GroupFields::default() }
}

pub(crate) fn user(conn: &mut Conn, username: &str) -> Result<User, StoreError> {
    users::insert(conn, UserUuid(id(username)), &named(username), &[], at(0))
}

/// A group of these users, who must be there.
pub(crate) fn group(conn: &mut Conn, name: &str, members: &[&str]) -> Result<Group, StoreError> {
    let mut pks = Vec::new();
    for username in members {
        pks.push(users::find_by_username(conn, username)?.unwrap().pk);
    }
    groups::insert(conn, group_id(name), &called(name), &pks, at(0))
}

pub(crate) fn provider(conn: &mut Conn, fields: &ProviderFields) -> Result<Provider, StoreError> {
    providers::insert(conn, &keyring(), id(&fields.name), fields, at(0))
}

pub(crate) fn to(name: &str) -> ProviderFields {
    ProviderFields {
        name: name.to_owned(),
        url: format!("https://{name}.example/scim/v2"),
        token: Secret::new("token".to_owned()),
        ..ProviderFields::default()
    }
}

/// Take all changes away and tell what they say.
pub(crate) fn drain(conn: &mut Conn) -> Result<Vec<ChangeKind>, StoreError> {
    let changes = changes::take(conn, 10_000)?;
    changes::remove(conn, &changes.iter().map(|change| change.id).collect::<Vec<_>>())?;
    Ok(changes.into_iter().map(|change| change.kind).collect())
}

/// Run a statement that both databases understand, and tell how many rows it met.
pub(crate) fn execute(conn: &mut Conn, statement: &str) -> Result<usize, StoreError> {
    use diesel::RunQueryDsl;
    Ok(diesel::sql_query(statement).execute(conn)?)
}

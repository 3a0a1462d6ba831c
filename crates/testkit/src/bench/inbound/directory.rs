//! What the identity provider has pushed before anything is measured.
//!
//! It is written as the service writes it, by the same functions, but without waiting for the disk after each user:
//! how long that takes is measured by itself.

use std::path::Path;

use anyhow::{Context as _, Result};
use scimitar_domain::{
    GroupFields, GroupId, ObjectId, SourceId, SourceLinkFields, Timestamp, UserFields, UserPk, UserUuid,
};
use scimitar_store::{Conn, Store, StoreError, StoreSettings, groups, source_links, users};
use serde_json::{Value, json};
use uuid::Uuid;

/// Objects that share a commit: so few that the service itself never waits long.
const AT_ONCE: usize = 500;

/// A source, and how to reach its service.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Place {
    pub(super) source: SourceId,
    pub(in crate::bench) prefix: String,
    pub(in crate::bench) key: String,
    /// Told apart from other sources' people.
    pub(super) family: &'static str,
}

/// Ids of what is there, in the order in which it was made.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    pub(super) users: Vec<Uuid>,
    pks: Vec<UserPk>,
}

/// A user as a client sends it.
pub(in crate::bench) fn user(family: &str, n: usize) -> Value {
    let name = format!("{family}{n}");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@example.com"),
        "externalId": format!("x-{name}"),
        "name": {"givenName": format!("Person{n}"), "familyName": family},
        "displayName": format!("Person{n} of {family}"),
        "active": true,
        "emails": [{"value": format!("{name}@mail.example.com"), "type": "work", "primary": true}],
    })
}

/// Fill a source with users.
pub(super) async fn fill(file: &Path, place: &Place, n_users: usize, now: Timestamp) -> Result<People> {
    let store = open(file)?;
    let mut people = People::default();
    for first in (0..n_users).step_by(AT_ONCE) {
        let place = place.clone();
        let unit = move |conn: &mut Conn| {
            (first..n_users.min(first + AT_ONCE)).map(|n| one_user(conn, &place, n, now)).collect()
        };
        let made: Vec<(Uuid, UserPk)> = store.write::<_, StoreError, _>(unit).await?;
        people.users.extend(made.iter().map(|(id, _)| *id));
        people.pks.extend(made.iter().map(|(_, pk)| *pk));
    }
    store.close().await;
    Ok(people)
}

/// Add a group of the source with so many members, from the user with this number on.
pub(super) async fn group(
    file: &Path,
    place: &Place,
    people: &People,
    wanted: &[(String, usize, usize)],
    now: Timestamp,
) -> Result<Vec<Uuid>> {
    let store = open(file)?;
    let mut ids = Vec::new();
    for (name, first, n_members) in wanted {
        let members: Vec<UserPk> = people.pks.iter().cycle().skip(*first).take(*n_members).copied().collect();
        let (place, name) = (place.clone(), name.clone());
        let unit = move |conn: &mut Conn| one_group(conn, &place, &name, &members, now);
        ids.push(store.write::<_, StoreError, _>(unit).await.context("a group")?);
    }
    store.close().await;
    Ok(ids)
}

fn open(file: &Path) -> Result<Store> {
    let url = format!("sqlite://{}", file.display());
    Ok(Store::open(&StoreSettings::new(url, 1))?)
}

fn one_user(conn: &mut Conn, place: &Place, n: usize, now: Timestamp) -> Result<(Uuid, UserPk), StoreError> {
    let resource = user(place.family, n);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = key(place.family, n);
    let fields = UserFields {
        username: resource.get("userName").map(text).unwrap_or_default(),
        name: resource.get("displayName").map(text).unwrap_or_default(),
        email: format!("{}{n}@mail.example.com", place.family),
        path: "people".to_owned(),
        is_active: true,
        ..UserFields::default()
    };
    let pk = users::insert(conn, UserUuid(id), &fields, &[], now)?.pk;
    link(conn, place, id, ObjectId::User(pk), resource, now)?;
    Ok((id, pk))
}

fn one_group(
    conn: &mut Conn,
    place: &Place,
    name: &str,
    members: &[UserPk],
    now: Timestamp,
) -> Result<Uuid, StoreError> {
    let id = key(name, 0);
    let fields = GroupFields { name: name.to_owned(), ..GroupFields::default() };
    groups::insert(conn, GroupId(id), &fields, members, now)?;
    link(conn, place, id, ObjectId::Group(GroupId(id)), json!({"displayName": name}), now)?;
    Ok(id)
}

fn link(
    conn: &mut Conn,
    place: &Place,
    id: Uuid,
    object: ObjectId,
    mut resource: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let external_id = resource.as_object_mut().and_then(|it| it.shift_remove("externalId"));
    let external_id = external_id.and_then(|it| it.as_str().map(str::to_owned));
    let fields = SourceLinkFields { id: id.to_string(), source: place.source, object, external_id, resource };
    source_links::insert(conn, &fields, now).map(drop)
}

/// Spread as random ids are, and known again.
fn key(family: &str, n: usize) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{family}/{n}").as_bytes())
}

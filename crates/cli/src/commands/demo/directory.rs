//! The demo's directory: the company is put into it, and the application behind it.

use serde_json::Value;

use scimitar_domain::{
    ApplicationFields, ApplicationId, GroupFields, GroupId, JsonObject, MappingFields, MappingId,
    MappingKind, Provider, ProviderFields, Secret, UserFields, UserPk, UserUuid,
};
use scimitar_mapping::defaults::{GROUP_MANAGED, USER_MANAGED};
use scimitar_store::{Conn, StoreError, applications, groups, mappings, providers, users};

use crate::compose::Installation;

use super::company::{Company, Person};

/// What the application is sent of people beside what the default mapping sends.
const MAPPING: &str = include_str!("work.py");

/// Somebody whom the commands to try are about.
#[derive(Debug, Clone)]
pub(super) struct Star {
    pub(super) pk: UserPk,
    pub(super) username: String,
    pub(super) name: String,
}

/// Put everybody into the directory. Returns the one whom the commands to try are about.
pub(super) async fn fill(installation: &Installation, company: &Company) -> anyhow::Result<Star> {
    let now = installation.clock.now();
    // Drawn beforehand, because the transaction may run twice.
    let mut units = Vec::new();
    for unit in &company.groups {
        units.push((GroupId(installation.ids.uuid()), unit.name.clone(), unit.parent));
    }
    let mut people = Vec::new();
    for person in &company.people {
        people.push((UserUuid(installation.ids.uuid()), person.clone()));
    }
    let ids: Vec<GroupId> = units.iter().map(|(id, ..)| *id).collect();
    let filled = installation.store.write(move |conn| {
        for (id, name, parent) in &units {
            let parents = parent.and_then(|at| ids.get(at).copied()).into_iter().collect();
            let fields = GroupFields { name: name.clone(), parents, ..GroupFields::default() };
            groups::insert(conn, *id, &fields, &[], now)?;
        }
        let mut star = None;
        for (uuid, person) in &people {
            let member_of: Vec<GroupId> =
                person.groups.iter().filter_map(|at| ids.get(*at).copied()).collect();
            let user = users::insert(conn, *uuid, &fields(person), &member_of, now)?;
            // Any but the chief will do.
            if person.manager.is_some() {
                star.get_or_insert(Star {
                    pk: user.pk,
                    username: user.fields.username,
                    name: user.fields.name,
                });
            }
        }
        star.ok_or(StoreError::NotFound("user"))
    });
    Ok(filled.await?)
}

fn fields(person: &Person) -> UserFields {
    let mut attributes = JsonObject::new();
    let mut note = |name: &str, value: &str| attributes.insert(name.to_owned(), Value::from(value));
    note("title", &person.title);
    note("department", &person.department);
    person.manager.iter().for_each(|manager| drop(note("manager", manager)));
    UserFields {
        username: person.username.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        path: "people".to_owned(),
        attributes,
        ..UserFields::default()
    }
}

/// Put the application behind the directory. From now on it is sent everything.
pub(super) async fn connect(
    installation: &Installation,
    url: &str,
    key: &Secret<String>,
) -> anyhow::Result<Provider> {
    let (ids, keyring, now) = (&installation.ids, installation.keyring.clone(), installation.clock.now());
    let (work, seal, application) = (MappingId(ids.uuid()), ids.uuid(), ApplicationId(ids.uuid()));
    let fields = ProviderFields {
        name: "application".to_owned(),
        url: url.to_owned(),
        token: key.clone(),
        ..ProviderFields::default()
    };
    let connected = installation.store.write(move |conn| {
        let mapping = MappingFields {
            name: "demo: what somebody does".to_owned(),
            expression: MAPPING.to_owned(),
            managed: None,
        };
        mappings::insert(conn, work, MappingKind::Provider, &mapping)?;
        let fields = ProviderFields {
            property_mappings: vec![shipped(conn, USER_MANAGED)?, work],
            property_mappings_group: vec![shipped(conn, GROUP_MANAGED)?],
            ..fields.clone()
        };
        let provider = providers::insert(conn, &keyring, seal, &fields, now)?;
        let fields = ApplicationFields {
            name: "Demo".to_owned(),
            slug: "demo".to_owned(),
            backchannel_providers: vec![provider.pk],
            ..ApplicationFields::default()
        };
        applications::insert(conn, application, &fields, now)?;
        Ok::<_, StoreError>(provider)
    });
    Ok(connected.await?)
}

/// A mapping that every installation starts with.
fn shipped(conn: &mut Conn, managed: &str) -> Result<MappingId, StoreError> {
    Ok(mappings::find_by_managed(conn, managed)?.ok_or(StoreError::NotFound("mapping"))?.id)
}

//! Local objects as mappings see them, loaded for a whole page at once.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde_json::Value;

use scimitar_domain::{Group, GroupId, InstallId, Timestamp, User, UserPk};
use scimitar_mapping::{Person, Team};
use scimitar_store::{Conn, StoreError, groups};

/// The groups of a page's users, with all their ancestors.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    direct: BTreeMap<UserPk, Vec<Group>>,
    all: BTreeMap<GroupId, Group>,
}

impl Memberships {
    pub(crate) fn load(conn: &mut Conn, users: &[UserPk]) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for (user, group) in groups::of_users(conn, users)? {
            found.all.insert(group.id, group.clone());
            found.direct.entry(user).or_default().push(group);
        }
        let direct: Vec<GroupId> = found.all.keys().copied().collect();
        for group in groups::ancestors(conn, &direct)? {
            found.all.insert(group.id, group);
        }
        Ok(found)
    }

    fn teams(&self, user: UserPk) -> (Vec<Team>, Vec<Team>) {
        let direct = self.direct.get(&user).map(Vec::as_slice).unwrap_or_default();
        let mut ancestors: BTreeMap<GroupId, &Group> = BTreeMap::new();
        let mut open: Vec<GroupId> = direct.iter().flat_map(|group| group.fields.parents.clone()).collect();
        while let Some(id) = open.pop() {
            let Some(group) = self.all.get(&id) else { continue };
            if ancestors.insert(id, group).is_none() {
                open.extend(&group.fields.parents);
            }
        }
        let name = |id: GroupId| self.all.get(&id).map(|group| group.fields.name.clone());
        let to_team = |group: &Group| team(group, group.fields.parent().and_then(name));
        (direct.iter().map(to_team).collect(), ancestors.into_values().map(to_team).collect())
    }
}

pub(crate) fn person(user: &User, install: InstallId, memberships: &Memberships) -> Person {
    let (groups, ancestors) = memberships.teams(user.pk);
    Person {
        pk: i64::from(user.pk.0),
        uuid: user.uuid.0.to_string(),
        uid: install.uid(user.pk),
        username: user.fields.username.clone(),
        name: user.fields.name.clone(),
        email: user.fields.email.clone(),
        is_active: user.fields.is_active,
        kind: user.fields.kind.as_str().to_owned(),
        path: user.fields.path.clone(),
        attributes: Value::Object(user.fields.attributes.clone()),
        date_joined: iso(user.date_joined),
        last_login: user.fields.last_login.map(iso),
        // This service draws no avatars; the default mapping then sends no `photos`.
        avatar: String::new(),
        groups,
        ancestors,
    }
}

pub(crate) fn team(group: &Group, parent: Option<String>) -> Team {
    Team {
        uuid: group.id.0.to_string(),
        num_pk: group.id.num_pk(),
        name: group.fields.name.clone(),
        is_superuser: group.fields.is_superuser,
        parent,
        attributes: Value::Object(group.fields.attributes.clone()),
    }
}

fn iso(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

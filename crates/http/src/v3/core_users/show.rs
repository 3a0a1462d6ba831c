//! Users as the wire shows them.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use scimitar_api as api;
use scimitar_domain::{Group, GroupId, InstallId, User, UserPk};
use scimitar_store::{Conn, StoreError, groups, users};

use crate::error::ApiError;
use crate::params::Params;

/// What is shown of users beside themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Include {
    pub(crate) groups: bool,
    pub(crate) roles: bool,
}

impl Include {
    pub(crate) const ALL: Self = Self { groups: true, roles: true };

    pub(super) fn read(params: &Params) -> Self {
        Self {
            groups: params.flag("include_groups").unwrap_or(true),
            roles: params.flag("include_roles").unwrap_or(true),
        }
    }
}

/// Users with their groups. The number of queries does not depend on the number of users.
pub(crate) fn users(
    conn: &mut Conn,
    rows: &[User],
    install: InstallId,
    include: Include,
) -> Result<Vec<api::User>, StoreError> {
    let pks: Vec<UserPk> = rows.iter().map(|user| user.pk).collect();
    let superusers = users::superusers(conn, &pks)?;
    let mut groups: BTreeMap<UserPk, Vec<Uuid>> = BTreeMap::new();
    let mut groups_obj: BTreeMap<UserPk, Vec<api::UserGroup>> = BTreeMap::new();
    if include.groups {
        let memberships = groups::of_users(conn, &pks)?;
        let parents = parent_names(conn, memberships.iter().map(|(_, group)| group))?;
        for (user, group) in memberships {
            groups.entry(user).or_default().push(group.id.0);
            groups_obj.entry(user).or_default().push(user_group(&group, &parents));
        }
    } else {
        for (user, group) in groups::keys_of_users(conn, &pks)? {
            groups.entry(user).or_default().push(group.0);
        }
    }
    let shown = rows.iter().map(|user| {
        let objects = groups_obj.remove(&user.pk).unwrap_or_default();
        api::User {
            groups: groups.remove(&user.pk).unwrap_or_default(),
            groups_obj: include.groups.then_some(objects),
            roles_obj: include.roles.then(Vec::new),
            is_superuser: superusers.contains(&user.pk),
            ..bare(user, install)
        }
    });
    Ok(shown.collect())
}

/// One user with its groups; a user known to be in none needs no query.
pub(crate) fn written(
    conn: &mut Conn,
    user: &User,
    look_for_groups: bool,
    install: InstallId,
) -> Result<api::User, ApiError> {
    if !look_for_groups {
        return Ok(bare(user, install));
    }
    let shown = users(conn, std::slice::from_ref(user), install, Include::ALL)?;
    Ok(shown.into_iter().next().unwrap_or_else(|| bare(user, install)))
}

/// A user in no group.
fn bare(user: &User, install: InstallId) -> api::User {
    let fields = &user.fields;
    api::User {
        pk: user.pk.0,
        username: fields.username.clone(),
        name: fields.name.clone(),
        is_active: fields.is_active,
        last_login: fields.last_login.map(Into::into),
        date_joined: user.date_joined.into(),
        is_superuser: false,
        groups: Vec::new(),
        groups_obj: Some(Vec::new()),
        roles: Vec::new(),
        roles_obj: Some(Vec::new()),
        email: fields.email.clone(),
        // This service draws no avatars.
        avatar: String::new(),
        attributes: fields.attributes.clone(),
        uid: install.uid(user.pk),
        path: fields.path.clone(),
        kind: fields.kind.into(),
        uuid: user.uuid.0,
        password_change_date: user.password_change_date.into(),
        last_updated: user.last_updated.into(),
    }
}

pub(crate) fn user_group(group: &Group, parents: &BTreeMap<GroupId, String>) -> api::UserGroup {
    let fields = &group.fields;
    api::UserGroup {
        pk: group.id.0,
        num_pk: group.id.num_pk(),
        name: fields.name.clone(),
        is_superuser: fields.is_superuser,
        parent: fields.parent().map(|parent| parent.0),
        parent_name: fields.parent().and_then(|parent| parents.get(&parent).cloned()),
        attributes: fields.attributes.clone(),
    }
}

/// The names of the groups' parents, in one query.
pub(crate) fn parent_names<'a>(
    conn: &mut Conn,
    groups: impl Iterator<Item = &'a Group>,
) -> Result<BTreeMap<GroupId, String>, StoreError> {
    let parents: BTreeSet<GroupId> = groups.filter_map(|group| group.fields.parent()).collect();
    let found = groups::find_many(conn, &parents.into_iter().collect::<Vec<_>>())?;
    Ok(found.into_iter().map(|group| (group.id, group.fields.name)).collect())
}

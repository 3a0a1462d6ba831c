//! Groups as the wire shows them.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_api as api;
use scimitar_domain::{Group, GroupId, InstallId, User, UserPk};
use scimitar_store::{Conn, StoreError, groups};

use crate::error::ApiError;
use crate::params::Params;

/// What is shown of groups beside themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Include {
    users: bool,
    parents: bool,
    children: bool,
    inherited_roles: bool,
}

impl Include {
    /// What a caller gets who asks for nothing.
    pub(super) const USUAL: Self =
        Self { users: true, parents: false, children: false, inherited_roles: false };

    pub(super) fn read(params: &Params) -> Self {
        Self {
            users: params.flag("include_users").unwrap_or(Self::USUAL.users),
            parents: params.flag("include_parents").unwrap_or(Self::USUAL.parents),
            children: params.flag("include_children").unwrap_or(Self::USUAL.children),
            inherited_roles: params.flag("include_inherited_roles").unwrap_or(Self::USUAL.inherited_roles),
        }
    }
}

/// What a page of groups needs to be shown.
struct Around {
    parents: BTreeMap<GroupId, Group>,
    child_keys: BTreeMap<GroupId, Vec<GroupId>>,
    /// The children themselves, where they are asked for.
    children: BTreeMap<GroupId, Vec<Group>>,
    members: BTreeMap<GroupId, Vec<UserPk>>,
    /// The members themselves, where they are asked for.
    users: BTreeMap<GroupId, Vec<User>>,
}

/// Groups with their members. The number of queries does not depend on the number of groups.
pub(super) fn groups(
    conn: &mut Conn,
    rows: &[Group],
    install: InstallId,
    include: Include,
) -> Result<Vec<api::Group>, StoreError> {
    let mut around = Around::load(conn, rows, include)?;
    Ok(rows.iter().map(|group| around.show(group, install, include)).collect())
}

pub(super) fn one(
    conn: &mut Conn,
    group: &Group,
    install: InstallId,
    include: Include,
) -> Result<api::Group, ApiError> {
    let mut around = Around::load(conn, std::slice::from_ref(group), include)?;
    Ok(around.show(group, install, include))
}

impl Around {
    fn load(conn: &mut Conn, rows: &[Group], include: Include) -> Result<Self, StoreError> {
        let ids: Vec<GroupId> = rows.iter().map(|group| group.id).collect();
        let parents: BTreeSet<GroupId> = rows.iter().flat_map(|group| group.fields.parents.clone()).collect();
        let parents = groups::find_many(conn, &parents.into_iter().collect::<Vec<_>>())?;
        let mut child_keys: BTreeMap<GroupId, Vec<GroupId>> = BTreeMap::new();
        let mut children: BTreeMap<GroupId, Vec<Group>> = BTreeMap::new();
        if include.children {
            for child in groups::children(conn, &ids)? {
                for parent in &child.fields.parents {
                    child_keys.entry(*parent).or_default().push(child.id);
                    children.entry(*parent).or_default().push(child.clone());
                }
            }
        } else {
            for (parent, child) in groups::child_keys(conn, &ids)? {
                child_keys.entry(parent).or_default().push(child);
            }
        }
        let mut users: BTreeMap<GroupId, Vec<User>> = BTreeMap::new();
        let mut members: BTreeMap<GroupId, Vec<UserPk>> = BTreeMap::new();
        if include.users {
            for (group, user) in groups::members(conn, &ids)? {
                members.entry(group).or_default().push(user.pk);
                users.entry(group).or_default().push(user);
            }
        } else {
            for (group, user) in groups::member_keys(conn, &ids)? {
                members.entry(group).or_default().push(user);
            }
        }
        let parents = parents.into_iter().map(|group| (group.id, group)).collect();
        Ok(Self { parents, child_keys, children, members, users })
    }

    fn show(&mut self, group: &Group, install: InstallId, include: Include) -> api::Group {
        let fields = &group.fields;
        let parents = fields.parents.iter().filter_map(|parent| self.parents.get(parent));
        let child_keys = self.child_keys.remove(&group.id).unwrap_or_default();
        let children = self.children.remove(&group.id).unwrap_or_default();
        let members = self.members.remove(&group.id).unwrap_or_default();
        let users = self.users.remove(&group.id).unwrap_or_default();
        api::Group {
            pk: group.id.0,
            num_pk: group.id.num_pk(),
            name: fields.name.clone(),
            is_superuser: fields.is_superuser,
            parent: fields.parent().map(|parent| parent.0),
            parent_name: parents.clone().next().map(|parent| parent.fields.name.clone()),
            parents: fields.parents.iter().map(|parent| parent.0).collect(),
            parents_obj: include.parents.then(|| parents.map(related).collect()),
            users: members.iter().map(|user| user.0).collect(),
            users_obj: include.users.then(|| users.iter().map(|user| member(user, install)).collect()),
            attributes: fields.attributes.clone(),
            roles: Vec::new(),
            roles_obj: Vec::new(),
            inherited_roles_obj: include.inherited_roles.then(Vec::new),
            children: child_keys.iter().map(|child| child.0).collect(),
            children_obj: include.children.then(|| children.iter().map(related).collect()),
        }
    }
}

fn related(group: &Group) -> api::RelatedGroup {
    api::RelatedGroup {
        pk: group.id.0,
        name: group.fields.name.clone(),
        is_superuser: group.fields.is_superuser,
        attributes: group.fields.attributes.clone(),
        group_uuid: group.id.0,
    }
}

pub(crate) fn member(user: &User, install: InstallId) -> api::GroupMember {
    let fields = &user.fields;
    api::GroupMember {
        pk: user.pk.0,
        username: fields.username.clone(),
        name: fields.name.clone(),
        is_active: fields.is_active,
        last_login: fields.last_login.map(Into::into),
        email: fields.email.clone(),
        attributes: fields.attributes.clone(),
        uid: install.uid(user.pk),
    }
}

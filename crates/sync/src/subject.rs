//! The objects of a batch as they stand at this moment, with their scope and links, read at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use scimitar_domain::{Group, GroupId, InstallId, Link, LinkState, ObjectId, Provider, User, UserPk};
use scimitar_mapping::{ConnectionView, ProviderView, Scope, Subject as Mapped};
use scimitar_store::{Conn, StoreError, groups, links, scope, users};

use crate::context::Context;
use crate::view::{self, Memberships};

/// One object of a batch.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) object: ObjectId,
    pub(crate) is_in_scope: bool,
    pub(crate) link: Option<Link>,
    pub(crate) source: Source,
}

/// The local object.
#[derive(Debug)]
pub(crate) enum Source {
    User(User),
    Group {
        group: Group,
        parent: Option<String>,
    },
    /// Deleted since the job was made.
    Gone,
}

/// A batch, loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) memberships: Memberships,
}

impl Subject {
    pub(crate) fn label(&self) -> String {
        match &self.source {
            Source::User(user) => user.fields.username.clone(),
            Source::Group { group, .. } => group.fields.name.clone(),
            Source::Gone => self.object.to_string(),
        }
    }

    /// How far its link has come.
    pub(crate) fn state(&self) -> LinkState {
        self.link.as_ref().map_or(LinkState::New, |link| link.state.clone())
    }

    /// The fingerprint that the remote has acknowledged.
    pub(crate) fn acknowledged(&self) -> Option<i64> {
        self.link.as_ref().and_then(|link| link.fingerprint)
    }

    /// The version that an acknowledged write will stand for.
    pub(crate) fn version(&self) -> i64 {
        match &self.source {
            Source::User(user) => user.version,
            Source::Group { group, .. } => group.version,
            Source::Gone => 0,
        }
    }

    /// `externalId` unless a mapping says otherwise: the user's `uid`, the group's UUID.
    pub(crate) fn external_id(&self, install: InstallId) -> String {
        match &self.source {
            Source::User(user) => install.uid(user.pk),
            Source::Group { group, .. } => group.id.to_string(),
            Source::Gone => String::new(),
        }
    }

    /// What its mappings see, or nothing when there is no object.
    pub(crate) fn scope(
        &self,
        context: &Context,
        install: InstallId,
        memberships: &Memberships,
    ) -> Option<Scope> {
        let subject = match &self.source {
            Source::User(user) => Mapped::User(view::person(user, install, memberships)),
            Source::Group { group, parent } => Mapped::Group(view::team(group, parent.clone())),
            Source::Gone => return None,
        };
        let provider = ProviderView {
            pk: i64::from(context.provider.pk.0),
            name: context.provider.fields.name.clone(),
            url: context.provider.fields.url.clone(),
        };
        Some(Scope { subject, provider, connection: self.link.as_ref().and_then(connection) })
    }
}

fn connection(link: &Link) -> Option<ConnectionView> {
    match &link.state {
        LinkState::Linked { remote_id } => Some(ConnectionView {
            id: link.id.0.to_string(),
            scim_id: remote_id.clone(),
            attributes: Value::Object(link.attributes.clone()),
        }),
        LinkState::New | LinkState::Creating { .. } => None,
    }
}

/// Those of the objects that are in scope or have a link.
pub(crate) fn concerned(
    conn: &mut Conn,
    provider: &Provider,
    objects: &[ObjectId],
) -> Result<BTreeSet<ObjectId>, StoreError> {
    let (user_pks, group_ids) = by_kind(objects);
    let linked = links::linked(conn, provider.pk, objects)?;
    let users = scope::users_in_scope(conn, provider, &user_pks)?;
    let groups = scope::groups_in_scope(conn, provider, &group_ids)?;
    let in_scope = users.into_iter().map(ObjectId::User).chain(groups.into_iter().map(ObjectId::Group));
    Ok(linked.into_iter().chain(in_scope).collect())
}

/// Read everything that a batch needs but the links, in a number of queries that does not depend on its size.
pub(crate) fn load(conn: &mut Conn, context: &Context, objects: &[ObjectId]) -> Result<Loaded, StoreError> {
    let provider = &context.provider;
    let (user_pks, group_ids) = by_kind(objects);
    let mut users: BTreeMap<UserPk, User> = BTreeMap::new();
    let mut users_in_scope = BTreeSet::new();
    let mut memberships = Memberships::default();
    if !user_pks.is_empty() {
        users = users::find_many(conn, &user_pks)?.into_iter().map(|user| (user.pk, user)).collect();
        users_in_scope = scope::users_in_scope(conn, provider, &user_pks)?;
        if context.mappings(scimitar_domain::ObjectKind::User).depends_on_groups() {
            memberships = Memberships::load(conn, &user_pks)?;
        }
    }
    let mut groups: BTreeMap<GroupId, (Group, Option<String>)> = BTreeMap::new();
    let mut groups_in_scope = BTreeSet::new();
    if !group_ids.is_empty() {
        let found = groups::find_many(conn, &group_ids)?;
        let parents: Vec<GroupId> = found.iter().filter_map(|group| group.fields.parent()).collect();
        let names: BTreeMap<GroupId, String> = groups::find_many(conn, &parents)?
            .into_iter()
            .map(|parent| (parent.id, parent.fields.name))
            .collect();
        groups_in_scope = scope::groups_in_scope(conn, provider, &group_ids)?;
        for group in found {
            let parent = group.fields.parent().and_then(|id| names.get(&id).cloned());
            groups.insert(group.id, (group, parent));
        }
    }
    check_scope(conn, provider)?;
    let subjects = objects.iter().map(|object| {
        let (source, is_in_scope) = match object {
            ObjectId::User(pk) => (users.remove(pk).map(Source::User), users_in_scope.contains(pk)),
            ObjectId::Group(id) => (
                groups.remove(id).map(|(group, parent)| Source::Group { group, parent }),
                groups_in_scope.contains(id),
            ),
        };
        Subject { object: *object, is_in_scope, link: None, source: source.unwrap_or(Source::Gone) }
    });
    Ok(Loaded { subjects: subjects.collect(), memberships })
}

pub(crate) fn by_kind(objects: &[ObjectId]) -> (Vec<UserPk>, Vec<GroupId>) {
    let mut user_pks: Vec<UserPk> = Vec::new();
    let mut group_ids: Vec<GroupId> = Vec::new();
    for object in objects {
        match object {
            ObjectId::User(pk) => user_pks.push(*pk),
            ObjectId::Group(id) => group_ids.push(*id),
        }
    }
    (user_pks, group_ids)
}

/// A group that limits the scope may have been deleted since the provider was read. Then the provider is held by
/// now, and what was found to be out of scope is not: asked last, because a group that is there at the end was
/// there all the time.
fn check_scope(conn: &mut Conn, provider: &Provider) -> Result<(), StoreError> {
    let limits: Vec<GroupId> = provider.fields.filter_group.into_iter().collect();
    for limits in [&limits, &provider.fields.group_filters] {
        if !limits.is_empty() && groups::find_many(conn, limits)?.is_empty() {
            return Err(StoreError::NotFound("group that limits the scope"));
        }
    }
    Ok(())
}

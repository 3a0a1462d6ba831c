//! One object of a source with its link: found, locked, written, deleted.

use std::collections::BTreeMap;

use scimitar_domain::{
    DeletePolicy, Group, GroupId, ObjectId, SourceId, SourceLink, SourceLinkFields, Timestamp, User, UserPk,
    UserUuid,
};
use scimitar_scim::ResourceKind;
use scimitar_scim::resource::Attributes;
use scimitar_store::source_links::{self, Named};
use scimitar_store::{Conn, StoreError, departed, groups, users};
use serde_json::Value;
use uuid::Uuid;
use validator::Validate;

use crate::brake::Brake;
use crate::error::unfit;
use crate::identity::{self, Properties};
use crate::shown::Found;
use crate::{InboundError, returning};

/// A user or a group, and what its source knows of it.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    User(SourceLink, User),
    Group(SourceLink, Group),
}

impl Held {
    /// `None` for what another source has, too.
    pub(crate) fn find(
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
        id: Uuid,
    ) -> Result<Option<Self>, StoreError> {
        Ok(match kind {
            ResourceKind::User => {
                source_links::user(conn, source, UserUuid(id))?.map(|(link, user)| Self::User(link, user))
            }
            ResourceKind::Group => {
                source_links::group(conn, source, GroupId(id))?.map(|(link, group)| Self::Group(link, group))
            }
        })
    }

    /// What a source has of an object.
    pub(crate) fn of(
        conn: &mut Conn,
        source: SourceId,
        object: ObjectId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(link) = source_links::of_object(conn, source, object)? else { return Ok(None) };
        Ok(match object {
            ObjectId::User(pk) => users::find(conn, pk)?.map(|user| Self::User(link, user)),
            ObjectId::Group(id) => groups::find(conn, id)?.map(|group| Self::Group(link, group)),
        })
    }

    /// The same, and nobody else changes it until the end of the unit.
    pub(crate) fn lock(
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
        id: Uuid,
    ) -> Result<Option<Self>, StoreError> {
        Ok(match kind {
            ResourceKind::User => source_links::lock_user(conn, source, UserUuid(id))?
                .map(|(link, user)| Self::User(link, user)),
            ResourceKind::Group => source_links::lock_group(conn, source, GroupId(id))?
                .map(|(link, group)| Self::Group(link, group)),
        })
    }

    /// What has these numbers, which rise.
    pub(crate) fn numbered(
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
        seqs: &[i64],
    ) -> Result<Vec<Self>, StoreError> {
        Ok(match kind {
            ResourceKind::User => source_links::users_numbered(conn, source, seqs)?
                .into_iter()
                .map(|(link, user)| Self::User(link, user))
                .collect(),
            ResourceKind::Group => source_links::groups_numbered(conn, source, seqs)?
                .into_iter()
                .map(|(link, group)| Self::Group(link, group))
                .collect(),
        })
    }

    pub(crate) fn found(&self) -> Found {
        match self {
            Self::User(link, user) => Found::user(link, user),
            Self::Group(link, group) => Found::group(link, group),
        }
    }

    pub(crate) fn link(&self) -> &SourceLink {
        match self {
            Self::User(link, _) | Self::Group(link, _) => link,
        }
    }

    /// Write what the resource says now to the directory, and the resource to the link.
    pub(crate) fn write(
        &self,
        conn: &mut Conn,
        resource: Attributes,
        external_id: Option<String>,
        properties: &Properties,
        brake: Brake,
        now: Timestamp,
    ) -> Result<(), InboundError> {
        let source = self.link().fields.source;
        match self {
            Self::User(_, user) => {
                let mut fields = user.fields.clone();
                identity::base_user(&resource, &mut fields);
                properties.put_on_user(&mut fields);
                identity::judge_user(&fields)?;
                if user.fields.is_active && !fields.is_active {
                    brake.take(conn)?;
                }
                if fields.username != user.fields.username {
                    returning::give_way(conn, source, ResourceKind::User, &fields.username, now)?;
                    users::require_unlike(conn, &fields.username, Some(user.pk))?;
                }
                users::update(conn, user.pk, &fields, None, now)?;
            }
            Self::Group(_, group) => {
                let mut fields = group.fields.clone();
                identity::base_group(&resource, &mut fields);
                properties.put_on_group(&mut fields);
                identity::judge_group(&fields)?;
                if fields.name != group.fields.name {
                    returning::give_way(conn, source, ResourceKind::Group, &fields.name, now)?;
                }
                groups::update(conn, group.id, &fields, None, now)?;
            }
        }
        let link = self.link();
        let fields =
            SourceLinkFields { external_id, resource: Value::Object(resource), ..link.fields.clone() };
        judge_link(&fields)?;
        source_links::update(conn, link, &fields, now)?;
        Ok(())
    }

    /// Do what the source's policy says of a deletion. Where another source has the object too, only what this one
    /// knows of it goes.
    pub(crate) fn delete(
        &self,
        conn: &mut Conn,
        policy: DeletePolicy,
        brake: Brake,
        now: Timestamp,
    ) -> Result<(), InboundError> {
        let link = self.link();
        let object = link.fields.object;
        if source_links::keys_of(conn, object)?.iter().any(|other| other.id != link.fields.id) {
            return Ok(source_links::delete(conn, object.kind(), &link.fields.id)?);
        }
        let is_loss = match (self, policy) {
            (Self::Group(..), _) | (_, DeletePolicy::Unlink) => false,
            (Self::User(_, user), DeletePolicy::Deactivate | DeletePolicy::DeactivateThenDelete) => {
                user.fields.is_active
            }
            (Self::User(..), DeletePolicy::Delete) => true,
        };
        if is_loss {
            brake.take(conn)?;
        }
        match (policy, object) {
            (DeletePolicy::Unlink, _) => source_links::delete(conn, object.kind(), &link.fields.id)?,
            (DeletePolicy::Deactivate | DeletePolicy::DeactivateThenDelete, _) => {
                departed::depart(conn, link, now)?;
            }
            (DeletePolicy::Delete, ObjectId::User(pk)) => users::delete(conn, pk, now)?,
            (DeletePolicy::Delete, ObjectId::Group(id)) => groups::delete(conn, id, now)?,
        }
        Ok(())
    }
}

/// Refuse an `externalId` that no index can hold.
pub(crate) fn judge_link(fields: &SourceLinkFields) -> Result<(), InboundError> {
    fields.validate().map_err(|errors| unfit(&errors, |_field| "externalId").into())
}

/// What of the other kind belongs to these, by their ids: the members of groups, the groups of users.
///
/// With `only`, none but these are looked for, so that a question about one member costs one.
pub(crate) fn related(
    conn: &mut Conn,
    source: SourceId,
    held: &[Held],
    only: Option<&[Uuid]>,
) -> Result<BTreeMap<Uuid, Vec<Named>>, StoreError> {
    let mut found: BTreeMap<Uuid, Vec<Named>> = BTreeMap::new();
    let (mut of_groups, mut of_users) = (Vec::new(), BTreeMap::new());
    for it in held {
        match it {
            Held::Group(_, group) => of_groups.push(group.id),
            Held::User(_, user) => {
                of_users.insert(user.pk, user.uuid.0);
            }
        }
    }
    for (group, member) in source_links::members(conn, source, &of_groups, only)? {
        found.entry(group.0).or_default().push(member);
    }
    let pks: Vec<UserPk> = of_users.keys().copied().collect();
    for (pk, group) in source_links::groups_of(conn, source, &pks)? {
        if let Some(user) = of_users.get(&pk) {
            found.entry(*user).or_default().push(group);
        }
    }
    Ok(found)
}

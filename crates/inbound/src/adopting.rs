//! An existing user or group that a client's resource is linked to instead of making another, where the source's
//! link policy says so.
//!
//! Whatever is in doubt is not taken: an object that any source has or has kept, one of several that fit, a service's
//! account, and whoever administers the service, unless the source may link those.

use scimitar_domain::{GroupFields, LinkPolicy, ObjectId, Source, UserFields, UserKind};
use scimitar_store::{Conn, StoreError, departed, groups, linkable, source_links, users};

/// What a source links a new resource to, by its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adoption {
    policy: LinkPolicy,
    superusers: bool,
}

impl Adoption {
    pub(crate) fn of(source: &Source) -> Self {
        Self { policy: source.fields.link_policy, superusers: source.fields.link_superusers }
    }

    pub(crate) fn is_off(self) -> bool {
        self.policy == LinkPolicy::None
    }

    /// The one user that the resource may be linked to. `fields` are what the directory would hold of it.
    pub(crate) fn user(
        self,
        conn: &mut Conn,
        fields: &UserFields,
        external_id: Option<&str>,
    ) -> Result<Option<ObjectId>, StoreError> {
        let found = match self.policy {
            LinkPolicy::None => return Ok(None),
            LinkPolicy::UserName => users::find_by_username(conn, &fields.username)?,
            LinkPolicy::Email => linkable::user_by_email(conn, &fields.email)?,
            LinkPolicy::ExternalId => linkable::user_by_external_id(conn, external_id)?,
        };
        let Some(user) = found else { return Ok(None) };
        let is_person = match user.fields.kind {
            UserKind::Internal | UserKind::External => true,
            UserKind::ServiceAccount | UserKind::InternalServiceAccount => false,
        };
        if !is_person || (!self.superusers && users::is_superuser(conn, user.pk)?) {
            return Ok(None);
        }
        unowned(conn, ObjectId::User(user.pk))
    }

    /// The same for a group. Groups have no address.
    pub(crate) fn group(
        self,
        conn: &mut Conn,
        fields: &GroupFields,
        external_id: Option<&str>,
    ) -> Result<Option<ObjectId>, StoreError> {
        let found = match self.policy {
            LinkPolicy::None | LinkPolicy::Email => return Ok(None),
            LinkPolicy::UserName => groups::find_by_name(conn, &fields.name)?,
            LinkPolicy::ExternalId => linkable::group_by_external_id(conn, external_id)?,
        };
        let Some(group) = found else { return Ok(None) };
        if !self.superusers && linkable::makes_superusers(conn, group.id)? {
            return Ok(None);
        }
        unowned(conn, ObjectId::Group(group.id))
    }
}

fn unowned(conn: &mut Conn, object: ObjectId) -> Result<Option<ObjectId>, StoreError> {
    let is_owned = !source_links::keys_of(conn, object)?.is_empty() || departed::is_kept(conn, object)?;
    Ok(Some(object).filter(|_| !is_owned))
}

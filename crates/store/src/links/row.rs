//! How a link lies in its table.

use diesel::prelude::*;
use scimitar_domain::{Departure, GroupId, Link, LinkId, LinkState, ObjectId, ProviderPk, UserPk};

use crate::error::StoreError;
use crate::links::attempt::LinkAttempt;
use crate::schema::links;
use crate::sql_types::{At, Json, Key};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = links)]
pub(crate) struct LinkRow {
    pub(crate) id: Key,
    pub(crate) provider_pk: i32,
    pub(crate) user_pk: Option<i32>,
    pub(crate) group_id: Option<Key>,
    pub(crate) creating: bool,
    pub(crate) remote_id: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) natural_key: Option<String>,
    pub(crate) attributes: Json,
    pub(crate) sent: Json,
    pub(crate) fingerprint: Option<i64>,
    pub(crate) etag: Option<String>,
    pub(crate) synced_version: i64,
    pub(crate) synced_revision: i64,
    #[diesel(embed)]
    pub(crate) attempt: LinkAttempt,
    pub(crate) lease_epoch: i64,
    pub(crate) departed_at: Option<At>,
    pub(crate) delete_at: Option<At>,
    pub(crate) rejected_at: Option<At>,
}

impl LinkRow {
    pub(crate) fn object(&self) -> Result<ObjectId, StoreError> {
        object(self.user_pk, self.group_id)
            .ok_or_else(|| StoreError::inconsistent("links", "user_pk", &self.id.0))
    }

    pub(crate) fn into_link(self) -> Result<Link, StoreError> {
        let object = self.object()?;
        Ok(Link {
            id: LinkId(self.id.0),
            provider: ProviderPk(self.provider_pk),
            object,
            state: state(self.creating, self.remote_id, self.external_id, self.natural_key),
            attributes: self.attributes.into_object(),
            sent: self.sent.into_object(),
            fingerprint: self.fingerprint,
            etag: self.etag,
            synced_version: self.synced_version,
            synced_revision: self.synced_revision,
            attempt: self.attempt.into_attempt(self.id.0)?,
            departed: departure(self.departed_at, self.delete_at),
            rejected: self.rejected_at.map(|at| at.0),
        })
    }
}

/// What two columns say of a departure.
pub(crate) fn departure(at: Option<At>, delete_at: Option<At>) -> Option<Departure> {
    at.map(|at| Departure { at: at.0, delete_at: delete_at.map(|at| at.0) })
}

/// The object that two columns name, of which exactly one is filled.
pub(crate) fn object(user: Option<i32>, group: Option<Key>) -> Option<ObjectId> {
    match (user, group) {
        (Some(pk), None) => Some(ObjectId::User(UserPk(pk))),
        (None, Some(id)) => Some(ObjectId::Group(GroupId(id.0))),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// The state that the columns of a link or a tombstone say.
pub(crate) fn state(
    creating: bool,
    remote_id: Option<String>,
    external_id: Option<String>,
    natural_key: Option<String>,
) -> LinkState {
    match remote_id {
        Some(remote_id) => LinkState::Linked { remote_id },
        None if creating => LinkState::Creating {
            external_id: external_id.unwrap_or_default(),
            natural_key: natural_key.unwrap_or_default(),
        },
        None => LinkState::New,
    }
}

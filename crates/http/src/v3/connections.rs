//! What connections of users and of groups have in common: they are found, shown, made by hand and forgotten alike.

use std::collections::BTreeMap;

use scimitar_api::{GroupMember, UserGroup};
use scimitar_domain::{
    GroupId, InstallId, JsonObject, Link, LinkId, LinkState, ObjectId, ObjectKind, ProviderPk, UserPk,
};
use scimitar_store::{Conn, Keyring, StoreError, Unique, adoptions, groups, links, providers, users};

use crate::app::App;
use crate::error::{ApiError, Model, unknown_reference};
use crate::field_errors::{FieldErrors, WHOLE};
use crate::fields::{Mode, Reader};
use crate::params::Params;
use crate::path_key;
use crate::v3::core_groups::show::member;
use crate::v3::core_users::show::{parent_names, user_group};

/// A connection as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What the object is called in requests.
    field: &'static str,
    object: ObjectId,
    provider: ProviderPk,
    remote_id: String,
    errors: FieldErrors,
}

impl Draft {
    /// Read a request to connect an object, whose key is in `field`.
    pub(super) fn read(
        given: &JsonObject,
        field: &'static str,
        object: impl FnOnce(&mut Reader<'_>) -> ObjectId,
    ) -> Self {
        let mut remote_id = String::new();
        let mut provider = 0;
        let mut reader = Reader::new(given, Mode::Create);
        reader.require(&["scim_id", field, "provider"]);
        reader.filled_text("scim_id", &mut remote_id);
        let object = object(&mut reader);
        reader.key("provider", &mut provider);
        Self { field, object, provider: ProviderPk(provider), remote_id, errors: reader.into_errors() }
    }

    /// What is to be connected, if nothing speaks against it.
    fn settled(&self, conn: &mut Conn, keyring: &Keyring) -> Result<(ProviderPk, ObjectId), ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, keyring)?);
        errors.accept((self.provider, self.object))
    }

    fn conflicts(&self, conn: &mut Conn, keyring: &Keyring) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let missing = match self.object {
            ObjectId::User(pk) => users::find(conn, pk)?.is_none().then(|| pk.to_string()),
            ObjectId::Group(id) => groups::find(conn, id)?.is_none().then(|| id.to_string()),
        };
        if let Some(key) = missing {
            errors.add(self.field, unknown_reference(&key));
        }
        if providers::find(conn, keyring, self.provider)?.is_none() {
            errors.add("provider", unknown_reference(&self.provider.to_string()));
        }
        Ok(errors)
    }

    /// The documented sentence, though more is unique here than it says: an object has one connection at a
    /// provider, and a remote resource stands for one object.
    fn taken(&self) -> ApiError {
        let field = self.field;
        ApiError::field(WHOLE, format!("The fields scim_id, {field}, provider must make a unique set."))
    }
}

/// Make a connection. The remote is not called, so it need not be reachable.
pub(super) async fn create(app: &App, draft: Draft) -> Result<Link, ApiError> {
    let (keyring, id) = (app.keyring.clone(), LinkId(app.ids.uuid()));
    app.store
        .write(move |conn| {
            let (provider, object) = draft.settled(conn, &keyring)?;
            let link =
                links::insert(conn, id, provider, object, &draft.remote_id).map_err(|error| match error {
                    StoreError::Taken(Unique::LinkObject | Unique::LinkRemote) => draft.taken(),
                    other => ApiError::Store(other),
                })?;
            adoptions::settle(conn, provider, object, &draft.remote_id)?;
            Ok(link)
        })
        .await
}

/// A connection by its key. What has no remote resource yet is none.
pub(super) async fn find(app: &App, id: &str, model: Model) -> Result<Link, ApiError> {
    let id = LinkId(path_key::uuid(id)?);
    let found = app.store.read(move |conn| links::find(conn, id)).await?;
    found.filter(|link| is(link, model)).ok_or(ApiError::NoMatch(model))
}

/// Forget a connection. The remote keeps what it has.
pub(super) async fn unlink(app: &App, id: &str, model: Model) -> Result<(), ApiError> {
    let id = LinkId(path_key::uuid(id)?);
    app.store
        .write(move |conn| {
            links::find(conn, id)?.filter(|link| is(link, model)).ok_or(ApiError::NoMatch(model))?;
            links::unlink(conn, id).map_err(ApiError::from)
        })
        .await
}

/// The filter by provider. A number that no key can be finds nothing.
pub(super) fn provider_filter(params: &Params, errors: &mut FieldErrors) -> Option<ProviderPk> {
    params.number("provider__id", errors).map(|pk| ProviderPk(i32::try_from(pk).unwrap_or(-1)))
}

/// The users among the objects as connections show them, in one query.
pub(super) fn members(
    conn: &mut Conn,
    install: InstallId,
    objects: impl Iterator<Item = ObjectId>,
) -> Result<BTreeMap<ObjectId, GroupMember>, StoreError> {
    let pks: Vec<UserPk> = objects
        .filter_map(|object| match object {
            ObjectId::User(pk) => Some(pk),
            ObjectId::Group(_) => None,
        })
        .collect();
    let found = users::find_many(conn, &pks)?;
    Ok(found.iter().map(|user| (ObjectId::User(user.pk), member(user, install))).collect())
}

/// The groups among the objects as connections show them: one query, and one for their parents.
pub(super) fn user_groups(
    conn: &mut Conn,
    objects: impl Iterator<Item = ObjectId>,
) -> Result<BTreeMap<ObjectId, UserGroup>, StoreError> {
    let ids: Vec<GroupId> = objects
        .filter_map(|object| match object {
            ObjectId::Group(id) => Some(id),
            ObjectId::User(_) => None,
        })
        .collect();
    let found = groups::find_many(conn, &ids)?;
    let parents = parent_names(conn, found.iter())?;
    Ok(found.iter().map(|group| (ObjectId::Group(group.id), user_group(group, &parents))).collect())
}

fn is(link: &Link, model: Model) -> bool {
    let kind = if model == Model::ScimProviderGroup { ObjectKind::Group } else { ObjectKind::User };
    link.object.kind() == kind && matches!(link.state, LinkState::Linked { remote_id: _ })
}

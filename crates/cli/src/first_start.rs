//! What a new installation begins with, and the first administrator's key at later starts.
//!
//! Everything is one transaction that begins with the installation's row: of several replicas that start at
//! once, one writes that row, and the others wait for it and find all made.

use scimitar_domain::{
    GroupFields, GroupId, IdSource, InstallId, Intent, MappingFields, MappingId, Secret, Timestamp,
    TokenFields, TokenId, UserFields, UserUuid,
};
use scimitar_mapping::defaults;
use scimitar_store::{Conn, Keyring, PageRequest, StoreError, groups, installation, mappings, tokens, users};

/// The names that authentik gives them, which scripts know.
pub(crate) const ADMIN_GROUP: &str = "authentik Admins";
pub(crate) const ADMIN: &str = "akadmin";
const ADMIN_NAME: &str = "authentik Default Admin";
/// The token whose key `bootstrap_token` sets.
pub(crate) const TOKEN: &str = "scimitar-bootstrap-token";

/// Ids for everything that a new installation gets, drawn beforehand, because the transaction may run twice.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    install: InstallId,
    user_mapping: MappingId,
    group_mapping: MappingId,
    group: GroupId,
    user: UserUuid,
    token: TokenId,
    random_key: Secret<String>,
    given_key: Option<Secret<String>>,
}

/// The installation as it is after a start.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) install: InstallId,
    pub(crate) key: AdminKey,
}

/// What became of the first administrator's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AdminKey {
    /// This was the first start; nobody knows the key yet.
    Made(Secret<String>),
    /// This was the first start, with the key that was given.
    Taken,
    /// As before.
    Kept,
    /// Another key was given than before.
    Replaced,
    /// The token was deleted, and stays so.
    Gone,
}

impl Plan {
    pub(crate) fn draw(ids: &dyn IdSource, given_key: Option<Secret<String>>) -> Self {
        Self {
            install: InstallId(ids.uuid()),
            user_mapping: MappingId(ids.uuid()),
            group_mapping: MappingId(ids.uuid()),
            group: GroupId(ids.uuid()),
            user: UserUuid(ids.uuid()),
            token: TokenId(ids.uuid()),
            random_key: ids.key(),
            given_key,
        }
    }
}

/// Make what is not there at the first start; see to the administrator's key at a later one.
///
/// A key ring that does not fit the database is found out here, before anything is sealed with it.
pub(crate) fn settle(
    conn: &mut Conn,
    keyring: &Keyring,
    plan: &Plan,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let install = installation::get_or_create(conn, plan.install, now)?;
    let key = if install == plan.install {
        make(conn, keyring, plan, now)?
    } else {
        see_to_key(conn, keyring, plan)?
    };
    Ok(Settled { install, key })
}

/// Open what an earlier start has made. Answers `NotFound` where there was none, and undoes `candidate` by that.
pub(crate) fn reopen(
    conn: &mut Conn,
    keyring: &Keyring,
    candidate: InstallId,
    now: Timestamp,
) -> Result<InstallId, StoreError> {
    let install = installation::get_or_create(conn, candidate, now)?;
    if install == candidate {
        return Err(StoreError::NotFound("installation"));
    }
    open_any(conn, keyring)?;
    Ok(install)
}

fn make(conn: &mut Conn, keyring: &Keyring, plan: &Plan, now: Timestamp) -> Result<AdminKey, StoreError> {
    make_mappings(conn, plan)?;
    let group = GroupFields { name: ADMIN_GROUP.to_owned(), is_superuser: true, ..GroupFields::default() };
    groups::insert(conn, plan.group, &group, &[], now)?;
    let user =
        UserFields { username: ADMIN.to_owned(), name: ADMIN_NAME.to_owned(), ..UserFields::default() };
    let user = users::insert(conn, plan.user, &user, &[plan.group], now)?;
    let token = TokenFields {
        identifier: TOKEN.to_owned(),
        intent: Intent::Api,
        user: user.pk,
        description: String::new(),
        expires: None,
        expiring: false,
        managed: None,
    };
    let key = plan.given_key.as_ref().unwrap_or(&plan.random_key);
    tokens::insert(conn, keyring, plan.token, &token, key)?;
    Ok(if plan.given_key.is_some() { AdminKey::Taken } else { AdminKey::Made(key.clone()) })
}

/// They come back under the same keys after they were deleted only in a new installation: deleting them was a
/// decision.
fn make_mappings(conn: &mut Conn, plan: &Plan) -> Result<(), StoreError> {
    let shipped = [
        (plan.user_mapping, defaults::USER_NAME, defaults::USER_MANAGED, defaults::USER_EXPRESSION),
        (plan.group_mapping, defaults::GROUP_NAME, defaults::GROUP_MANAGED, defaults::GROUP_EXPRESSION),
    ];
    for (id, name, managed, expression) in shipped {
        let fields = MappingFields {
            name: name.to_owned(),
            expression: expression.to_owned(),
            managed: Some(managed.to_owned()),
        };
        mappings::ensure_managed(conn, id, &fields)?;
    }
    Ok(())
}

fn see_to_key(conn: &mut Conn, keyring: &Keyring, plan: &Plan) -> Result<AdminKey, StoreError> {
    let Some(token) = tokens::find_by_identifier(conn, TOKEN)? else {
        open_any(conn, keyring)?;
        return Ok(AdminKey::Gone);
    };
    let present = tokens::view_key(conn, keyring, token.id)?;
    match &plan.given_key {
        Some(given) if *given != present => {
            tokens::set_key(conn, keyring, token.id, given)?;
            Ok(AdminKey::Replaced)
        }
        Some(_) | None => Ok(AdminKey::Kept),
    }
}

/// Whether the key ring fits shows on any token.
fn open_any(conn: &mut Conn, keyring: &Keyring) -> Result<(), StoreError> {
    let first = PageRequest { size: 1, ..PageRequest::default() };
    let page = tokens::page(conn, &tokens::TokenFilter::default(), &first, None)?;
    for token in page.rows {
        tokens::view_key(conn, keyring, token.id)?;
    }
    Ok(())
}

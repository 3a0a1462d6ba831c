//! How providers and their remotes know each other: a row for those that have more than a token.

use std::collections::BTreeMap;

use diesel::prelude::*;
use scimitar_domain::{ProviderPk, RemoteAccess, Secret};
use uuid::Uuid;

use crate::schema::provider_access;
use crate::{Conn, Keyring, StoreError};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = provider_access)]
pub(super) struct AccessRow {
    provider_pk: i32,
    user_name: String,
    header: String,
    secret_sealed: Option<Vec<u8>>,
    client_certificate: String,
    client_key_sealed: Option<Vec<u8>>,
    authorities: String,
}

/// The rows of these providers.
pub(super) fn load(conn: &mut Conn, pks: Vec<i32>) -> Result<BTreeMap<i32, AccessRow>, StoreError> {
    let rows: Vec<AccessRow> = provider_access::table
        .filter(provider_access::provider_pk.eq_any(pks))
        .select(AccessRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.provider_pk, row)).collect())
}

/// Write what a provider has, in the place of what it had.
pub(super) fn write(
    conn: &mut Conn,
    keyring: &Keyring,
    provider: ProviderPk,
    seal_id: Uuid,
    access: &RemoteAccess,
) -> Result<(), StoreError> {
    diesel::delete(provider_access::table.find(provider.0)).execute(conn)?;
    if access.is_empty() {
        return Ok(());
    }
    let seal = |column: &str, value: &Option<Secret<String>>| {
        value.as_ref().map(|value| keyring.seal(&aad(column, seal_id), value)).transpose()
    };
    let row = AccessRow {
        provider_pk: provider.0,
        user_name: access.user.clone(),
        header: access.header.clone(),
        secret_sealed: seal("secret_sealed", &access.secret)?,
        client_certificate: access.client_certificate.clone(),
        client_key_sealed: seal("client_key_sealed", &access.client_key)?,
        authorities: access.authorities.clone(),
    };
    diesel::insert_into(provider_access::table).values(row).execute(conn)?;
    Ok(())
}

impl AccessRow {
    pub(super) fn open(self, keyring: &Keyring, seal_id: Uuid) -> Result<RemoteAccess, StoreError> {
        let open = |column: &str, sealed: Option<Vec<u8>>| {
            sealed.map(|sealed| keyring.open(&aad(column, seal_id), &sealed)).transpose()
        };
        Ok(RemoteAccess {
            user: self.user_name,
            header: self.header,
            secret: open("secret_sealed", self.secret_sealed)?,
            client_certificate: self.client_certificate,
            client_key: open("client_key_sealed", self.client_key_sealed)?,
            authorities: self.authorities,
        })
    }
}

/// What a sealed value is bound to, so that it cannot be moved to another row or column.
fn aad(column: &str, seal_id: Uuid) -> String {
    format!("provider_access.{column}:{seal_id}")
}

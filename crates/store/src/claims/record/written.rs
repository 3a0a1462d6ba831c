//! Writing down what the remote has acknowledged.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use scimitar_domain::{JsonObject, LinkId};

use super::Fence;
use crate::batch::savepoint;
use crate::conn::Conn;
use crate::error::{StoreError, Unique};
use crate::pgnet::PgNet;
use crate::prepared::Prepared as _;
use crate::sql_types::{Doc, Id, Json, Key};
use crate::statement::statement;

/// One acknowledged write.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) fence: &'a Fence,
    pub(super) remote_id: &'a str,
    pub(super) attributes: &'a JsonObject,
    pub(super) sent: &'a JsonObject,
    pub(super) fingerprint: i64,
    pub(super) etag: Option<&'a str>,
    pub(super) version: i64,
    pub(super) revision: i64,
    pub(super) goes_on: bool,
}

/// Write them all. Answers those whose remote id stands for another object already; of them nothing is written.
pub(super) fn write(conn: &mut Conn, batch: &[Written<'_>]) -> Result<BTreeSet<LinkId>, StoreError> {
    let mut conflicts = BTreeSet::new();
    if batch.is_empty() {
        return Ok(conflicts);
    }
    match write_all(conn, batch) {
        // One of them spoils the batch; which one is found out below.
        Err(StoreError::Taken(Unique::LinkRemote)) => {}
        done => return done.map(|()| conflicts),
    }
    for written in batch {
        match write_all(conn, std::slice::from_ref(written)) {
            Err(StoreError::Taken(Unique::LinkRemote)) => {
                conflicts.insert(written.fence.id.into());
            }
            done => done?,
        }
    }
    Ok(conflicts)
}

/// All of them, or none.
fn write_all(conn: &mut Conn, batch: &[Written<'_>]) -> Result<(), StoreError> {
    savepoint(conn, |conn| match conn {
        Conn::Postgres(conn) => write_at_once(conn, batch),
        Conn::Sqlite(conn) => batch.iter().try_for_each(|written| write_one(conn, written)),
    })
}

/// One statement for the whole batch: on PostgreSQL each statement is a round trip.
fn write_at_once(conn: &mut PgNet, batch: &[Written<'_>]) -> Result<(), StoreError> {
    diesel::sql_query(
        "UPDATE links SET creating = FALSE, external_id = NULL, natural_key = NULL, \
         remote_id = w.remote_id, attributes = w.attributes, sent = w.sent, fingerprint = w.fingerprint, \
         etag = w.etag, synced_version = w.version, synced_revision = w.revision, attempt_class = NULL, \
         attempt_detail = NULL, attempt_count = 0, attempt_last_at = NULL, attempt_next_at = NULL, \
         lease_owner = CASE WHEN w.goes_on THEN lease_owner END, \
         lease_until = CASE WHEN w.goes_on THEN lease_until END \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         AS w (id, remote_id, attributes, sent, fingerprint, etag, version, revision, goes_on) \
         WHERE links.id = w.id",
    )
    .bind::<Array<Id>, _>(batch.iter().map(|it| it.fence.id).collect::<Vec<Key>>())
    .bind::<Array<Text>, _>(batch.iter().map(|it| it.remote_id).collect::<Vec<_>>())
    .bind::<Array<Doc>, _>(batch.iter().map(|it| Json::from(it.attributes)).collect::<Vec<_>>())
    .bind::<Array<Doc>, _>(batch.iter().map(|it| Json::from(it.sent)).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(batch.iter().map(|it| it.fingerprint).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(batch.iter().map(|it| it.etag).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(batch.iter().map(|it| it.version).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(batch.iter().map(|it| it.revision).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(batch.iter().map(|it| it.goes_on).collect::<Vec<_>>())
    .prepared()
    .execute(conn)?;
    Ok(())
}

/// For each object of a first sync: nothing is copied, and no text is put together.
fn write_one(conn: &mut SqliteConnection, written: &Written<'_>) -> Result<(), StoreError> {
    let text = |object: &JsonObject| serde_json::to_string(object).map_err(StoreError::unwritable);
    statement(
        "UPDATE links SET creating = FALSE, external_id = NULL, natural_key = NULL, remote_id = ?, \
         attributes = ?, sent = ?, fingerprint = ?, etag = ?, synced_version = ?, synced_revision = ?, \
         attempt_class = NULL, attempt_detail = NULL, attempt_count = 0, attempt_last_at = NULL, \
         attempt_next_at = NULL, lease_owner = CASE WHEN ? THEN lease_owner END, \
         lease_until = CASE WHEN ? THEN lease_until END WHERE id = ?",
    )
    .bind::<Text, _>(written.remote_id)
    .bind::<Text, _>(text(written.attributes)?)
    .bind::<Text, _>(text(written.sent)?)
    .bind::<BigInt, _>(written.fingerprint)
    .bind::<Nullable<Text>, _>(written.etag)
    .bind::<BigInt, _>(written.version)
    .bind::<BigInt, _>(written.revision)
    .bind::<Bool, _>(written.goes_on)
    .bind::<Bool, _>(written.goes_on)
    .bind::<Id, _>(written.fence.id)
    .execute(conn)?;
    Ok(())
}

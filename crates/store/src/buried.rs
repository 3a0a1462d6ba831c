//! What becomes of links when their object is deleted: tombstones, so that no deletion is lost.

use diesel::prelude::*;
use scimitar_domain::{GroupId, ObjectKind, Timestamp, UserPk};

use crate::conn::on_backend;
use crate::schema::{links, tombstones};
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

/// The rows that one statement writes.
const CHUNK: usize = 500;

/// What a tombstone takes over from its link, its id among it.
///
/// The rows are read by raising their epoch: whoever is at work on them has lost the lease, so what a remote
/// answers now cannot slip in between the reading and the deletion.
type Legacy =
    (Key, i32, bool, Option<String>, Option<String>, Option<String>, Option<At>, Option<At>, Option<At>);

const LEGACY: (
    links::id,
    links::provider_pk,
    links::creating,
    links::remote_id,
    links::external_id,
    links::natural_key,
    links::departed_at,
    links::delete_at,
    links::rejected_at,
) = (
    links::id,
    links::provider_pk,
    links::creating,
    links::remote_id,
    links::external_id,
    links::natural_key,
    links::departed_at,
    links::delete_at,
    links::rejected_at,
);

/// Bury the links of a user whom some remote knows or may be about to know.
pub(crate) fn user(conn: &mut Conn, pk: UserPk, label: &str, now: Timestamp) -> Result<(), StoreError> {
    let theirs = diesel::update(links::table.filter(links::user_pk.eq(pk.0)))
        .set(links::lease_epoch.eq(links::lease_epoch + 1))
        .returning(LEGACY)
        .get_results(conn)?;
    bury(conn, theirs, ObjectKind::User, &pk.to_string(), label, now)
}

/// Bury the links of a group that some remote knows or may be about to know.
pub(crate) fn group(conn: &mut Conn, id: GroupId, label: &str, now: Timestamp) -> Result<(), StoreError> {
    let theirs = diesel::update(links::table.filter(links::group_id.eq(Key::from(id))))
        .set(links::lease_epoch.eq(links::lease_epoch + 1))
        .returning(LEGACY)
        .get_results(conn)?;
    bury(conn, theirs, ObjectKind::Group, &id.to_string(), label, now)
}

fn bury(
    conn: &mut Conn,
    theirs: Vec<Legacy>,
    kind: ObjectKind,
    object_key: &str,
    label: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = |(_, _, creating, remote_id, ..): &Legacy| *creating || remote_id.is_some();
    let legacies: Vec<Legacy> = theirs.into_iter().filter(known).collect();
    for chunk in legacies.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|legacy| {
                let (id, provider, creating, remote_id, external_id, natural_key, ..) = legacy;
                let (.., departed_at, delete_at, rejected_at) = legacy;
                (
                    tombstones::id.eq(*id),
                    tombstones::provider_pk.eq(*provider),
                    tombstones::kind.eq(kind.as_str()),
                    tombstones::object_key.eq(object_key),
                    tombstones::creating.eq(*creating),
                    tombstones::remote_id.eq(remote_id.as_deref()),
                    tombstones::external_id.eq(external_id.as_deref()),
                    tombstones::natural_key.eq(natural_key.as_deref()),
                    tombstones::label.eq(label),
                    tombstones::created_at.eq(At(now)),
                    tombstones::departed_at.eq(*departed_at),
                    tombstones::delete_at.eq(*delete_at),
                    tombstones::rejected_at.eq(*rejected_at),
                )
            })
            .collect();
        on_backend!(conn, |conn| diesel::insert_into(tombstones::table).values(rows).execute(conn))?;
    }
    Ok(())
}

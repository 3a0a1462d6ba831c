//! Claims: who may work on which links, and what came of it.
//!
//! A claim leases links to an owner and raises their epoch. Whoever writes afterwards names the epoch of his
//! claim; where another has claimed the link meanwhile, the write touches nothing. So a worker that was slow,
//! or thought dead, does no harm.

mod lease;
mod record;

use std::borrow::Borrow;
use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use scimitar_domain::{Attempt, Departure, GroupId, JsonObject, Link, LinkId, Timestamp};

pub use self::lease::claim;
pub use self::record::record;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::prepared::Prepared as _;
use crate::schema::links;
use crate::sql_types::{At, Id, Instant, Json, Key};
use crate::statement::statement;

/// A leased link.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    pub link: Link,
    /// The fence: every write of this claim names it.
    pub epoch: i64,
}

/// A create that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub link: LinkId,
    pub epoch: i64,
    pub external_id: String,
    pub natural_key: String,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkOutcome {
    pub link: LinkId,
    pub epoch: i64,
    pub result: LinkResult,
}

/// What was learned of the remote side. Each gives the lease back, unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkResult {
    /// The remote holds the object by this id and has acknowledged what has this fingerprint.
    Written {
        remote_id: String,
        /// What the remote answered.
        attributes: JsonObject,
        /// The body that it acknowledged.
        sent: JsonObject,
        fingerprint: i64,
        /// The version that the remote resource has now, where the remote says so.
        etag: Option<String>,
        version: i64,
        revision: i64,
        /// The members are yet to be sent, so the lease is kept: whoever finds it after its holder is gone compares
        /// them as a whole.
        goes_on: bool,
    },
    /// There was nothing to send for this version and revision.
    Kept { version: i64, revision: i64 },
    /// The remote does not know the id any more; the link starts anew.
    Forgotten,
    /// The remote resource is deleted and its object has left the scope; the link goes.
    Removed,
    /// It did not work. When the attempt will not be repeated by itself, `version` and `revision` are what
    /// has to change before a full sync tries again.
    Failed { attempt: Attempt, forget_remote: bool, version: i64, revision: i64 },
    /// Nothing was learned.
    Released,
}

/// What became of a batch of outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The links whose fence held; what was said of them is written.
    pub held: Vec<LinkId>,
    /// Groups that got a membership to look at, because a member of theirs is linked from now on.
    pub groups: Vec<GroupId>,
    /// Links whose remote id already stands for another object. Nothing is written of them, and their lease
    /// is still held, so that the caller can record a failure.
    pub conflicts: Vec<LinkId>,
}

/// Write down the creates that are about to be sent. Answers those whose fence holds; only they may be sent.
///
/// A link that already has a remote id is no case for a create and is not answered. `now` becomes the time of the
/// last attempt where there was one before: from here on the remote may have made something.
pub fn begin_create(
    conn: &mut Conn,
    intents: &[impl Borrow<Intent>],
    now: Timestamp,
) -> Result<Vec<LinkId>, StoreError> {
    let intents: Vec<&Intent> = intents.iter().map(Borrow::borrow).collect();
    match conn {
        Conn::Postgres(conn) => {
            let begun: Vec<Begun> = diesel::sql_query(
                "UPDATE links SET creating = TRUE, external_id = i.external_id, natural_key = i.natural_key, \
                 attempt_last_at = CASE WHEN attempt_class IS NULL THEN NULL ELSE $5 END \
                 FROM unnest($1, $2, $3, $4) AS i (id, epoch, external_id, natural_key) \
                 WHERE links.id = i.id AND lease_epoch = i.epoch AND remote_id IS NULL RETURNING links.id",
            )
            .bind::<Array<Id>, _>(intents.iter().map(|it| Key::from(it.link)).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(intents.iter().map(|it| it.epoch).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(intents.iter().map(|it| it.external_id.as_str()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(intents.iter().map(|it| it.natural_key.as_str()).collect::<Vec<_>>())
            .bind::<Instant, _>(At(now))
            .prepared()
            .get_results(conn)?;
            let begun: BTreeSet<LinkId> = begun.into_iter().map(|row| row.id.into()).collect();
            Ok(intents.iter().map(|it| it.link).filter(|link| begun.contains(link)).collect())
        }
        Conn::Sqlite(conn) => {
            let mut begun = Vec::with_capacity(intents.len());
            for intent in intents {
                let written = statement(
                    "UPDATE links SET creating = TRUE, external_id = ?, natural_key = ?, \
                     attempt_last_at = CASE WHEN attempt_class IS NULL THEN NULL ELSE ? END \
                     WHERE id = ? AND lease_epoch = ? AND remote_id IS NULL",
                )
                .bind::<Text, _>(&intent.external_id)
                .bind::<Text, _>(&intent.natural_key)
                .bind::<Instant, _>(At(now))
                .bind::<Id, _>(Key::from(intent.link))
                .bind::<BigInt, _>(intent.epoch)
                .execute(conn)?;
                if written == 1 {
                    begun.push(intent.link);
                }
            }
            Ok(begun)
        }
    }
}

/// Lease everything that `owner` holds until `until`. Answers how many.
pub fn extend_all(conn: &mut Conn, owner: &str, until: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::update(links::table.filter(links::lease_owner.eq(owner)))
        .set(links::lease_until.eq(At(until)))
        .prepared()
        .execute(conn)?)
}

/// Give back every lease that an owner still has when it stops. Answers how many.
///
/// What it held to its end it may have sent something of that nobody knows: no fingerprint counts any more.
pub fn release(conn: &mut Conn, owner: &str) -> Result<usize, StoreError> {
    Ok(diesel::update(links::table.filter(links::lease_owner.eq(owner)))
        .set((
            links::lease_owner.eq(None::<String>),
            links::lease_until.eq(None::<At>),
            links::fingerprint.eq(None::<i64>),
            links::etag.eq(None::<String>),
        ))
        .prepared()
        .execute(conn)?)
}

/// Give back every lease there is. Only for the start of the one process of a database.
///
/// Whoever held them may have sent something that nobody knows of: no fingerprint counts any more.
pub fn release_all(conn: &mut Conn) -> Result<usize, StoreError> {
    Ok(diesel::update(links::table.filter(links::lease_owner.is_not_null()))
        .set((
            links::lease_owner.eq(None::<String>),
            links::lease_until.eq(None::<At>),
            links::fingerprint.eq(None::<i64>),
            links::etag.eq(None::<String>),
        ))
        .execute(conn)?)
}

/// The answer to a change was lost, so it is not known what the remote holds. `sent` has whatever of ours that may
/// be. Changes nothing when the fence does not hold.
pub fn doubt(conn: &mut Conn, link: LinkId, epoch: i64, sent: &JsonObject) -> Result<(), StoreError> {
    diesel::update(links::table.find(Key::from(link)).filter(links::lease_epoch.eq(epoch)))
        .set((
            links::fingerprint.eq(None::<i64>),
            links::etag.eq(None::<String>),
            links::sent.eq(Json::from(sent)),
        ))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// A change beside the attributes, of members, has given the remote resource another version, or one that is not
/// known. Whoever is overtaken here is told by the remote that the version is another.
pub fn note_etag(conn: &mut Conn, link: LinkId, etag: Option<&str>) -> Result<(), StoreError> {
    let link = links::table.find(Key::from(link));
    match etag {
        Some(etag) => diesel::update(link).set(links::etag.eq(etag)).prepared().execute(conn)?,
        None => diesel::update(link.filter(links::etag.is_not_null()))
            .set(links::etag.eq(None::<String>))
            .prepared()
            .execute(conn)?,
    };
    Ok(())
}

/// Note that the resource was dealt with because its object has left, or that the object is back. Changes nothing
/// when the fence does not hold.
pub fn depart(
    conn: &mut Conn,
    link: LinkId,
    epoch: i64,
    departure: Option<Departure>,
) -> Result<(), StoreError> {
    let delete_at = departure.and_then(|it| it.delete_at).map(At);
    diesel::update(links::table.find(Key::from(link)).filter(links::lease_epoch.eq(epoch)))
        .set((links::departed_at.eq(departure.map(|it| At(it.at))), links::delete_at.eq(delete_at)))
        .prepared()
        .execute(conn)?;
    Ok(())
}

#[derive(Debug, QueryableByName)]
struct Begun {
    #[diesel(sql_type = Id)]
    id: Key,
}

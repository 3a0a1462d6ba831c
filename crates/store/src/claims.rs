//! Claims: who may work on which links, and what came of it.
//!
//! A claim leases links to an owner and raises their epoch. Whoever writes afterwards names the epoch of his
//! claim; where another has claimed the link meanwhile, the write touches nothing. So a worker that was slow,
//! or thought dead, does no harm.

mod record;

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use scimitar_domain::{Attempt, GroupId, JsonObject, Link, LinkId, ObjectId, ProviderPk, Timestamp, UserPk};

pub use self::record::record;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::links::row::LinkRow;
use crate::schema::{groups, links, users};
use crate::sql_types::{At, Id, Key};

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

/// What was learned of the remote side. Each gives the lease back.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkResult {
    /// The remote holds the object by this id and has acknowledged what has this fingerprint.
    Written { remote_id: String, attributes: JsonObject, fingerprint: i64, version: i64, revision: i64 },
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

/// Lease the links of these objects to `owner` until `until`, in the given order.
///
/// An object without a link gets one with the id beside it. Absent from the answer are objects that do not
/// exist and objects whose link is leased, to whomever. A lease that is over can be taken by anybody.
pub fn claim(
    conn: &mut Conn,
    provider: ProviderPk,
    objects: &[(ObjectId, LinkId)],
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claim>, StoreError> {
    let mut known = ids_of(conn, provider, objects)?;
    let missing: Vec<(ObjectId, LinkId)> =
        objects.iter().filter(|(object, _)| !known.contains_key(object)).copied().collect();
    if !missing.is_empty() {
        insert_missing(conn, provider, &missing)?;
        // Asked again, because on PostgreSQL another may have been quicker.
        known.extend(ids_of(conn, provider, &missing)?);
    }
    let mut leased = lease(conn, &known.into_values().collect::<Vec<_>>(), owner, now, until)?;
    Ok(objects.iter().filter_map(|(object, _)| leased.remove(object)).collect())
}

/// Lease one link. `None` when it does not exist or is leased.
pub fn claim_link(
    conn: &mut Conn,
    link: LinkId,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    Ok(lease(conn, &[link.into()], owner, now, until)?.into_values().next())
}

/// Write down the creates that are about to be sent. Answers those whose fence holds; only they may be sent.
///
/// A link that already has a remote id is no case for a create and is not answered.
pub fn begin_create(conn: &mut Conn, intents: &[Intent]) -> Result<Vec<LinkId>, StoreError> {
    match conn {
        Conn::Postgres(conn) => {
            let begun: Vec<Begun> = diesel::sql_query(
                "UPDATE links SET creating = TRUE, external_id = i.external_id, natural_key = i.natural_key \
                 FROM unnest($1, $2, $3, $4) AS i (id, epoch, external_id, natural_key) \
                 WHERE links.id = i.id AND lease_epoch = i.epoch AND remote_id IS NULL RETURNING links.id",
            )
            .bind::<Array<Id>, _>(intents.iter().map(|it| Key::from(it.link)).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(intents.iter().map(|it| it.epoch).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(intents.iter().map(|it| it.external_id.as_str()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(intents.iter().map(|it| it.natural_key.as_str()).collect::<Vec<_>>())
            .get_results(conn)?;
            let begun: BTreeSet<LinkId> = begun.into_iter().map(|row| row.id.into()).collect();
            Ok(intents.iter().map(|it| it.link).filter(|link| begun.contains(link)).collect())
        }
        Conn::Sqlite(conn) => {
            let mut begun = Vec::with_capacity(intents.len());
            for intent in intents {
                let written = diesel::update(links::table.find(Key::from(intent.link)))
                    .filter(links::lease_epoch.eq(intent.epoch).and(links::remote_id.is_null()))
                    .set((
                        links::creating.eq(true),
                        links::external_id.eq(&intent.external_id),
                        links::natural_key.eq(&intent.natural_key),
                    ))
                    .execute(conn)?;
                if written == 1 {
                    begun.push(intent.link);
                }
            }
            Ok(begun)
        }
    }
}

/// Lease the links longer, for calls that take their time. Answers those whose fence still holds.
pub fn extend(conn: &mut Conn, claims: &[(LinkId, i64)], until: Timestamp) -> Result<Vec<LinkId>, StoreError> {
    let epochs: BTreeMap<LinkId, i64> = claims.iter().copied().collect();
    let keys: Vec<Key> = epochs.keys().map(|link| Key::from(*link)).collect();
    let found: Vec<(Key, i64)> = links::table
        .filter(links::id.eq_any(keys).and(links::lease_owner.is_not_null()))
        .select((links::id, links::lease_epoch))
        .load(conn)?;
    let mut held = Vec::with_capacity(found.len());
    for (key, epoch) in found {
        if epochs.get(&LinkId::from(key)) == Some(&epoch) {
            held.push(key);
        }
    }
    diesel::update(links::table.filter(links::id.eq_any(held.clone())))
        .set(links::lease_until.eq(At(until)))
        .execute(conn)?;
    Ok(held.into_iter().map(LinkId::from).collect())
}

/// Give back every lease of an owner that is stopping or is known to be dead. Answers how many.
pub fn release(conn: &mut Conn, owner: &str) -> Result<usize, StoreError> {
    Ok(diesel::update(links::table.filter(links::lease_owner.eq(owner)))
        .set((links::lease_owner.eq(None::<String>), links::lease_until.eq(None::<At>)))
        .execute(conn)?)
}

/// The links that these objects have at the provider.
fn ids_of(
    conn: &mut Conn,
    provider: ProviderPk,
    objects: &[(ObjectId, LinkId)],
) -> Result<BTreeMap<ObjectId, Key>, StoreError> {
    let (user_pks, group_ids) = by_kind(objects.iter().map(|(object, _)| *object));
    let mut found = BTreeMap::new();
    if !user_pks.is_empty() {
        let rows: Vec<(Option<i32>, Key)> = links::table
            .filter(links::provider_pk.eq(provider.0).and(links::user_pk.eq_any(user_pks)))
            .select((links::user_pk, links::id))
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(pk, id)| Some((ObjectId::User(UserPk(pk?)), id))));
    }
    if !group_ids.is_empty() {
        let rows: Vec<(Option<Key>, Key)> = links::table
            .filter(links::provider_pk.eq(provider.0).and(links::group_id.eq_any(group_ids)))
            .select((links::group_id, links::id))
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(group, id)| Some((ObjectId::Group(group?.into()), id))));
    }
    Ok(found)
}

/// Insert links for those of the objects that exist.
fn insert_missing(
    conn: &mut Conn,
    provider: ProviderPk,
    missing: &[(ObjectId, LinkId)],
) -> Result<(), StoreError> {
    let (user_pks, group_ids) = by_kind(missing.iter().map(|(object, _)| *object));
    let mut existing: BTreeSet<ObjectId> = BTreeSet::new();
    if !user_pks.is_empty() {
        let pks: Vec<i32> = users::table.filter(users::pk.eq_any(user_pks)).select(users::pk).load(conn)?;
        existing.extend(pks.into_iter().map(|pk| ObjectId::User(UserPk(pk))));
    }
    if !group_ids.is_empty() {
        let ids: Vec<Key> = groups::table.filter(groups::id.eq_any(group_ids)).select(groups::id).load(conn)?;
        existing.extend(ids.into_iter().map(|id| ObjectId::Group(id.into())));
    }
    // In the order of the objects, so that two batches wait for each other in one direction only.
    let rows: BTreeMap<ObjectId, NewLink> = missing
        .iter()
        .filter(|(object, _)| existing.contains(object))
        .map(|(object, id)| (*object, NewLink::new(*id, provider, *object)))
        .collect();
    let rows: Vec<NewLink> = rows.into_values().collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(links::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

/// Lease those of the links that are free or whose lease is over.
fn lease(
    conn: &mut Conn,
    candidates: &[Key],
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<ObjectId, Claim>, StoreError> {
    let free = || links::lease_until.is_null().or(links::lease_until.le(At(now)));
    let query = || {
        links::table
            .filter(links::id.eq_any(candidates.to_vec()).and(free()))
            .order(links::id)
            .select(links::id)
    };
    let free: Vec<Key> = match conn {
        // A row that another transaction holds is about to be leased to it, or to be recorded by its owner.
        Conn::Postgres(conn) => query().for_update().skip_locked().load(conn)?,
        Conn::Sqlite(conn) => query().load(conn)?,
    };
    if free.is_empty() {
        return Ok(BTreeMap::new());
    }
    diesel::update(links::table.filter(links::id.eq_any(free.clone())))
        .set((
            links::lease_owner.eq(owner),
            links::lease_until.eq(At(until)),
            links::lease_epoch.eq(links::lease_epoch + 1),
        ))
        .execute(conn)?;
    let rows =
        links::table.filter(links::id.eq_any(free)).select(LinkRow::as_select()).load::<LinkRow>(conn)?;
    let mut claims = BTreeMap::new();
    for row in rows {
        let epoch = row.lease_epoch;
        claims.insert(row.object()?, Claim { link: row.into_link()?, epoch });
    }
    Ok(claims)
}

fn by_kind(objects: impl Iterator<Item = ObjectId>) -> (Vec<i32>, Vec<Key>) {
    let (mut user_pks, mut group_ids) = (Vec::new(), Vec::new());
    for object in objects {
        match object {
            ObjectId::User(pk) => user_pks.push(pk.0),
            ObjectId::Group(id) => group_ids.push(Key::from(id)),
        }
    }
    (user_pks, group_ids)
}

/// SQLite takes 32,766 variables in a statement; this stays far below for any table.
pub(crate) const ROWS_PER_INSERT: usize = 100;

#[derive(Debug, Insertable)]
#[diesel(table_name = links, treat_none_as_default_value = false)]
struct NewLink {
    id: Key,
    provider_pk: i32,
    kind: &'static str,
    user_pk: Option<i32>,
    group_id: Option<Key>,
}

impl NewLink {
    fn new(id: LinkId, provider: ProviderPk, object: ObjectId) -> Self {
        let (user_pk, group_id) = match object {
            ObjectId::User(pk) => (Some(pk.0), None),
            ObjectId::Group(id) => (None, Some(id.into())),
        };
        Self { id: id.into(), provider_pk: provider.0, kind: object.kind().as_str(), user_pk, group_id }
    }
}

#[derive(Debug, QueryableByName)]
struct Begun {
    #[diesel(sql_type = Id)]
    id: Key,
}

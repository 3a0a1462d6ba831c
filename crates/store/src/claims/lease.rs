//! Leasing links, and making those that are not there yet.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::case_when;
use diesel::prelude::*;
use scimitar_domain::{LinkId, ObjectId, ProviderPk, Timestamp, UserPk};

use super::Claim;
use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::links::row::LinkRow;
use crate::links::{by_kind, ids_of};
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{groups, links, users};
use crate::sql_types::{At, Key};

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
    let mut known = ids_of(conn, provider, objects.iter().map(|(object, _)| *object))?;
    let missing: Vec<(ObjectId, LinkId)> =
        objects.iter().filter(|(object, _)| !known.contains_key(object)).copied().collect();
    if !missing.is_empty() {
        insert_missing(conn, provider, &missing)?;
        // Asked again, because on PostgreSQL another may have been quicker.
        known.extend(ids_of(conn, provider, missing.iter().map(|(object, _)| *object))?);
    }
    let mut leased = lease(conn, &known.into_values().collect::<Vec<_>>(), owner, now, until)?;
    Ok(objects.iter().filter_map(|(object, _)| leased.remove(object)).collect())
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
        let pks: Vec<i32> = users::table
            .filter(users::pk.eq_any(few_lengths(user_pks)))
            .select(users::pk)
            .prepared()
            .load(conn)?;
        existing.extend(pks.into_iter().map(|pk| ObjectId::User(UserPk(pk))));
    }
    if !group_ids.is_empty() {
        let ids: Vec<Key> = groups::table
            .filter(groups::id.eq_any(few_lengths(group_ids)))
            .select(groups::id)
            .prepared()
            .load(conn)?;
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
///
/// A lease that was not given back ended with its worker, who may have sent something that nobody knows of: then
/// the fingerprint does not count any more.
fn lease(
    conn: &mut Conn,
    candidates: &[Key],
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<ObjectId, Claim>, StoreError> {
    let candidates = few_lengths(candidates.iter().copied());
    let free = || links::lease_until.is_null().or(links::lease_until.le(At(now)));
    let query = || {
        links::table
            .filter(links::id.eq_any(candidates.clone()).and(free()))
            .order(links::id)
            .select(links::id)
    };
    let free: Vec<Key> = match conn {
        // A row that another transaction holds is about to be leased to it, or to be recorded by its owner.
        Conn::Postgres(conn) => query().for_update().skip_locked().load(conn)?,
        Conn::Sqlite(conn) => query().prepared().load(conn)?,
    };
    if free.is_empty() {
        return Ok(BTreeMap::new());
    }
    let free = few_lengths(free);
    diesel::update(links::table.filter(links::id.eq_any(free.clone())))
        .set((
            links::lease_owner.eq(owner),
            links::lease_until.eq(At(until)),
            links::lease_epoch.eq(links::lease_epoch + 1),
            links::fingerprint.eq(case_when(links::lease_owner.is_null(), links::fingerprint)),
        ))
        .prepared()
        .execute(conn)?;
    let rows: Vec<LinkRow> =
        links::table.filter(links::id.eq_any(free)).select(LinkRow::as_select()).prepared().load(conn)?;
    let mut claims = BTreeMap::new();
    for row in rows {
        let epoch = row.lease_epoch;
        claims.insert(row.object()?, Claim { link: row.into_link()?, epoch });
    }
    Ok(claims)
}

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

//! What walks through remotes have seen: the keys by which their resources can be recognised, and no more of them.
//!
//! A walk writes page by page, so all that it keeps in memory of what it has seen is a number for each. What it left
//! behind stays until the next one has ended and is a hint: whoever acts on it looks at the resource first.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::case_when;
use diesel::prelude::*;
use scimitar_domain::{Candidate, LinkId, MatchKeys, MatchedBy, ObjectId, ObjectKind, ProviderPk};
use uuid::Uuid;

use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::links;
use crate::schema::remote_keys;

/// The name under which a resource's own id stands.
const ID: &str = "id";
/// What stands for the walks themselves: the last one that began, and the last one that ended.
const BEGUN: &str = "begun";
const WALKED: &str = "walked";
/// The last one that has ended without showing everything.
const PARTIAL: &str = "partial";
/// Longer keys are not remembered, in bytes: PostgreSQL keeps at most 2,704 bytes in an index.
const LONGEST: usize = 1_000;
/// Values that one statement names.
const VALUES_AT_ONCE: usize = 1_000;

/// A resource as a walk saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub remote_id: String,
    pub keys: MatchKeys,
}

/// Begin a walk, and answer its number. What was seen before stays known until the walk has ended.
pub fn begin(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<i64, StoreError> {
    let last: Option<i64> = of(provider, kind, BEGUN).select(remote_keys::walk).first(conn).optional()?;
    let walk = last.unwrap_or_default() + 1;
    mark(conn, provider, kind, BEGUN, walk)?;
    Ok(walk)
}

/// The walk has seen everything: what it has not seen is not there any more.
pub fn end(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind, walk: i64) -> Result<(), StoreError> {
    mark(conn, provider, kind, WALKED, walk)?;
    let before = remote_keys::table.filter(
        remote_keys::provider_pk
            .eq(provider.0)
            .and(remote_keys::kind.eq(kind.as_str()))
            .and(remote_keys::walk.lt(walk)),
    );
    diesel::delete(before).execute(conn)?;
    Ok(())
}

/// The walk that is about to end has not seen everything.
pub fn note_partial(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    walk: i64,
) -> Result<(), StoreError> {
    mark(conn, provider, kind, PARTIAL, walk)
}

/// Whether the last walk that has ended had not seen everything.
pub fn is_partial(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<bool, StoreError> {
    let last = |name| of(provider, kind, name).select(remote_keys::walk);
    let partial: Option<i64> = last(PARTIAL).first(conn).optional()?;
    let ended: Option<i64> = last(WALKED).first(conn).optional()?;
    Ok(partial.is_some() && partial == ended)
}

/// The remote cannot be walked through, and nobody waits for it.
pub fn give_up(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<(), StoreError> {
    mark(conn, provider, kind, WALKED, 0)
}

fn mark(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    name: &'static str,
    walk: i64,
) -> Result<(), StoreError> {
    let (value, remote_id) = (String::new(), String::new());
    write(conn, &[Row { provider_pk: provider.0, kind: kind.as_str(), name, value, remote_id, walk }])
}

fn write(conn: &mut Conn, rows: &[Row]) -> Result<(), StoreError> {
    let seen = diesel::upsert::excluded(remote_keys::walk);
    // Walks may be under way side by side: what the later one has seen is not given back to an earlier one.
    let later = case_when(remote_keys::walk.lt(seen), seen).otherwise(remote_keys::walk);
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(remote_keys::table)
            .values(rows)
            .on_conflict((
                remote_keys::provider_pk,
                remote_keys::kind,
                remote_keys::name,
                remote_keys::value,
                remote_keys::remote_id,
            ))
            .do_update()
            .set(remote_keys::walk.eq(later))
            .execute(conn))?;
    }
    Ok(())
}

/// Whether there was ever a walk.
pub fn is_walked(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(of(provider, kind, WALKED))).get_result(conn)?)
}

/// Remember what a page of a walk has shown.
pub fn remember(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    walk: i64,
    seen: &[Seen],
) -> Result<(), StoreError> {
    let rows: BTreeSet<Row> = seen.iter().flat_map(|seen| rows_of(provider, kind, walk, seen)).collect();
    write(conn, &rows.into_iter().collect::<Vec<_>>())
}

/// The resources that could stand for these objects, by the surest key that any matches. A resource that stands for
/// another object, or waits for its deletion, is none.
pub fn candidates(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    wanted: &[(ObjectId, MatchKeys)],
) -> Result<BTreeMap<ObjectId, Vec<Candidate>>, StoreError> {
    if wanted.is_empty() || !has_seen_any(conn, provider, kind)? {
        return Ok(BTreeMap::new());
    }
    let mut found: BTreeMap<(MatchedBy, String), Vec<String>> = BTreeMap::new();
    for by in MatchedBy::ALL {
        let values: BTreeSet<String> =
            wanted.iter().flat_map(|(_, keys)| values_of(by, kind, keys)).collect();
        for (value, remote_id) in holders(conn, provider, kind, by, values)? {
            found.entry((by, value)).or_default().push(remote_id);
        }
    }
    let ids: BTreeSet<String> = found.values().flatten().cloned().collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let taken = links::spoken_for(conn, provider, kind, &ids, LinkId(Uuid::nil()))?;
    let mut candidates = BTreeMap::new();
    for (object, keys) in wanted {
        let surest = MatchedBy::ALL.into_iter().find_map(|by| {
            let mut hits: Vec<Candidate> = Vec::new();
            for value in values_of(by, kind, keys) {
                let holders = found.get(&(by, value.clone())).map(Vec::as_slice).unwrap_or_default();
                for remote_id in holders.iter().filter(|id| !taken.contains(*id)) {
                    if hits.iter().all(|hit| hit.remote_id != *remote_id) {
                        let (remote_id, value) = (remote_id.clone(), value.clone());
                        hits.push(Candidate { remote_id, matched_by: by, value });
                    }
                }
            }
            (!hits.is_empty()).then_some(hits)
        });
        if let Some(hits) = surest {
            candidates.insert(*object, hits);
        }
    }
    Ok(candidates)
}

/// How many resources the last walk has seen.
pub fn count(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<i64, StoreError> {
    Ok(of(provider, kind, ID).count().get_result(conn)?)
}

fn has_seen_any(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(of(provider, kind, ID))).get_result(conn)?)
}

fn holders(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    by: MatchedBy,
    values: BTreeSet<String>,
) -> Result<Vec<(String, String)>, StoreError> {
    let values: Vec<String> = values.into_iter().collect();
    let mut found = Vec::new();
    for values in values.chunks(VALUES_AT_ONCE) {
        found.extend(
            of(provider, kind, by.as_str())
                .filter(remote_keys::value.eq_any(values))
                .order((remote_keys::value, remote_keys::remote_id))
                .select((remote_keys::value, remote_keys::remote_id))
                .load::<(String, String)>(conn)?,
        );
    }
    Ok(found)
}

#[diesel::dsl::auto_type]
fn of(provider: ProviderPk, kind: ObjectKind, name: &'static str) -> _ {
    let pk: i32 = provider.0;
    let kind: &'static str = kind.as_str();
    remote_keys::table.filter(
        remote_keys::provider_pk.eq(pk).and(remote_keys::kind.eq(kind)).and(remote_keys::name.eq(name)),
    )
}

/// What is looked up of an object: names and addresses in small letters.
fn values_of(by: MatchedBy, kind: ObjectKind, keys: &MatchKeys) -> Vec<String> {
    let values = match by {
        MatchedBy::ExternalId => vec![keys.external_id.clone()],
        MatchedBy::Name => vec![keys.name.to_lowercase()],
        MatchedBy::Email if kind == ObjectKind::User => {
            keys.emails.iter().map(|email| email.to_lowercase()).collect()
        }
        MatchedBy::Email => Vec::new(),
    };
    values.into_iter().filter(|value| is_kept(value)).collect()
}

fn is_kept(value: &str) -> bool {
    !value.is_empty() && value.len() <= LONGEST && !value.contains('\0')
}

fn rows_of(provider: ProviderPk, kind: ObjectKind, walk: i64, seen: &Seen) -> Vec<Row> {
    if !is_kept(&seen.remote_id) {
        return Vec::new();
    }
    let row = |name: &'static str, value: String| Row {
        provider_pk: provider.0,
        kind: kind.as_str(),
        name,
        value,
        remote_id: seen.remote_id.clone(),
        walk,
    };
    let keys = MatchedBy::ALL
        .into_iter()
        .flat_map(|by| values_of(by, kind, &seen.keys).into_iter().map(move |value| (by.as_str(), value)));
    std::iter::once((ID, seen.remote_id.clone())).chain(keys).map(|(name, value)| row(name, value)).collect()
}

#[derive(Debug, Insertable, PartialEq, Eq, PartialOrd, Ord)]
#[diesel(table_name = remote_keys, treat_none_as_default_value = false)]
struct Row {
    provider_pk: i32,
    kind: &'static str,
    name: &'static str,
    value: String,
    remote_id: String,
    walk: i64,
}

//! What was taken away at remotes because its object had left: deleted or deactivated. Kept for a while, so that it
//! can be brought back.

use diesel::prelude::*;
use scimitar_domain::{ObjectId, ProviderPk, Timestamp};

use crate::links::by_kind;
use crate::links::row::object;
use crate::schema::deprovisioned;
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

/// One object that has lost its resource, or its access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deprovisioned {
    pub id: i64,
    pub object: ObjectId,
    /// The object's name at that time, for people.
    pub label: String,
    pub at: Timestamp,
}

/// Note that an object's resource was taken away.
pub fn note(
    conn: &mut Conn,
    provider: ProviderPk,
    object: ObjectId,
    label: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (users, groups) = by_kind(std::iter::once(object));
    diesel::insert_into(deprovisioned::table)
        .values((
            deprovisioned::provider_pk.eq(provider.0),
            deprovisioned::user_pk.eq(users.first().copied()),
            deprovisioned::group_id.eq(groups.first().copied()),
            deprovisioned::label.eq(label),
            deprovisioned::at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// When something was last taken away.
pub fn latest(conn: &mut Conn, provider: ProviderPk) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<At> = deprovisioned::table
        .filter(deprovisioned::provider_pk.eq(provider.0))
        .order(deprovisioned::id.desc())
        .select(deprovisioned::at)
        .first(conn)
        .optional()?;
    Ok(at.map(|at| at.0))
}

/// What was taken away from `since` on, the oldest first.
pub fn since(
    conn: &mut Conn,
    provider: ProviderPk,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Deprovisioned>, StoreError> {
    let rows: Vec<Row> = deprovisioned::table
        .filter(deprovisioned::provider_pk.eq(provider.0).and(deprovisioned::at.ge(At(since))))
        .order(deprovisioned::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_deprovisioned).collect()
}

/// How many were taken away from `since` on.
pub fn count_since(conn: &mut Conn, provider: ProviderPk, since: Timestamp) -> Result<i64, StoreError> {
    let theirs = deprovisioned::provider_pk.eq(provider.0).and(deprovisioned::at.ge(At(since)));
    Ok(deprovisioned::table.filter(theirs).count().get_result(conn)?)
}

/// They are back, or cannot be brought back.
pub fn forget(conn: &mut Conn, ids: &[i64]) -> Result<(), StoreError> {
    diesel::delete(deprovisioned::table.filter(deprovisioned::id.eq_any(ids.to_vec()))).execute(conn)?;
    Ok(())
}

/// Forget of a provider what is older than `before`, and all but the newest `most`.
pub fn trim(conn: &mut Conn, provider: ProviderPk, before: Timestamp, most: i64) -> Result<(), StoreError> {
    let theirs = deprovisioned::table.filter(deprovisioned::provider_pk.eq(provider.0));
    let last: Option<i64> = theirs
        .order(deprovisioned::id.desc())
        .offset(most)
        .select(deprovisioned::id)
        .first(conn)
        .optional()?;
    if let Some(last) = last {
        diesel::delete(theirs.filter(deprovisioned::id.le(last))).execute(conn)?;
    }
    diesel::delete(theirs.filter(deprovisioned::at.lt(At(before)))).execute(conn)?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = deprovisioned)]
struct Row {
    id: i64,
    user_pk: Option<i32>,
    group_id: Option<Key>,
    label: String,
    at: At,
}

impl Row {
    fn into_deprovisioned(self) -> Result<Deprovisioned, StoreError> {
        let object = object(self.user_pk, self.group_id)
            .ok_or_else(|| StoreError::inconsistent("deprovisioned", "user_pk", &self.id))?;
        Ok(Deprovisioned { id: self.id, object, label: self.label, at: self.at.0 })
    }
}

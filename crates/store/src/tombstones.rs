//! Tombstones: remote resources that have lost their local object and wait for their deletion.
//!
//! They are written where users and groups are deleted. A tombstone keeps the id of the link that it stands for.

use diesel::prelude::*;
use scimitar_domain::{
    Attempt, Departure, GroupId, LinkId, ObjectId, ObjectKind, ProviderPk, Timestamp, Tombstone, TombstoneId,
    UserPk,
};

use crate::conn::Conn;
use crate::error::StoreError;
use crate::lessons;
use crate::links::attempt::TombstoneAttempt;
use crate::links::row::{departure, state};
use crate::members;
use crate::prepared::Prepared as _;
use crate::schema::tombstones;
use crate::sql_types::{At, Key};

pub fn find(conn: &mut Conn, id: TombstoneId) -> Result<Option<Tombstone>, StoreError> {
    let row =
        tombstones::table.find(Key::from(id)).select(TombstoneRow::as_select()).first(conn).optional()?;
    row.map(TombstoneRow::into_tombstone).transpose()
}

/// The tombstones of a provider in the order of their ids, from behind `after` on, without those whose deletion is to
/// wait until later, or until the remote deletes anything, or was rejected.
pub fn due(
    conn: &mut Conn,
    provider: ProviderPk,
    after: Option<TombstoneId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Tombstone>, StoreError> {
    let undeletable = lessons::undeletable(conn, provider)?;
    let is_due = tombstones::delete_at.is_null().or(tombstones::delete_at.le(At(now)));
    let may_go = tombstones::departed_at.is_null().or(tombstones::kind.ne_all(undeletable));
    let mut query = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0))
        .filter(is_due.and(tombstones::rejected_at.is_null()))
        .filter(may_go)
        .order(tombstones::id)
        .limit(limit)
        .select(TombstoneRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(tombstones::id.gt(Key::from(after)));
    }
    query.load(conn)?.into_iter().map(TombstoneRow::into_tombstone).collect()
}

/// The remote resource was deactivated, and is to be deleted later.
pub fn postpone(conn: &mut Conn, id: TombstoneId, departure: Departure) -> Result<(), StoreError> {
    diesel::update(tombstones::table.find(Key::from(id)))
        .set((
            tombstones::departed_at.eq(At(departure.at)),
            tombstones::delete_at.eq(departure.delete_at.map(At)),
            TombstoneAttempt::cleared(),
        ))
        .execute(conn)?;
    Ok(())
}

/// What a deleted object has left behind, provider by provider.
pub fn of_object(conn: &mut Conn, object: ObjectId) -> Result<Vec<Tombstone>, StoreError> {
    let rows: Vec<TombstoneRow> = tombstones::table
        .filter(tombstones::kind.eq(object.kind().as_str()).and(tombstones::object_key.eq(key_of(object))))
        .order((tombstones::provider_pk, tombstones::id))
        .select(TombstoneRow::as_select())
        .load(conn)?;
    rows.into_iter().map(TombstoneRow::into_tombstone).collect()
}

/// Note a failed attempt at the deletion.
pub fn fail(conn: &mut Conn, id: TombstoneId, attempt: &Attempt) -> Result<(), StoreError> {
    diesel::update(tombstones::table.find(Key::from(id)))
        .set(TombstoneAttempt::new(attempt))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// The remote resource is gone.
pub fn remove(conn: &mut Conn, id: TombstoneId) -> Result<(), StoreError> {
    members::forget_departed(conn, id.into())?;
    release(conn, id)
}

/// The remote resource stays as it is, in the groups in which it is.
pub fn leave(conn: &mut Conn, id: TombstoneId) -> Result<(), StoreError> {
    members::keep(conn, id.into())?;
    release(conn, id)
}

/// The remote resource was deactivated and stays, or stands for somebody else: it is still to be taken out of groups.
pub fn release(conn: &mut Conn, id: TombstoneId) -> Result<(), StoreError> {
    diesel::delete(tombstones::table.find(Key::from(id))).execute(conn)?;
    Ok(())
}

/// Whether the deletion of this remote resource is still due. Such a resource is not taken over; one that was
/// deactivated and waits for its deletion is.
pub fn holds_remote(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_id: &str,
) -> Result<bool, StoreError> {
    let found = tombstones::table
        .filter(
            tombstones::provider_pk
                .eq(provider.0)
                .and(tombstones::kind.eq(kind.as_str()))
                .and(tombstones::remote_id.eq(remote_id))
                .and(tombstones::departed_at.is_null()),
        )
        .select(tombstones::id)
        .first::<Key>(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The tombstones of a provider whose last attempt failed, the newest failure first.
pub fn failures(
    conn: &mut Conn,
    provider: ProviderPk,
    offset: i64,
    limit: i64,
) -> Result<Vec<Tombstone>, StoreError> {
    let rows: Vec<TombstoneRow> = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::attempt_class.is_not_null()))
        .order((tombstones::attempt_last_at.desc(), tombstones::id.desc()))
        .offset(offset)
        .limit(limit)
        .select(TombstoneRow::as_select())
        .load(conn)?;
    rows.into_iter().map(TombstoneRow::into_tombstone).collect()
}

/// The same in the order of their ids, from behind `after` on, without more than what they stand for.
pub fn failing(
    conn: &mut Conn,
    provider: ProviderPk,
    after: Option<TombstoneId>,
    limit: i64,
) -> Result<Vec<(TombstoneId, ObjectId)>, StoreError> {
    let mut query = tombstones::table
        .filter(tombstones::provider_pk.eq(provider.0).and(tombstones::attempt_class.is_not_null()))
        .order(tombstones::id)
        .limit(limit)
        .select(TombstoneRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(tombstones::id.gt(Key::from(after)));
    }
    let rows: Vec<TombstoneRow> = query.load(conn)?;
    let stones = rows.into_iter().map(TombstoneRow::into_tombstone);
    stones.map(|stone| stone.map(|stone| (stone.id, stone.object))).collect()
}

/// How many deletions of a provider failed when they were last tried.
pub fn count_failing(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let failing = tombstones::provider_pk.eq(provider.0).and(tombstones::attempt_class.is_not_null());
    Ok(tombstones::table.filter(failing).count().get_result(conn)?)
}

/// Those that fail and stand for groups.
pub fn count_failing_groups(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let failing = tombstones::provider_pk.eq(provider.0).and(tombstones::attempt_class.is_not_null());
    let groups = tombstones::kind.eq(ObjectKind::Group.as_str());
    Ok(tombstones::table.filter(failing.and(groups)).count().get_result(conn)?)
}

pub fn count(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    Ok(tombstones::table.filter(tombstones::provider_pk.eq(provider.0)).count().get_result(conn)?)
}

/// What a create has made is known after the object was deleted, by its late answer or by a search: the tombstone that
/// took over the link is told what is to be deleted.
pub fn learn(conn: &mut Conn, link: LinkId, remote_id: &str) -> Result<(), StoreError> {
    diesel::update(tombstones::table.find(Key::from(link)))
        .filter(tombstones::remote_id.is_null())
        .set((tombstones::creating.eq(false), tombstones::remote_id.eq(remote_id)))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// How an object's key lies in `object_key`.
pub(crate) fn key_of(object: ObjectId) -> String {
    match object {
        ObjectId::User(pk) => pk.to_string(),
        ObjectId::Group(id) => id.to_string(),
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = tombstones)]
struct TombstoneRow {
    id: Key,
    provider_pk: i32,
    kind: String,
    object_key: String,
    creating: bool,
    remote_id: Option<String>,
    external_id: Option<String>,
    natural_key: Option<String>,
    label: String,
    #[diesel(embed)]
    attempt: TombstoneAttempt,
    departed_at: Option<At>,
    delete_at: Option<At>,
    rejected_at: Option<At>,
}

impl TombstoneRow {
    fn into_tombstone(self) -> Result<Tombstone, StoreError> {
        let object = object(&self.kind, &self.object_key).ok_or_else(|| StoreError::Inconsistent {
            table: "tombstones",
            column: "object_key",
            row: self.id.0.to_string(),
        })?;
        Ok(Tombstone {
            id: self.id.into(),
            provider: ProviderPk(self.provider_pk),
            object,
            state: state(self.creating, self.remote_id, self.external_id, self.natural_key),
            label: self.label,
            attempt: self.attempt.into_attempt(self.id.0)?,
            departed: departure(self.departed_at, self.delete_at),
            rejected: self.rejected_at.map(|at| at.0),
        })
    }
}

fn object(kind: &str, key: &str) -> Option<ObjectId> {
    if kind == ObjectKind::User.as_str() {
        key.parse().ok().map(|pk| ObjectId::User(UserPk(pk)))
    } else {
        key.parse().ok().map(|id| ObjectId::Group(GroupId(id)))
    }
}

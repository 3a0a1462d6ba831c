//! Users and groups that their source has deleted and that are kept: deactivated, and out of the source's sight.
//!
//! A row here is what was a row of `source_links`, so that nobody who reads those has to know of it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{
    GroupId, ObjectId, ObjectKind, SourceId, SourceLink, SourceLinkFields, Timestamp, UserPk,
};

use crate::links::edit::columns;
use crate::links::row::object;
use crate::prepared::Prepared as _;
use crate::schema::{source_departed, source_links};
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError, groups, memberships, users};

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    pub object: ObjectId,
    pub external_id: Option<String>,
    pub deleted_at: Timestamp,
}

/// Deactivate what a link stands for, take it out of the source's groups or the source's users out of it, and put
/// it out of the source's sight. Whoever calls holds the object's lock.
pub fn depart(conn: &mut Conn, link: &SourceLink, now: Timestamp) -> Result<(), StoreError> {
    let (source, object) = (link.fields.source, link.fields.object);
    match object {
        ObjectId::User(pk) => {
            let mut fields = users::lock(conn, pk)?.fields;
            fields.is_active = false;
            let theirs: BTreeSet<GroupId> = groups_of(conn, source, pk)?;
            let left: Vec<GroupId> = memberships::groups_of(conn, pk)?.difference(&theirs).copied().collect();
            users::update(conn, pk, &fields, Some(&left), now)?;
        }
        ObjectId::Group(id) => {
            let theirs = members_of(conn, source, id)?;
            groups::change_members(conn, id, &BTreeSet::new(), &theirs, now)?;
        }
    }
    let key = (object.kind().as_str(), &*link.fields.id);
    diesel::delete(source_links::table.find(key)).execute(conn)?;
    // People may have linked it anew since it departed the last time, or something else under its key.
    forget(conn, source, object)?;
    diesel::delete(source_departed::table.find(key)).execute(conn)?;
    let (user_pk, group_id) = columns(object);
    diesel::insert_into(source_departed::table)
        .values((
            source_departed::kind.eq(key.0),
            source_departed::id.eq(key.1),
            source_departed::source_id.eq(Key::from(source)),
            source_departed::user_pk.eq(user_pk),
            source_departed::group_id.eq(group_id),
            source_departed::external_id.eq(&link.fields.external_id),
            source_departed::version.eq(link.version),
            source_departed::created_at.eq(At(link.created_at)),
            source_departed::deleted_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Bring an object back into its source's sight, as `fields` have it. It is as old as it was, and of a later version.
pub fn restore(conn: &mut Conn, fields: &SourceLinkFields, now: Timestamp) -> Result<(), StoreError> {
    let link = crate::source_links::insert(conn, fields, now)?;
    let theirs = of_object(fields.source, fields.object);
    let found: Option<(i64, At)> =
        theirs.select((source_departed::version, source_departed::created_at)).first(conn).optional()?;
    let (version, created) = found.ok_or(StoreError::NotFound("departed"))?;
    diesel::update(source_links::table.find((fields.object.kind().as_str(), &link.fields.id)))
        .set((source_links::version.eq(version + 1), source_links::created_at.eq(created)))
        .prepared()
        .execute(conn)?;
    forget(conn, fields.source, fields.object)
}

/// The latest that the source's client knew under this id, if it is nowhere else in the source's sight.
pub fn find_by_external_id(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    external_id: &str,
) -> Result<Option<Departed>, StoreError> {
    let row: Option<Row> = source_departed::table
        .filter(source_departed::source_id.eq(Key::from(source)))
        .filter(source_departed::kind.eq(kind.as_str()))
        .filter(source_departed::external_id.eq(external_id))
        .order(source_departed::deleted_at.desc())
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    unseen(conn, source, row)
}

/// What is known of an object, if it departed from this source and is nowhere else in its sight.
pub fn find(conn: &mut Conn, source: SourceId, object: ObjectId) -> Result<Option<Departed>, StoreError> {
    let row: Option<Row> = of_object(source, object).select(COLUMNS).first(conn).optional()?;
    unseen(conn, source, row)
}

/// Whether any source keeps the object.
pub fn is_kept(conn: &mut Conn, object: ObjectId) -> Result<bool, StoreError> {
    let found: Option<String> = match object {
        ObjectId::User(pk) => {
            let kept = source_departed::table.filter(source_departed::user_pk.eq(pk.0));
            kept.select(source_departed::id).first(conn).optional()?
        }
        ObjectId::Group(id) => {
            let kept = source_departed::table.filter(source_departed::group_id.eq(Key::from(id)));
            kept.select(source_departed::id).first(conn).optional()?
        }
    };
    Ok(found.is_some())
}

/// Those that departed from a source before that moment, the oldest first.
pub fn before(
    conn: &mut Conn,
    source: SourceId,
    moment: Timestamp,
    limit: i64,
) -> Result<Vec<ObjectId>, StoreError> {
    let rows: Vec<Row> = source_departed::table
        .filter(source_departed::source_id.eq(Key::from(source)))
        .filter(source_departed::deleted_at.le(At(moment)))
        .order(source_departed::deleted_at)
        .limit(limit)
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(|row| Ok(read(row)?.object)).collect()
}

/// Delete what departed before that moment, and tell whether it was there to delete.
///
/// What a source has meanwhile, and whom people have activated, stays; then it only counts as departed no more.
pub fn expire(
    conn: &mut Conn,
    source: SourceId,
    object: ObjectId,
    moment: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // First the lock: what is read before it may be old.
    let locked = match object {
        ObjectId::User(pk) => users::lock(conn, pk).map(|user| user.fields.is_active),
        ObjectId::Group(id) => groups::lock(conn, id).map(|_group| false),
    };
    let is_active = match locked {
        Err(StoreError::NotFound(_)) => return Ok(false),
        locked => locked?,
    };
    let row: Option<Row> = of_object(source, object).select(COLUMNS).first(conn).optional()?;
    let Some(departed) = row.map(read).transpose()? else { return Ok(false) };
    if departed.deleted_at > moment {
        return Ok(false);
    }
    if is_active || !crate::source_links::keys_of(conn, object)?.is_empty() {
        forget(conn, source, object)?;
        return Ok(false);
    }
    match object {
        ObjectId::User(pk) => users::delete(conn, pk, now)?,
        ObjectId::Group(id) => groups::delete(conn, id, now)?,
    }
    Ok(true)
}

type Row = (String, Option<i32>, Option<Key>, Option<String>, At);

const COLUMNS: (
    source_departed::id,
    source_departed::user_pk,
    source_departed::group_id,
    source_departed::external_id,
    source_departed::deleted_at,
) = (
    source_departed::id,
    source_departed::user_pk,
    source_departed::group_id,
    source_departed::external_id,
    source_departed::deleted_at,
);

fn read((id, user, group, external_id, deleted_at): Row) -> Result<Departed, StoreError> {
    let object =
        object(user, group).ok_or_else(|| StoreError::inconsistent("source_departed", "user_pk", &id))?;
    Ok(Departed { object, external_id, deleted_at: deleted_at.0 })
}

fn unseen(conn: &mut Conn, source: SourceId, row: Option<Row>) -> Result<Option<Departed>, StoreError> {
    let Some(departed) = row.map(read).transpose()? else { return Ok(None) };
    let is_seen = crate::source_links::of_object(conn, source, departed.object)?.is_some();
    Ok(Some(departed).filter(|_| !is_seen))
}

type OfObject = diesel::dsl::IntoBoxed<'static, source_departed::table, crate::conn::MultiBackend>;

fn of_object(source: SourceId, object: ObjectId) -> OfObject {
    let theirs = source_departed::table.filter(source_departed::source_id.eq(Key::from(source)));
    match object {
        ObjectId::User(pk) => theirs.filter(source_departed::user_pk.eq(pk.0)).into_boxed(),
        ObjectId::Group(id) => theirs.filter(source_departed::group_id.eq(Key::from(id))).into_boxed(),
    }
}

fn forget(conn: &mut Conn, source: SourceId, object: ObjectId) -> Result<(), StoreError> {
    let theirs = source_departed::table.filter(source_departed::source_id.eq(Key::from(source)));
    match object {
        ObjectId::User(pk) => {
            diesel::delete(theirs.filter(source_departed::user_pk.eq(pk.0))).execute(conn)?
        }
        ObjectId::Group(id) => {
            diesel::delete(theirs.filter(source_departed::group_id.eq(Key::from(id)))).execute(conn)?
        }
    };
    Ok(())
}

/// The source's groups that a user is in.
fn groups_of(conn: &mut Conn, source: SourceId, pk: UserPk) -> Result<BTreeSet<GroupId>, StoreError> {
    let named = crate::source_links::groups_of(conn, source, &[pk])?;
    Ok(named.into_iter().map(|(_, group)| GroupId(group.id)).collect())
}

/// The source's users in a group.
fn members_of(conn: &mut Conn, source: SourceId, id: GroupId) -> Result<BTreeSet<UserPk>, StoreError> {
    let named = crate::source_links::members(conn, source, &[id], None)?;
    let ids: Vec<_> = named.into_iter().map(|(_, member)| member.id).collect();
    Ok(crate::source_links::user_pks(conn, source, &ids)?.into_values().collect())
}

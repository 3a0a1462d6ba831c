//! What sources know of users and groups. The key of a link is its kind and an id that anybody may choose.

mod list;
mod owned;
mod row;
mod search;
mod terms;

use diesel::dsl::{exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use scimitar_domain::{GroupId, ObjectId, ObjectKind, SourceId, SourceLink, SourceLinkFields, Timestamp};

pub use self::list::{SourceLinkFilter, page};
pub use self::owned::{
    Named, count, group, groups_numbered, groups_of, lock_group, lock_user, members, user, user_pks,
    users_numbered, walk,
};
use self::row::{COLUMNS, LinkChanges, LinkColumns, SourceLinkRow};
pub use self::search::{Part, Probe, loose, matching};
use crate::conn::Engine;
use crate::links::edit::require_object;
use crate::prepared::Prepared as _;
use crate::schema::{source_links, sources};
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

pub fn insert(conn: &mut Conn, fields: &SourceLinkFields, now: Timestamp) -> Result<SourceLink, StoreError> {
    check_references(conn, fields)?;
    let (terms, seq) = (fields.terms(), next_seq(conn));
    let row: SourceLinkRow = diesel::insert_into(source_links::table)
        .values((
            LinkColumns::of(fields, &terms),
            source_links::is_loose.eq(terms.is_loose),
            source_links::seq.eq(seq),
            source_links::created_at.eq(At(now)),
            source_links::updated_at.eq(At(now)),
        ))
        .returning(COLUMNS)
        .prepared()
        .get_result(conn)?;
    let link = row.into_link()?;
    terms::write(conn, &link, &terms)?;
    Ok(link)
}

/// The number of a new link. SQLite has one writer, so that nobody else takes it meanwhile.
fn next_seq(conn: &Conn) -> SqlLiteral<BigInt> {
    match conn.engine() {
        Engine::Postgres => sql("nextval('source_links_seq')"),
        Engine::Sqlite => sql("(SELECT coalesce(max(seq), 0) + 1 FROM source_links)"),
    }
}

/// Change a link, its key among it. What is already so leaves no trace.
pub fn update(
    conn: &mut Conn,
    before: &SourceLink,
    fields: &SourceLinkFields,
    now: Timestamp,
) -> Result<SourceLink, StoreError> {
    if before.fields == *fields {
        return Ok(before.clone());
    }
    check_references(conn, fields)?;
    let (had, terms) = (before.fields.terms(), fields.terms());
    let row: Option<SourceLinkRow> =
        diesel::update(source_links::table.find((before.fields.object.kind().as_str(), &before.fields.id)))
            .set((
                LinkChanges::between((&before.fields, &had), (fields, &terms)),
                source_links::updated_at.eq(At(now)),
                source_links::version.eq(source_links::version + 1),
            ))
            .returning(COLUMNS)
            .prepared()
            .get_result(conn)
            .optional()?;
    let link = row.ok_or(StoreError::NotFound("source link"))?.into_link()?;
    terms::rewrite(conn, (before, &had), (&link, &terms))?;
    Ok(link)
}

/// Note that the members of these groups have changed, so that whoever looks at a version sees that.
pub(crate) fn touch_groups(conn: &mut Conn, ids: &[GroupId], now: Timestamp) -> Result<(), StoreError> {
    for id in ids {
        diesel::update(source_links::table.filter(source_links::group_id.eq(Key::from(*id))))
            .set((source_links::version.eq(source_links::version + 1), source_links::updated_at.eq(At(now))))
            .prepared()
            .execute(conn)?;
    }
    Ok(())
}

/// Forget what a source knows of an object. The object stays.
pub fn delete(conn: &mut Conn, kind: ObjectKind, id: &str) -> Result<(), StoreError> {
    match diesel::delete(source_links::table.find((kind.as_str(), id))).execute(conn)? {
        0 => Err(StoreError::NotFound("source link")),
        _one => Ok(()),
    }
}

pub fn find(conn: &mut Conn, kind: ObjectKind, id: &str) -> Result<Option<SourceLink>, StoreError> {
    let query = source_links::table.find((kind.as_str(), id)).select(COLUMNS);
    let row: Option<SourceLinkRow> = query.first(conn).optional()?;
    row.map(SourceLinkRow::into_link).transpose()
}

/// Read a link and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever
/// changes what it has read must read it this way.
pub fn lock(conn: &mut Conn, kind: ObjectKind, id: &str) -> Result<Option<SourceLink>, StoreError> {
    let query = source_links::table.find((kind.as_str(), id)).select(COLUMNS);
    let row: Option<SourceLinkRow> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    row.map(SourceLinkRow::into_link).transpose()
}

/// What is needed to tell which link it is. Resources can be large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLinkKey {
    pub id: String,
    pub source: SourceId,
    pub object: ObjectId,
}

/// The links of an object at all sources, by key.
pub fn keys_of(conn: &mut Conn, object: ObjectId) -> Result<Vec<SourceLinkKey>, StoreError> {
    let query = source_links::table.order(source_links::id).select(row::KEY);
    let rows = match object {
        ObjectId::User(pk) => query.filter(source_links::user_pk.eq(pk.0)).load(conn)?,
        ObjectId::Group(id) => query.filter(source_links::group_id.eq(Key::from(id))).load(conn)?,
    };
    rows.into_iter().map(row::key).collect()
}

/// The links of a source to objects of this kind, by key.
pub fn keys_at(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
) -> Result<Vec<SourceLinkKey>, StoreError> {
    let rows = source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::kind.eq(kind.as_str()))
        .order(source_links::id)
        .select(row::KEY)
        .load(conn)?;
    rows.into_iter().map(row::key).collect()
}

/// How a source knows an object, if it does.
pub fn of_object(
    conn: &mut Conn,
    source: SourceId,
    object: ObjectId,
) -> Result<Option<SourceLink>, StoreError> {
    let theirs = source_links::table.filter(source_links::source_id.eq(Key::from(source))).select(COLUMNS);
    let row: Option<SourceLinkRow> = match object {
        ObjectId::User(pk) => theirs.filter(source_links::user_pk.eq(pk.0)).first(conn).optional()?,
        ObjectId::Group(id) => {
            theirs.filter(source_links::group_id.eq(Key::from(id))).first(conn).optional()?
        }
    };
    row.map(SourceLinkRow::into_link).transpose()
}

/// The link under which a source's client knows an object of this kind.
pub fn find_by_external_id(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    external_id: &str,
) -> Result<Option<SourceLink>, StoreError> {
    let row: Option<SourceLinkRow> = source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::kind.eq(kind.as_str()))
        .filter(source_links::external_id.eq(external_id))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    row.map(SourceLinkRow::into_link).transpose()
}

/// The user of a source with this `userName`, in any case of letters.
pub fn find_by_user_name(
    conn: &mut Conn,
    source: SourceId,
    user_name: &str,
) -> Result<Option<SourceLink>, StoreError> {
    let row: Option<SourceLinkRow> = source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::user_name.eq(user_name.to_lowercase()))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    row.map(SourceLinkRow::into_link).transpose()
}

/// SQLite does not say which reference of several is broken, so they are looked up.
fn check_references(conn: &mut Conn, fields: &SourceLinkFields) -> Result<(), StoreError> {
    let known: bool =
        diesel::select(exists(sources::table.find(Key::from(fields.source)))).get_result(conn)?;
    if !known {
        return Err(StoreError::missing("source", &fields.source));
    }
    require_object(conn, fields.object)
}

//! What a source owns: its links together with the objects that they stand for.
//!
//! Everything here asks for the source too, so that nobody sees what another source has.

use std::collections::BTreeMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use scimitar_domain::{Group, GroupId, ObjectId, ObjectKind, SourceId, SourceLink, User, UserPk, UserUuid};
use uuid::Uuid;

use super::row::{COLUMNS, SourceLinkRow};
use crate::groups::GroupRow;
use crate::schema::{groups, memberships, source_links, users};
use crate::sql_types::Key;
use crate::users::UserRow;
use crate::{Conn, StoreError};

/// The keys that one statement names.
const CHUNK: usize = 1000;

/// The links of a source, for a condition. As a table to join with, SQLite would walk along all of them, because it
/// takes a list of many keys for more work.
macro_rules! links_of {
    ($source:expr) => {
        source_links::table.filter(source_links::source_id.eq(Key::from($source)))
    };
}

/// The user of a source by its UUID.
pub fn user(
    conn: &mut Conn,
    source: SourceId,
    uuid: UserUuid,
) -> Result<Option<(SourceLink, User)>, StoreError> {
    let found: Option<(SourceLinkRow, UserRow)> = source_links::table
        .inner_join(users::table)
        .filter(users::uuid.eq(Key::from(uuid)))
        .filter(source_links::source_id.eq(Key::from(source)))
        .select((COLUMNS, users::all_columns))
        .first(conn)
        .optional()?;
    found.map(|(link, user)| Ok((link.into_link()?, user.read()?))).transpose()
}

/// The group of a source by its key.
pub fn group(
    conn: &mut Conn,
    source: SourceId,
    id: GroupId,
) -> Result<Option<(SourceLink, Group)>, StoreError> {
    let found: Option<(SourceLinkRow, GroupRow)> = source_links::table
        .inner_join(groups::table)
        .filter(source_links::group_id.eq(Key::from(id)))
        .filter(source_links::source_id.eq(Key::from(source)))
        .select((COLUMNS, groups::all_columns))
        .first(conn)
        .optional()?;
    found.map(|(link, group)| Ok((link.into_link()?, group.read()))).transpose()
}

/// Read a user of a source and its link and, on PostgreSQL, keep others from changing them until the end of the
/// transaction.
pub fn lock_user(
    conn: &mut Conn,
    source: SourceId,
    uuid: UserUuid,
) -> Result<Option<(SourceLink, User)>, StoreError> {
    let pk: Option<i32> =
        users::table.filter(users::uuid.eq(Key::from(uuid))).select(users::pk).first(conn).optional()?;
    let Some(pk) = pk.map(UserPk) else { return Ok(None) };
    // First the lock: what is read before it may be old.
    let user = match crate::users::lock(conn, pk) {
        Err(StoreError::NotFound(_)) => return Ok(None),
        locked => locked?,
    };
    let link = super::of_object(conn, source, ObjectId::User(pk))?;
    Ok(link.map(|link| (link, user)))
}

/// The same for a group. Whoever changes its members holds this lock too.
pub fn lock_group(
    conn: &mut Conn,
    source: SourceId,
    id: GroupId,
) -> Result<Option<(SourceLink, Group)>, StoreError> {
    let group = match crate::groups::lock(conn, id) {
        Err(StoreError::NotFound(_)) => return Ok(None),
        locked => locked?,
    };
    let link = super::of_object(conn, source, ObjectId::Group(id))?;
    Ok(link.map(|link| (link, group)))
}

/// The keys of those users that the source has.
pub fn user_pks(
    conn: &mut Conn,
    source: SourceId,
    uuids: &[Uuid],
) -> Result<BTreeMap<UserUuid, UserPk>, StoreError> {
    let mut found = BTreeMap::new();
    for chunk in uuids.chunks(CHUNK) {
        let keys: Vec<Key> = chunk.iter().copied().map(Key).collect();
        let rows: Vec<(Key, i32)> = users::table
            .filter(users::uuid.eq_any(keys))
            .filter(exists(links_of!(source).filter(source_links::user_pk.eq(users::pk.nullable()))))
            .select((users::uuid, users::pk))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(uuid, pk)| (UserUuid::from(uuid), UserPk(pk))));
    }
    Ok(found)
}

/// A member of a group, as another resource names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: Uuid,
    pub name: String,
}

/// The direct members of groups that the source has too, each group's by key. With `only`, of these users.
pub fn members(
    conn: &mut Conn,
    source: SourceId,
    ids: &[GroupId],
    only: Option<&[Uuid]>,
) -> Result<Vec<(GroupId, Named)>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let keys: Vec<Key> = chunk.iter().copied().map(Key::from).collect();
        let mut query = memberships::table
            .inner_join(users::table)
            .filter(memberships::group_id.eq_any(keys))
            .filter(exists(
                links_of!(source).filter(source_links::user_pk.eq(memberships::user_pk.nullable())),
            ))
            .order((memberships::group_id, memberships::user_pk))
            .select((memberships::group_id, users::uuid, users::name))
            .into_boxed();
        if let Some(only) = only {
            query = query.filter(users::uuid.eq_any(only.iter().copied().map(Key).collect::<Vec<_>>()));
        }
        let rows: Vec<(Key, Key, String)> = query.load(conn)?;
        found.extend(rows.into_iter().map(|(group, uuid, name)| (group.into(), Named { id: uuid.0, name })));
    }
    Ok(found)
}

/// The groups of the source that users are direct members of, each user's by name.
pub fn groups_of(
    conn: &mut Conn,
    source: SourceId,
    pks: &[UserPk],
) -> Result<Vec<(UserPk, Named)>, StoreError> {
    let mut found = Vec::new();
    for chunk in pks.chunks(CHUNK) {
        let query = memberships::table
            .inner_join(groups::table)
            .filter(exists(
                links_of!(source).filter(source_links::group_id.eq(memberships::group_id.nullable())),
            ))
            .order((memberships::user_pk, groups::name))
            .select((memberships::user_pk, groups::id, groups::name));
        let rows: Vec<(i32, Key, String)> = match chunk {
            // A statement without a list is prepared once.
            [pk] => query.filter(memberships::user_pk.eq(pk.0)).load(conn)?,
            several => query.filter(memberships::user_pk.eq_any(several.iter().map(|pk| pk.0))).load(conn)?,
        };
        found.extend(rows.into_iter().map(|(pk, id, name)| (UserPk(pk), Named { id: id.0, name })));
    }
    Ok(found)
}

/// How many objects of a kind the source has.
pub fn count(conn: &mut Conn, source: SourceId, kind: ObjectKind) -> Result<i64, StoreError> {
    let theirs = source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::kind.eq(kind.as_str()));
    Ok(theirs.count().get_result(conn)?)
}

/// The numbers of what a source has of one kind, in the order in which it was made: behind the one with the number
/// `after`, without the first `skip` of them.
pub fn walk(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    after: i64,
    skip: i64,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::kind.eq(kind.as_str()))
        .filter(source_links::seq.gt(after))
        .order(source_links::seq)
        .select(source_links::seq)
        .limit(limit)
        .offset(skip)
        .load(conn)?)
}

/// Read what has these numbers.
macro_rules! numbered {
    ($(#[$doc:meta])* fn $numbered:ident of $objects:ident by $kind:expr, $row:ty as $object:ty, $read:expr) => {
        $(#[$doc])*
        pub fn $numbered(
            conn: &mut Conn,
            source: SourceId,
            seqs: &[i64],
        ) -> Result<Vec<(SourceLink, $object)>, StoreError> {
            let theirs = source_links::table
                .inner_join($objects::table)
                .filter(source_links::source_id.eq(Key::from(source)))
                // Implied by the join, and what leads to the index of all three.
                .filter(source_links::kind.eq($kind.as_str()))
                .select((COLUMNS, $objects::all_columns));
            let mut found = Vec::with_capacity(seqs.len());
            for chunk in seqs.chunks(CHUNK) {
                let rows: Vec<(SourceLinkRow, $row)> = match chunk {
                    // A statement without a list is prepared once.
                    [seq] => theirs.filter(source_links::seq.eq(*seq)).load(conn)?,
                    several => {
                        theirs.filter(source_links::seq.eq_any(several)).order(source_links::seq).load(conn)?
                    }
                };
                for (link, row) in rows {
                    found.push((link.into_link()?, $read(row)?));
                }
            }
            Ok(found)
        }
    };
}

numbered!(
    /// The users of a source whose links have these numbers, which rise.
    fn users_numbered of users by ObjectKind::User, UserRow as User, UserRow::read
);
numbered!(
    /// The groups of a source whose links have these numbers, which rise.
    fn groups_numbered of groups by ObjectKind::Group, GroupRow as Group, |row: GroupRow| Ok::<_, StoreError>(row.read())
);

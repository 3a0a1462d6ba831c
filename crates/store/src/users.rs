//! Users: the people and services of the directory.

mod find;
mod list;
mod name;
mod row;

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{ChangeKind, GroupId, Timestamp, User, UserFields, UserPk, UserUuid};

use crate::prepared::Prepared as _;
use crate::schema::users;
use crate::sql_types::At;
use crate::{Conn, StoreError, buried, changes, members, memberships, source_links};

pub use find::{find, find_by, find_by_username, find_many, get, is_superuser, superusers};
pub use list::{Span, UserFilter, page};
pub use name::require_unlike;
pub(crate) use row::UserRow;

/// Add a user, a member of these groups from the start.
pub fn insert(
    conn: &mut Conn,
    uuid: UserUuid,
    fields: &UserFields,
    groups: &[GroupId],
    now: Timestamp,
) -> Result<User, StoreError> {
    let groups: BTreeSet<GroupId> = groups.iter().copied().collect();
    memberships::require_groups(conn, &groups)?;
    let row: UserRow = diesel::insert_into(users::table)
        .values((
            row::UserColumns::of(fields),
            users::uuid.eq(crate::sql_types::Key::from(uuid)),
            users::date_joined.eq(At(now)),
            users::last_updated.eq(At(now)),
            users::password_change_date.eq(At(now)),
        ))
        .returning(users::all_columns)
        .get_result(conn)?;
    let user = row.read()?;
    let memberships: Vec<_> = groups.iter().map(|group| (*group, user.pk)).collect();
    memberships::insert(conn, &memberships)?;
    source_links::touch_groups(conn, &groups.iter().copied().collect::<Vec<_>>(), now)?;
    let mut notes = vec![ChangeKind::UserSaved { user: user.pk }];
    notes.extend(groups.iter().map(|&group| ChangeKind::MemberAdded { group, user: user.pk }));
    changes::append(conn, &notes, now)?;
    Ok(user)
}

/// Change a user, and with `Some` the groups that it is a direct member of.
///
/// What is already so leaves no trace, and neither does the time of the last login: nobody is sent it.
pub fn update(
    conn: &mut Conn,
    pk: UserPk,
    fields: &UserFields,
    groups: Option<&[GroupId]>,
    now: Timestamp,
) -> Result<User, StoreError> {
    let before = lock(conn, pk)?;
    let mut notes = Vec::new();
    if !is_same(&before.fields, fields) {
        notes.push(ChangeKind::UserSaved { user: pk });
    }
    if let Some(groups) = groups {
        let moved = move_between_groups(conn, pk, groups)?;
        source_links::touch_groups(conn, &moved.iter().filter_map(group_of).collect::<Vec<_>>(), now)?;
        notes.extend(moved);
    }
    if notes.is_empty() && before.fields.last_login == fields.last_login {
        return Ok(before);
    }
    let saved = notes.iter().any(|note| matches!(note, ChangeKind::UserSaved { .. }));
    let row: UserRow = diesel::update(users::table.find(pk.0))
        .set((
            row::UserChanges::between(&before.fields, fields),
            saved.then_some(users::last_updated.eq(At(now))),
            users::version.eq(users::version + i64::from(!notes.is_empty())),
        ))
        .returning(users::all_columns)
        .prepared()
        .get_result(conn)?;
    changes::append(conn, &notes, now)?;
    row.read()
}

/// Delete a user. What remotes know of it is left to tombstones.
pub fn delete(conn: &mut Conn, pk: UserPk, now: Timestamp) -> Result<(), StoreError> {
    let user = lock(conn, pk)?;
    let stays_a_member = members::depart(conn, pk)?;
    buried::user(conn, pk, &user.fields.username, now)?;
    let groups = memberships::groups_of(conn, pk)?;
    let mut notes = Vec::new();
    if stays_a_member {
        notes.extend(groups.iter().map(|group| ChangeKind::MemberRemoved { group: *group, user: pk }));
    }
    notes.push(ChangeKind::UserDeleted { user: pk });
    source_links::touch_groups(conn, &groups.into_iter().collect::<Vec<_>>(), now)?;
    diesel::delete(users::table.find(pk.0)).execute(conn)?;
    changes::append(conn, &notes, now)
}

/// Read a user and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever changes
/// what it has read must read it this way.
pub fn lock(conn: &mut Conn, pk: UserPk) -> Result<User, StoreError> {
    let query = users::table.find(pk.0);
    let row: Option<UserRow> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    row.ok_or(StoreError::NotFound("user"))?.read()
}

fn is_same(before: &UserFields, after: &UserFields) -> bool {
    let UserFields { username, name, email, is_active, kind, path, attributes, last_login: _ } = after;
    before.username == *username
        && before.name == *name
        && before.email == *email
        && before.is_active == *is_active
        && before.kind == *kind
        && before.path == *path
        && before.attributes == *attributes
}

fn group_of(note: &ChangeKind) -> Option<GroupId> {
    match note {
        ChangeKind::MemberAdded { group, user: _ } | ChangeKind::MemberRemoved { group, user: _ } => {
            Some(*group)
        }
        ChangeKind::UserSaved { user: _ }
        | ChangeKind::UserDeleted { user: _ }
        | ChangeKind::GroupSaved { group: _ }
        | ChangeKind::GroupDeleted { group: _ }
        | ChangeKind::ChildrenChanged { group: _ }
        | ChangeKind::ProviderSaved { provider: _ }
        | ChangeKind::MappingSaved { mapping: _ }
        | ChangeKind::ApplicationSaved { application: _ } => None,
    }
}

fn move_between_groups(
    conn: &mut Conn,
    pk: UserPk,
    groups: &[GroupId],
) -> Result<Vec<ChangeKind>, StoreError> {
    let wanted: BTreeSet<GroupId> = groups.iter().copied().collect();
    let had = memberships::groups_of(conn, pk)?;
    let added: BTreeSet<GroupId> = wanted.difference(&had).copied().collect();
    memberships::require_groups(conn, &added)?;
    let removed: Vec<_> = had.difference(&wanted).map(|group| (*group, pk)).collect();
    memberships::remove(conn, &removed)?;
    memberships::insert(conn, &added.iter().map(|group| (*group, pk)).collect::<Vec<_>>())?;
    let added = added.into_iter().map(|group| ChangeKind::MemberAdded { group, user: pk });
    let removed = removed.iter().map(|&(group, user)| ChangeKind::MemberRemoved { group, user });
    Ok(added.chain(removed).collect())
}

//! Members of remote groups who have lost their link: whom the remote is still to take out of them, and who stays there
//! until somebody stands for the same resource again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use scimitar_domain::{Deprovisioning, LinkId, ProviderPk, UserPk};

use super::{Member, place};
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::nesting;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{acked_members, departed_members, links};
use crate::sql_types::{Id, Key};

/// Whether the provider `p` only deactivates users who are deleted here, by its policy or because its remote deletes
/// nobody. Then nobody of them stays a member.
fn deactivates() -> String {
    let policies = Deprovisioning::ALL.into_iter().filter(|policy| policy.deactivates());
    let names: Vec<String> = policies.map(|policy| format!("'{}'", policy.as_str())).collect();
    format!(
        "(p.user_deprovisioning IN ({}) OR (p.user_deprovisioning = '{}' AND EXISTS (SELECT 1 FROM lessons t \
             WHERE t.provider_pk = p.pk AND t.kind = 'user' AND t.lesson = 'no_delete')))",
        names.join(", "),
        Deprovisioning::Delete.as_str()
    )
}

/// Note of a user who is about to be deleted in which remote groups they are or may be. It comes to something where they
/// are only deactivated, which may become the policy before the remote is told. Answers whether it is now.
pub(crate) fn depart(conn: &mut Conn, user: UserPk) -> Result<bool, StoreError> {
    let noted = diesel::sql_query(
        "WITH kept AS (SELECT id, provider_pk, remote_id FROM links \
             WHERE user_pk = $1 AND remote_id IS NOT NULL) \
         INSERT INTO departed_members (group_link_id, user_link_id, remote_id) \
         SELECT g.id, k.id, k.remote_id FROM kept k JOIN memberships m ON m.user_pk = $1 \
         JOIN links g ON g.provider_pk = k.provider_pk AND g.group_id = m.group_id \
         UNION SELECT g.id, k.id, k.remote_id FROM kept k \
         JOIN pending_members p ON p.provider_pk = k.provider_pk AND p.user_pk = $1 \
         JOIN links g ON g.provider_pk = k.provider_pk AND g.group_id = p.group_id \
         UNION SELECT a.group_link_id, k.id, k.remote_id FROM kept k \
         JOIN acked_members a ON a.user_link_id = k.id WHERE TRUE \
         ON CONFLICT (group_link_id, user_link_id) DO UPDATE SET remote_id = excluded.remote_id, stays = FALSE",
    )
    .bind::<Integer, _>(user.0)
    .prepared()
    .execute(conn)?;
    if noted == 0 {
        return Ok(false);
    }
    let found: Answer = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM links u JOIN providers p ON p.pk = u.provider_pk \
             WHERE u.user_pk = $1 AND u.remote_id IS NOT NULL AND {}) AS yes",
        deactivates()
    ))
    .bind::<Integer, _>(user.0)
    .prepared()
    .get_result(conn)?;
    Ok(found.yes)
}

/// Whom the remote is to take out of a group.
pub fn departed(conn: &mut Conn, group_link: LinkId, limit: i64) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<DepartedRow> = diesel::sql_query(format!(
        "SELECT d.user_link_id, d.remote_id FROM departed_members d JOIN links g ON g.id = d.group_link_id \
         JOIN providers p ON p.pk = g.provider_pk AND {} \
         WHERE d.group_link_id = $1 AND NOT d.stays ORDER BY d.user_link_id LIMIT $2",
        deactivates()
    ))
    .bind::<Id, _>(Key::from(group_link))
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    let member = |row: DepartedRow| Member {
        link: row.user_link_id.into(),
        remote_id: row.remote_id,
        is_group: false,
    };
    Ok(rows.into_iter().map(member).collect())
}

/// These are members no more.
pub(super) fn forget(conn: &mut Conn, group_link: Key, gone: &[LinkId]) -> Result<(), StoreError> {
    let gone: Vec<Key> = gone.iter().copied().map(Key::from).collect();
    let theirs = departed_members::table
        .filter(departed_members::group_link_id.eq(group_link))
        .filter(departed_members::user_link_id.eq_any(gone));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// Note of users who are about to be unlinked in which groups the remote has acknowledged them: there they stay.
pub(crate) fn leave(conn: &mut Conn, user_links: &[Key]) -> Result<(), StoreError> {
    for link in user_links {
        diesel::sql_query(
            "INSERT INTO departed_members (group_link_id, user_link_id, remote_id, stays) \
             SELECT a.group_link_id, u.id, u.remote_id, TRUE FROM links u \
             JOIN acked_members a ON a.user_link_id = u.id WHERE u.id = $1 AND u.remote_id IS NOT NULL \
             ON CONFLICT (group_link_id, user_link_id) DO UPDATE SET remote_id = excluded.remote_id, stays = TRUE",
        )
        .bind::<Id, _>(*link)
        .prepared()
        .execute(conn)?;
    }
    Ok(())
}

/// The remote is to keep the resource of this former link as it is.
pub(crate) fn keep(conn: &mut Conn, user_link: Key) -> Result<(), StoreError> {
    let theirs = departed_members::table.filter(departed_members::user_link_id.eq(user_link));
    diesel::update(theirs).set(departed_members::stays.eq(true)).execute(conn)?;
    Ok(())
}

/// The remote does not have the resource of this former link any more.
pub(crate) fn forget_departed(conn: &mut Conn, user_link: Key) -> Result<(), StoreError> {
    let theirs = departed_members::table.filter(departed_members::user_link_id.eq(user_link));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// Former members of a group, of whom nothing more is known: the remote has said whom it has, or was told.
pub fn forget_former(conn: &mut Conn, group_link: LinkId) -> Result<(), StoreError> {
    let theirs = departed_members::table.filter(departed_members::group_link_id.eq(Key::from(group_link)));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// Everybody who was a member of a group under a link that is gone.
pub fn former(conn: &mut Conn, group_link: LinkId) -> Result<Vec<LinkId>, StoreError> {
    let theirs = departed_members::table.filter(departed_members::group_link_id.eq(Key::from(group_link)));
    let links: Vec<Key> = theirs.select(departed_members::user_link_id).load(conn)?;
    Ok(links.into_iter().map(LinkId::from).collect())
}

/// These users are linked from now on. In groups in which their resources are already, but they are not here, they are
/// acknowledged members whom the remote is to take out. Answers those groups.
pub(super) fn rejoin(
    conn: &mut Conn,
    provider: ProviderPk,
    linked: &[i32],
) -> Result<Vec<(Key, i32)>, StoreError> {
    let former: Vec<(Key, Key, Key, Option<i32>)> = departed_members::table
        .inner_join(links::table.on(links::remote_id.eq(departed_members::remote_id.nullable())))
        .filter(
            links::provider_pk.eq(provider.0).and(links::user_pk.eq_any(few_lengths(linked.iter().copied()))),
        )
        .order((departed_members::group_link_id, departed_members::user_link_id))
        .select((departed_members::group_link_id, departed_members::user_link_id, links::id, links::user_pk))
        .prepared()
        .load(conn)?;
    let mut found = Vec::new();
    for (group_link, former, user_link, user) in former {
        let group = links::table
            .filter(links::id.eq(group_link).and(links::provider_pk.eq(provider.0)))
            .select(links::group_id)
            .first::<Option<Key>>(conn)
            .optional()?;
        // The same id at another remote says nothing.
        let (Some(Some(group)), Some(user)) = (group, user) else { continue };
        diesel::delete(departed_members::table.find((group_link, former))).execute(conn)?;
        if is_member(conn, provider, group, user)? {
            continue;
        }
        let row = (acked_members::group_link_id.eq(group_link), acked_members::user_link_id.eq(user_link));
        on_backend!(conn, |conn| diesel::insert_into(acked_members::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
        found.push((group, user));
    }
    Ok(found)
}

fn is_member(conn: &mut Conn, provider: ProviderPk, group: Key, user: i32) -> Result<bool, StoreError> {
    let users = nesting::users_of(place(conn, provider, group.into())?.nesting, "$1");
    let found: Answer = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM memberships m WHERE m.group_id {users} AND m.user_pk = $2) AS yes"
    ))
    .bind::<Id, _>(group)
    .bind::<Integer, _>(user)
    .prepared()
    .get_result(conn)?;
    Ok(found.yes)
}

#[derive(Debug, QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(Debug, QueryableByName)]
struct DepartedRow {
    #[diesel(sql_type = Id)]
    user_link_id: Key,
    #[diesel(sql_type = Text)]
    remote_id: String,
}

//! What has left the scope and is still at the remote.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use scimitar_domain::{LinkId, ObjectId, ObjectKind, Provider, Timestamp};
use uuid::Uuid;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::links::row::object;
use crate::prepared::Prepared as _;
use crate::sql_types::{At, Id, Instant, Key};

/// Links behind `$2` that the remote holds or may hold and whose object is out of scope; of those that were dealt with
/// already, the ones whose time to be deleted has come, where the remote deletes anything.
const DEPARTED: &str = "FROM links l LEFT JOIN users u ON u.pk = l.user_pk \
     WHERE l.provider_pk = $1 AND l.id > $2 AND (l.remote_id IS NOT NULL OR l.creating) AND ($3 \
         OR (l.kind = 'user' AND (\
             ($4 AND u.kind IN ('service_account', 'internal_service_account')) \
             OR ($5 AND NOT EXISTS (SELECT 1 FROM memberships m \
                 WHERE m.group_id = $6 AND m.user_pk = l.user_pk)))) \
         OR (l.kind = 'group' AND $7 AND NOT EXISTS (SELECT 1 FROM provider_group_filters f \
             WHERE f.provider_pk = $1 AND f.group_id = l.group_id))) \
     AND (l.departed_at IS NULL OR (l.delete_at <= $8 AND NOT EXISTS (SELECT 1 FROM lessons t \
         WHERE t.provider_pk = $1 AND t.kind = l.kind AND t.lesson = 'no_delete')))";

/// A query over [`DEPARTED`] with its eight values bound. A macro, because the type of a bound query has no name.
macro_rules! over_departed {
    ($text:expr, $provider:expr, $after:expr, $now:expr) => {{
        let fields = &$provider.fields;
        diesel::sql_query($text)
            .bind::<Integer, _>($provider.pk.0)
            .bind::<Id, _>($after.map_or(Key(Uuid::nil()), Key::from))
            .bind::<Bool, _>($provider.draining)
            .bind::<Bool, _>(fields.exclude_users_service_account)
            .bind::<Bool, _>(fields.filter_group.is_some())
            .bind::<Id, _>(fields.filter_group.map_or(Key(Uuid::nil()), Key::from))
            .bind::<Bool, _>(!fields.group_filters.is_empty())
            .bind::<Instant, _>(At($now))
    }};
}

/// How many users and groups have left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DepartedCounts {
    pub users: i64,
    pub groups: i64,
    /// Those of them whose leaving was rejected.
    pub users_rejected: i64,
    pub groups_rejected: i64,
}

/// The next links, behind `after` in the order of their ids, that the remote holds or may hold and whose object
/// is out of scope. Those whose leaving was rejected are not among them.
pub fn departed(
    conn: &mut Conn,
    provider: &Provider,
    after: Option<LinkId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(LinkId, ObjectId)>, StoreError> {
    if is_unlimited(provider) {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT l.id, l.user_pk, l.group_id {DEPARTED} AND l.rejected_at IS NULL ORDER BY l.id LIMIT $9"
    );
    let rows: Vec<DepartedRow> =
        over_departed!(text, provider, after, now).bind::<BigInt, _>(limit).prepared().load(conn)?;
    let departed = |row: DepartedRow| Some((row.id.into(), object(row.user_pk, row.group_id)?));
    Ok(rows.into_iter().filter_map(departed).collect())
}

/// How many users and how many groups [`departed`] answers in all, and how many it leaves out.
pub fn count_departed(
    conn: &mut Conn,
    provider: &Provider,
    now: Timestamp,
) -> Result<DepartedCounts, StoreError> {
    if is_unlimited(provider) {
        return Ok(DepartedCounts::default());
    }
    let text = format!(
        "SELECT l.kind, count(*) AS n, count(l.rejected_at) AS n_rejected {DEPARTED} GROUP BY l.kind"
    );
    let rows: Vec<CountRow> = over_departed!(text, provider, None::<LinkId>, now).prepared().load(conn)?;
    let of = |kind: ObjectKind| {
        let row = rows.iter().find(|row| row.kind == kind.as_str());
        row.map_or((0, 0), |row| (row.n, row.n_rejected))
    };
    let ((users, users_rejected), (groups, groups_rejected)) = (of(ObjectKind::User), of(ObjectKind::Group));
    Ok(DepartedCounts { users, groups, users_rejected, groups_rejected })
}

/// Say of all users or groups that have left, where the policy would take something away, that they stay as they are.
pub(crate) fn reject_departed(
    conn: &mut Conn,
    provider: &Provider,
    now: Timestamp,
) -> Result<(), StoreError> {
    if is_unlimited(provider) {
        return Ok(());
    }
    let takes = |kind| provider.fields.deprovisioning(kind).is_destructive();
    // In this order, because SQLite counts the values as they first appear.
    let text = format!(
        "WITH gone AS (SELECT l.id {DEPARTED} AND ((l.kind = 'user' AND $9) OR (l.kind = 'group' AND $10))) \
             UPDATE links SET rejected_at = $8 WHERE id IN (SELECT id FROM gone)"
    );
    over_departed!(text, provider, None::<LinkId>, now)
        .bind::<Bool, _>(takes(ObjectKind::User))
        .bind::<Bool, _>(takes(ObjectKind::Group))
        .execute(conn)?;
    Ok(())
}

/// Everything is in scope, so nothing can have left it.
fn is_unlimited(provider: &Provider) -> bool {
    let fields = &provider.fields;
    !provider.draining
        && !fields.exclude_users_service_account
        && fields.filter_group.is_none()
        && fields.group_filters.is_empty()
}

#[derive(Debug, QueryableByName)]
struct DepartedRow {
    #[diesel(sql_type = Id)]
    id: Key,
    #[diesel(sql_type = Nullable<Integer>)]
    user_pk: Option<i32>,
    #[diesel(sql_type = Nullable<Id>)]
    group_id: Option<Key>,
}

#[derive(Debug, QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    n_rejected: i64,
}

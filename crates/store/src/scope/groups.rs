//! Groups in scope.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};
use scimitar_domain::{GroupId, NestedGroups, ObjectKind, PlanId, Provider};
use uuid::Uuid;

use super::IS_DUE;
use crate::conn::Conn;
use crate::error::StoreError;
use crate::nesting;
use crate::prepared::Prepared as _;
use crate::schema::{groups, provider_group_filters};
use crate::sql_types::{Id, Key};

/// The next groups in scope for which there is something to do, or with `all` just the next groups in scope, in
/// the order of their ids: behind `after`, up to and with `upto`.
///
/// A group is due for its members too: when a membership waits to be looked at, or when the members differ from
/// those that the remote has acknowledged.
pub fn groups_due(
    conn: &mut Conn,
    provider: &Provider,
    after: Option<GroupId>,
    upto: Option<GroupId>,
    limit: i64,
    all: bool,
) -> Result<Vec<GroupId>, StoreError> {
    if provider.draining {
        return Ok(Vec::new());
    }
    let rows: Vec<GroupRow> = diesel::sql_query(due(provider, "$5"))
        .bind::<Integer, _>(provider.pk.0)
        .bind::<Id, _>(after.map_or(Key(Uuid::nil()), Key::from))
        .bind::<Id, _>(upto.map_or(Key(Uuid::max()), Key::from))
        .bind::<BigInt, _>(provider.revision)
        .bind::<Bool, _>(all)
        .bind::<BigInt, _>(limit)
        .prepared()
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// The same for a plan: the groups that are due, and those that get a member whom the plan creates.
pub fn groups_to_plan(
    conn: &mut Conn,
    provider: &Provider,
    plan: PlanId,
    after: Option<GroupId>,
    limit: i64,
) -> Result<Vec<GroupId>, StoreError> {
    if provider.draining {
        return Ok(Vec::new());
    }
    let users = nesting::users_of(provider.fields.nested_groups, "o.id");
    let gets_a_member = format!(
        "EXISTS (SELECT 1 FROM memberships m JOIN plan_items p ON p.user_pk = m.user_pk \
         WHERE m.group_id {users} AND p.plan_id = $5 AND p.step IN ('create', 'adopt'))"
    );
    let rows: Vec<GroupRow> = diesel::sql_query(due(provider, &gets_a_member))
        .bind::<Integer, _>(provider.pk.0)
        .bind::<Id, _>(after.map_or(Key(Uuid::nil()), Key::from))
        .bind::<Id, _>(Key(Uuid::max()))
        .bind::<BigInt, _>(provider.revision)
        .bind::<Id, _>(Key::from(plan))
        .bind::<BigInt, _>(limit)
        .prepared()
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// The statement for the groups in scope that are due, or of which `or` is true.
fn due(provider: &Provider, or: &str) -> String {
    let only = match provider.fields.group_filters.as_slice() {
        [] => "",
        [_, ..] => {
            "AND EXISTS (SELECT 1 FROM provider_group_filters f WHERE f.provider_pk = $1 AND f.group_id = o.id)"
        }
    };
    let members_differ = members_differ(provider);
    format!(
        "SELECT o.id FROM groups o LEFT JOIN links l ON l.provider_pk = $1 AND l.group_id = o.id \
         AND l.group_id > $2 AND l.group_id <= $3 \
         WHERE o.id > $2 AND o.id <= $3 AND ({IS_DUE} OR {or} OR ({members_differ})) {only} \
         ORDER BY o.id LIMIT $6"
    )
}

/// Those of the groups that are in scope.
pub fn groups_in_scope(
    conn: &mut Conn,
    provider: &Provider,
    asked: &[GroupId],
) -> Result<BTreeSet<GroupId>, StoreError> {
    if provider.draining {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<Key> = asked.iter().copied().map(Key::from).collect();
    let mut query = groups::table.filter(groups::id.eq_any(ids)).select(groups::id).into_boxed();
    if !provider.fields.group_filters.is_empty() {
        query = query.filter(groups::id.eq_any(filters_of(provider)));
    }
    Ok(query.load::<Key>(conn)?.into_iter().map(GroupId::from).collect())
}

pub fn count_groups(conn: &mut Conn, provider: &Provider) -> Result<i64, StoreError> {
    if provider.draining {
        return Ok(0);
    }
    if provider.fields.group_filters.is_empty() {
        return Ok(groups::table.count().get_result(conn)?);
    }
    let filters = provider_group_filters::table.filter(provider_group_filters::provider_pk.eq(provider.pk.0));
    Ok(filters.count().get_result(conn)?)
}

#[diesel::dsl::auto_type]
fn filters_of(provider: &Provider) -> _ {
    let pk: i32 = provider.pk.0;
    provider_group_filters::table
        .filter(provider_group_filters::provider_pk.eq(pk))
        .select(provider_group_filters::group_id)
}

/// Whether the members of the group `o`, linked as `l`, are other than acknowledged. A parked group is left
/// alone, and one that is not linked is due anyway or was skipped.
fn members_differ(provider: &Provider) -> String {
    let nesting = provider.fields.nested_groups;
    let users = nesting::users_of(nesting, "o.id");
    let groups = match nesting {
        NestedGroups::Direct | NestedGroups::Flattened => "",
        NestedGroups::Members => GROUPS_DIFFER,
    };
    let policy = provider.fields.deprovisioning(ObjectKind::User);
    let departed = match (policy.deactivates(), policy.ends_in_deletion()) {
        (true, _) => {
            "OR EXISTS (SELECT 1 FROM departed_members d WHERE d.group_link_id = l.id AND NOT d.stays)"
        }
        (false, true) => {
            "OR EXISTS (SELECT 1 FROM departed_members d WHERE d.group_link_id = l.id AND NOT d.stays \
                 AND EXISTS (SELECT 1 FROM lessons t \
                     WHERE t.provider_pk = $1 AND t.kind = 'user' AND t.lesson = 'no_delete'))"
        }
        (false, false) => "",
    };
    format!(
        "l.remote_id IS NOT NULL AND l.attempt_class IS NULL AND (\
         EXISTS (SELECT 1 FROM pending_members p WHERE p.provider_pk = $1 AND p.group_id = o.id) \
         {departed} \
         OR EXISTS (SELECT 1 FROM memberships m CROSS JOIN links u \
             WHERE m.group_id {users} AND u.provider_pk = $1 AND u.user_pk = m.user_pk \
             AND u.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM acked_members a \
                 WHERE a.group_link_id = l.id AND a.user_link_id = u.id)) \
         OR EXISTS (SELECT 1 FROM acked_members a CROSS JOIN links u \
             WHERE a.group_link_id = l.id AND u.id = a.user_link_id AND NOT EXISTS (SELECT 1 FROM memberships m \
                 WHERE m.group_id {users} AND m.user_pk = u.user_pk)) {groups})"
    )
}

/// Whether the groups right below `o` that the remote knows are other than acknowledged.
const GROUPS_DIFFER: &str = "OR EXISTS (SELECT 1 FROM group_parents p CROSS JOIN links c \
         WHERE p.parent_id = o.id AND c.provider_pk = $1 AND c.group_id = p.group_id \
         AND c.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM acked_children a \
             WHERE a.group_link_id = l.id AND a.child_link_id = c.id AND a.is_certain)) \
     OR EXISTS (SELECT 1 FROM acked_children a CROSS JOIN links c \
         WHERE a.group_link_id = l.id AND c.id = a.child_link_id AND NOT EXISTS (SELECT 1 FROM group_parents p \
             WHERE p.parent_id = o.id AND p.group_id = c.group_id))";

#[derive(Debug, QueryableByName)]
struct GroupRow {
    #[diesel(sql_type = Id)]
    id: Key,
}

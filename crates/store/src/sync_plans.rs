//! Plans: what a full sync would do, object by object, until it is done or a day has passed.
//!
//! The items are written a page at a time while a plan is made, so that neither memory nor the writer is taken up
//! by its size.

mod members;

use diesel::dsl::count_star;
use diesel::prelude::*;
use scimitar_domain::{
    JsonObject, Plan, PlanCounts, PlanId, PlanItem, PlanState, PlanStep, ProviderPk, Timestamp,
};
use serde_json::Value;

pub use self::members::{PlannedMember, children, joining, leaving};
use crate::batch::ROWS_PER_INSERT;
use crate::conn::on_backend;
use crate::links::row::object;
use crate::prepared::Prepared as _;
use crate::schema::{plan_items, plans};
use crate::sql_types::{At, Json, Key};
use crate::{Conn, Page, PageRequest, StoreError};

/// The outcome of an item that the guard has held. It is still to be done.
pub const HELD: &str = "held";

pub fn insert(conn: &mut Conn, plan: &Plan) -> Result<(), StoreError> {
    let row = PlanRow {
        id: plan.id.into(),
        provider_pk: plan.provider.0,
        state: plan.state.as_str().to_owned(),
        asked_by: plan.asked_by.clone(),
        created_at: At(plan.created_at),
        expires_at: At(plan.expires_at),
        counts: counts(plan.counts),
        detail: plan.detail.clone(),
    };
    diesel::insert_into(plans::table).values(row).execute(conn)?;
    Ok(())
}

/// A plan of a provider that has not expired.
pub fn find(
    conn: &mut Conn,
    provider: ProviderPk,
    id: PlanId,
    now: Timestamp,
) -> Result<Option<Plan>, StoreError> {
    let row: Option<PlanRow> = plans::table
        .find(Key::from(id))
        .filter(plans::provider_pk.eq(provider.0).and(plans::expires_at.gt(At(now))))
        .select(PlanRow::as_select())
        .first(conn)
        .optional()?;
    row.map(PlanRow::into_plan).transpose()
}

/// The plans of a provider that have not expired, the newest first.
pub fn list(
    conn: &mut Conn,
    provider: ProviderPk,
    now: Timestamp,
    request: &PageRequest,
) -> Result<Page<Plan>, StoreError> {
    let theirs = plans::table.filter(plans::provider_pk.eq(provider.0).and(plans::expires_at.gt(At(now))));
    let count = theirs.count().get_result(conn)?;
    let window = request.window(count)?;
    let rows: Vec<PlanRow> = theirs
        .order((plans::created_at.desc(), plans::id.desc()))
        .limit(window.size)
        .offset(window.offset)
        .select(PlanRow::as_select())
        .load(conn)?;
    Ok(window.page(rows.into_iter().map(PlanRow::into_plan).collect::<Result<_, _>>()?, count))
}

/// Begin to write the items, anew if it was begun before. `false` when the plan is gone or is made already.
pub fn begin(conn: &mut Conn, id: PlanId) -> Result<bool, StoreError> {
    let state: Option<String> =
        plans::table.find(Key::from(id)).select(plans::state).first(conn).optional()?;
    if state.as_deref() != Some(PlanState::Building.as_str()) {
        return Ok(false);
    }
    diesel::delete(plan_items::table.filter(plan_items::plan_id.eq(Key::from(id)))).execute(conn)?;
    Ok(true)
}

/// Write more items. Nothing is written of a plan that is gone.
pub fn append(conn: &mut Conn, id: PlanId, items: &[PlanItem]) -> Result<(), StoreError> {
    let found: Option<Key> = plans::table.find(Key::from(id)).select(plans::id).first(conn).optional()?;
    if found.is_none() {
        return Ok(());
    }
    for items in items.chunks(ROWS_PER_INSERT) {
        let rows: Vec<ItemRow> = items.iter().map(|item| ItemRow::new(id, item)).collect();
        on_backend!(conn, |conn| diesel::insert_into(plan_items::table).values(rows).execute(conn))?;
    }
    Ok(())
}

/// The items are written, or could not be.
pub fn finish(
    conn: &mut Conn,
    id: PlanId,
    state: PlanState,
    counted: PlanCounts,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    diesel::update(plans::table.find(Key::from(id)))
        .set((plans::state.eq(state.as_str()), plans::counts.eq(counts(counted)), plans::detail.eq(detail)))
        .execute(conn)?;
    Ok(())
}

pub fn set_state(
    conn: &mut Conn,
    id: PlanId,
    state: PlanState,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    diesel::update(plans::table.find(Key::from(id)))
        .set((plans::state.eq(state.as_str()), plans::detail.eq(detail)))
        .execute(conn)?;
    Ok(())
}

/// Forget the plans of a provider that have expired, and all but the newest `keep`.
pub fn prune(conn: &mut Conn, provider: ProviderPk, keep: i64, now: Timestamp) -> Result<(), StoreError> {
    let theirs = plans::table.filter(plans::provider_pk.eq(provider.0));
    let kept: Vec<Key> = theirs
        .filter(plans::expires_at.gt(At(now)))
        .order((plans::created_at.desc(), plans::id.desc()))
        .limit(keep)
        .select(plans::id)
        .load(conn)?;
    diesel::delete(theirs.filter(plans::id.ne_all(kept))).execute(conn)?;
    Ok(())
}

/// The items in their order.
pub fn page(conn: &mut Conn, id: PlanId, request: &PageRequest) -> Result<Page<PlanItem>, StoreError> {
    let theirs = plan_items::table.filter(plan_items::plan_id.eq(Key::from(id)));
    let count = theirs.count().get_result(conn)?;
    let window = request.window(count)?;
    let rows: Vec<ItemRow> = theirs
        .order(plan_items::position)
        .limit(window.size)
        .offset(window.offset)
        .select(ItemRow::as_select())
        .load(conn)?;
    let rows = rows.into_iter().map(ItemRow::into_item).collect::<Result<_, _>>()?;
    Ok(window.page(rows, count))
}

/// The next items, behind a position, that are still to be done.
pub fn open(conn: &mut Conn, id: PlanId, after: i64, limit: i64) -> Result<Vec<PlanItem>, StoreError> {
    let rows: Vec<ItemRow> = plan_items::table
        .filter(plan_items::plan_id.eq(Key::from(id)).and(plan_items::position.gt(after)))
        .filter(plan_items::step.ne(PlanStep::Broken.as_str()))
        .filter(plan_items::outcome.is_null().or(plan_items::outcome.eq(HELD)))
        .order(plan_items::position)
        .limit(limit)
        .select(ItemRow::as_select())
        .load(conn)?;
    rows.into_iter().map(ItemRow::into_item).collect()
}

/// How many of the [`open`] items take something away.
pub fn count_destructive(conn: &mut Conn, id: PlanId) -> Result<i64, StoreError> {
    let steps: Vec<&str> =
        PlanStep::ALL.into_iter().filter(|step| step.is_destructive()).map(PlanStep::as_str).collect();
    Ok(plan_items::table
        .filter(plan_items::plan_id.eq(Key::from(id)).and(plan_items::step.eq_any(steps)))
        .filter(plan_items::outcome.is_null().or(plan_items::outcome.eq(HELD)))
        .count()
        .get_result(conn)?)
}

/// Write down what became of items. What was done once stays so.
pub fn tell(conn: &mut Conn, id: PlanId, outcomes: &[(i64, String)]) -> Result<(), StoreError> {
    for (position, outcome) in outcomes {
        diesel::update(plan_items::table.find((Key::from(id), *position)))
            .filter(plan_items::outcome.is_null().or(plan_items::outcome.eq(HELD)))
            .set(plan_items::outcome.eq(outcome))
            .prepared()
            .execute(conn)?;
    }
    Ok(())
}

/// What became of the items, and of how many.
pub fn outcomes(conn: &mut Conn, id: PlanId) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(Option<String>, i64)> = plan_items::table
        .filter(plan_items::plan_id.eq(Key::from(id)).and(plan_items::outcome.is_not_null()))
        .group_by(plan_items::outcome)
        .order(plan_items::outcome)
        .select((plan_items::outcome, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(outcome, n)| Some((outcome?, n))).collect())
}

fn counts(counts: PlanCounts) -> Json {
    Json(serde_json::to_value(counts).unwrap_or(Value::Null))
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = plans, treat_none_as_default_value = false)]
struct PlanRow {
    id: Key,
    provider_pk: i32,
    state: String,
    asked_by: String,
    created_at: At,
    expires_at: At,
    counts: Json,
    detail: Option<String>,
}

impl PlanRow {
    fn into_plan(self) -> Result<Plan, StoreError> {
        let broken = |column| StoreError::inconsistent("plans", column, &self.id.0);
        Ok(Plan {
            id: self.id.into(),
            provider: ProviderPk(self.provider_pk),
            state: self.state.parse().map_err(|_unknown| broken("state"))?,
            asked_by: self.asked_by,
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            counts: serde_json::from_value(self.counts.0).map_err(|_unreadable| broken("counts"))?,
            detail: self.detail,
        })
    }
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = plan_items, treat_none_as_default_value = false)]
struct ItemRow {
    plan_id: Key,
    position: i64,
    user_pk: Option<i32>,
    group_id: Option<Key>,
    tombstone_id: Option<Key>,
    label: String,
    step: String,
    fingerprint: i64,
    detail: Json,
    outcome: Option<String>,
}

impl ItemRow {
    fn new(plan: PlanId, item: &PlanItem) -> Self {
        let (users, groups) = crate::links::by_kind(std::iter::once(item.object));
        Self {
            plan_id: plan.into(),
            position: item.position,
            user_pk: users.first().copied(),
            group_id: groups.first().copied(),
            tombstone_id: item.tombstone.map(Key::from),
            label: item.label.clone(),
            step: item.step.as_str().to_owned(),
            fingerprint: item.fingerprint,
            detail: Json::from(&item.detail),
            outcome: item.outcome.clone(),
        }
    }

    fn into_item(self) -> Result<PlanItem, StoreError> {
        let broken = |column| StoreError::inconsistent("plan_items", column, &self.plan_id.0);
        let detail: JsonObject = self.detail.into_object();
        Ok(PlanItem {
            position: self.position,
            object: object(self.user_pk, self.group_id).ok_or_else(|| broken("user_pk"))?,
            tombstone: self.tombstone_id.map(Into::into),
            label: self.label,
            step: self.step.parse().map_err(|_unknown| broken("step"))?,
            fingerprint: self.fingerprint,
            detail,
            outcome: self.outcome,
        })
    }
}

//! Runs: full syncs, and how far they are. Pages of one run end side by side, so counts are added in the
//! database and states change by compare and set.

use diesel::prelude::*;
use scimitar_domain::{KindCounts, ProviderPk, Run, RunCounts, RunId, RunState, Timestamp};

use crate::page::{Page, PageRequest};
use crate::prepared::Prepared as _;
use crate::schema::runs;
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

pub fn start(conn: &mut Conn, run: &Run) -> Result<(), StoreError> {
    diesel::insert_into(runs::table).values(RunRow::from(run)).execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, id: RunId) -> Result<Option<Run>, StoreError> {
    let row = runs::table.find(Key::from(id)).select(RunRow::as_select()).first(conn).optional()?;
    row.map(RunRow::into_run).transpose()
}

/// The newest runs of a provider, the newest first.
pub fn latest(conn: &mut Conn, provider: ProviderPk, limit: i64) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<RunRow> = runs::table
        .filter(runs::provider_pk.eq(provider.0))
        .order((runs::started_at.desc(), runs::id.desc()))
        .limit(limit)
        .select(RunRow::as_select())
        .load(conn)?;
    rows.into_iter().map(RunRow::into_run).collect()
}

/// The run of a provider that has not ended, the newest if there were several.
pub fn running(conn: &mut Conn, provider: ProviderPk) -> Result<Option<Run>, StoreError> {
    let row = runs::table
        .filter(runs::provider_pk.eq(provider.0).and(runs::state.eq_any(running_states())))
        .order((runs::started_at.desc(), runs::id.desc()))
        .select(RunRow::as_select())
        .first(conn)
        .optional()?;
    row.map(RunRow::into_run).transpose()
}

/// Note `n` more pages that have to end before the run's state can change.
pub fn add_pages(conn: &mut Conn, id: RunId, n: i32) -> Result<(), StoreError> {
    diesel::update(runs::table.find(Key::from(id)))
        .set(runs::open_pages.eq(runs::open_pages + n))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// One page has ended with these counts. Answers how many are still open: whoever gets zero goes on.
pub fn page_done(conn: &mut Conn, id: RunId, delta: &RunCounts) -> Result<i64, StoreError> {
    add_counts(conn, id, delta)?;
    let open = diesel::update(runs::table.find(Key::from(id)))
        .set(runs::open_pages.eq(runs::open_pages - 1))
        .returning(runs::open_pages)
        .prepared()
        .get_result::<i32>(conn)
        .optional()?;
    open.map(i64::from).ok_or(StoreError::NotFound("run"))
}

/// Add to the counts of a run, `in_scope` included.
pub fn add_counts(conn: &mut Conn, id: RunId, delta: &RunCounts) -> Result<(), StoreError> {
    let groups = &delta.of_groups;
    diesel::update(runs::table.find(Key::from(id)))
        .set((
            runs::in_scope.eq(runs::in_scope + delta.in_scope),
            runs::created.eq(runs::created + delta.created),
            runs::adopted.eq(runs::adopted + delta.adopted),
            runs::updated.eq(runs::updated + delta.updated),
            runs::deleted.eq(runs::deleted + delta.deleted),
            runs::skipped.eq(runs::skipped + delta.skipped),
            runs::failed.eq(runs::failed + delta.failed),
            runs::member_changes.eq(runs::member_changes + delta.member_changes),
            runs::groups_in_scope.eq(runs::groups_in_scope + groups.in_scope),
            runs::groups_created.eq(runs::groups_created + groups.created),
            runs::groups_adopted.eq(runs::groups_adopted + groups.adopted),
            runs::groups_updated.eq(runs::groups_updated + groups.updated),
            runs::groups_deleted.eq(runs::groups_deleted + groups.deleted),
            runs::groups_skipped.eq(runs::groups_skipped + groups.skipped),
            runs::groups_failed.eq(runs::groups_failed + groups.failed),
        ))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Go from one state to another. `false` when the run is in neither: then another has moved it already.
pub fn set_state(conn: &mut Conn, id: RunId, from: RunState, to: RunState) -> Result<bool, StoreError> {
    let moved = diesel::update(runs::table.find(Key::from(id)))
        .filter(runs::state.eq(from.as_str()))
        .set(runs::state.eq(to.as_str()))
        .prepared()
        .execute(conn)?;
    Ok(moved == 1)
}

/// End a run. `false` when it has ended already; then its first end stands.
pub fn finish(
    conn: &mut Conn,
    id: RunId,
    state: RunState,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = diesel::update(runs::table.find(Key::from(id)))
        .filter(runs::state.eq_any(running_states()))
        .set((
            runs::state.eq(state.as_str()),
            runs::detail.eq(detail),
            runs::finished_at.eq(At(now)),
            runs::open_pages.eq(0),
        ))
        .prepared()
        .execute(conn)?;
    Ok(ended == 1)
}

/// Note how many objects fail, and how many of them are groups, in place of how many attempts did.
pub fn set_failed(conn: &mut Conn, id: RunId, n: i64, n_groups: i64) -> Result<(), StoreError> {
    diesel::update(runs::table.find(Key::from(id)))
        .set((runs::failed.eq(n), runs::groups_failed.eq(n_groups)))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Note how many objects are in scope, and how many of them are groups.
pub fn set_scope(conn: &mut Conn, id: RunId, n: i64, n_groups: i64) -> Result<(), StoreError> {
    diesel::update(runs::table.find(Key::from(id)))
        .set((runs::in_scope.eq(n), runs::groups_in_scope.eq(n_groups)))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// One page of a provider's runs, the newest first.
pub fn page(conn: &mut Conn, provider: ProviderPk, request: &PageRequest) -> Result<Page<Run>, StoreError> {
    let count = runs::table.filter(runs::provider_pk.eq(provider.0)).count().get_result(conn)?;
    let window = request.window(count)?;
    let rows: Vec<RunRow> = runs::table
        .filter(runs::provider_pk.eq(provider.0))
        .order((runs::started_at.desc(), runs::id.desc()))
        .limit(window.size)
        .offset(window.offset)
        .select(RunRow::as_select())
        .load(conn)?;
    Ok(window.page(rows.into_iter().map(RunRow::into_run).collect::<Result<_, _>>()?, count))
}

/// Remove the ended runs of a provider but for the newest `keep`. Answers how many.
pub fn prune(conn: &mut Conn, provider: ProviderPk, keep: i64) -> Result<usize, StoreError> {
    let old: Vec<Key> = runs::table
        .filter(runs::provider_pk.eq(provider.0).and(runs::state.ne_all(running_states())))
        .order((runs::started_at.desc(), runs::id.desc()))
        .offset(keep)
        .limit(PRUNED_AT_ONCE)
        .select(runs::id)
        .load(conn)?;
    Ok(diesel::delete(runs::table.filter(runs::id.eq_any(old))).execute(conn)?)
}

/// What is left over waits for the next time.
const PRUNED_AT_ONCE: i64 = 1_000;

fn running_states() -> Vec<&'static str> {
    RunState::ALL.into_iter().filter(|state| state.is_running()).map(RunState::as_str).collect()
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = runs, treat_none_as_default_value = false)]
struct RunRow {
    id: Key,
    provider_pk: i32,
    trigger: String,
    dry_run: bool,
    state: String,
    started_at: At,
    finished_at: Option<At>,
    in_scope: i64,
    created: i64,
    adopted: i64,
    updated: i64,
    deleted: i64,
    skipped: i64,
    failed: i64,
    member_changes: i64,
    detail: Option<String>,
    groups_in_scope: i64,
    groups_created: i64,
    groups_adopted: i64,
    groups_updated: i64,
    groups_deleted: i64,
    groups_skipped: i64,
    groups_failed: i64,
}

impl From<&Run> for RunRow {
    fn from(run: &Run) -> Self {
        let counts = run.counts;
        let RunCounts { in_scope, created, adopted, updated, deleted, skipped, failed, .. } = counts;
        let groups = counts.of_groups;
        Self {
            id: run.id.into(),
            provider_pk: run.provider.0,
            trigger: run.trigger.as_str().to_owned(),
            dry_run: run.dry_run,
            state: run.state.as_str().to_owned(),
            started_at: At(run.started_at),
            finished_at: run.finished_at.map(At),
            in_scope,
            created,
            adopted,
            updated,
            deleted,
            skipped,
            failed,
            member_changes: counts.member_changes,
            detail: run.detail.clone(),
            groups_in_scope: groups.in_scope,
            groups_created: groups.created,
            groups_adopted: groups.adopted,
            groups_updated: groups.updated,
            groups_deleted: groups.deleted,
            groups_skipped: groups.skipped,
            groups_failed: groups.failed,
        }
    }
}

impl RunRow {
    fn into_run(self) -> Result<Run, StoreError> {
        let broken = |column| StoreError::inconsistent("runs", column, &self.id.0);
        Ok(Run {
            id: self.id.into(),
            provider: ProviderPk(self.provider_pk),
            trigger: self.trigger.parse().map_err(|_unknown| broken("trigger"))?,
            dry_run: self.dry_run,
            state: self.state.parse().map_err(|_unknown| broken("state"))?,
            started_at: self.started_at.0,
            finished_at: self.finished_at.map(|at| at.0),
            counts: RunCounts {
                in_scope: self.in_scope,
                created: self.created,
                adopted: self.adopted,
                updated: self.updated,
                deleted: self.deleted,
                skipped: self.skipped,
                failed: self.failed,
                member_changes: self.member_changes,
                of_groups: KindCounts {
                    in_scope: self.groups_in_scope,
                    created: self.groups_created,
                    adopted: self.groups_adopted,
                    updated: self.groups_updated,
                    deleted: self.groups_deleted,
                    skipped: self.groups_skipped,
                    failed: self.groups_failed,
                },
            },
            detail: self.detail,
        })
    }
}

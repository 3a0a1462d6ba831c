//! Drift: where remotes hold something else than what was last sent, as the last check found it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use scimitar_domain::{Difference, Drift, DriftCheck, LinkId, ObjectId, ObjectKind, ProviderPk, Timestamp};
use uuid::Uuid;

use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::links::row::object;
use crate::prepared::Prepared as _;
use crate::schema::{drift, drift_checks, providers};
use crate::sql_types::{At, Doc, Id, Instant, Json, Key};
use crate::{Page, PageRequest};

/// What a check has found of one link.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub link: LinkId,
    pub is_missing: bool,
    pub differences: Vec<Difference>,
    /// It is sent again because of that, or was when it was found like this before.
    pub is_repaired: bool,
}

/// A drift as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub drift: Drift,
    /// The object's name.
    pub label: String,
}

/// The providers whose check is due.
pub fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<ProviderPk>, StoreError> {
    let due: Vec<i32> = providers::table
        .filter(providers::application_id.is_not_null().and(providers::held.is_null()))
        .filter(providers::drift_check.ne("off"))
        .filter(providers::next_drift_at.is_null().or(providers::next_drift_at.le(At(now))))
        .order(providers::pk)
        .select(providers::pk)
        .load(conn)?;
    Ok(due.into_iter().map(ProviderPk).collect())
}

/// When the next check is due.
pub fn schedule(conn: &mut Conn, provider: ProviderPk, next: Timestamp) -> Result<(), StoreError> {
    let row = providers::table.find(provider.0);
    diesel::update(row).set(providers::next_drift_at.eq(At(next))).execute(conn)?;
    Ok(())
}

/// A check begins. Answers its number.
pub fn begin(
    conn: &mut Conn,
    provider: ProviderPk,
    is_repair: bool,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let last: Option<i64> =
        drift_checks::table.find(provider.0).select(drift_checks::number).first(conn).optional()?;
    let number = last.unwrap_or_default() + 1;
    let row = CheckRow {
        provider_pk: provider.0,
        number,
        started_at: At(now),
        finished_at: None,
        repairs: is_repair,
        compared: 0,
        unmanaged: 0,
        detail: None,
    };
    on_backend!(conn, |conn| diesel::insert_into(drift_checks::table)
        .values(&row)
        .on_conflict(drift_checks::provider_pk)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(number)
}

/// Write down what a part of a check has found; `n_compared` links were looked at for it.
pub fn note(
    conn: &mut Conn,
    provider: ProviderPk,
    number: i64,
    found: &[Found],
    n_compared: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<DriftRow> = found.iter().map(|found| DriftRow::new(provider, number, found, now)).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(drift::table)
            .values(rows)
            .on_conflict(drift::link_id)
            .do_update()
            .set((
                drift::check_number.eq(diesel::upsert::excluded(drift::check_number)),
                drift::is_missing.eq(diesel::upsert::excluded(drift::is_missing)),
                drift::differences.eq(diesel::upsert::excluded(drift::differences)),
                drift::is_repaired.eq(diesel::upsert::excluded(drift::is_repaired)),
                drift::found_at.eq(diesel::upsert::excluded(drift::found_at)),
            ))
            .execute(conn))?;
    }
    diesel::update(drift_checks::table.find(provider.0).filter(drift_checks::number.eq(number)))
        .set(drift_checks::compared.eq(drift_checks::compared + n_compared))
        .execute(conn)?;
    Ok(())
}

/// A check ends: what it did not find again is in step. `detail` says why it is not complete; then what it could not
/// look at stays as it was. Nothing is noted where another check has begun meanwhile.
pub fn finish(
    conn: &mut Conn,
    provider: ProviderPk,
    number: i64,
    unmanaged: i64,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if detail.is_none() {
        let old = drift::table.filter(drift::provider_pk.eq(provider.0).and(drift::check_number.lt(number)));
        diesel::delete(old).execute(conn)?;
    }
    diesel::update(drift_checks::table.find(provider.0).filter(drift_checks::number.eq(number)))
        .set((
            drift_checks::finished_at.eq(Some(At(now))),
            drift_checks::unmanaged.eq(unmanaged),
            drift_checks::detail.eq(detail),
        ))
        .execute(conn)?;
    Ok(())
}

/// The last check of a provider, with what is known to differ now.
pub fn check(conn: &mut Conn, provider: ProviderPk) -> Result<Option<DriftCheck>, StoreError> {
    let row: Option<CheckRow> =
        drift_checks::table.find(provider.0).select(CheckRow::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let count = |conn: &mut Conn, is_missing: bool| -> Result<i64, StoreError> {
        let found =
            drift::table.filter(drift::provider_pk.eq(provider.0).and(drift::is_missing.eq(is_missing)));
        Ok(found.count().get_result(conn)?)
    };
    Ok(Some(DriftCheck {
        started_at: row.started_at.0,
        finished_at: row.finished_at.map(|at| at.0),
        repairs: row.repairs,
        compared: row.compared,
        differing: count(conn, false)?,
        missing: count(conn, true)?,
        unmanaged: row.unmanaged,
        detail: row.detail,
    }))
}

/// The next links, behind `after`, whose resource the last walk has not seen.
pub fn unseen(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    after: Option<LinkId>,
    limit: i64,
) -> Result<Vec<LinkId>, StoreError> {
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT l.id FROM links l WHERE l.provider_pk = $1 AND l.id > $2 AND l.kind = $3 \
         AND l.remote_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM remote_keys k \
             WHERE k.provider_pk = $1 AND k.kind = $3 AND k.name = 'id' AND k.value = l.remote_id) \
         ORDER BY l.id LIMIT $4",
    )
    .bind::<Integer, _>(provider.0)
    .bind::<Id, _>(after.map_or(Key(Uuid::nil()), Key::from))
    .bind::<Text, _>(kind.as_str())
    .bind::<BigInt, _>(limit)
    .prepared()
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

/// Resources that the last walk has seen and that stand for no object.
pub fn count_unmanaged(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    let row: CountRow = diesel::sql_query(
        "SELECT count(*) AS n FROM remote_keys k WHERE k.provider_pk = $1 AND k.name = 'id' \
         AND NOT EXISTS (SELECT 1 FROM links l \
             WHERE l.provider_pk = $1 AND l.kind = k.kind AND l.remote_id = k.value)",
    )
    .bind::<Integer, _>(provider.0)
    .prepared()
    .get_result(conn)?;
    Ok(row.n)
}

/// What was found of these links before.
pub fn of_links(conn: &mut Conn, ids: &[LinkId]) -> Result<Vec<Found>, StoreError> {
    let keys: Vec<Key> = ids.iter().copied().map(Key::from).collect();
    let rows: Vec<DriftRow> =
        drift::table.filter(drift::link_id.eq_any(keys)).select(DriftRow::as_select()).load(conn)?;
    rows.into_iter().map(DriftRow::read).collect()
}

/// How many drifts of a provider are known.
pub fn count(conn: &mut Conn, provider: ProviderPk) -> Result<i64, StoreError> {
    Ok(drift::table.filter(drift::provider_pk.eq(provider.0)).count().get_result(conn)?)
}

/// The drifts of a provider, users before groups, by their names.
pub fn page(
    conn: &mut Conn,
    provider: ProviderPk,
    request: &PageRequest,
) -> Result<Page<Listed>, StoreError> {
    let count = count(conn, provider)?;
    let window = request.window(count)?;
    let rows: Vec<ListedRow> = diesel::sql_query(
        "SELECT l.user_pk, l.group_id, l.remote_id, d.is_missing, d.differences, d.is_repaired, d.found_at, \
         COALESCE(u.username, g.name) AS label FROM drift d JOIN links l ON l.id = d.link_id \
         LEFT JOIN users u ON u.pk = l.user_pk LEFT JOIN groups g ON g.id = l.group_id \
         WHERE d.provider_pk = $1 \
         ORDER BY CASE WHEN l.user_pk IS NULL THEN 1 ELSE 0 END, label, d.link_id LIMIT $2 OFFSET $3",
    )
    .bind::<Integer, _>(provider.0)
    .bind::<BigInt, _>(window.size)
    .bind::<BigInt, _>(window.offset)
    .prepared()
    .load(conn)?;
    let rows: Result<_, StoreError> = rows.into_iter().map(ListedRow::read).collect();
    Ok(window.page(rows?, count))
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = drift_checks, primary_key(provider_pk), treat_none_as_null = true, treat_none_as_default_value = false)]
struct CheckRow {
    provider_pk: i32,
    number: i64,
    started_at: At,
    finished_at: Option<At>,
    repairs: bool,
    compared: i64,
    unmanaged: i64,
    detail: Option<String>,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = drift, treat_none_as_default_value = false)]
struct DriftRow {
    link_id: Key,
    provider_pk: i32,
    check_number: i64,
    is_missing: bool,
    differences: Json,
    is_repaired: bool,
    found_at: At,
}

impl DriftRow {
    fn new(provider: ProviderPk, number: i64, found: &Found, now: Timestamp) -> Self {
        Self {
            link_id: found.link.into(),
            provider_pk: provider.0,
            check_number: number,
            is_missing: found.is_missing,
            differences: Json(serde_json::to_value(&found.differences).unwrap_or_default()),
            is_repaired: found.is_repaired,
            found_at: At(now),
        }
    }

    fn read(self) -> Result<Found, StoreError> {
        Ok(Found {
            link: self.link_id.into(),
            is_missing: self.is_missing,
            differences: differences(self.differences, &self.link_id.0)?,
            is_repaired: self.is_repaired,
        })
    }
}

#[derive(Debug, QueryableByName)]
struct ListedRow {
    #[diesel(sql_type = Nullable<Integer>)]
    user_pk: Option<i32>,
    #[diesel(sql_type = Nullable<Id>)]
    group_id: Option<Key>,
    #[diesel(sql_type = Nullable<Text>)]
    remote_id: Option<String>,
    #[diesel(sql_type = Bool)]
    is_missing: bool,
    #[diesel(sql_type = Doc)]
    differences: Json,
    #[diesel(sql_type = Bool)]
    is_repaired: bool,
    #[diesel(sql_type = Instant)]
    found_at: At,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
}

impl ListedRow {
    fn read(self) -> Result<Listed, StoreError> {
        let label = self.label.unwrap_or_default();
        let object: ObjectId = object(self.user_pk, self.group_id)
            .ok_or_else(|| StoreError::inconsistent("links", "user_pk", &label))?;
        let drift = Drift {
            object,
            remote_id: self.remote_id.unwrap_or_default(),
            is_missing: self.is_missing,
            differences: differences(self.differences, &label)?,
            is_repaired: self.is_repaired,
            found_at: self.found_at.0,
        };
        Ok(Listed { drift, label })
    }
}

fn differences(column: Json, row: &impl ToString) -> Result<Vec<Difference>, StoreError> {
    serde_json::from_value(column.0)
        .map_err(|_unreadable| StoreError::inconsistent("drift", "differences", row))
}

#[derive(Debug, QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Id)]
    id: Key,
}

#[derive(Debug, QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

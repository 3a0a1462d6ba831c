//! Property mappings: expressions that shape what a remote receives, or what is made of what a source sends.

mod list;

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{
    ChangeKind, Mapping, MappingFields, MappingId, MappingKind, ObjectKind, ProviderPk, SourceId, Timestamp,
};

use crate::conn::on_backend;
use crate::schema::{mappings, provider_mappings, providers, source_mappings};
use crate::sql_types::Key;
use crate::{Conn, StoreError, changes};

pub use list::{MappingFilter, page};

#[derive(Queryable)]
struct MappingRow {
    id: Key,
    name: String,
    expression: String,
    managed: Option<String>,
    version: i64,
    kind: String,
}

/// The columns that a caller may set.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = mappings, treat_none_as_null = true, treat_none_as_default_value = false)]
struct MappingColumns<'a> {
    name: &'a str,
    expression: &'a str,
    managed: Option<String>,
}

pub fn insert(
    conn: &mut Conn,
    id: MappingId,
    kind: MappingKind,
    fields: &MappingFields,
) -> Result<Mapping, StoreError> {
    let row: MappingRow = diesel::insert_into(mappings::table)
        .values((
            mappings::id.eq(Key::from(id)),
            mappings::kind.eq(kind.as_str()),
            MappingColumns::of(fields),
        ))
        .returning(mappings::all_columns)
        .get_result(conn)?;
    row.read()
}

/// Change a mapping. The providers that use it have something new to send. What is already so leaves no trace.
pub fn update(
    conn: &mut Conn,
    id: MappingId,
    fields: &MappingFields,
    now: Timestamp,
) -> Result<Mapping, StoreError> {
    let before = lock(conn, id)?.ok_or(StoreError::NotFound("mapping"))?;
    if before.fields == *fields {
        return Ok(before);
    }
    let row: MappingRow = diesel::update(mappings::table.find(Key::from(id)))
        .set((MappingColumns::of(fields), mappings::version.eq(mappings::version + 1)))
        .returning(mappings::all_columns)
        .get_result(conn)?;
    match before.kind {
        MappingKind::Provider => {
            revise_users_of(conn, id)?;
            changes::append(conn, &[ChangeKind::MappingSaved { mapping: id }], now)?;
        }
        // What a source has sent is not mapped again.
        MappingKind::Source => {}
    }
    row.read()
}

/// Delete a mapping. The providers that used it send without it from now on.
pub fn delete(conn: &mut Conn, id: MappingId, now: Timestamp) -> Result<(), StoreError> {
    lock(conn, id)?.ok_or(StoreError::NotFound("mapping"))?;
    let providers = revise_users_of(conn, id)?;
    diesel::delete(mappings::table.find(Key::from(id))).execute(conn)?;
    let notes: Vec<_> =
        providers.into_iter().map(|provider| ChangeKind::ProviderSaved { provider }).collect();
    changes::append(conn, &notes, now)
}

/// Add a mapping of providers that this program brings along, unless there is one with the same managed key: that one may
/// have been changed by people, and is theirs. False when there was.
pub fn ensure_managed(conn: &mut Conn, id: MappingId, fields: &MappingFields) -> Result<bool, StoreError> {
    let kind = mappings::kind.eq(MappingKind::Provider.as_str());
    let row = (mappings::id.eq(Key::from(id)), kind, MappingColumns::of(fields));
    let inserted = on_backend!(conn, |conn| diesel::insert_into(mappings::table)
        .values(row)
        .on_conflict(mappings::managed)
        .do_nothing()
        .execute(conn))?;
    Ok(inserted > 0)
}

pub fn find(conn: &mut Conn, id: MappingId) -> Result<Option<Mapping>, StoreError> {
    let row: Option<MappingRow> = mappings::table.find(Key::from(id)).first(conn).optional()?;
    row.map(MappingRow::read).transpose()
}

pub fn get(conn: &mut Conn, id: MappingId) -> Result<Mapping, StoreError> {
    find(conn, id)?.ok_or(StoreError::NotFound("mapping"))
}

/// Read a mapping and, on PostgreSQL, keep others from changing it until the end of the transaction. Whoever
/// changes what it has read must read it this way.
pub fn lock(conn: &mut Conn, id: MappingId) -> Result<Option<Mapping>, StoreError> {
    let query = mappings::table.find(Key::from(id));
    let row: Option<MappingRow> = match conn {
        Conn::Postgres(conn) => query.for_update().first(conn).optional()?,
        Conn::Sqlite(conn) => query.first(conn).optional()?,
    };
    row.map(MappingRow::read).transpose()
}

pub fn find_by_managed(conn: &mut Conn, managed: &str) -> Result<Option<Mapping>, StoreError> {
    let row: Option<MappingRow> =
        mappings::table.filter(mappings::managed.eq(managed)).first(conn).optional()?;
    row.map(MappingRow::read).transpose()
}

pub fn find_by_name(conn: &mut Conn, name: &str) -> Result<Option<Mapping>, StoreError> {
    let row: Option<MappingRow> = mappings::table.filter(mappings::name.eq(name)).first(conn).optional()?;
    row.map(MappingRow::read).transpose()
}

/// The first of them that is no mapping of this kind.
pub fn first_unknown(
    conn: &mut Conn,
    kind: MappingKind,
    ids: &[MappingId],
) -> Result<Option<MappingId>, StoreError> {
    let asked: Vec<Key> = ids.iter().copied().map(Key::from).collect();
    let found: Vec<Key> = mappings::table
        .filter(mappings::id.eq_any(asked).and(mappings::kind.eq(kind.as_str())))
        .select(mappings::id)
        .load(conn)?;
    let found: BTreeSet<MappingId> = found.into_iter().map(MappingId::from).collect();
    Ok(ids.iter().copied().find(|id| !found.contains(id)))
}

/// The mappings that a provider uses for objects of this kind, in the order in which they apply: by name.
pub fn of_provider(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
) -> Result<Vec<Mapping>, StoreError> {
    let rows: Vec<MappingRow> = provider_mappings::table
        .inner_join(mappings::table)
        .filter(provider_mappings::provider_pk.eq(provider.0))
        .filter(provider_mappings::kind.eq(kind.as_str()))
        .order(mappings::name.asc())
        .select(mappings::all_columns)
        .load(conn)?;
    rows.into_iter().map(MappingRow::read).collect()
}

/// The mappings that a source uses for objects of this kind, in the order in which they apply: by name.
pub fn of_source(conn: &mut Conn, source: SourceId, kind: ObjectKind) -> Result<Vec<Mapping>, StoreError> {
    let rows: Vec<MappingRow> = source_mappings::table
        .inner_join(mappings::table)
        .filter(source_mappings::source_id.eq(Key::from(source)))
        .filter(source_mappings::kind.eq(kind.as_str()))
        .order(mappings::name.asc())
        .select(mappings::all_columns)
        .load(conn)?;
    rows.into_iter().map(MappingRow::read).collect()
}

impl MappingRow {
    fn read(self) -> Result<Mapping, StoreError> {
        let broken = |_unknown| StoreError::inconsistent("mappings", "kind", &self.id.0);
        Ok(Mapping {
            id: MappingId::from(self.id),
            kind: self.kind.parse().map_err(broken)?,
            fields: MappingFields { name: self.name, expression: self.expression, managed: self.managed },
            version: self.version,
        })
    }
}

impl<'a> MappingColumns<'a> {
    fn of(fields: &'a MappingFields) -> Self {
        Self { name: &fields.name, expression: &fields.expression, managed: fields.managed.clone() }
    }
}

/// Raise the revision of the providers that use the mapping, and tell which they are.
fn revise_users_of(conn: &mut Conn, id: MappingId) -> Result<Vec<ProviderPk>, StoreError> {
    let using = provider_mappings::table
        .filter(provider_mappings::mapping_id.eq(Key::from(id)))
        .select(provider_mappings::provider_pk);
    let mut revised: Vec<i32> = diesel::update(providers::table.filter(providers::pk.eq_any(using)))
        .set(providers::revision.eq(providers::revision + 1))
        .returning(providers::pk)
        .get_results(conn)?;
    revised.sort_unstable();
    Ok(revised.into_iter().map(ProviderPk).collect())
}

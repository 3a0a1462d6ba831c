//! The logs of sources: written together, read by page, and bounded.

use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use scimitar_domain::{SourceId, SourceLogEntry, Timestamp};

use crate::batch::ROWS_PER_INSERT;
use crate::conn::{MultiBackend, on_backend};
use crate::schema::source_log;
use crate::sql_types::{At, Json, Key};
use crate::{Conn, Page, PageRequest, StoreError, sources};

/// What to narrow a log by. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct SourceLogFilter {
    pub status: Option<i32>,
    pub object: Option<String>,
}

/// Write entries. Those of sources that are gone meanwhile are left out.
pub fn append(conn: &mut Conn, entries: &[SourceLogEntry]) -> Result<(), StoreError> {
    let mut ids: Vec<SourceId> = entries.iter().map(|entry| entry.source).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: Vec<SourceId> = sources::find_many(conn, &ids)?.into_iter().map(|source| source.id).collect();
    let rows: Vec<_> = entries
        .iter()
        .filter(|entry| known.contains(&entry.source))
        .map(|entry| {
            (
                source_log::source_id.eq(Key::from(entry.source)),
                source_log::at.eq(At(entry.at)),
                source_log::method.eq(&entry.method),
                source_log::path.eq(&entry.path),
                source_log::client.eq(&entry.client),
                source_log::status.eq(entry.status),
                source_log::micros.eq(entry.micros),
                source_log::object.eq(&entry.object),
                source_log::detail.eq(Json(entry.detail.clone())),
            )
        })
        .collect();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(ROWS_PER_INSERT).collect();
        on_backend!(conn, |conn| diesel::insert_into(source_log::table).values(some).execute(conn))?;
    }
    Ok(())
}

/// The entries of a source, the newest first, each with its key.
pub fn page(
    conn: &mut Conn,
    source: SourceId,
    filter: &SourceLogFilter,
    request: &PageRequest,
) -> Result<Page<(i64, SourceLogEntry)>, StoreError> {
    let count = narrowed(source, filter).count().get_result(conn)?;
    let window = request.window(count)?;
    let rows: Vec<Row> = narrowed(source, filter)
        .order(source_log::id.desc())
        .limit(window.size)
        .offset(window.offset)
        .select(Row::as_select())
        .load(conn)?;
    let rows = rows.into_iter().map(|row| row.read(source)).collect();
    Ok(window.page(rows, count))
}

/// The sources that have entries.
pub fn sources_with_entries(conn: &mut Conn) -> Result<Vec<SourceId>, StoreError> {
    let found: Vec<Key> = source_log::table.select(source_log::source_id).distinct().load(conn)?;
    Ok(found.into_iter().map(SourceId::from).collect())
}

/// Forget of these sources what is older than that moment, and of each all but the newest `most` entries.
pub fn trim(conn: &mut Conn, of: &[SourceId], before: Timestamp, most: i64) -> Result<(), StoreError> {
    for source in of {
        let theirs = source_log::table.filter(source_log::source_id.eq(Key::from(*source)));
        let last: Option<i64> =
            theirs.order(source_log::id.desc()).offset(most).select(source_log::id).first(conn).optional()?;
        if let Some(last) = last {
            diesel::delete(theirs.filter(source_log::id.le(last))).execute(conn)?;
        }
        // Entries are written in about the order in which they came: the first that is young ends the search.
        let young: Option<i64> = theirs
            .filter(source_log::at.ge(At(before)))
            .order(source_log::id)
            .select(source_log::id)
            .first(conn)
            .optional()?;
        let old = diesel::delete(theirs.filter(source_log::id.lt(young.unwrap_or(i64::MAX))));
        old.execute(conn)?;
    }
    Ok(())
}

type Query<'a> = IntoBoxed<'a, source_log::table, MultiBackend>;

fn narrowed(source: SourceId, filter: &SourceLogFilter) -> Query<'_> {
    let mut query = source_log::table.filter(source_log::source_id.eq(Key::from(source))).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(source_log::status.eq(status));
    }
    if let Some(object) = &filter.object {
        query = query.filter(source_log::object.eq(object));
    }
    query
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = source_log)]
struct Row {
    id: i64,
    at: At,
    method: String,
    path: String,
    client: String,
    status: i32,
    micros: i64,
    object: Option<String>,
    detail: Json,
}

impl Row {
    fn read(self, source: SourceId) -> (i64, SourceLogEntry) {
        let entry = SourceLogEntry {
            source,
            at: self.at.0,
            method: self.method,
            path: self.path,
            client: self.client,
            status: self.status,
            micros: self.micros,
            object: self.object,
            detail: self.detail.0,
        };
        (self.id, entry)
    }
}

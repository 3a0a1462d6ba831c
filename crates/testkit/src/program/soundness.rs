//! Whether a database is still what it was made to be.

use anyhow::Result;
use diesel::prelude::*;
use diesel::sql_types::Text;

use scimitar_store::{Conn, Store, StoreError, StoreSettings};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Pages that SQLite cannot make sense of, and rows whose other half is missing.
const SQLITE: [&str; 2] = [
    "SELECT integrity_check AS line FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' -> ' || parent AS line FROM pragma_foreign_key_check",
];

/// What is broken: nothing, in a sound database. PostgreSQL looks after itself; there only the schema counts.
pub async fn broken(settings: &StoreSettings) -> Result<Vec<String>> {
    let store = Store::open(settings)?;
    store.is_ready().await?;
    let found = store.read(|conn| {
        let Conn::Sqlite(conn) = conn else { return Ok::<_, StoreError>(Vec::new()) };
        let mut found = Vec::new();
        for question in SQLITE {
            let lines: Vec<Line> = diesel::sql_query(question).load(conn)?;
            found.extend(lines.into_iter().map(|line| line.line));
        }
        Ok(found)
    });
    let found = found.await?;
    store.close().await;
    Ok(found)
}

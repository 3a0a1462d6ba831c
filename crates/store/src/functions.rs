//! The SQL functions that lists search and filter with, and that triggers write their texts with, the same on both
//! databases.
//!
//! PostgreSQL gets them from the migrations; SQLite from [`register`], on every connection.

use diesel::declare_sql_function;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::SqliteConnection;
use serde_json::Value;

use crate::StoreError;
use crate::sql_types::{Doc, Id, Json, Key};

#[declare_sql_function]
extern "SQL" {
    /// Text without its case.
    #[sql_name = "scimitar_fold"]
    fn fold(text: Text) -> Text;

    /// A UUID as people write it.
    #[sql_name = "scimitar_uuid_text"]
    fn uuid_text(id: Id) -> Text;

    /// A document as text.
    #[sql_name = "scimitar_doc_text"]
    fn doc_text(doc: Doc) -> Text;

    /// Whether a document has this value at the path, an array of keys.
    #[sql_name = "scimitar_doc_is"]
    fn doc_is(doc: Doc, path: Doc, value: Doc) -> Bool;
}

/// Teach the functions to a connection to SQLite.
pub(crate) fn register(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    conn.register_sql_function::<(Text,), Text, _, _, _>("scimitar_fold", true, |(text,): (String,)| {
        without_case(&text)
    })?;
    conn.register_sql_function::<(Id,), Text, _, _, _>("scimitar_uuid_text", true, |(id,): (Key,)| {
        id.0.to_string()
    })?;
    conn.register_sql_function::<(Doc,), Text, _, _, _>("scimitar_doc_text", true, |(doc,): (Json,)| {
        doc.0.to_string()
    })?;
    conn.register_sql_function::<(Doc, Doc, Doc), Bool, _, _, _>(
        "scimitar_doc_is",
        true,
        |(doc, path, value): (Json, Json, Json)| at(&doc.0, &path.0) == Some(&value.0),
    )?;
    Ok(())
}

/// What `scimitar_fold` answers on SQLite.
pub(crate) fn without_case(text: &str) -> String {
    text.to_lowercase()
}

fn at<'a>(doc: &'a Value, path: &Value) -> Option<&'a Value> {
    path.as_array()?.iter().try_fold(doc, |here, key| here.as_object()?.get(key.as_str()?))
}

//! What must hold of every table, asked of the database itself.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use scimitar_store::{Conn, StoreError};

use crate::world::{World, execute};

#[derive(Debug, QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    one: String,
    #[diesel(sql_type = Nullable<Text>)]
    two: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    three: Option<String>,
}

/// Ask a question that each database answers in its own words.
fn ask(conn: &mut Conn, sqlite: &str, postgres: &str) -> Result<Vec<Line>, StoreError> {
    Ok(match conn {
        Conn::Sqlite(conn) => diesel::sql_query(sqlite).load(conn)?,
        Conn::Postgres(conn) => diesel::sql_query(postgres).load(conn)?,
    })
}

/// Our tables with their columns. On SQLite the indexes of the search are tables too, of a kind of their own.
pub(crate) fn tables(conn: &mut Conn) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
    let lines = ask(
        conn,
        "SELECT t.name AS one, c.name AS two, NULL AS three FROM pragma_table_list AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
        "SELECT table_name::text AS one, column_name::text AS two, NULL AS three FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
    )?;
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines {
        tables.entry(line.one).or_default().extend(line.two);
    }
    Ok(tables)
}

/// Every foreign key: its table, its column, and what it does on delete.
fn references(conn: &mut Conn) -> Result<Vec<Line>, StoreError> {
    ask(
        conn,
        "SELECT t.name AS one, f.\"from\" AS two, f.on_delete AS three \
         FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'",
        "SELECT c.conrelid::regclass::text AS one, a.attname::text AS two, \
         CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END AS three \
         FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
         WHERE c.contype = 'f'",
    )
}

/// Every index that covers all rows with something in its first column, and every primary key: its table and that
/// column.
fn leading_columns(conn: &mut Conn) -> Result<BTreeSet<(String, String)>, StoreError> {
    let lines = ask(
        conn,
        "SELECT t.name AS one, c.name AS two, NULL AS three FROM sqlite_master AS t, \
         pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c \
         WHERE t.type = 'table' AND c.seqno = 0 AND (i.partial = 0 \
         OR (SELECT sql FROM sqlite_master WHERE name = i.name) LIKE '%(' || c.name || ') WHERE ' || c.name || ' IS NOT NULL') \
         UNION SELECT t.name, c.name, NULL FROM sqlite_master AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND c.pk = 1",
        "SELECT i.indrelid::regclass::text AS one, a.attname::text AS two, NULL AS three \
         FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
         WHERE i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)'",
    )?;
    Ok(lines.into_iter().filter_map(|line| Some((line.one, line.two?))).collect())
}

#[tokio::test]
async fn every_reference_says_what_happens_on_delete_and_has_an_index() {
    let world = World::new();
    let (references, indexed) = world.read(|conn| Ok((references(conn)?, leading_columns(conn)?))).await;
    assert!(references.len() >= 20, "{} references", references.len());
    for line in references {
        let column = line.two.clone().unwrap();
        let rule = line.three.as_deref();
        assert!(matches!(rule, Some("CASCADE" | "SET NULL")), "{}.{column}: {rule:?}", line.one);
        assert!(indexed.contains(&(line.one.clone(), column.clone())), "{}.{column} has no index", line.one);
    }
}

/// What is a table on one of the databases alone: on SQLite the indexes of the search.
#[tokio::test]
async fn nothing_but_the_index_of_the_search_is_on_one_database_alone() {
    let world = World::new();
    let odd = "SELECT name AS one, NULL AS two, NULL AS three FROM pragma_table_list WHERE type = 'virtual' ORDER BY 1";
    let none = "SELECT NULL::text AS one, NULL::text AS two, NULL::text AS three WHERE false";
    let found = world.read(move |conn| ask(conn, odd, none)).await;
    let found: Vec<String> = found.into_iter().map(|line| line.one).collect();
    let expected: &[&str] = if world.database.is_postgres() { &[] } else { &["group_words", "user_words"] };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn both_schemas_are_the_same_and_as_declared() {
    let world = World::new();
    let live = world.read(tables).await;
    assert!(live.len() >= 17, "{:?}", live.keys());
    assert_eq!(live, declared("sqlite"));
    assert_eq!(live, declared("postgres"));
}

/// The tables and columns as the migrations of one database declare them.
fn declared(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let root = format!("{}/../../migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort_unstable();
    for folder in folders {
        let text = std::fs::read_to_string(folder.join("up.sql")).unwrap();
        let mut table = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.split_whitespace().next().map(str::to_owned);
            } else if let Some((table, column)) =
                line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "))
            {
                let name = column.split_whitespace().next().unwrap();
                tables.entry(table.to_owned()).or_default().insert(name.to_owned());
            } else if let Some((table, column)) =
                line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" DROP COLUMN "))
            {
                tables.entry(table.to_owned()).or_default().remove(column.trim_end_matches(';'));
            } else if line.starts_with(')') {
                table = None;
            } else if let (Some(table), Some(column)) = (&table, line.strip_prefix("    ")) {
                let name = column.split_whitespace().next().unwrap();
                let is_column = !column.starts_with(' ')
                    && !column.starts_with(')')
                    && !["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].contains(&name);
                if is_column {
                    tables.entry(table.clone()).or_default().insert(name.trim_matches('"').to_owned());
                }
            }
        }
    }
    tables
}

#[tokio::test]
async fn a_wrong_value_is_refused_by_the_database_itself() {
    let world = World::new();
    world.write(|conn| crate::world::user(conn, "ada")).await;
    world.write(|conn| crate::world::group(conn, "staff", &[])).await;
    for statement in [
        "UPDATE users SET kind = 'robot'",
        "UPDATE users SET username = NULL",
        "INSERT INTO memberships (group_id, user_pk) SELECT id, 999 FROM groups",
        "INSERT INTO group_parents (group_id, parent_id) SELECT id, (SELECT uuid FROM users) FROM groups",
    ] {
        let refused = world.store.write(move |conn| execute(conn, statement)).await;
        assert!(refused.is_err(), "{statement}: {refused:?}");
    }
}

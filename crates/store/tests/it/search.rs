//! Searches: what they find, and that the texts they look into follow the rows.

use diesel::connection::SimpleConnection;
use scimitar_domain::{GroupFields, UserFields, UserUuid};
use scimitar_store::groups::GroupFilter;
use scimitar_store::users::UserFilter;
use scimitar_store::{Conn, PageRequest, StoreError, groups, migrate, users};
use serde_json::json;

use crate::world::{World, at, called, execute, group_id, id, named};

fn asked(words: &[&str]) -> PageRequest {
    PageRequest { search: words.iter().map(ToString::to_string).collect(), ..PageRequest::default() }
}

fn usernames(conn: &mut Conn, words: &[&str]) -> Result<Vec<String>, StoreError> {
    let page = users::page(conn, &UserFilter::default(), &asked(words))?;
    assert_eq!(i64::try_from(page.rows.len()).unwrap(), page.count, "all fit on one page");
    Ok(page.rows.into_iter().map(|user| user.fields.username).collect())
}

fn names(conn: &mut Conn, words: &[&str]) -> Result<Vec<String>, StoreError> {
    let page = groups::page(conn, &GroupFilter::default(), &asked(words))?;
    assert_eq!(i64::try_from(page.rows.len()).unwrap(), page.count, "all fit on one page");
    Ok(page.rows.into_iter().map(|group| group.fields.name).collect())
}

/// Names with letters that mean something to patterns, to quotes, or to alphabets.
const ODD: [&str; 14] = [
    "50%",
    "50",
    "under_score",
    "underscore",
    r"back\slash",
    "it's",
    r#"say "hi" twice"#,
    "two words",
    "twowords",
    "Änne Öztürk",
    "İstanbul",
    "ΟΔΟΣ",
    "日本語",
    "x",
];

const WORDS: [&[&str]; 33] = [
    &["50%"],
    &["50"],
    &["0%"],
    &["%"],
    &["_"],
    &["r_s"],
    &["under"],
    &["r_"],
    &["\\"],
    &["k\\s"],
    &["'"],
    &["it's"],
    &["\""],
    &["\"hi\""],
    &["say \"hi\" t"],
    &["two words"],
    &["o w"],
    &["two", "words"],
    &["two", "w", "ds"],
    &["änne"],
    &["ÖZTÜRK"],
    &["ÄN"],
    &["İSTANBUL"],
    &["i\u{307}stan"],
    &["İ"],
    &["ΟΔΟΣ"],
    &["日本"],
    &["日本語"],
    &["x"],
    &["x", "nobody"],
    &["AND"],
    &["twowords* OR x"],
    &[],
];

/// Every odd name in every field that is searched.
fn odd(conn: &mut Conn) -> Result<(), StoreError> {
    for name in ODD {
        let plain = format!("user {}", id(name));
        for (field, fields) in [
            ("username", UserFields { username: name.to_owned(), ..UserFields::default() }),
            ("name", UserFields { name: name.to_owned(), ..named(&format!("name {plain}")) }),
            ("email", UserFields { email: name.to_owned(), ..named(&format!("email {plain}")) }),
        ] {
            users::insert(conn, UserUuid(id(&format!("{field} {name}"))), &fields, &[], at(0))?;
        }
        groups::insert(conn, group_id(name), &called(name), &[], at(0))?;
    }
    Ok(())
}

/// What a search is to find: whoever holds each word in one of the fields, whatever the case.
fn holds(fields: &[String], words: &[&str]) -> bool {
    words.iter().all(|word| fields.iter().any(|field| field.to_lowercase().contains(&word.to_lowercase())))
}

fn check_all(conn: &mut Conn) -> Result<(), StoreError> {
    let everybody = users::page(conn, &UserFilter::default(), &PageRequest::default())?.rows;
    let all_groups = groups::page(conn, &GroupFilter::default(), &PageRequest::default())?.rows;
    assert_eq!((everybody.len(), all_groups.len()), (3 * ODD.len(), ODD.len()));
    for words in WORDS {
        let expected: Vec<String> = everybody
            .iter()
            .filter(|user| {
                let fields = &user.fields;
                let (name, email) = (fields.name.clone(), fields.email.clone());
                holds(&[fields.username.clone(), name, email, user.uuid.0.to_string()], words)
            })
            .map(|user| user.fields.username.clone())
            .collect();
        assert_eq!(usernames(conn, words)?, expected, "{words:?}");
        let expected: Vec<String> = all_groups
            .iter()
            .map(|group| group.fields.name.clone())
            .filter(|it| holds(std::slice::from_ref(it), words))
            .collect();
        assert_eq!(names(conn, words)?, expected, "{words:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_search_finds_whoever_holds_its_words() {
    let world = World::new();
    world.write(odd).await;
    world.read(check_all).await;
    if world.database.is_postgres() {
        // Not every server has the index.
        world.write(|conn| execute(conn, "DROP EXTENSION IF EXISTS pg_trgm CASCADE")).await;
        world.read(check_all).await;
    }
}

#[tokio::test]
async fn a_word_lies_within_one_field() {
    let world = World::new();
    let fields = UserFields { name: "one".to_owned(), email: "two".to_owned(), ..named("zero") };
    world.write(move |conn| users::insert(conn, UserUuid(id("u")), &fields, &[], at(0))).await;
    for (words, found) in
        [(["zeroone"].as_slice(), false), (&["oneTWO"], false), (&["eo"], false), (&["zero\u{1f}TWO"], true)]
    {
        let got = world.read(move |conn| usernames(conn, words)).await;
        assert_eq!(!got.is_empty(), found, "{words:?}");
    }
}

#[tokio::test]
async fn long_words_are_looked_at_to_their_end() {
    let world = World::new();
    let long = "x".repeat(100);
    let username = long.clone();
    world.write(move |conn| crate::world::user(conn, &username)).await;
    for (word, n) in [(long.clone(), 1), (format!("{long}x"), 0), (format!("{}y", "x".repeat(99)), 0)] {
        let got = world.read(move |conn| usernames(conn, &[&word])).await;
        assert_eq!(got.len(), n);
    }
}

#[tokio::test]
async fn the_texts_follow_the_rows() {
    let world = World::new();
    let fields = UserFields {
        name: "Lovelace".to_owned(),
        attributes: json!({"room": "attic"}).as_object().unwrap().clone(),
        ..named("ada")
    };
    let first = fields.clone();
    let pk = world.write(move |conn| users::insert(conn, UserUuid(id("ada")), &first, &[], at(0))).await.pk;
    world.write(|conn| groups::insert(conn, group_id("g"), &called("Analysts"), &[], at(0))).await;
    let start_of_uuid: String = id("ada").to_string().chars().take(8).collect();
    let everywhere = ["ada", "lovelace", "attic", "room", &start_of_uuid].map(str::to_owned);
    world
        .read(move |conn| {
            for word in &everywhere {
                assert_eq!(usernames(conn, &[word])?, ["ada"], "{word}");
            }
            assert_eq!(names(conn, &["analy"])?, ["Analysts"]);
            Ok(())
        })
        .await;

    let changed = UserFields {
        name: "King".to_owned(),
        attributes: json!({"room": "cellar"}).as_object().unwrap().clone(),
        ..fields
    };
    world.write(move |conn| users::update(conn, pk, &changed, None, at(1))).await;
    let renamed = GroupFields { name: "Engineers".to_owned(), ..GroupFields::default() };
    world.write(move |conn| groups::update(conn, group_id("g"), &renamed, None, at(1))).await;
    world
        .read(|conn| {
            for (word, n) in
                [("king", 1), ("cellar", 1), ("ada", 1), ("lovelace", 0), ("attic", 0), ("ng", 1)]
            {
                assert_eq!(usernames(conn, &[word])?.len(), n, "{word}");
            }
            assert_eq!(names(conn, &["analy"])?, [""; 0]);
            assert_eq!(names(conn, &["engin"])?, ["Engineers"]);
            Ok(())
        })
        .await;

    world.write(move |conn| users::delete(conn, pk, at(2))).await;
    world.write(move |conn| groups::delete(conn, group_id("g"), at(2))).await;
    world
        .write(|conn| {
            assert_eq!(usernames(conn, &["king"])?, [""; 0]);
            assert_eq!(names(conn, &["engin"])?, [""; 0]);
            sound(conn)
        })
        .await;
}

/// The index contradicts neither itself nor, by number of rows, the texts.
fn sound(conn: &mut Conn) -> Result<(), StoreError> {
    if let Conn::Sqlite(conn) = conn {
        conn.batch_execute(
            "INSERT INTO user_words (user_words) VALUES ('integrity-check'); \
             INSERT INTO group_words (group_words) VALUES ('integrity-check')",
        )?;
        for (index, texts) in [("user_words", "user_texts"), ("group_words", "group_texts")] {
            let extra = format!(
                "DELETE FROM {texts} WHERE (SELECT count(*) FROM {texts}) <> (SELECT count(*) FROM {index}_docsize)"
            );
            assert_eq!(diesel::RunQueryDsl::execute(diesel::sql_query(extra), conn)?, 0, "{index}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn rows_from_before_the_index_are_found() {
    let world = World::new();
    world.write(odd).await;
    world.write(take_back).await;
    let expected = ["2026-01-01-000030_search"];
    assert_eq!(migrate::run(&world.database.settings).unwrap(), expected);
    world.read(check_all).await;
    world.write(sound).await;
}

/// As it was before the search had texts of its own.
fn take_back(conn: &mut Conn) -> Result<(), StoreError> {
    match conn {
        Conn::Sqlite(conn) => {
            conn.batch_execute(include_str!(
                "../../../../migrations/sqlite/2026-01-01-000030_search/down.sql"
            ))?;
        }
        Conn::Postgres(conn) => {
            conn.batch_execute(include_str!(
                "../../../../migrations/postgres/2026-01-01-000030_search/down.sql"
            ))?;
        }
    }
    execute(conn, "DELETE FROM __diesel_schema_migrations WHERE version = '20260101000030'")?;
    Ok(())
}

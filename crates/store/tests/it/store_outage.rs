//! The database goes away, and comes back.

use std::sync::{Arc, Barrier};

use crate::database::Database;
use scimitar_store::{Store, StoreError, StoreSettings, users};

use crate::world::{World, execute, user};

/// Something too large for the few pages that are left.
fn large() -> String {
    "x".repeat(4_000_000)
}

#[tokio::test]
async fn a_full_disk_is_an_outage_that_passes() {
    let world = World::on(Database::sqlite());
    world.write(|conn| user(conn, "ada")).await;
    // The limit belongs to the connection, so it ends with it, as a full disk ends when somebody makes room.
    world.write(|conn| execute(conn, "PRAGMA max_page_count = 200").map(|_| ())).await;
    let (refused, small) = tokio::join!(
        world.store.write(|conn| {
            let large = format!("UPDATE users SET name = '{}'", large());
            execute(conn, &large)
        }),
        world.store.write(|conn| user(conn, "grace")),
    );
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    // It shared the lost transaction or came after it; either way it was told the truth.
    let grace = world.read(|conn| users::find_by_username(conn, "grace")).await;
    assert_eq!(grace.is_some(), small.is_ok());
    let ada = world.write(|conn| users::find_by_username(conn, "ada")).await.unwrap();
    assert_eq!(ada.fields.name, "");
    world.write(|conn| user(conn, "linus")).await;
}

#[tokio::test]
async fn a_locked_database_is_an_outage_that_passes() {
    let world = World::on(Database::sqlite());
    let other = world.database.store();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (begun, started) = tokio::sync::oneshot::channel();
    let wait = std::sync::Mutex::new((Some(begun), wait));
    let holder = other.write(move |_conn| {
        let mut wait = wait.lock().unwrap();
        wait.0.take().unwrap().send(()).unwrap();
        wait.1.recv().unwrap();
        Ok::<(), StoreError>(())
    });
    let refused = async {
        started.await.unwrap();
        // It waits as long as the busy timeout says, then gives up.
        let refused = world.store.write(|conn| user(conn, "ada")).await;
        release.send(()).unwrap();
        refused
    };
    let (held, refused) = tokio::join!(holder, refused);
    held.unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    world.write(|conn| user(conn, "ada")).await;
}

#[tokio::test]
async fn an_outage_passes_on_either_database() {
    let world = World::new();
    world.write(|conn| user(conn, "ada")).await;
    let cut = if world.database.is_postgres() {
        "SELECT pg_terminate_backend(pg_backend_pid())"
    } else {
        "PRAGMA max_page_count = 1"
    };
    let lost = world.store.write(move |conn| {
        user(conn, "grace")?;
        execute(conn, cut)?;
        execute(conn, &format!("UPDATE users SET name = '{}'", large()))
    });
    let lost = lost.await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    assert!(world.write(|conn| users::find_by_username(conn, "grace")).await.is_none());
    world.write(|conn| user(conn, "linus")).await;
    world.store.is_ready().await.unwrap();
}

#[tokio::test]
async fn idle_connections_that_were_cut_are_replaced() {
    let world = World::new();
    let cut = if world.database.is_postgres() {
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()"
    } else {
        "SELECT 1"
    };
    // As many readers at once as there are connections, so that each of them is idle afterwards.
    let barrier = Arc::new(Barrier::new(world.database.settings.readers));
    let meet = (0..world.database.settings.readers).map(|_reader| {
        let barrier = Arc::clone(&barrier);
        world.store.read(move |_conn| {
            barrier.wait();
            Ok::<(), StoreError>(())
        })
    });
    futures_util::future::try_join_all(meet).await.unwrap();
    world.read(move |conn| execute(conn, cut).map(|_| ())).await;
    for n in 0..6 {
        world.write(move |conn| user(conn, &format!("user-{n}"))).await;
        assert!(world.read(|conn| users::find_by_username(conn, "user-0")).await.is_some());
    }
}

#[tokio::test]
async fn readiness_tells_an_old_schema_from_a_good_one() {
    let database = Database::unmigrated();
    let bare = World::on(database);
    let refused = bare.store.is_ready().await;
    assert!(matches!(refused, Err(StoreError::Older(_))), "{refused:?}");
    World::new().store.is_ready().await.unwrap();
}

#[test]
fn an_address_must_name_a_database_that_is_there() {
    let open = |url: &str| Store::open(&StoreSettings::new(url.to_owned(), 1)).unwrap_err();
    assert!(matches!(open("mysql://localhost/x"), StoreError::UnknownAddress));
    assert!(matches!(open("sqlite:///nowhere/at/all.db"), StoreError::Unavailable { .. }));
    let refused = open("postgres://user:canary@127.0.0.1:1/x?sslmode=disable");
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    assert!(!format!("{refused:?}").contains("canary"));
}

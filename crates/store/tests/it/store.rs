//! What a unit of work may rely on.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::database::Database;
use diesel::prelude::*;
use futures_util::FutureExt;
use scimitar_store::{Conn, StoreError, Unique, users};

use crate::world::{World, drain, user};

/// A unit that stops in the middle until it is let go, and the wire to let it go.
///
/// A sender in a mutex because units are `Fn`.
fn held() -> (mpsc::Sender<()>, impl Fn(&mut Conn) -> Result<(), StoreError> + Send + 'static) {
    let (release, wait) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    (release, move |_conn: &mut Conn| {
        wait.lock().unwrap().recv().unwrap();
        Ok(())
    })
}

fn usernames(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let page = users::page(conn, &users::UserFilter::default(), &scimitar_store::PageRequest::default())?;
    Ok(page.rows.into_iter().map(|user| user.fields.username).collect())
}

#[tokio::test]
async fn nobody_hears_done_before_the_commit() {
    let world = World::on(Database::sqlite());
    let (release_first, first) = held();
    let (release_last, last) = held();
    let mut first = Box::pin(world.store.write(first));
    let mut ada = Box::pin(world.store.write(|conn| user(conn, "ada")));
    let mut last = Box::pin(world.store.write(last));
    // All three are queued while the first runs, so they share a commit.
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut ada).now_or_never().is_none());
    assert!((&mut last).now_or_never().is_none());
    release_first.send(()).unwrap();
    // The batch is now in `ada` or in the last unit, which waits for us.
    assert_eq!(world.read(usernames).await, [""; 0]);
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut ada).now_or_never().is_none());
    release_last.send(()).unwrap();
    let (first, ada, last) = tokio::join!(first, ada, last);
    first.unwrap();
    last.unwrap();
    assert_eq!(ada.unwrap().fields.username, "ada");
    assert_eq!(world.read(usernames).await, ["ada"]);
}

#[tokio::test]
async fn a_unit_that_fails_takes_nothing_of_its_neighbours_along() {
    let world = World::new();
    let units = tokio::join!(
        world.store.write(|conn| user(conn, "ada")),
        world.store.write(|conn| {
            user(conn, "lost")?;
            Err::<(), _>(StoreError::Circle)
        }),
        world.store.write(|conn| user(conn, "ada").map(|_| ())),
        world.store.write(|conn| user(conn, "grace")),
    );
    assert!(units.0.is_ok() != units.2.is_ok(), "one of the two is the first");
    assert!(matches!(units.1, Err(StoreError::Circle)));
    assert_eq!(units.3.unwrap().fields.username, "grace");
    assert_eq!(world.read(usernames).await, ["ada", "grace"]);
}

#[tokio::test]
async fn a_unit_that_panics_is_undone_and_harms_nobody() {
    let world = World::new();
    let (panicked, ada) = tokio::join!(
        world.store.write(|conn| {
            user(conn, "lost")?;
            assert!(!is_live(conn), "on purpose");
            Ok::<(), StoreError>(())
        }),
        world.store.write(|conn| user(conn, "ada")),
    );
    assert!(matches!(panicked, Err(StoreError::Panicked)), "{panicked:?}");
    ada.unwrap();
    let read = world.store.read(|conn| {
        assert!(!is_live(conn), "on purpose");
        Ok::<(), StoreError>(())
    });
    let read = read.await;
    assert!(matches!(read, Err(StoreError::Panicked)), "{read:?}");
    assert_eq!(world.read(usernames).await, ["ada"]);
}

/// True, in a way that the compiler does not see through.
fn is_live(conn: &mut Conn) -> bool {
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1")).execute(conn).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_caller_does_not_stop_its_unit() {
    let world = World::new();
    let (begun, started) = mpsc::channel();
    let (release, hold) = held();
    let mut unit = Box::pin(world.store.write(move |conn| {
        begun.send(()).unwrap();
        hold(conn)?;
        user(conn, "ada")
    }));
    assert!((&mut unit).now_or_never().is_none());
    tokio::task::block_in_place(|| started.recv().unwrap());
    drop(unit);
    release.send(()).unwrap();
    world.store.close().await;
    let again = world.database.store();
    assert_eq!(again.read(usernames).await.unwrap(), ["ada"]);
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let world = World::on(Database::sqlite());
    let (release, hold) = held();
    let mut units = vec![Box::pin(world.store.write(hold)) as futures_util::future::LocalBoxFuture<_>];
    let overloaded = loop {
        let last = units.len() - 1;
        match (&mut units[last]).now_or_never() {
            None => units.push(Box::pin(world.store.write(|_conn| Ok(())))),
            Some(result) => break result,
        }
        assert!(units.len() < 5_000, "the queue has no end");
    };
    assert!(matches!(overloaded, Err(StoreError::Overloaded)), "{overloaded:?}");
    units.pop();
    release.send(()).unwrap();
    for unit in units {
        unit.await.unwrap();
    }
    world.write(|conn| user(conn, "ada")).await;
}

#[tokio::test(start_paused = true)]
async fn readers_wait_for_their_turn_and_are_refused_in_the_end() {
    let world = World::new();
    let mut holders = Vec::new();
    for _reader in 0..world.database.settings.readers {
        let (release, hold) = held();
        let mut unit = Box::pin(world.store.read(hold));
        assert!((&mut unit).now_or_never().is_none());
        holders.push((release, unit));
    }
    let refused = world.store.read(|_conn| Ok(())).await;
    assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
    for (release, unit) in holders {
        release.send(()).unwrap();
        unit.await.unwrap();
    }
    world.read(|_conn| Ok(())).await;
}

#[tokio::test]
async fn a_reader_of_sqlite_cannot_write() {
    let world = World::on(Database::sqlite());
    let refused = world.store.read(|conn| user(conn, "ada")).await;
    assert!(refused.is_err());
    assert_eq!(world.read(usernames).await, [""; 0]);
}

#[tokio::test]
async fn a_commit_that_leaves_work_wakes_those_who_wait() {
    let world = World::new();
    let mut changed = world.store.changed();
    changed.mark_unchanged();
    world.write(|conn| user(conn, "ada")).await;
    tokio::time::timeout(Duration::from_secs(10), changed.changed()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_commit_without_work_wakes_nobody() {
    let world = World::on(Database::sqlite());
    let changed = world.store.changed();
    world.write(drain).await;
    world.refusal(|conn| user(conn, "ada").and(Err::<(), _>(StoreError::Circle))).await;
    assert!(!changed.has_changed().unwrap());
}

#[tokio::test]
async fn replicas_see_each_other_and_on_postgresql_hear_of_each_other() {
    let world = World::new();
    let replica = world.database.store();
    let mut changed = replica.changed();
    let patience = Duration::from_secs(10);
    if world.database.is_postgres() {
        // The first time says that the replica listens.
        tokio::time::timeout(patience, changed.changed()).await.unwrap().unwrap();
    }
    world.write(|conn| user(conn, "ada")).await;
    if world.database.is_postgres() {
        tokio::time::timeout(patience, changed.changed()).await.unwrap().unwrap();
    }
    assert_eq!(replica.read(usernames).await.unwrap(), ["ada"]);
}

#[tokio::test]
async fn a_closed_store_takes_no_more() {
    let world = World::new();
    let pending = world.store.write(|conn| user(conn, "ada"));
    pending.await.unwrap();
    world.store.close().await;
    assert!(matches!(world.store.read(usernames).await, Err(StoreError::Closed)));
    assert!(matches!(world.store.write(|conn| user(conn, "grace")).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn what_is_taken_is_told_by_name() {
    let world = World::new();
    world.write(|conn| user(conn, "ada")).await;
    let refused = world.refusal(|conn| user(conn, "ada")).await;
    // Both the username and the uuid are taken; which is told first is the database's choice.
    assert!(matches!(refused, StoreError::Taken(Unique::Username | Unique::UserUuid)), "{refused:?}");
}

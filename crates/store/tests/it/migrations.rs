//! Migrations: forth, back, forth again, and by several at once.

use std::collections::BTreeSet;

use crate::database::Database;
use scimitar_store::{StoreError, migrate};

use crate::catalogue::tables;
use crate::world::{World, at, execute, id, user};

#[tokio::test]
async fn up_down_and_up_again_gives_the_same_schema() {
    let world = World::on(Database::unmigrated());
    let settings = world.database.settings.clone();
    let names = migrate::pending(&settings).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    assert_eq!(names.len(), std::fs::read_dir(folder).unwrap().count());
    assert_eq!(migrate::run(&settings).unwrap(), names);
    assert_eq!(migrate::pending(&settings).unwrap(), [""; 0]);
    assert_eq!(migrate::run(&settings).unwrap(), [""; 0]);
    let first = world.read(tables).await;
    // With rows that point at each other, so that nothing stands in the way of a drop.
    world
        .write(|conn| {
            user(conn, "ada")?;
            crate::world::group(conn, "staff", &["ada"])?;
            let pk = crate::world::provider(conn, &crate::world::to("p"))?.pk;
            let fields = scimitar_domain::ApplicationFields {
                slug: "a".to_owned(),
                provider: Some(pk),
                backchannel_providers: vec![pk],
                ..scimitar_domain::ApplicationFields::default()
            };
            let id = scimitar_domain::ApplicationId(id("a"));
            scimitar_store::applications::insert(conn, id, &fields, at(0))
        })
        .await;
    migrate::revert(&settings).unwrap();
    let bare = world.read(tables).await;
    assert!(bare.is_empty(), "{bare:?}");
    migrate::run(&settings).unwrap();
    assert_eq!(world.read(tables).await, first);
    world.write(|conn| user(conn, "ada")).await;
}

#[test]
fn of_several_at_once_each_migration_runs_once() {
    let database = Database::unmigrated();
    let expected = migrate::pending(&database.settings).unwrap();
    let ran: Vec<Vec<String>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| migrate::run(&database.settings).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let winners: Vec<_> = ran.iter().filter(|names| !names.is_empty()).collect();
    assert_eq!(winners, [&expected]);
}

#[tokio::test]
async fn a_newer_database_is_refused_by_name() {
    let world = World::new();
    world
        .write(|conn| {
            execute(conn, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')")
        })
        .await;
    let settings = &world.database.settings;
    for refused in
        [migrate::run(settings).map(drop), migrate::pending(settings).map(drop), world.store.is_ready().await]
    {
        assert!(matches!(&refused, Err(StoreError::Newer(name)) if name == "99990101000001"), "{refused:?}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = format!("{}/../../migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

//! The logs of sources are bounded by count and by age.

use scimitar_domain::{SourceId, SourceLogEntry};
use scimitar_store::source_log::{self, SourceLogFilter};
use scimitar_store::{Conn, PageRequest, StoreError};
use serde_json::json;

use crate::sources::{fields, insert, source_id};
use crate::world::{World, at};

fn entry(source: SourceId, minute: i64) -> SourceLogEntry {
    SourceLogEntry {
        source,
        at: at(minute),
        method: "GET".to_owned(),
        path: "/Users".to_owned(),
        client: "client".to_owned(),
        status: 200,
        micros: 7,
        object: None,
        detail: json!({"n": minute}),
    }
}

fn minutes(conn: &mut Conn, source: SourceId) -> Result<Vec<i64>, StoreError> {
    let page = source_log::page(conn, source, &SourceLogFilter::default(), &PageRequest::default())?;
    Ok(page.rows.into_iter().filter_map(|(_, entry)| entry.detail["n"].as_i64()).collect())
}

#[tokio::test]
async fn the_newest_stay_and_the_old_go_of_each_source_by_itself() {
    let world = World::new();
    world
        .write(|conn| {
            let (entra, okta) = (insert(conn, &fields("entra"))?.id, insert(conn, &fields("okta"))?.id);
            let entries: Vec<_> = (0..10).map(|minute| entry(entra, minute)).collect();
            source_log::append(conn, &entries)?;
            source_log::append(conn, &[entry(okta, 0), entry(source_id("nobody"), 0)])?;
            assert_eq!(minutes(conn, entra)?, (0..10).rev().collect::<Vec<_>>());
            source_log::trim(conn, &[okta], at(20), 0)?;
            source_log::append(conn, &[entry(okta, 0)])?;
            assert_eq!(source_log::sources_with_entries(conn)?.len(), 2);
            source_log::trim(conn, &[entra, okta], at(0), 4)?;
            assert_eq!((minutes(conn, entra)?, minutes(conn, okta)?), (vec![9, 8, 7, 6], vec![0]));
            source_log::trim(conn, &[entra, okta], at(8), 4)?;
            assert_eq!((minutes(conn, entra)?, minutes(conn, okta)?), (vec![9, 8], vec![]));
            Ok(())
        })
        .await;
}

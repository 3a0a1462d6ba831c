//! The plans of the queries whose cost matters: none of them may read more than it answers for.
//!
//! SQLite alone is asked. It plans without statistics, so its plan is the same for every database.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;
use scimitar_domain::{GroupId, ManualClock, Provider, ProviderFields, ProviderPk};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Conn, StoreError, StoreSettings, conn, jobs, members, migrate, scope};

#[derive(Debug, QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The plans of all queries that the unit runs, step by step.
fn plans<T>(unit: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("scimitar.db").display());
    migrate::run(&StoreSettings { url: url.clone(), readers: 1 }).unwrap();
    let mut conn = conn::open(&url).unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            notes.lock().unwrap().push(query.to_string());
        }
    });
    unit(&mut conn).unwrap();
    let queries = std::mem::take(&mut *seen.lock().unwrap());
    let text = |query: &String| query.split("-- binds").next().unwrap_or_default().to_owned();
    queries
        .iter()
        .flat_map(|query| {
            let explained = diesel::sql_query(format!("EXPLAIN QUERY PLAN {}", text(query)));
            explained.load::<Step>(&mut conn).unwrap()
        })
        .map(|step| step.detail)
        .collect()
}

fn provider(set: impl FnOnce(&mut ProviderFields)) -> Provider {
    let mut fields = ProviderFields::default();
    set(&mut fields);
    Provider { pk: ProviderPk(1), fields, application: None, revision: 1, held: None }
}

/// No table is read from one end to the other, and nothing is sorted.
#[track_caller]
fn check<T>(unit: impl FnOnce(&mut Conn) -> Result<T, StoreError>) {
    let plan = plans(unit);
    assert!(!plan.is_empty());
    for step in &plan {
        assert!(!step.starts_with("SCAN ") && !step.contains("TEMP B-TREE"), "{plan:#?}");
    }
    // Whoever walks all links of a provider does it once, in the order of the answer.
    let walks = plan.iter().filter(|step| step.ends_with("(provider_pk=?)")).count();
    assert_eq!(walks, 0, "{plan:#?}");
}

const GROUP: GroupId = GroupId(Uuid::from_u128(1));

#[test]
fn scope_is_one_walk_along_an_index() {
    let (all, filtered) = (provider(|_| ()), provider(|fields| fields.filter_group = Some(GROUP)));
    let some = provider(|fields| fields.group_filters = vec![GROUP]);
    check(|conn| scope::users_due(conn, &all, None, None, 9, false));
    check(|conn| scope::users_due(conn, &filtered, None, None, 9, false));
    check(|conn| scope::groups_due(conn, &all, None, None, 9, false));
    check(|conn| scope::groups_due(conn, &some, None, None, 9, false));
    check(|conn| scope::departed(conn, &filtered, None, 9));
}

#[test]
fn members_are_found_from_the_group_and_never_from_the_provider() {
    check(|conn| members::difference(conn, ProviderPk(1), GROUP, 9));
    check(|conn| members::pending(conn, ProviderPk(1), GROUP, 9));
}

#[test]
fn a_claim_looks_at_the_head_of_each_lane() {
    let now = scimitar_domain::Clock::now(&ManualClock::default());
    let plan = plans(|conn| jobs::claim(conn, "w", now, now, 9, &[]));
    let due = "SEARCH j USING INDEX jobs_lane_order_idx (lane=?)";
    assert!(plan.iter().any(|step| step == due), "{plan:#?}");
    for plan in [plan, plans(|conn| jobs::next_due(conn, now))] {
        let is_whole = |step: &String| step.starts_with("SCAN j ") || step.starts_with("SCAN jobs");
        assert!(!plan.iter().any(is_whole), "{plan:#?}");
    }
}

//! The plans of the queries whose cost matters: none of them may read more than it answers for.
//!
//! SQLite alone is asked. It plans without statistics, so its plan is the same for every database.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;
use scimitar_domain::{
    GroupId, ManualClock, NestedGroups, ObjectKind, Provider, ProviderFields, ProviderPk, SourceId,
    TermField, UserKind, UserPk,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::groups::GroupFilter;
use crate::source_links::{Part, Probe};
use crate::users::UserFilter;
use crate::{
    Conn, Order, PageRequest, StoreError, StoreSettings, conn, groups, jobs, members, migrate, scope,
    source_links, users,
};

#[derive(Debug, QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The plans of all queries that the unit runs, step by step.
fn plans<T>(unit: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("scimitar.db").display());
    migrate::run(&StoreSettings::new(url.clone(), 1)).unwrap();
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
    Provider { pk: ProviderPk(1), fields, application: None, revision: 1, held: None, draining: false }
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
    let as_members = provider(|fields| fields.nested_groups = NestedGroups::Members);
    check(|conn| scope::groups_due(conn, &as_members, None, None, 9, false));
    check(|conn| {
        scope::departed(conn, &filtered, None, scimitar_domain::Clock::now(&ManualClock::default()), 9)
    });
}

#[test]
fn members_are_found_from_the_group_and_never_from_the_provider() {
    check(|conn| members::difference(conn, ProviderPk(1), GROUP, 9));
    check(|conn| members::pending(conn, ProviderPk(1), GROUP, 9));
    check(|conn| members::difference_of_children(conn, ProviderPk(1), GROUP, 9));
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

/// The count and the page of a list find their rows like this, and no table is read from one end to the other.
#[track_caller]
fn check_list<T>(unit: impl FnOnce(&mut Conn) -> Result<T, StoreError>, expected: &str) {
    let plan = plans(unit);
    assert!(plan.iter().filter(|step| step.contains(expected)).count() >= 2, "{expected}: {plan:#?}");
    assert!(!plan.iter().any(|step| is_whole(step)), "{plan:#?}");
}

/// Whether a step reads more than it needs. The index of the words is always told which to find, and of the groups
/// that make superusers there are few.
fn is_whole(step: &str) -> bool {
    let is_meant = ["VIRTUAL TABLE INDEX 0:M", "USING INDEX groups_superuser_idx", "SCAN powerful"];
    step.starts_with("SCAN ") && !is_meant.iter().any(|meant| step.contains(meant))
}

#[track_caller]
fn check_users(set: impl FnOnce(&mut UserFilter), search: &[&str], expected: &str) {
    let mut filter = UserFilter::default();
    set(&mut filter);
    let search = search.iter().map(ToString::to_string).collect();
    let request = PageRequest { search, ..PageRequest::default() };
    check_list(|conn| users::page(conn, &filter, &request), expected);
}

#[track_caller]
fn check_groups(set: impl FnOnce(&mut GroupFilter), search: &[&str], expected: &str) {
    let mut filter = GroupFilter::default();
    set(&mut filter);
    let search = search.iter().map(ToString::to_string).collect();
    let request = PageRequest { search, ..PageRequest::default() };
    check_list(|conn| groups::page(conn, &filter, &request), expected);
}

#[test]
fn every_filter_of_the_users_finds_them_by_an_index() {
    let text = || Some("x".to_owned());
    check_users(|filter| filter.username = text(), &[], "users_username_key (username=?)");
    check_users(|filter| filter.email = text(), &[], "users_email_idx (email=?)");
    check_users(|filter| filter.name = text(), &[], "users_name_idx (name=?)");
    check_users(|filter| filter.is_active = Some(false), &[], "users_is_active_idx (is_active=?)");
    check_users(|filter| filter.path = text(), &[], "users_path_idx (path=?)");
    check_users(|filter| filter.path_startswith = text(), &[], "users_path_idx (path>? AND path<?)");
    check_users(|filter| filter.kinds = vec![UserKind::External], &[], "users_kind_idx (kind=?)");
    let two = vec![UserKind::External, UserKind::Internal];
    check_users(|filter| filter.kinds = two, &[], "users_kind_idx (kind=?)");
    let key = "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)";
    check_users(|filter| filter.is_superuser = Some(true), &[], key);
    check_users(|filter| filter.groups_by_name = vec!["x".to_owned()], &[], key);
    check_users(|filter| filter.groups_by_pk = vec![GROUP], &[], key);
    let attributes = serde_json::json!({ "department": "x" });
    check_users(|filter| filter.attributes = attributes.as_object().unwrap().clone(), &[], key);
    check_users(|_| (), &["ada"], key);
    check_users(|_| (), &["ada", "lovelace"], key);
}

#[test]
fn users_are_listed_by_their_times_without_sorting_them() {
    for field in ["last_login", "password_change_date", "date_joined", "last_updated"] {
        for descending in [false, true] {
            let ordering = vec![Order { field: field.to_owned(), descending }];
            let request = PageRequest { ordering, ..PageRequest::default() };
            let plan = plans(|conn| users::page(conn, &UserFilter::default(), &request));
            let is_walked = plan.iter().any(|step| step.contains(&format!("INDEX users_{field}_")));
            assert!(is_walked && !plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
        }
    }
}

#[test]
fn every_filter_of_the_groups_finds_them_by_an_index() {
    let key = "INDEX sqlite_autoindex_groups_1 (id=?)";
    check_groups(|filter| filter.name = Some("x".to_owned()), &[], "groups_name_key (name=?)");
    check_groups(|filter| filter.is_superuser = Some(false), &[], "groups_is_superuser_idx (is_superuser=?)");
    check_groups(|filter| filter.members_by_pk = vec![UserPk(1)], &[], key);
    check_groups(|filter| filter.members_by_username = vec!["x".to_owned()], &[], key);
    check_groups(|_| (), &["staff"], key);
}

#[test]
fn what_a_source_has_is_found_by_an_index() {
    let (source, now) = (SourceId(Uuid::nil()), scimitar_domain::Clock::now(&ManualClock::default()));
    let word = || "x".to_owned();
    let probe = |kind: ObjectKind, probe: Probe, expected: &str| {
        let plan = plans(|conn| source_links::matching(conn, source, kind, &probe, 0));
        assert!(plan.iter().any(|step| step.contains(expected)), "{expected}: {plan:#?}");
        assert!(!plan.iter().any(|step| is_whole(step) || step.contains("TEMP B-TREE")), "{plan:#?}");
    };
    let (user, group) = (ObjectKind::User, ObjectKind::Group);
    probe(user, Probe::Object(Uuid::nil()), "users_uuid_key (uuid=?)");
    probe(group, Probe::Object(Uuid::nil()), "source_links_group_key (source_id=? AND group_id=?)");
    let by_external_id = "source_links_external_id_key (source_id=? AND kind=? AND external_id=?)";
    probe(user, Probe::ExternalId(word()), by_external_id);
    let by_name = "source_links_user_name_key (source_id=? AND user_name";
    probe(user, Probe::UserName(Part::Whole(word())), by_name);
    probe(user, Probe::UserName(Part::Start(word())), by_name);
    let by_term = "COVERING INDEX source_terms_term_idx (source_id=? AND field=?";
    for part in [Part::Whole(word()), Part::Start(word()), Part::Within(word())] {
        probe(user, Probe::Term(TermField::UserEmail, part), by_term);
    }
    probe(user, Probe::Active(false), "source_links_is_active_idx (source_id=? AND is_active=? AND seq>?)");
    let since = "source_links_updated_at_idx (source_id=? AND kind=? AND updated_at>?)";
    probe(user, Probe::ChangedSince(now), since);
    probe(user, Probe::ChangedSince(now), "users_last_updated_idx (last_updated>?)");
    check(|conn| source_links::loose(conn, source, user, 7));
    check(|conn| source_links::walk(conn, source, user, 7, 0, 100));
    check(|conn| source_links::users_numbered(conn, source, &[7]));
    let by_folded = "users_username_folded_idx (<expr>=?)";
    let plan = plans(|conn| users::require_unlike(conn, "ada", None));
    assert!(plan.iter().any(|step| step.contains(by_folded)), "{plan:#?}");
}

#[test]
fn what_is_shown_beside_a_page_is_found_from_its_rows() {
    let pks = [UserPk(1), UserPk(2)];
    check(|conn| groups::member_keys(conn, &[GROUP]));
    check_some(|conn| groups::of_users(conn, &pks));
    check_some(|conn| users::superusers(conn, &pks));
    check_some(|conn| groups::children(conn, &[GROUP]));
    check_some(|conn| groups::find_many(conn, &[GROUP]));
}

/// No table is read from one end to the other. What a page holds may be sorted.
#[track_caller]
fn check_some<T>(unit: impl FnOnce(&mut Conn) -> Result<T, StoreError>) {
    let plan = plans(unit);
    assert!(!plan.is_empty());
    assert!(!plan.iter().any(|step| is_whole(step)), "{plan:#?}");
}

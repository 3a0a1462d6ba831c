//! Links as the API shows and edits them.

use scimitar_domain::{LinkState, ObjectId, ObjectKind, ProviderPk, UserPk};
use scimitar_store::claims::LinkResult;
use scimitar_store::links::{self, LinkFilter};
use scimitar_store::{Order, PageNumber, PageRequest, StoreError, Unique, members};

use crate::setting::{Setting, attempt, written};

fn list(setting: &Setting, kind: ObjectKind, filter: LinkFilter, request: PageRequest) -> Vec<String> {
    let page = setting.run(move |conn| links::page(conn, kind, &filter, &request));
    page.rows.iter().map(|link| link.state.remote_id().unwrap_or("?").to_owned()).collect()
}

#[test]
fn linked_objects_are_listed_filtered_searched_and_ordered() {
    let setting = Setting::new();
    let (app, other) = (setting.provider("app"), setting.provider("other"));
    let (bea, ada) = (setting.user("bea"), setting.user("ada"));
    let team = setting.group("team", &[]);
    setting.link(&app, bea, "r3");
    setting.link(&app, ada, "r1");
    setting.link(&other, ada, "r2");
    setting.link(&app, team, "g1");
    // Not linked, so not shown.
    setting.claim(other.pk, ObjectId::User(bea));
    let users = |filter: LinkFilter, request: PageRequest| list(&setting, ObjectKind::User, filter, request);
    let plain = PageRequest::default;
    let mut all = users(LinkFilter::default(), plain());
    all[..2].sort();
    assert_eq!(all, ["r1", "r2", "r3"], "by username");
    assert_eq!(users(LinkFilter { provider: Some(app.pk), ..LinkFilter::default() }, plain()), ["r1", "r3"]);
    assert_eq!(users(LinkFilter { user: Some(bea), ..LinkFilter::default() }, plain()), ["r3"]);
    assert_eq!(users(LinkFilter { username: Some("bea".into()), ..LinkFilter::default() }, plain()), ["r3"]);
    let searched = PageRequest { search: vec!["AD".into(), "oth".into()], ..plain() };
    assert_eq!(users(LinkFilter::default(), searched), ["r2"]);
    let ordered = PageRequest {
        ordering: vec![Order { field: "scim_id".into(), descending: true }],
        size: 2,
        page: PageNumber::Number(1),
        ..plain()
    };
    assert_eq!(users(LinkFilter::default(), ordered), ["r3", "r2"]);
    let by_name = LinkFilter { group_name: Some("team".into()), ..LinkFilter::default() };
    assert_eq!(list(&setting, ObjectKind::Group, by_name, plain()), ["g1"]);
    let by_id = LinkFilter { group: Some(team), provider: Some(other.pk), ..LinkFilter::default() };
    assert_eq!(list(&setting, ObjectKind::Group, by_id, plain()), Vec::<String>::new());
}

#[test]
fn linking_by_hand_takes_over_a_link_that_was_only_tried() {
    let setting = Setting::new();
    let app = setting.provider("app");
    let (provider, ada, bea) = (app.pk, setting.user("ada"), setting.user("bea"));
    let team = setting.group("team", &[ada]);
    setting.link(&app, team, "g1");
    let tried = setting.claim(provider, ObjectId::User(ada));
    let insert = |user: UserPk, remote_id: &'static str| {
        let id = setting.link_id();
        setting.attempt(move |conn| links::insert(conn, id, provider, ObjectId::User(user), remote_id))
    };
    let link = insert(ada, "r1").unwrap();
    assert_eq!((link.id, &link.state), (tried.link.id, &LinkState::Linked { remote_id: "r1".to_owned() }));
    assert_eq!((link.synced_version, link.fingerprint), (0, None), "the next sync brings it in step");
    assert_eq!(setting.record(&tried, written("r9", 1, 1)).held, [], "who was at work on it has lost it");
    let pending = setting.run(move |conn| members::pending(conn, provider, team, 9));
    assert_eq!(pending.delta.add.len(), 1);

    assert!(matches!(insert(ada, "r2"), Err(StoreError::Taken(Unique::LinkObject))));
    assert!(matches!(insert(bea, "r1"), Err(StoreError::Taken(Unique::LinkRemote))));
    assert!(matches!(insert(UserPk(4711), "r3"), Err(StoreError::Missing { field: "user", .. })));
    let id = setting.link_id();
    let nowhere =
        setting.attempt(move |conn| links::insert(conn, id, ProviderPk(4711), ObjectId::User(bea), "r3"));
    assert!(matches!(nowhere, Err(StoreError::Missing { field: "provider", .. })));
    let fresh = insert(bea, "r2").unwrap();
    setting.run(move |conn| links::unlink(conn, fresh.id));
    assert!(matches!(
        setting.attempt(move |conn| links::unlink(conn, fresh.id)),
        Err(StoreError::NotFound("link"))
    ));
}

#[test]
fn failures_are_named_and_counted() {
    let setting = Setting::new();
    let app = setting.provider("app");
    let ada = setting.user("ada");
    let team = setting.group("team", &[]);
    setting.link(&app, ada, "u1");
    let failed = |object: ObjectId, next_at| {
        let result =
            LinkResult::Failed { attempt: attempt(next_at), forget_remote: false, version: 1, revision: 1 };
        setting.record(&setting.claim(app.pk, object), result);
    };
    failed(ObjectId::User(ada), None);
    failed(ObjectId::Group(team), Some(crate::setting::at(3)));
    let provider = app.pk;
    let failures = setting.run(move |conn| links::failures(conn, provider, 0, 9));
    let mut labels: Vec<&str> = failures.iter().map(|(_, label)| label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["ada", "team"]);
    let counts = setting.run(move |conn| links::counts(conn, provider));
    let expected = links::LinkCounts { users_linked: 1, groups_linked: 0, failing: 1, parked: 1 };
    assert_eq!(counts, expected);
    let objects = [ObjectId::User(ada), ObjectId::Group(team)];
    let found = setting.run(move |conn| links::of_objects(conn, provider, &objects));
    assert_eq!(found.iter().map(|link| link.object).collect::<Vec<_>>(), objects);
    assert_eq!(setting.run(move |conn| links::failures(conn, provider, 0, 1)), failures[..1]);
    assert_eq!(setting.run(move |conn| links::failures(conn, provider, 1, 9)), failures[1..]);
}

//! Lists: pages, order, search and filters, the same on both databases.

use scimitar_domain::{
    ApplicationFields, ApplicationId, GroupFields, JsonObject, MappingKind, UserFields, UserKind, UserUuid,
};
use scimitar_store::applications::ApplicationFilter;
use scimitar_store::groups::GroupFilter;
use scimitar_store::mappings::MappingFilter;
use scimitar_store::users::{Span, UserFilter};
use scimitar_store::{
    Conn, Order, PageNumber, PageRequest, StoreError, applications, groups, mappings, users,
};
use serde_json::json;

use crate::world::{World, at, called, group_id, id, named};

fn object(value: &serde_json::Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

/// Ada and Grace, who are internal, and a robot; two groups, one of them powerful.
fn people(conn: &mut Conn) -> Result<(), StoreError> {
    let ada = UserFields {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        path: "users/berlin".to_owned(),
        attributes: object(&json!({"department": "Öl & Gas", "level": 3})),
        last_login: Some(at(50)),
        ..named("ada")
    };
    let grace = UserFields { name: "Grace 100%".to_owned(), last_login: Some(at(40)), ..named("Grace") };
    let robot = UserFields {
        name: "under_score".to_owned(),
        kind: UserKind::ServiceAccount,
        is_active: false,
        path: "users/berlin/robots".to_owned(),
        ..named("robot")
    };
    let powerful =
        GroupFields { is_superuser: true, attributes: object(&json!({"x": [1]})), ..called("Admins") };
    groups::insert(conn, group_id("admins"), &powerful, &[], at(0))?;
    groups::insert(conn, group_id("staff"), &called("Straße"), &[], at(0))?;
    let (admins, staff) = (group_id("admins"), group_id("staff"));
    users::insert(conn, UserUuid(id("ada")), &ada, &[admins, staff], at(3))?;
    users::insert(conn, UserUuid(id("grace")), &grace, &[staff], at(2))?;
    users::insert(conn, UserUuid(id("robot")), &robot, &[], at(1))?;
    Ok(())
}

fn listed(conn: &mut Conn, filter: &UserFilter, request: &PageRequest) -> Result<Vec<String>, StoreError> {
    let page = users::page(conn, filter, request)?;
    assert_eq!(i64::try_from(page.rows.len()).unwrap(), page.count, "all fit on one page");
    Ok(page.rows.into_iter().map(|user| user.fields.username).collect())
}

#[tokio::test]
async fn users_are_filtered() {
    let world = World::new();
    world.write(people).await;
    let all = UserFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let cases: Vec<(UserFilter, &str)> = vec![
        (all(), "Grace ada robot"),
        (UserFilter { username: text("ada"), ..all() }, "ada"),
        (UserFilter { username: text("ADA"), ..all() }, ""),
        (UserFilter { email: text("ada@example.com"), ..all() }, "ada"),
        (UserFilter { name: text("Grace 100%"), ..all() }, "Grace"),
        (UserFilter { is_active: Some(false), ..all() }, "robot"),
        (UserFilter { is_superuser: Some(true), ..all() }, "ada"),
        (UserFilter { is_superuser: Some(false), ..all() }, "Grace robot"),
        (UserFilter { uuid: Some(UserUuid(id("grace"))), ..all() }, "Grace"),
        (UserFilter { path: text("users/berlin"), ..all() }, "ada"),
        (UserFilter { path_startswith: text("users/berlin"), ..all() }, "ada robot"),
        (UserFilter { path_startswith: text("USERS"), ..all() }, ""),
        (UserFilter { path_startswith: text("users%"), ..all() }, ""),
        (UserFilter { kinds: vec![UserKind::ServiceAccount, UserKind::External], ..all() }, "robot"),
        (UserFilter { groups_by_name: vec!["Straße".to_owned()], ..all() }, "Grace ada"),
        (UserFilter { groups_by_pk: vec![group_id("admins"), group_id("x")], ..all() }, "ada"),
        (UserFilter { attributes: object(&json!({"department": "Öl & Gas"})), ..all() }, "ada"),
        (UserFilter { attributes: object(&json!({"level": 3, "department": "x"})), ..all() }, ""),
        (UserFilter { attributes: object(&json!({"level": "3"})), ..all() }, ""),
        (UserFilter { username: text("ada"), is_active: Some(false), ..all() }, ""),
        (UserFilter { date_joined: Span { at: Some(at(2)), ..Span::default() }, ..all() }, "Grace"),
        (
            UserFilter { date_joined: Span { after: Some(at(1)), before: Some(at(3)), at: None }, ..all() },
            "Grace",
        ),
        (UserFilter { last_updated: Span { before: Some(at(2)), ..Span::default() }, ..all() }, "robot"),
        (UserFilter { last_login: Span { after: Some(at(40)), ..Span::default() }, ..all() }, "ada"),
        (UserFilter { is_without_login: Some(true), ..all() }, "robot"),
        (UserFilter { is_without_login: Some(false), ..all() }, "Grace ada"),
    ];
    for (filter, expected) in cases {
        let shown = format!("{filter:?}");
        let got = world.read(move |conn| listed(conn, &filter, &PageRequest::default())).await;
        assert_eq!(got.join(" "), expected, "{shown}");
    }
}

#[tokio::test]
async fn users_are_searched_by_every_word_in_any_case() {
    let world = World::new();
    world.write(people).await;
    let uuid = id("grace").to_string();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["ADA"], "ada"),
        (vec!["lovelace", "example"], "ada"),
        (vec!["lovelace", "grace"], ""),
        (vec!["100%"], "Grace"),
        (vec!["%"], "Grace"),
        (vec!["r_s"], "robot"),
        (vec!["öL"], "ada"),
        (vec!["department"], "ada"),
        (vec![&uuid], "Grace"),
        (vec!["'; DROP TABLE users; --"], ""),
        (vec![r"\"], ""),
    ];
    for (words, expected) in cases {
        let search = words.iter().map(ToString::to_string).collect();
        let request = PageRequest { search, ..PageRequest::default() };
        let got = world.read(move |conn| listed(conn, &UserFilter::default(), &request)).await;
        assert_eq!(got.join(" "), expected, "{words:?}");
    }
}

#[tokio::test]
async fn users_come_in_the_order_that_was_asked_for() {
    let world = World::new();
    world.write(people).await;
    let cases = [
        ("", "Grace ada robot"),
        ("unknown", "Grace ada robot"),
        ("-username", "robot ada Grace"),
        ("pk", "ada Grace robot"),
        ("date_joined", "robot Grace ada"),
        ("is_active,username", "robot Grace ada"),
        ("last_login", "Grace ada robot"),
        ("-last_login", "robot ada Grace"),
        ("type,-pk", "Grace ada robot"),
        ("-type,unknown,name", "robot ada Grace"),
    ];
    for (ordering, expected) in cases {
        let request = PageRequest { ordering: orders(ordering), ..PageRequest::default() };
        let got = world.read(move |conn| listed(conn, &UserFilter::default(), &request)).await;
        assert_eq!(got.join(" "), expected, "{ordering}");
    }
}

/// What the text orders by: fields with commas between them, `-` before those that go down.
pub(crate) fn orders(text: &str) -> Vec<Order> {
    text.split(',')
        .filter(|field| !field.is_empty())
        .map(|field| Order {
            field: field.trim_start_matches('-').to_owned(),
            descending: field.starts_with('-'),
        })
        .collect()
}

#[tokio::test]
async fn pages_cover_the_list_without_overlap() {
    let world = World::new();
    world
        .write(|conn| {
            for n in 0..25 {
                let fields = UserFields { name: "same".to_owned(), ..named(&format!("user-{n:02}")) };
                users::insert(conn, UserUuid(id(&fields.username)), &fields, &[], at(0))?;
            }
            Ok(())
        })
        .await;
    let turn = |page, ordering: &'static str| {
        move |conn: &mut Conn| {
            let request = PageRequest { page, size: 10, ordering: orders(ordering), search: vec![] };
            users::page(conn, &UserFilter::default(), &request)
        }
    };
    for ordering in ["", "-name", "last_login"] {
        let mut seen = Vec::new();
        for page in 1..=3 {
            let page = world.read(turn(PageNumber::Number(page), ordering)).await;
            assert_eq!((page.count, page.size), (25, 10));
            seen.extend(page.rows.into_iter().map(|user| user.fields.username));
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 25, "{ordering}");
    }
    let last = world.read(turn(PageNumber::Last, "")).await;
    assert_eq!((last.page, last.rows.len()), (3, 5));
    let beyond = world.store.read(turn(PageNumber::Number(4), "")).await;
    assert!(matches!(beyond, Err(StoreError::InvalidPage)), "{beyond:?}");
}

#[tokio::test]
async fn groups_are_filtered_searched_and_ordered() {
    let world = World::new();
    world.write(people).await;
    let all = GroupFilter::default;
    let ada = world.read(|conn| users::find_by_username(conn, "ada")).await.unwrap().pk;
    let cases: Vec<(GroupFilter, &str, &str, &str)> = vec![
        (all(), "", "", "Admins Straße"),
        (all(), "", "-name", "Straße Admins"),
        (all(), "", "-is_superuser", "Admins Straße"),
        (all(), "", "parent,-name", "Straße Admins"),
        (all(), "STRAS", "", ""),
        (all(), "STRAß", "", "Straße"),
        (GroupFilter { name: Some("Admins".to_owned()), ..all() }, "", "", "Admins"),
        (GroupFilter { is_superuser: Some(false), ..all() }, "", "", "Straße"),
        (GroupFilter { members_by_pk: vec![ada], ..all() }, "", "", "Admins Straße"),
        (GroupFilter { members_by_username: vec!["Grace".to_owned()], ..all() }, "", "", "Straße"),
        (GroupFilter { attributes: object(&json!({"x": [1]})), ..all() }, "", "", "Admins"),
        (GroupFilter { attributes: object(&json!({"x": [2]})), ..all() }, "", "", ""),
    ];
    for (filter, search, ordering, expected) in cases {
        let shown = format!("{filter:?} {search} {ordering}");
        let search = Some(search.to_owned()).filter(|word| !word.is_empty()).into_iter().collect();
        let request = PageRequest { search, ordering: orders(ordering), ..PageRequest::default() };
        let page = world.read(move |conn| groups::page(conn, &filter, &request)).await;
        let names: Vec<_> = page.rows.into_iter().map(|group| group.fields.name).collect();
        assert_eq!(names.join(" "), expected, "{shown}");
    }
}

#[tokio::test]
async fn mappings_are_found_by_their_managed_keys() {
    let world = World::new();
    world
        .write(|conn| {
            use MappingKind::{Provider, Source};
            for (name, kind, managed) in [
                ("b", Provider, Some("k1")),
                ("a", Provider, Some("k2")),
                ("c", Provider, None),
                ("d", Source, None),
            ] {
                let fields = scimitar_domain::MappingFields {
                    name: name.to_owned(),
                    expression: "return {}".to_owned(),
                    managed: managed.map(str::to_owned),
                };
                mappings::insert(conn, scimitar_domain::MappingId(id(name)), kind, &fields)?;
            }
            Ok(())
        })
        .await;
    let all = MappingFilter::default;
    let keys = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    let cases: Vec<(MappingFilter, &str, &str)> = vec![
        (all(), "", "a b c d"),
        (all(), "managed", "b a c d"),
        (all(), "-managed", "d c a b"),
        (MappingFilter { managed: keys(&["k2", "k1", "k3"]), ..all() }, "", "a b"),
        (MappingFilter { managed_is_null: Some(true), ..all() }, "", "c d"),
        (MappingFilter { managed_is_null: Some(false), ..all() }, "", "a b"),
        (MappingFilter { name: Some("c".to_owned()), ..all() }, "", "c"),
        (MappingFilter { kind: Some(MappingKind::Source), ..all() }, "", "d"),
        (MappingFilter { kind: Some(MappingKind::Provider), ..all() }, "-name", "c b a"),
    ];
    for (filter, ordering, expected) in cases {
        let shown = format!("{filter:?} {ordering}");
        let request = PageRequest { ordering: orders(ordering), ..PageRequest::default() };
        let page = world.read(move |conn| mappings::page(conn, &filter, &request)).await;
        let names: Vec<_> = page.rows.into_iter().map(|mapping| mapping.fields.name).collect();
        assert_eq!(names.join(" "), expected, "{shown}");
    }
}

#[tokio::test]
async fn applications_are_listed_with_their_providers() {
    let world = World::new();
    let (pk, listed) = world
        .write(|conn| {
            let pk = crate::world::provider(conn, &crate::world::to("p"))?.pk;
            for (slug, url, providers) in [("b", "", vec![pk]), ("a", "https://a.example", vec![])] {
                let fields = ApplicationFields {
                    name: slug.to_owned(),
                    slug: slug.to_owned(),
                    meta_launch_url: url.to_owned(),
                    backchannel_providers: providers,
                    ..ApplicationFields::default()
                };
                applications::insert(conn, ApplicationId(id(slug)), &fields, at(0))?;
            }
            let list = |conn: &mut _, only_with_launch_url| -> Result<Vec<_>, StoreError> {
                let filter = ApplicationFilter { only_with_launch_url, ..ApplicationFilter::default() };
                let page = applications::page(conn, &filter, &PageRequest::default())?;
                Ok(page
                    .rows
                    .into_iter()
                    .map(|it| (it.fields.slug, it.fields.backchannel_providers))
                    .collect())
            };
            Ok((pk, [list(conn, false)?, list(conn, true)?]))
        })
        .await;
    let (a, b) = (("a".to_owned(), vec![]), ("b".to_owned(), vec![pk]));
    assert_eq!(listed, [vec![a.clone(), b], vec![a]]);
}

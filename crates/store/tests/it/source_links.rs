//! What sources know of users and groups.

use scimitar_domain::{GroupId, ObjectId, ObjectKind, SourceId, SourceLink, SourceLinkFields, UserPk};
use scimitar_store::source_links::{self, SourceLinkFilter};
use scimitar_store::{Conn, PageRequest, StoreError, Unique, groups, sources, users};
use serde_json::json;

use crate::lists::orders;
use crate::sources::{fields as source_fields, insert as insert_source, source_id};
use crate::world::{World, at, group, group_id, user};

pub(crate) fn fields(id: &str, source: &str, object: ObjectId) -> SourceLinkFields {
    SourceLinkFields {
        id: id.to_owned(),
        source: source_id(source),
        object,
        external_id: Some(format!("x-{id}")),
        resource: json!({}),
    }
}

pub(crate) fn insert(conn: &mut Conn, fields: &SourceLinkFields) -> Result<SourceLink, StoreError> {
    source_links::insert(conn, fields, at(0))
}

/// Two sources, two users, a group.
pub(crate) fn people(conn: &mut Conn) -> Result<(ObjectId, ObjectId, ObjectId), StoreError> {
    insert_source(conn, &source_fields("entra"))?;
    insert_source(conn, &source_fields("okta"))?;
    let (ada, bea) = (user(conn, "ada")?.pk, user(conn, "bea")?.pk);
    let staff = group(conn, "staff", &[])?.id;
    Ok((ObjectId::User(ada), ObjectId::User(bea), ObjectId::Group(staff)))
}

#[tokio::test]
async fn a_link_is_renamed_and_its_old_key_is_free() {
    let world = World::new();
    let (ada, ..) = world.write(people).await;
    let (before, after, same) = world
        .write(move |conn| {
            let before = insert(conn, &fields("a", "entra", ada))?;
            let wanted = SourceLinkFields {
                resource: json!(["any", 1, {"JSON": null}]),
                external_id: None,
                ..fields("b", "okta", ada)
            };
            let after = source_links::update(conn, &before, &wanted, at(5))?;
            let same = source_links::update(conn, &after, &wanted, at(9))?;
            assert_eq!(source_links::find(conn, ObjectKind::User, "a")?, None);
            assert_eq!(source_links::lock(conn, ObjectKind::User, "b")?, Some(after.clone()));
            insert(conn, &fields("a", "entra", ada))?;
            Ok((before, after, same))
        })
        .await;
    assert_eq!((before.version, before.updated_at), (1, at(0)));
    assert_eq!((after.version, after.created_at, after.updated_at), (2, at(0), at(5)));
    assert_eq!(after.fields.resource, json!(["any", 1, {"JSON": null}]));
    assert_eq!(same, after);
}

#[tokio::test]
async fn an_object_a_key_and_a_name_are_there_once() {
    let world = World::new();
    let (ada, bea, staff) = world.write(people).await;
    let named = |name: &str, fields: SourceLinkFields| SourceLinkFields {
        resource: json!({"userName": name}),
        ..fields
    };
    world
        .write(move |conn| {
            insert(conn, &named("Ada@Example.com", fields("a", "entra", ada)))?;
            // Another source may know the same object by the same names, and a group may have a user's key.
            insert(
                conn,
                &SourceLinkFields {
                    external_id: Some("x-a".to_owned()),
                    ..named("ada@example.com", fields("b", "okta", ada))
                },
            )?;
            insert(conn, &fields("a", "entra", staff))
        })
        .await;
    let external = SourceLinkFields { external_id: Some("x-a".to_owned()), ..fields("c", "entra", bea) };
    for (refused, expected) in [
        (SourceLinkFields { external_id: None, ..fields("a", "entra", bea) }, Unique::SourceLinkId),
        (fields("c", "entra", ada), Unique::SourceLinkObject),
        (fields("c", "entra", staff), Unique::SourceLinkObject),
        (external, Unique::SourceLinkExternalId),
        (named("ADA@EXAMPLE.COM", fields("c", "entra", bea)), Unique::SourceLinkUserName),
    ] {
        let error = world.refusal(move |conn| insert(conn, &refused)).await;
        assert!(matches!(error, StoreError::Taken(unique) if unique == expected), "{expected:?}: {error:?}");
    }
    let nobody = ObjectId::Group(GroupId(uuid::Uuid::nil()));
    for (refused, expected) in [
        (fields("c", "nowhere", ada), "source"),
        (fields("c", "entra", ObjectId::User(UserPk(999))), "user"),
        (fields("c", "entra", nobody), "group"),
    ] {
        let error = world.refusal(move |conn| insert(conn, &refused)).await;
        assert!(matches!(error, StoreError::Missing { field, .. } if field == expected), "{error:?}");
    }
}

#[tokio::test]
async fn a_link_is_found_by_all_that_its_client_may_name() {
    let world = World::new();
    let (ada, _, staff) = world.write(people).await;
    let found = world
        .write(move |conn| {
            let resource = json!({"userName": "Ada@Example.com"});
            insert(conn, &SourceLinkFields { resource, ..fields("a", "entra", ada) })?;
            insert(conn, &fields("g", "entra", staff))?;
            let (entra, okta) = (source_id("entra"), source_id("okta"));
            let by_external = |conn: &mut Conn, source: SourceId, kind| {
                source_links::find_by_external_id(conn, source, kind, "x-a")
            };
            Ok([
                source_links::find_by_user_name(conn, entra, "ADA@example.com")?,
                by_external(conn, entra, ObjectKind::User)?,
                source_links::of_object(conn, entra, ada)?,
                source_links::of_object(conn, entra, staff)?,
                source_links::find_by_user_name(conn, okta, "ada@example.com")?,
                by_external(conn, entra, ObjectKind::Group)?,
                source_links::of_object(conn, okta, ada)?,
            ])
        })
        .await;
    let ids = found.map(|link| link.map(|link| link.fields.id).unwrap_or_default());
    assert_eq!(ids, ["a", "a", "a", "g", "", "", ""]);
}

#[tokio::test]
async fn a_link_goes_with_its_object_and_with_its_source_and_takes_nothing_along() {
    let world = World::new();
    let (ada, bea, staff) = world.write(people).await;
    let left = world
        .write(move |conn| {
            insert(conn, &fields("a", "entra", ada))?;
            insert(conn, &fields("b", "okta", bea))?;
            insert(conn, &fields("g", "okta", staff))?;
            let (ObjectId::User(ada), ObjectId::Group(staff)) = (ada, staff) else { unreachable!() };
            users::delete(conn, ada, at(1))?;
            groups::delete(conn, staff, at(1))?;
            sources::delete(conn, source_id("okta"), at(1))?;
            let count = |conn: &mut Conn, kind| {
                let filter = SourceLinkFilter::default();
                Ok::<_, StoreError>(source_links::page(conn, kind, &filter, &PageRequest::default())?.count)
            };
            let counts = (count(conn, ObjectKind::User)?, count(conn, ObjectKind::Group)?);
            Ok((counts, users::find_by_username(conn, "bea")?.is_some()))
        })
        .await;
    assert_eq!(left, ((0, 0), true));
    let gone = world.refusal(|conn| source_links::delete(conn, ObjectKind::User, "a")).await;
    assert!(matches!(gone, StoreError::NotFound("source link")), "{gone:?}");
}

#[tokio::test]
async fn links_are_filtered_searched_and_ordered() {
    let world = World::new();
    let (ada, bea, staff) = world.write(people).await;
    world
        .write(move |conn| {
            insert(conn, &fields("3", "entra", bea))?;
            let resource = json!({"nickName": "Countess"});
            insert(conn, &SourceLinkFields { resource, ..fields("1", "entra", ada) })?;
            insert(conn, &SourceLinkFields { external_id: None, ..fields("2", "okta", ada) })?;
            insert(conn, &fields("9", "okta", staff))
        })
        .await;
    let ObjectId::User(pk) = bea else { unreachable!() };
    let all = SourceLinkFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let (users, groups) = (ObjectKind::User, ObjectKind::Group);
    let cases: Vec<(ObjectKind, SourceLinkFilter, &str, &str, &str)> = vec![
        (users, all(), "", "", "1 2 3"),
        (users, all(), "-id", "", "3 2 1"),
        (users, all(), "external_id", "", "1 3 2"),
        (users, all(), "-user", "", "3 2 1"),
        (users, SourceLinkFilter { source_slug: text("entra"), ..all() }, "", "", "1 3"),
        (users, SourceLinkFilter { source: Some(source_id("okta")), ..all() }, "", "", "2"),
        (users, SourceLinkFilter { user: Some(pk), ..all() }, "", "", "3"),
        (users, SourceLinkFilter { username: text("ada"), ..all() }, "", "", "1 2"),
        (users, all(), "", "COUNTESS", "1"),
        (users, all(), "", "x-3", "3"),
        (users, all(), "", "okt", "2"),
        (groups, all(), "", "", "9"),
        (groups, SourceLinkFilter { group: Some(group_id("staff")), ..all() }, "", "STAF", "9"),
        (groups, SourceLinkFilter { group_name: text("other"), ..all() }, "", "", ""),
        (groups, SourceLinkFilter { source_slug: text("entra"), ..all() }, "-group", "", ""),
    ];
    for (kind, filter, field, word, expected) in cases {
        let shown = format!("{kind:?} {filter:?} {field} {word}");
        let request = PageRequest {
            ordering: orders(field),
            search: Some(word.to_owned()).filter(|it| !it.is_empty()).into_iter().collect(),
            ..PageRequest::default()
        };
        let page = world.read(move |conn| source_links::page(conn, kind, &filter, &request)).await;
        let ids: Vec<_> = page.rows.into_iter().map(|link| link.fields.id).collect();
        assert_eq!(ids.join(" "), expected, "{shown}");
    }
}

//! `/sources/scim_users/`.

use serde_json::{Value, json};

use super::sources_scim::source;
use crate::harness::{Api, Client};

const PATH: &str = "/sources/scim_users/";

/// The key of a source with this slug.
pub(super) async fn source_key(admin: &Client, slug: &str) -> String {
    source(admin, slug).await["pk"].as_str().expect("a key").to_owned()
}

#[tokio::test]
async fn a_connection_lives_from_creation_to_deletion() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let entra = source_key(&admin, "entra").await;
    let attributes = json!({"userName": "Ada@Example.com", "active": true});
    let request = json!({"id": "7/a b", "user": ada.0, "source": entra, "attributes": attributes});
    let created = admin.post(PATH, &request).await.expect(201);
    let expected = json!({
        "id": "7/a b",
        "external_id": "7/a b",
        "user": ada.0,
        "user_obj": {
            "pk": ada.0,
            "username": "ada",
            "name": "ada Example",
            "is_active": true,
            "last_login": null,
            "email": "ada@example.com",
            "attributes": {},
            "uid": created["user_obj"]["uid"],
        },
        "source": entra,
        "attributes": attributes,
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}7%2Fa%20b/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), expected);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), "200 []");

    let missing = admin.put(&path, &json!({"attributes": {}})).await.expect(400);
    let required = json!(["This field is required."]);
    assert_eq!(missing, json!({"id": required, "user": required, "source": required}));
    let bea = api.user("bea").await;
    let wish = json!({"external_id": "x", "user": bea.0.to_string(), "source": entra});
    let replaced = admin.put(&path, &wish).await.expect(200);
    assert_eq!((&replaced["id"], &replaced["external_id"]), (&json!("7/a b"), &json!("x")));
    assert_eq!((&replaced["user_obj"]["username"], &replaced["attributes"]), (&json!("bea"), &attributes));

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMSourceUser matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert_eq!(admin.patch(&path, &json!({"id": ""})).await.line(), gone);
    assert_eq!(admin.get(&format!("/core/users/{bea}/")).await.status, 200);
}

#[tokio::test]
async fn a_new_id_takes_the_place_of_the_old_one() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bea) = (api.user("ada").await, api.user("bea").await);
    let entra = source_key(&admin, "entra").await;
    admin.post(PATH, &json!({"id": "a", "user": ada.0, "source": entra})).await.expect(201);
    admin.post(PATH, &json!({"id": "b", "user": bea.0, "source": entra})).await.expect(201);
    let renamed = admin.patch(&format!("{PATH}a/"), &json!({"id": "c"})).await.expect(200);
    assert_eq!((&renamed["id"], &renamed["external_id"]), (&json!("c"), &json!("c")));
    assert_eq!(admin.get(&format!("{PATH}a/")).await.status, 404);
    assert_eq!(admin.get(&format!("{PATH}c/")).await.expect(200), renamed);
    assert_eq!(admin.get(PATH).await.column("id"), ["c", "b"]);
    assert_eq!(
        admin.patch(&format!("{PATH}c/"), &json!({"id": "b"})).await.expect(400),
        json!({"id": ["scim source user with this id already exists."]})
    );
}

#[tokio::test]
async fn either_id_makes_the_other_and_attributes_are_any_json() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let entra = source_key(&admin, "entra").await;
    let made =
        admin.post(PATH, &json!({"external_id": "x-1", "user": ada.0, "source": entra})).await.expect(201);
    assert_eq!((&made["external_id"], &made["attributes"]), (&json!("x-1"), &json!({})));
    let id = made["id"].as_str().expect("an id");
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    let path = format!("{PATH}{id}/");
    for attributes in [json!([1, "two"]), json!("text"), json!(7.5), json!(false), json!({"a": null})] {
        let changed = admin.patch(&path, &json!({"attributes": attributes})).await.expect(200);
        assert_eq!(changed["attributes"], attributes);
    }
    assert_eq!(
        admin.patch(&path, &json!({"attributes": null})).await.expect(400),
        json!({"attributes": ["This field may not be null."]})
    );
    assert_eq!(
        admin.post(PATH, &json!({"user": 999, "source": "x"})).await.expect(400),
        json!({
            "id": ["This field is required."],
            "source": ["“x” is not a valid UUID."],
            "user": ["Invalid pk \"999\" - object does not exist."],
        })
    );
}

#[tokio::test]
async fn what_a_source_knows_it_knows_once() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bea) = (api.user("ada").await, api.user("bea").await);
    let (entra, okta) = (source_key(&admin, "entra").await, source_key(&admin, "okta").await);
    let request = json!({"id": "a", "external_id": "x", "user": ada.0, "source": entra, "attributes": {"userName": "Ada"}});
    admin.post(PATH, &request).await.expect(201);
    assert_eq!(
        admin.post(PATH, &request).await.expect(400),
        json!({"id": ["scim source user with this id already exists."]})
    );
    let other = json!({"id": "b", "external_id": "x", "user": ada.0, "source": entra, "attributes": {"userName": "ADA"}});
    assert_eq!(
        admin.post(PATH, &other).await.expect(400),
        json!({
            "non_field_errors": [
                "The fields user, source must make a unique set.",
                "The fields external_id, source must make a unique set.",
            ],
            "attributes": ["A user of this source with this userName already exists."],
        })
    );
    // Another source may know her under the same names, and her own connection may keep them.
    let elsewhere = json!({"id": "b", "external_id": "x", "user": ada.0, "source": okta, "attributes": {"userName": "ada"}});
    admin.post(PATH, &elsewhere).await.expect(201);
    admin.put(&format!("{PATH}a/"), &request).await.expect(200);
    let taken = admin.patch(&format!("{PATH}b/"), &json!({"source": entra, "user": bea.0})).await.expect(400);
    assert_eq!(taken["non_field_errors"], json!(["The fields external_id, source must make a unique set."]));
}

#[tokio::test]
async fn lists_are_narrowed_by_source_and_user() {
    let api = Api::start().await;
    let admin = api.admin();
    let (bea, ada) = (api.user("bea").await, api.user("ada").await);
    let (entra, okta) = (source_key(&admin, "entra").await, source_key(&admin, "okta").await);
    for (id, user, source, title) in
        [("1", bea, &entra, "Countess"), ("2", ada, &entra, "Boss"), ("3", ada, &okta, "Boss")]
    {
        let request = json!({"id": id, "external_id": format!("x-{id}"), "user": user.0, "source": source,
                             "attributes": {"title": title}});
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        (String::new(), json!(["2", "3", "1"])),
        ("source__slug=entra".to_owned(), json!(["2", "1"])),
        (format!("user__id={ada}"), json!(["2", "3"])),
        ("user__username=bea".to_owned(), json!(["1"])),
        ("user__username=BEA".to_owned(), json!([])),
        ("user__id=99999999999".to_owned(), json!([])),
        ("search=countess".to_owned(), json!(["1"])),
        ("search=okt%20ada".to_owned(), json!(["3"])),
        ("search=x-2".to_owned(), json!(["2"])),
        ("ordering=-id&page_size=2".to_owned(), json!(["3", "2"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("id");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?user__id=x")).await.expect(400),
        json!({"user__id": ["Enter a number."]})
    );
}

#[tokio::test]
async fn the_user_and_the_source_tell_of_the_connection_and_take_it_along() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bea) = (api.user("ada").await, api.user("bea").await);
    let entra = source_key(&admin, "entra").await;
    for (id, user) in [("a", ada), ("b", bea)] {
        admin.post(PATH, &json!({"id": id, "user": user.0, "source": entra})).await.expect(201);
    }
    let entry = |id: &str, user: scimitar_domain::UserPk| {
        json!({"app": "authentik_sources_scim", "model_name": "scimsourceuser", "pk": id,
               "name": format!("SCIM User {user} to {entra}"), "action": "cascade"})
    };
    let of_user = admin.get(&format!("/core/users/{ada}/used_by/")).await.expect(200);
    assert_eq!(of_user, json!([entry("a", ada)]));
    let of_source = admin.get("/sources/scim/entra/used_by/").await.expect(200);
    assert_eq!(of_source, json!([entry("a", ada), entry("b", bea)]));
    admin.delete(&format!("/core/users/{ada}/")).await.expect(204);
    assert_eq!(admin.get(PATH).await.column("id"), ["b"]);
    admin.delete("/sources/scim/entra/").await.expect(204);
    assert_eq!(admin.get(PATH).await.column("id"), [Value::Null; 0]);
    assert_eq!(admin.get(&format!("/core/users/{bea}/")).await.status, 200);
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let entra = source_key(&admin, "entra").await;
    admin.post(PATH, &json!({"id": "a", "user": ada.0, "source": entra})).await.expect(201);
    let path = format!("{PATH}a/");
    for round in 0..20 {
        let (one, two) = (json!({"external_id": format!("x-{round}")}), json!({"attributes": round}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let read = admin.get(&path).await.expect(200);
        assert_eq!((&read["external_id"], &read["attributes"]), (&one["external_id"], &json!(round)));
    }
}

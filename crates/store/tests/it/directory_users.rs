//! Users: what is written is what is read.

use scimitar_domain::{GroupId, User, UserFields, UserKind, UserPk, UserUuid};
use scimitar_store::{StoreError, Unique, groups, users};
use serde_json::{Value, json};

use crate::world::{World, at, called, group, group_id, id, named, user};

fn everything() -> UserFields {
    let attributes = json!({"department": "Köln ☂", "nested": {"b": 1, "a": [true, null]}, "n": 1.5});
    UserFields {
        username: "ada".to_owned(),
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        is_active: false,
        kind: UserKind::ServiceAccount,
        path: "users/berlin".to_owned(),
        attributes: attributes.as_object().unwrap().clone(),
        last_login: Some(at(5)),
    }
}

#[tokio::test]
async fn a_user_is_read_as_it_was_written() {
    let world = World::new();
    let written = world.write(|conn| users::insert(conn, UserUuid(id("1")), &everything(), &[], at(0))).await;
    assert_eq!(written.fields, everything());
    assert_eq!((written.uuid, written.date_joined, written.version), (UserUuid(id("1")), at(0), 1));
    let pk = written.pk;
    let (read, by_name) =
        world.read(move |conn| Ok((users::get(conn, pk)?, users::find_by_username(conn, "ada")?))).await;
    assert_eq!(read, written);
    assert_eq!(by_name, Some(written));
    let absent = world.store.read(|conn| users::get(conn, UserPk(999))).await;
    assert!(matches!(absent, Err(StoreError::NotFound("user"))), "{absent:?}");
}

#[tokio::test]
async fn an_update_raises_the_version_and_the_time() {
    let world = World::new();
    let before = world.write(|conn| user(conn, "ada")).await;
    let pk = before.pk;
    let after = world.write(move |conn| users::update(conn, pk, &everything(), None, at(60))).await;
    let expected = User { fields: everything(), last_updated: at(60), version: 2, ..before };
    assert_eq!(after, expected);
    // The same again, and a login, raise nothing.
    let login = UserFields { last_login: Some(at(120)), ..everything() };
    let fields = login.clone();
    let after = world.write(move |conn| users::update(conn, pk, &fields, None, at(180))).await;
    assert_eq!(after, User { fields: login, ..expected });
}

#[tokio::test]
async fn a_username_and_a_uuid_are_taken_once() {
    let world = World::new();
    world.write(|conn| user(conn, "ada")).await;
    let grace = world.write(|conn| user(conn, "grace")).await.pk;
    let taken =
        world.refusal(|conn| users::insert(conn, UserUuid(id("other")), &named("ada"), &[], at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::Username)), "{taken:?}");
    let taken =
        world.refusal(|conn| users::insert(conn, UserUuid(id("ada")), &named("other"), &[], at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::UserUuid)), "{taken:?}");
    let taken = world.refusal(move |conn| users::update(conn, grace, &named("ada"), None, at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::Username)), "{taken:?}");
    // Case is kept and counts.
    world.write(|conn| user(conn, "Ada")).await;
}

#[tokio::test]
async fn a_user_joins_and_leaves_groups_with_its_update() {
    let world = World::new();
    world
        .write(|conn| {
            for name in ["one", "two", "three"] {
                group(conn, name, &[])?;
            }
            Ok(())
        })
        .await;
    let groups_of =
        |names: &'static [&str]| names.iter().map(|name| group_id(name)).collect::<Vec<GroupId>>();
    let ada = world
        .write(move |conn| {
            users::insert(conn, UserUuid(id("ada")), &named("ada"), &groups_of(&["one", "two"]), at(0))
        })
        .await
        .pk;
    let names = move |conn: &mut _| -> Result<Vec<String>, StoreError> {
        Ok(groups::of_users(conn, &[ada])?.into_iter().map(|(_, group)| group.fields.name).collect())
    };
    assert_eq!(world.read(names).await, ["one", "two"]);
    let after = world
        .write(move |conn| {
            users::update(conn, ada, &named("ada"), Some(&groups_of(&["three", "two", "two"])), at(9))
        })
        .await;
    assert_eq!(world.read(names).await, ["three", "two"]);
    assert_eq!((after.version, after.last_updated), (2, at(0)));
    let missing = world
        .refusal(move |conn| users::update(conn, ada, &named("ada"), Some(&groups_of(&["four"])), at(9)))
        .await;
    assert!(matches!(missing, StoreError::Missing { field: "groups", .. }), "{missing:?}");
    assert_eq!(world.read(names).await, ["three", "two"]);
}

#[tokio::test]
async fn a_key_is_never_used_again() {
    let world = World::new();
    let first = world.write(|conn| user(conn, "ada")).await.pk;
    world.write(move |conn| users::delete(conn, first, at(0))).await;
    let second = world.write(|conn| user(conn, "grace")).await.pk;
    assert!(second > first, "{second} after {first}");
    let again = world.refusal(move |conn| users::delete(conn, first, at(0))).await;
    assert!(matches!(again, StoreError::NotFound("user")), "{again:?}");
}

#[tokio::test]
async fn superusers_are_members_of_powerful_groups_and_of_their_descendants() {
    let world = World::new();
    let powers = world
        .write(|conn| {
            let mut pks = Vec::new();
            for name in ["root", "child", "grandchild", "stranger", "nobody"] {
                pks.push(user(conn, name)?.pk);
            }
            let mut parents = Vec::new();
            for name in ["root", "child", "grandchild"] {
                let fields = scimitar_domain::GroupFields {
                    is_superuser: name == "root",
                    parents,
                    ..called(&format!("of-{name}"))
                };
                let member = users::find_by_username(conn, name)?.unwrap().pk;
                parents = vec![groups::insert(conn, group_id(&fields.name), &fields, &[member], at(0))?.id];
            }
            group(conn, "powerless", &["stranger"])?;
            let supers = users::superusers(conn, &pks)?;
            assert!(users::is_superuser(conn, pks[2])?);
            assert!(!users::is_superuser(conn, pks[3])?);
            Ok(pks.iter().map(|pk| supers.contains(pk)).collect::<Vec<_>>())
        })
        .await;
    assert_eq!(powers, [true, true, true, false, false]);
}

#[tokio::test]
async fn a_mapping_finds_users_by_what_it_knows_of_them() {
    let world = World::new();
    let ada = world.write(|conn| users::insert(conn, UserUuid(id("ada")), &everything(), &[], at(0))).await;
    let cases: Vec<(Value, bool)> = vec![
        (json!({"username": "ada"}), true),
        (json!({"username": "ADA"}), false),
        (json!({"email": "ada@example.com", "name": "Ada Lovelace"}), true),
        (json!({"email": "ada@example.com", "name": "Grace"}), false),
        (json!({"pk": ada.pk.0}), true),
        (json!({"pk": "x"}), false),
        (json!({"uuid": ada.uuid.0.to_string()}), true),
        (json!({"uuid": "x"}), false),
        (json!({"attributes__department": "Köln ☂"}), true),
        (json!({"attributes__department": "Köln"}), false),
        (json!({"attributes__nested__a": [true, null]}), true),
        (json!({"attributes__nested": {"a": [true, null], "b": 1}}), true),
        (json!({"attributes__n": 1.5}), true),
        (json!({"attributes__absent": null}), false),
        (json!({"shoe_size": 38}), false),
    ];
    for (conditions, expected) in cases {
        let pairs: Vec<(String, Value)> = conditions
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let found = world.read(move |conn| users::find_by(conn, &pairs)).await;
        assert_eq!(found.is_some(), expected, "{conditions}");
    }
}

#[tokio::test]
async fn many_are_found_at_once_and_each_once() {
    let world = World::new();
    let (ada, grace) = world.write(|conn| Ok((user(conn, "ada")?.pk, user(conn, "grace")?.pk))).await;
    let found = world.read(move |conn| users::find_many(conn, &[grace, ada, UserPk(77), grace])).await;
    assert_eq!(found.iter().map(|user| user.pk).collect::<Vec<_>>(), [ada, grace]);
}

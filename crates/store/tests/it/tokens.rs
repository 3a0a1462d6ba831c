//! Tokens: found by their key, which nobody can read from the table.

use scimitar_domain::{Intent, Secret, TokenFields, TokenId, UserPk};
use scimitar_store::{Keyring, PageRequest, StoreError, Unique, tokens, users};

use crate::world::{World, at, id, keyring, user};

const KEY: &str = "canary-0123456789";

fn key(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn fields(identifier: &str, user: UserPk) -> TokenFields {
    TokenFields {
        identifier: identifier.to_owned(),
        intent: Intent::Api,
        user,
        description: "for tests".to_owned(),
        expires: Some(at(60)),
        expiring: true,
        managed: None,
    }
}

#[tokio::test]
async fn a_token_is_found_by_its_key_and_shows_it_again() {
    let world = World::new();
    let ada = world.write(|conn| user(conn, "ada")).await;
    let pk = ada.pk;
    let written = world
        .write(move |conn| tokens::insert(conn, &keyring(), TokenId(id("t")), &fields("t", pk), &key(KEY)))
        .await;
    assert_eq!(written.fields, fields("t", pk));
    let (found, shown, other) = world
        .read(|conn| {
            Ok((
                tokens::authenticate(conn, &keyring(), &key(KEY))?,
                tokens::view_key(conn, &keyring(), TokenId(id("t")))?,
                tokens::authenticate(conn, &keyring(), &key("another"))?,
            ))
        })
        .await;
    assert_eq!(found, Some((written, ada)));
    assert_eq!((shown, other), (key(KEY), None));
}

#[tokio::test]
async fn another_key_replaces_the_first() {
    let world = World::new();
    let found = world
        .write(|conn| {
            let ada = user(conn, "ada")?.pk;
            let token = tokens::insert(conn, &keyring(), TokenId(id("t")), &fields("t", ada), &key(KEY))?.id;
            tokens::set_key(conn, &keyring(), token, &key("new"))?;
            assert_eq!(tokens::view_key(conn, &keyring(), token)?, key("new"));
            Ok([KEY, "new"].map(|text| tokens::authenticate(conn, &keyring(), &key(text)).unwrap().is_some()))
        })
        .await;
    assert_eq!(found, [false, true]);
}

#[tokio::test]
async fn tokens_survive_a_change_of_the_master_key() {
    let world = World::new();
    let both = || Keyring::new(vec![(2, [8; 32]), (1, [7; 32])]);
    world
        .write(|conn| {
            let ada = user(conn, "ada")?.pk;
            tokens::insert(conn, &keyring(), TokenId(id("t")), &fields("t", ada), &key(KEY))
        })
        .await;
    let found = world.read(move |conn| tokens::authenticate(conn, &both(), &key(KEY))).await;
    assert!(found.is_some());
    let other = world
        .store
        .read(|conn| tokens::view_key(conn, &Keyring::new(vec![(1, [9; 32])]), TokenId(id("t"))))
        .await;
    assert!(matches!(other, Err(StoreError::Sealed(_))), "{other:?}");
}

#[tokio::test]
async fn a_sealed_key_opens_in_its_own_row_only() {
    let world = World::new();
    let swapped = world
        .store
        .write(|conn| {
            let ada = user(conn, "ada")?.pk;
            tokens::insert(conn, &keyring(), TokenId(id("a")), &fields("a", ada), &key("key-a"))?;
            tokens::insert(conn, &keyring(), TokenId(id("b")), &fields("b", ada), &key("key-b"))?;
            crate::world::execute(
                conn,
                "UPDATE tokens SET key_sealed = \
                 (SELECT key_sealed FROM tokens AS other WHERE other.identifier = 'a') WHERE identifier = 'b'",
            )?;
            tokens::view_key(conn, &keyring(), TokenId(id("b")))
        })
        .await;
    assert!(matches!(swapped, Err(StoreError::Sealed(_))), "{swapped:?}");
}

#[tokio::test]
async fn what_is_taken_or_missing_is_refused() {
    let world = World::new();
    let ada = world.write(|conn| user(conn, "ada")).await.pk;
    let managed = move |name: &str| TokenFields { managed: Some("m".to_owned()), ..fields(name, ada) };
    world
        .write(move |conn| tokens::insert(conn, &keyring(), TokenId(id("t")), &managed("t"), &key(KEY)))
        .await;
    let cases = [
        (fields("t", ada), "other", Unique::TokenIdentifier),
        (managed("u"), "other", Unique::TokenManaged),
        (fields("u", ada), KEY, Unique::TokenKey),
    ];
    for (fields, text, expected) in cases {
        let refused = world
            .refusal(move |conn| tokens::insert(conn, &keyring(), TokenId(id("u")), &fields, &key(text)))
            .await;
        assert!(matches!(refused, StoreError::Taken(unique) if unique == expected), "{refused:?}");
    }
    let refused =
        world.refusal(move |conn| tokens::update(conn, TokenId(id("t")), &fields("t", UserPk(99)))).await;
    assert!(matches!(refused, StoreError::Missing { field: "user", .. }), "{refused:?}");
    for gone in [
        world.refusal(move |conn| tokens::update(conn, TokenId(id("x")), &fields("x", ada)).map(drop)).await,
        world.refusal(|conn| tokens::set_key(conn, &keyring(), TokenId(id("x")), &key("k"))).await,
        world.refusal(|conn| tokens::delete(conn, TokenId(id("x")))).await,
        world.refusal(|conn| tokens::view_key(conn, &keyring(), TokenId(id("x"))).map(drop)).await,
    ] {
        assert!(matches!(gone, StoreError::NotFound("token")), "{gone:?}");
    }
}

#[tokio::test]
async fn tokens_go_with_their_user_and_are_listed_by_owner() {
    let world = World::new();
    let listed = world
        .write(|conn| {
            let (ada, grace) = (user(conn, "ada")?.pk, user(conn, "grace")?.pk);
            for (name, owner) in [("a1", ada), ("g1", grace), ("a2", ada)] {
                tokens::insert(conn, &keyring(), TokenId(id(name)), &fields(name, owner), &key(name))?;
            }
            let names = |conn: &mut _, owner| -> Result<Vec<String>, StoreError> {
                let filter = tokens::TokenFilter::default();
                let page = tokens::page(conn, &filter, &PageRequest::default(), owner)?;
                Ok(page.rows.into_iter().map(|token| token.fields.identifier).collect())
            };
            let before = (names(conn, None)?, names(conn, Some(ada))?);
            users::delete(conn, ada, at(0))?;
            Ok((before, names(conn, None)?, tokens::count(conn)?))
        })
        .await;
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(listed, ((names(&["a1", "a2", "g1"]), names(&["a1", "a2"])), names(&["g1"]), 1));
}

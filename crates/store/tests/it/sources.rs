//! Sources, and the account and the token that each of them owns.

use scimitar_domain::{
    ChangeKind, MappingFields, MappingId, MappingKind, ObjectKind, Secret, Source, SourceFields, SourceId,
    TokenId, UserKind, UserUuid,
};
use scimitar_store::sources::{self, SourceFilter, Spare};
use scimitar_store::{Conn, PageRequest, StoreError, Unique, mappings, tokens, users};

use crate::lists::orders;
use crate::world::{World, at, drain, id, keyring};

pub(crate) fn source_id(slug: &str) -> SourceId {
    SourceId(id(slug))
}

pub(crate) fn fields(slug: &str) -> SourceFields {
    SourceFields { name: format!("{slug} source"), slug: slug.to_owned(), ..SourceFields::default() }
}

fn spare(name: &str) -> Spare {
    Spare {
        account: UserUuid(id(&format!("account of {name}"))),
        token: TokenId(id(&format!("token of {name}"))),
        key: Secret::new(format!("key of {name}")),
    }
}

pub(crate) fn insert(conn: &mut Conn, fields: &SourceFields) -> Result<Source, StoreError> {
    sources::insert(conn, &keyring(), source_id(&fields.slug), fields, &spare(&fields.slug), at(0))
}

fn mapping(conn: &mut Conn, name: &str, kind: MappingKind) -> Result<MappingId, StoreError> {
    let fields = MappingFields { name: name.to_owned(), expression: "return {}".to_owned(), managed: None };
    Ok(mappings::insert(conn, MappingId(id(name)), kind, &fields)?.id)
}

#[tokio::test]
async fn a_source_owns_an_account_and_a_token_that_keeps_its_key() {
    let world = World::new();
    let source = world.write(|conn| insert(conn, &fields("entra"))).await;
    let identifier = format!("ak-source-scim-{}", source.id);
    let (account, token, key) = world
        .write(move |conn| {
            let token = tokens::find_many(conn, &[source.token])?.pop().unwrap();
            Ok((users::get(conn, source.account)?, token, tokens::view_key(conn, &keyring(), source.token)?))
        })
        .await;
    assert_eq!(
        (account.fields.username, account.fields.kind),
        (identifier.clone(), UserKind::InternalServiceAccount)
    );
    assert_eq!(account.fields.name, "SCIM Source entra source Service-Account");
    assert_eq!((token.fields.identifier, token.fields.user), (identifier, account.pk));
    assert_eq!(token.fields.managed, Some(format!("goauthentik.io/sources/scim/{}", source_id("entra"))));
    assert!(!token.fields.expiring);

    // Saving renames the account and rotates nothing.
    let renamed = SourceFields { name: "Entra ID".to_owned(), ..fields("entra-id") };
    let (after, account, same) = world
        .write(move |conn| {
            let after =
                sources::update(conn, &keyring(), source_id("entra"), &renamed, &spare("unused"), at(1))?;
            let account = users::get(conn, after.account)?.fields;
            Ok((after.clone(), account, tokens::view_key(conn, &keyring(), after.token)?))
        })
        .await;
    assert_eq!((after.account, after.token), (account_of(&world, "entra-id").await, token.id));
    assert_eq!(account.name, "SCIM Source Entra ID Service-Account");
    assert_eq!((same.expose(), key.expose()), (&"key of entra".to_owned(), &"key of entra".to_owned()));
}

async fn account_of(world: &World, slug: &'static str) -> scimitar_domain::UserPk {
    world.read(move |conn| Ok(sources::find_by_slug(conn, slug)?.unwrap().account)).await
}

#[tokio::test]
async fn deleting_a_source_deletes_what_it_owns() {
    let world = World::new();
    let (source, notes, left) = world
        .write(|conn| {
            let source = insert(conn, &fields("entra"))?;
            insert(conn, &fields("okta"))?;
            drain(conn)?;
            sources::delete(conn, source.id, at(1))?;
            let left = (
                users::find(conn, source.account)?,
                tokens::find_many(conn, &[source.token])?,
                sources::find(conn, source.id)?,
                sources::find_by_slug(conn, "okta")?.is_some(),
            );
            Ok((source, drain(conn)?, left))
        })
        .await;
    // An account may have been sent somewhere like any other user.
    assert_eq!(notes, [ChangeKind::UserDeleted { user: source.account }]);
    assert_eq!(left, (None, vec![], None, true));
    let gone = world.refusal(move |conn| sources::delete(conn, source.id, at(1))).await;
    assert!(matches!(gone, StoreError::NotFound("source")), "{gone:?}");
}

#[tokio::test]
async fn who_deletes_the_token_or_the_account_gives_the_source_a_new_one() {
    let world = World::new();
    let (first, second, third, keys) = world
        .write(|conn| {
            let first = insert(conn, &fields("entra"))?;
            tokens::delete(conn, first.token)?;
            sources::settle(conn, &keyring(), first.id, &spare("second"), at(1))?;
            let second = sources::get(conn, first.id)?;
            users::delete(conn, second.account, at(1))?;
            sources::settle(conn, &keyring(), first.id, &spare("third"), at(1))?;
            let third = sources::get(conn, first.id)?;
            let mut keys = Vec::new();
            for key in ["key of entra", "key of second", "key of third"] {
                let key = Secret::new(key.to_owned());
                keys.push(tokens::authenticate(conn, &keyring(), &key)?.map(|(token, _)| token.id));
            }
            Ok((first, second, third, keys))
        })
        .await;
    assert_eq!(second.account, first.account);
    assert_ne!(third.account, first.account);
    // What was revoked stays revoked.
    assert_eq!(keys, [None, None, Some(third.token)]);
    let (by_token, by_account) = world
        .read(move |conn| {
            Ok((sources::by_token(conn, third.token)?, sources::by_account(conn, third.account)?))
        })
        .await;
    assert_eq!((by_token.map(|it| it.id), by_account.map(|it| it.id)), (Some(first.id), Some(first.id)));
}

#[tokio::test]
async fn mappings_stand_as_given_and_apply_by_name() {
    let world = World::new();
    let (listed, applied, using, left) = world
        .write(|conn| {
            let (b, a) = (mapping(conn, "b", MappingKind::Source)?, mapping(conn, "a", MappingKind::Source)?);
            let fields = SourceFields {
                user_property_mappings: vec![b, a, b],
                group_property_mappings: vec![a],
                ..fields("entra")
            };
            let source = insert(conn, &fields)?;
            let applied: Vec<String> = mappings::of_source(conn, source.id, ObjectKind::User)?
                .into_iter()
                .map(|mapping| mapping.fields.name)
                .collect();
            let using = sources::by_mapping(conn, a)?.len();
            mappings::delete(conn, b, at(1))?;
            let left = sources::get(conn, source.id)?.fields.user_property_mappings;
            Ok((source.fields, applied, using, left))
        })
        .await;
    assert_eq!(listed.user_property_mappings, [MappingId(id("b")), MappingId(id("a"))]);
    assert_eq!(listed.group_property_mappings, [MappingId(id("a"))]);
    assert_eq!(applied, ["a", "b"]);
    assert_eq!((using, left), (1, vec![MappingId(id("a"))]));
}

#[tokio::test]
async fn slugs_are_unique_and_mappings_must_be_of_sources() {
    let world = World::new();
    world.write(|conn| insert(conn, &fields("entra"))).await;
    let taken = world
        .refusal(|conn| {
            sources::insert(conn, &keyring(), source_id("x"), &fields("entra"), &spare("x"), at(0))
        })
        .await;
    assert!(matches!(taken, StoreError::Taken(Unique::SourceSlug)), "{taken:?}");
    let outbound = world.write(|conn| mapping(conn, "outbound", MappingKind::Provider)).await;
    let using = move || SourceFields { group_property_mappings: vec![outbound], ..fields("okta") };
    let refused = world.refusal(move |conn| insert(conn, &using())).await;
    assert!(matches!(refused, StoreError::Missing { field: "group_property_mappings", .. }), "{refused:?}");
    let users = world.read(|conn| users::page(conn, &users::UserFilter::default(), &PageRequest::default()));
    assert_eq!(users.await.count, 1, "what is refused leaves no account behind");
}

#[tokio::test]
async fn sources_are_filtered_searched_and_ordered() {
    let world = World::new();
    world
        .write(|conn| {
            insert(conn, &SourceFields { name: "Zeta".to_owned(), ..fields("a") })?;
            insert(conn, &SourceFields { name: "Alpha".to_owned(), enabled: false, ..fields("b") })
        })
        .await;
    let all = SourceFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let token = format!("ak-source-scim-{}", source_id("a")).to_uppercase();
    let cases: Vec<(SourceFilter, &str, &str, &str)> = vec![
        (all(), "", "", "b a"),
        (all(), "-slug", "", "b a"),
        (all(), "enabled", "", "b a"),
        (all(), "-enabled", "", "a b"),
        (SourceFilter { name: text("Zeta"), ..all() }, "", "", "a"),
        (SourceFilter { name: text("zeta"), ..all() }, "", "", ""),
        (SourceFilter { slug: text("b"), ..all() }, "", "", "b"),
        (SourceFilter { id: Some(source_id("a")), ..all() }, "", "", "a"),
        (SourceFilter { managed: text("x"), ..all() }, "", "", ""),
        (all(), "", "ALPH", "b"),
        (all(), "", &token, "a"),
        (SourceFilter { is_without_token: true, ..all() }, "", &token, ""),
        (SourceFilter { is_without_token: true, ..all() }, "", "zet", "a"),
    ];
    for (filter, field, word, expected) in cases {
        let shown = format!("{filter:?} {field} {word}");
        let request = PageRequest {
            ordering: orders(field),
            search: Some(word.to_owned()).filter(|it| !it.is_empty()).into_iter().collect(),
            ..PageRequest::default()
        };
        let page = world.read(move |conn| sources::page(conn, &filter, &request)).await;
        let slugs: Vec<_> = page.rows.into_iter().map(|source| source.fields.slug).collect();
        assert_eq!(slugs.join(" "), expected, "{shown}");
    }
}

//! Property mappings, and the providers that use them.

use scimitar_domain::{Mapping, MappingFields, MappingId, MappingKind, ObjectKind, ProviderFields};
use scimitar_store::{StoreError, Unique, mappings, providers};

use crate::world::{World, at, id, keyring, provider, to};

fn mapping(name: &str) -> MappingId {
    MappingId(id(name))
}

fn fields(name: &str) -> MappingFields {
    MappingFields { name: name.to_owned(), expression: "return {}".to_owned(), managed: None }
}

#[tokio::test]
async fn a_change_reaches_the_providers_that_use_the_mapping() {
    let world = World::new();
    let seen = world
        .write(|conn| {
            for name in ["used", "unused"] {
                mappings::insert(conn, mapping(name), MappingKind::Provider, &fields(name))?;
            }
            let using = ProviderFields { property_mappings_group: vec![mapping("used")], ..to("using") };
            let pks = [provider(conn, &using)?.pk, provider(conn, &to("other"))?.pk];
            let revisions = |conn: &mut _| -> Result<Vec<i64>, StoreError> {
                pks.iter().map(|pk| Ok(providers::get(conn, &keyring(), *pk)?.revision)).collect()
            };
            let mut seen = vec![revisions(conn)?];
            let after = mappings::update(conn, mapping("used"), &fields("renamed"), at(0))?;
            assert_eq!(
                after,
                Mapping {
                    id: mapping("used"),
                    kind: MappingKind::Provider,
                    fields: fields("renamed"),
                    version: 2
                }
            );
            seen.push(revisions(conn)?);
            mappings::update(conn, mapping("unused"), &fields("other name"), at(0))?;
            seen.push(revisions(conn)?);
            mappings::delete(conn, mapping("used"), at(0))?;
            seen.push(revisions(conn)?);
            assert_eq!(mappings::of_provider(conn, pks[0], ObjectKind::Group)?, []);
            Ok(seen)
        })
        .await;
    let start = seen[0].clone();
    let rises: Vec<Vec<i64>> =
        seen.iter().map(|now| now.iter().zip(&start).map(|(now, start)| now - start).collect()).collect();
    assert_eq!(rises, [[0, 0], [1, 0], [1, 0], [2, 0]]);
}

#[tokio::test]
async fn the_mappings_of_a_provider_apply_by_name_and_kind() {
    let world = World::new();
    let names = world
        .write(|conn| {
            for name in ["b", "a", "c"] {
                mappings::insert(conn, mapping(name), MappingKind::Provider, &fields(name))?;
            }
            let fields = ProviderFields {
                property_mappings: vec![mapping("b"), mapping("a")],
                property_mappings_group: vec![mapping("c"), mapping("a")],
                ..to("p")
            };
            let pk = provider(conn, &fields)?.pk;
            [ObjectKind::User, ObjectKind::Group]
                .into_iter()
                .map(|kind| {
                    let mappings = mappings::of_provider(conn, pk, kind)?;
                    Ok(mappings.into_iter().map(|mapping| mapping.fields.name).collect::<Vec<_>>())
                })
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .await;
    assert_eq!(names, [["a", "b"], ["a", "c"]]);
}

#[tokio::test]
async fn a_managed_mapping_is_brought_once_and_never_overwritten() {
    let world = World::new();
    let managed = |expression: &str| MappingFields {
        expression: expression.to_owned(),
        managed: Some("scim/user".to_owned()),
        ..fields("default")
    };
    let kept = world
        .write(move |conn| {
            assert!(mappings::ensure_managed(conn, mapping("1"), &managed("first"))?);
            mappings::update(conn, mapping("1"), &managed("edited"), at(0))?;
            assert!(!mappings::ensure_managed(conn, mapping("2"), &managed("second"))?);
            mappings::find_by_managed(conn, "scim/user")
        })
        .await;
    assert_eq!(kept.map(|mapping| mapping.fields.expression), Some("edited".to_owned()));
    let taken = world
        .refusal(move |conn| mappings::insert(conn, mapping("3"), MappingKind::Provider, &managed("x")))
        .await;
    assert!(matches!(taken, StoreError::Taken(Unique::MappingName | Unique::MappingManaged)), "{taken:?}");
    let taken = world
        .refusal(|conn| mappings::insert(conn, mapping("3"), MappingKind::Provider, &fields("default")))
        .await;
    assert!(matches!(taken, StoreError::Taken(Unique::MappingName)), "{taken:?}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new();
    for gone in [
        world.refusal(|conn| mappings::get(conn, mapping("x")).map(drop)).await,
        world.refusal(|conn| mappings::update(conn, mapping("x"), &fields("x"), at(0)).map(drop)).await,
        world.refusal(|conn| mappings::delete(conn, mapping("x"), at(0))).await,
    ] {
        assert!(matches!(gone, StoreError::NotFound("mapping")), "{gone:?}");
    }
}

#[tokio::test]
async fn providers_use_mappings_of_their_own_kind_only() {
    let world = World::new();
    world
        .write(|conn| mappings::insert(conn, mapping("inbound"), MappingKind::Source, &fields("inbound")))
        .await;
    let using = || ProviderFields { property_mappings: vec![mapping("inbound")], ..to("p") };
    let refused = world.refusal(move |conn| provider(conn, &using())).await;
    assert!(matches!(refused, StoreError::Missing { field: "property_mappings", .. }), "{refused:?}");
    // Whatever the kind, a name is there once.
    let taken = world
        .refusal(|conn| mappings::insert(conn, mapping("x"), MappingKind::Provider, &fields("inbound")))
        .await;
    assert!(matches!(taken, StoreError::Taken(Unique::MappingName)), "{taken:?}");
    let notes = world
        .write(|conn| {
            mappings::update(conn, mapping("inbound"), &fields("renamed"), at(0))?;
            mappings::delete(conn, mapping("inbound"), at(0))?;
            crate::world::drain(conn)
        })
        .await;
    assert_eq!(notes, [], "nothing that is sent has changed");
}

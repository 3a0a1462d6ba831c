//! Applications, the providers that hang on them, and the identity of the installation.

use scimitar_domain::{
    Application, ApplicationFields, ApplicationId, InstallId, PolicyEngineMode, ProviderPk,
};
use scimitar_store::{StoreError, Unique, applications, installation, providers};

use crate::world::{World, at, id, keyring, provider, to};

fn app(slug: &str) -> ApplicationId {
    ApplicationId(id(slug))
}

fn fields(slug: &str, backchannel: &[ProviderPk]) -> ApplicationFields {
    ApplicationFields {
        name: slug.to_uppercase(),
        slug: slug.to_owned(),
        backchannel_providers: backchannel.to_vec(),
        open_in_new_tab: true,
        meta_launch_url: "https://example.com".to_owned(),
        meta_description: "d".to_owned(),
        meta_publisher: "p".to_owned(),
        policy_engine_mode: PolicyEngineMode::All,
        group: "g".to_owned(),
        ..ApplicationFields::default()
    }
}

#[tokio::test]
async fn an_application_is_read_as_it_was_written() {
    let world = World::new();
    let (first, second) =
        world.write(|conn| Ok((provider(conn, &to("1"))?.pk, provider(conn, &to("2"))?.pk))).await;
    let written = world
        .write(move |conn| applications::insert(conn, app("a"), &fields("a", &[second, first]), at(0)))
        .await;
    assert_eq!(written, Application { id: app("a"), fields: fields("a", &[first, second]) });
    let read = world.read(|conn| applications::find_by_slug(conn, "a")).await;
    assert_eq!(read, Some(written));
}

#[tokio::test]
async fn a_provider_hangs_on_one_application_at_a_time() {
    let world = World::new();
    let seen = world
        .write(|conn| {
            let pk = provider(conn, &to("1"))?.pk;
            let attached = |conn: &mut _| -> Result<Option<String>, StoreError> {
                Ok(providers::get(conn, &keyring(), pk)?.application.map(|application| application.slug))
            };
            let mut seen = vec![attached(conn)?];
            applications::insert(conn, app("a"), &fields("a", &[pk]), at(0))?;
            seen.push(attached(conn)?);
            applications::insert(conn, app("b"), &fields("b", &[pk]), at(0))?;
            seen.push(attached(conn)?);
            assert_eq!(applications::get(conn, app("a"))?.fields.backchannel_providers, []);
            applications::update(conn, app("b"), &fields("b", &[]), at(0))?;
            seen.push(attached(conn)?);
            Ok(seen)
        })
        .await;
    assert_eq!(seen, [None, Some("a".to_owned()), Some("b".to_owned()), None]);
}

#[tokio::test]
async fn deleting_an_application_deletes_its_providers() {
    let world = World::new();
    let left = world
        .write(|conn| {
            let (mine, other) = (provider(conn, &to("mine"))?.pk, provider(conn, &to("other"))?.pk);
            applications::insert(conn, app("a"), &fields("a", &[mine]), at(0))?;
            applications::delete(conn, app("a"))?;
            Ok([mine, other].map(|pk| providers::find(conn, &keyring(), pk).unwrap().is_some()))
        })
        .await;
    assert_eq!(left, [false, true]);
    let again = world.refusal(|conn| applications::delete(conn, app("a"))).await;
    assert!(matches!(again, StoreError::NotFound("application")), "{again:?}");
}

#[tokio::test]
async fn what_is_taken_or_missing_is_refused() {
    let world = World::new();
    let pk = world
        .write(|conn| {
            let pk = provider(conn, &to("1"))?.pk;
            let fields = ApplicationFields { provider: Some(pk), ..fields("a", &[]) };
            applications::insert(conn, app("a"), &fields, at(0))?;
            Ok(pk)
        })
        .await;
    let taken = world.refusal(|conn| applications::insert(conn, app("b"), &fields("a", &[]), at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::ApplicationSlug)), "{taken:?}");
    let same = move || ApplicationFields { provider: Some(pk), ..fields("b", &[]) };
    let taken = world.refusal(move |conn| applications::insert(conn, app("b"), &same(), at(0))).await;
    assert!(matches!(taken, StoreError::Taken(Unique::ApplicationProvider)), "{taken:?}");
    let missing = world
        .refusal(|conn| applications::insert(conn, app("b"), &fields("b", &[ProviderPk(99)]), at(0)))
        .await;
    assert!(matches!(missing, StoreError::Missing { field: "backchannel_providers", .. }), "{missing:?}");
    let gone = world.refusal(|conn| applications::update(conn, app("x"), &fields("x", &[]), at(0))).await;
    assert!(matches!(gone, StoreError::NotFound("application")), "{gone:?}");
}

#[tokio::test]
async fn the_installation_keeps_the_identity_of_its_first_start() {
    let world = World::new();
    let replica = world.database.store();
    let (one, two) = tokio::join!(
        world.store.write(|conn| installation::get_or_create(conn, InstallId(id("one")), at(0))),
        replica.write(|conn| installation::get_or_create(conn, InstallId(id("two")), at(0))),
    );
    let (one, two): (InstallId, InstallId) = (one.unwrap(), two.unwrap());
    assert_eq!(one, two);
    let later = world.write(|conn| installation::get_or_create(conn, InstallId(id("three")), at(9))).await;
    assert_eq!(later, one);
}

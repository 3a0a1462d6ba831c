//! Providers, their lists and their sealed token.

use diesel::prelude::*;
use diesel::sql_types::Binary;
use scimitar_domain::{
    AuthMode, ChangeKind, CompatibilityMode, Deprovisioning, DriftMode, GroupId, MappingFields, MappingId,
    MappingKind, NestedGroups, Provider, ProviderFields, ProviderPk, RemoteAccess, Secret,
};
use scimitar_store::providers::{self, AnyProviderFilter, ProviderFilter};
use scimitar_store::{
    Keyring, Order, PageRequest, StoreError, Unique, applications, changes, groups, jobs, lanes, links,
    mappings,
};

use crate::setting::{Setting, at, object, provider_fields};

const TOKEN: &str = "canary-5c1d2f-token";
const PASSWORD: &str = "canary-77e0aa-password";
const KEY: &str = "canary-91b3f0-key";

fn insert(setting: &Setting, fields: &ProviderFields) -> Result<Provider, StoreError> {
    let (keyring, seal_id, fields) = (setting.keyring.clone(), setting.uuid(), fields.clone());
    setting.attempt(move |conn| providers::insert(conn, &keyring, seal_id, &fields, at(0)))
}

fn mapping(setting: &Setting, name: &str) -> MappingId {
    let id = MappingId(setting.uuid());
    let fields = MappingFields { name: name.to_owned(), expression: "return {}".to_owned(), managed: None };
    setting.run(move |conn| mappings::insert(conn, id, MappingKind::Provider, &fields)).id
}

fn notes(setting: &Setting) -> Vec<ChangeKind> {
    setting.run(|conn| {
        let taken = changes::take(conn, 1000)?;
        changes::remove(conn, &taken.iter().map(|change| change.id).collect::<Vec<_>>())?;
        Ok(taken.into_iter().map(|change| change.kind).collect())
    })
}

/// A provider of which nothing is as it is by default.
fn unusual(setting: &Setting) -> ProviderFields {
    let mut users = vec![mapping(setting, "user"), mapping(setting, "more")];
    users.sort();
    let mut filters = vec![setting.group("one", &[]), setting.group("two", &[])];
    filters.sort();
    ProviderFields {
        name: "Acme".to_owned(),
        url: "http://localhost/scim".to_owned(),
        token: Secret::new(TOKEN.to_owned()),
        verify_certificates: false,
        property_mappings_group: vec![users[0]],
        property_mappings: users,
        exclude_users_service_account: true,
        filter_group: Some(filters[0]),
        group_filters: filters,
        dry_run: true,
        compatibility_mode: CompatibilityMode::Sfdc,
        auth_mode: AuthMode::Basic,
        auth_oauth_params: object("scope", "scim"),
        access: RemoteAccess {
            user: "me".to_owned(),
            header: "x-api-key".to_owned(),
            secret: Some(Secret::new(PASSWORD.to_owned())),
            client_certificate: "chain".to_owned(),
            client_key: Some(Secret::new(KEY.to_owned())),
            authorities: "bundle".to_owned(),
        },
        sync_page_size: 7,
        sync_page_timeout: "minutes=3".parse().unwrap(),
        service_provider_config_cache_timeout: "hours=2;minutes=1".parse().unwrap(),
        discovery_enabled: false,
        nested_groups: NestedGroups::Members,
        drift_check: DriftMode::Repair,
        drift_check_every: "hours=3".parse().unwrap(),
        profile: "okta".to_owned(),
        service_provider_config_override: object("patch", "supported"),
        four_eyes: true,
        keep_exchanges: true,
        user_deprovisioning: Deprovisioning::Unlink,
        group_deprovisioning: Deprovisioning::Nothing,
        deprovisioning_days: 7,
    }
}

#[test]
fn what_is_written_is_read_back() {
    let setting = Setting::new();
    let fields = unusual(&setting);
    notes(&setting);
    let provider = insert(&setting, &fields).unwrap();
    assert_eq!(provider.fields, fields);
    assert_eq!((provider.revision, &provider.application, &provider.held), (1, &None, &None));
    assert_eq!(notes(&setting), [ChangeKind::ProviderSaved { provider: provider.pk }]);

    let (keyring, pk, plain) = (setting.keyring.clone(), provider.pk, provider_fields("plain"));
    let expected = plain.clone();
    let updated = setting.run(move |conn| providers::update(conn, &keyring, pk, &plain, at(1)));
    assert_eq!((updated.fields, updated.revision), (expected, 2));
    assert_eq!(notes(&setting), [ChangeKind::ProviderSaved { provider: provider.pk }]);
    let keyring = setting.keyring.clone();
    assert!(setting.run(move |conn| providers::find_by_name(conn, &keyring, "plain")).is_some());
    let keyring = setting.keyring.clone();
    let nobody = setting.attempt(move |conn| {
        providers::update(conn, &keyring, ProviderPk(4711), &provider_fields("x"), at(1))
    });
    assert!(matches!(nobody, Err(StoreError::NotFound("provider"))));
}

#[derive(Debug, QueryableByName)]
struct Sealed {
    #[diesel(sql_type = Binary)]
    token_sealed: Vec<u8>,
}

#[test]
fn the_token_lies_sealed_and_opens_with_its_key_only() {
    let setting = Setting::new();
    let pk = insert(&setting, &unusual(&setting)).unwrap().pk;
    let sealed: Vec<u8> = setting.run(|conn| {
        let row: Sealed = diesel::sql_query("SELECT token_sealed FROM providers").get_result(conn)?;
        Ok(row.token_sealed)
    });
    let token = TOKEN.as_bytes();
    assert!(!sealed.windows(6).any(|piece| token.windows(6).any(|other| other == piece)));

    let wrong = Keyring::new(vec![(1, [8; 32])]);
    let refused = setting.attempt(move |conn| providers::get(conn, &wrong, pk));
    assert!(matches!(refused, Err(StoreError::Sealed(_))), "{refused:?}");

    let rotated = Keyring::new(vec![(2, [9; 32]), (1, [7; 32])]);
    let opened = setting.run(move |conn| providers::get(conn, &rotated, pk));
    assert_eq!(opened.fields.token.expose(), TOKEN);

    let (keyring, seal_id) = (setting.keyring.clone(), setting.uuid());
    let moved = setting.attempt(move |conn| {
        let other = providers::insert(conn, &keyring, seal_id, &provider_fields("other"), at(0))?;
        diesel::sql_query(
            "UPDATE providers SET token_sealed = \
             (SELECT token_sealed FROM providers AS first WHERE first.name = 'Acme') WHERE name = 'other'",
        )
        .execute(conn)?;
        providers::get(conn, &keyring, other.pk)
    });
    assert!(matches!(moved, Err(StoreError::Sealed(_))), "a sealed token is bound to its row");
}

#[derive(Debug, QueryableByName)]
struct SealedAccess {
    #[diesel(sql_type = Binary)]
    secret_sealed: Vec<u8>,
    #[diesel(sql_type = Binary)]
    client_key_sealed: Vec<u8>,
}

#[test]
fn passwords_and_keys_for_a_remote_lie_sealed_and_cannot_change_places() {
    let setting = Setting::new();
    let pk = insert(&setting, &unusual(&setting)).unwrap().pk;
    let sealed: SealedAccess = setting.run(|conn| {
        let query = diesel::sql_query("SELECT secret_sealed, client_key_sealed FROM provider_access");
        Ok(query.get_result(conn)?)
    });
    for (sealed, plain) in [(sealed.secret_sealed, PASSWORD), (sealed.client_key_sealed, KEY)] {
        assert!(!sealed.windows(6).any(|piece| plain.as_bytes().windows(6).any(|other| other == piece)));
    }
    let keyring = setting.keyring.clone();
    let moved = setting.attempt(move |conn| {
        diesel::sql_query("UPDATE provider_access SET secret_sealed = client_key_sealed").execute(conn)?;
        providers::get(conn, &keyring, pk)
    });
    assert!(matches!(moved, Err(StoreError::Sealed(_))), "{moved:?}");

    // A provider that has nothing of the kind any more has no row.
    let (keyring, plain) = (setting.keyring.clone(), provider_fields("plain"));
    let plain = setting.run(move |conn| providers::update(conn, &keyring, pk, &plain, at(1)));
    assert!(plain.fields.access.is_empty());
    let n_rows = setting.run(|conn| Ok(diesel::sql_query("DELETE FROM provider_access").execute(conn)?));
    assert_eq!(n_rows, 0);
}

#[test]
fn references_to_nothing_are_named_and_names_are_unique() {
    let setting = Setting::new();
    let fields = provider_fields("app");
    insert(&setting, &fields).unwrap();
    assert!(matches!(insert(&setting, &fields), Err(StoreError::Taken(Unique::ProviderName))));
    let (nobody, nothing) = (GroupId(setting.uuid()), MappingId(setting.uuid()));
    let check = |set: &dyn Fn(&mut ProviderFields), expected: &str| {
        let mut fields = provider_fields("other");
        set(&mut fields);
        match insert(&setting, &fields) {
            Err(StoreError::Missing { field, key }) => {
                assert_eq!(field, expected);
                assert!(key == nobody.to_string() || key == nothing.0.to_string());
            }
            other => panic!("{expected}: {other:?}"),
        }
    };
    check(&|fields| fields.filter_group = Some(nobody), "filter_group");
    check(&|fields| fields.group_filters = vec![nobody], "group_filters");
    check(&|fields| fields.property_mappings = vec![nothing], "property_mappings");
    check(&|fields| fields.property_mappings_group = vec![nothing], "property_mappings_group");
}

#[test]
fn only_attached_providers_that_are_not_held_are_synced() {
    let setting = Setting::new();
    let team = setting.group("team", &[]);
    let provider = setting.provider_with("app", |fields| fields.filter_group = Some(team));
    let never = insert(&setting, &provider_fields("unattached")).unwrap();
    assert_eq!(never.application, None);
    assert_eq!(provider.application.as_ref().map(|it| it.slug.as_str()), Some("app"));
    let synced = || setting.run(|conn| Ok((providers::attached(conn)?, providers::due(conn, at(5))?)));
    assert_eq!(synced(), (vec![provider.pk], vec![provider.pk]), "it was never scheduled");
    let pk = provider.pk;
    setting.run(move |conn| providers::schedule(conn, pk, at(6)));
    assert_eq!(synced(), (vec![pk], vec![]));
    setting.run(move |conn| providers::schedule(conn, pk, at(5)));
    assert_eq!(synced(), (vec![pk], vec![pk]));
    assert_eq!(setting.run(move |conn| providers::by_filter_group(conn, team)), [pk]);

    setting.run(move |conn| groups::delete(conn, team, at(1)));
    assert_eq!(synced(), (vec![], vec![]));
    let keyring = setting.keyring.clone();
    let held = setting.run(move |conn| providers::get(conn, &keyring, pk));
    assert!(held.held.unwrap().contains("team"));
    let (keyring, fields) = (setting.keyring.clone(), held.fields);
    let saved = setting.run(move |conn| providers::update(conn, &keyring, pk, &fields, at(1)));
    assert_eq!(saved.held, None);
    assert_eq!(synced().0, [pk]);
}

#[test]
fn providers_are_found_by_what_they_use() {
    let setting = Setting::new();
    let id = mapping(&setting, "user");
    let provider = setting.provider_with("app", |fields| {
        fields.property_mappings = vec![id];
        fields.property_mappings_group = vec![id];
    });
    setting.provider("other");
    assert_eq!(setting.run(move |conn| providers::by_mapping(conn, id)), [provider.pk]);
    let application = provider.application.unwrap().id;
    assert_eq!(setting.run(move |conn| providers::by_application(conn, application)), [provider.pk]);
    setting.run(move |conn| applications::delete(conn, application));
    let (keyring, pk) = (setting.keyring.clone(), provider.pk);
    assert_eq!(setting.run(move |conn| providers::find(conn, &keyring, pk)), None);
}

#[test]
fn deleting_a_provider_takes_everything_that_is_known_of_it() {
    let setting = Setting::new();
    let provider = setting.provider("app");
    let ada = setting.user("ada");
    let link = setting.link(&provider, ada, "r1");
    let (pk, lane) = (provider.pk, providers::lane_of(provider.pk));
    let job = jobs::NewJob {
        lane: lane.clone(),
        kind: "object".to_owned(),
        key: "x".to_owned(),
        payload: serde_json::Value::Null,
        priority: 0,
        run_at: at(0),
    };
    setting.run(move |conn| {
        jobs::enqueue(conn, std::slice::from_ref(&job), at(0))?;
        lanes::pause(conn, &job.lane, at(1), "internal", "", at(0))
    });
    setting.run(move |conn| providers::delete(conn, pk));
    assert_eq!(setting.run(move |conn| links::find(conn, link)), None);
    assert_eq!(setting.run(jobs::count), 0);
    assert_eq!(setting.run(move |conn| lanes::find(conn, &lane)), None);
    assert!(matches!(
        setting.attempt(move |conn| providers::delete(conn, pk)),
        Err(StoreError::NotFound("provider"))
    ));
}

#[test]
fn providers_are_listed_filtered_searched_and_ordered() {
    let setting = Setting::new();
    let team = setting.group("team", &[]);
    setting.provider_with("bravo", |fields| fields.filter_group = Some(team));
    setting.provider_with("alfa", |fields| fields.group_filters = vec![team]);
    let mut plain = provider_fields("charlie_1");
    plain.exclude_users_service_account = true;
    insert(&setting, &plain).unwrap();
    let list = |filter: ProviderFilter, request: PageRequest| {
        let keyring = setting.keyring.clone();
        let page = setting.run(move |conn| providers::page(conn, &keyring, &filter, &request));
        assert_eq!(page.count, i64::try_from(page.rows.len()).unwrap());
        page.rows.into_iter().map(|it| it.fields.name).collect::<Vec<_>>()
    };
    let (any, first) = (ProviderFilter::default, PageRequest::default);
    assert_eq!(list(any(), first()), ["alfa", "bravo", "charlie_1"]);
    assert_eq!(list(ProviderFilter { name: Some("alfa".into()), ..any() }, first()), ["alfa"]);
    let url = Some("https://bravo.example.com/scim".to_owned());
    assert_eq!(list(ProviderFilter { url, ..any() }, first()), ["bravo"]);
    let excluding = ProviderFilter { exclude_users_service_account: Some(true), ..any() };
    assert_eq!(list(excluding, first()), ["charlie_1"]);
    assert_eq!(list(ProviderFilter { filter_group: Some(team), ..any() }, first()), ["bravo"]);
    assert_eq!(list(ProviderFilter { group_filters: vec![team], ..any() }, first()), ["alfa"]);
    assert_eq!(list(any(), PageRequest { search: vec!["E_1".into()], ..first() }), ["charlie_1"]);
    let ordering = vec![Order { field: "name".into(), descending: true }];
    assert_eq!(list(any(), PageRequest { ordering, ..first() }), ["charlie_1", "bravo", "alfa"]);
}

#[test]
fn providers_of_any_kind_are_listed_with_their_applications() {
    let setting = Setting::new();
    // `provider` attaches to an application named like the provider.
    setting.provider("bravo");
    setting.provider("alfa");
    let third = insert(&setting, &provider_fields("charlie_1")).unwrap().pk;
    let list = |filter: AnyProviderFilter, request: PageRequest| {
        let keyring = setting.keyring.clone();
        let page = setting.run(move |conn| providers::page_any(conn, &keyring, &filter, &request));
        assert_eq!(page.count, i64::try_from(page.rows.len()).unwrap());
        page.rows.into_iter().map(|it| it.fields.name).collect::<Vec<_>>()
    };
    let (any, first) = (AnyProviderFilter::default, PageRequest::default);
    assert_eq!(list(any(), first()), ["bravo", "alfa", "charlie_1"]);
    let without = |is_without| AnyProviderFilter { is_without_application: Some(is_without), ..any() };
    assert_eq!(list(without(true), first()), ["charlie_1"]);
    assert_eq!(list(without(false), first()), ["bravo", "alfa"]);
    let backchannel = |is| AnyProviderFilter { is_backchannel: Some(is), ..any() };
    assert_eq!(list(backchannel(true), first()).len(), 3);
    assert_eq!(list(backchannel(false), first()), Vec::<String>::new());
    let ordering = vec![Order { field: "name".into(), descending: false }];
    assert_eq!(list(any(), PageRequest { ordering, ..first() }), ["alfa", "bravo", "charlie_1"]);

    let application = setting.run(|conn| applications::find_by_slug(conn, "bravo")).unwrap();
    let mut fields = application.fields;
    fields.name = "Wiki of all".to_owned();
    fields.provider = Some(third);
    setting.run(move |conn| applications::update(conn, application.id, &fields, at(1)));
    let search = |word: &str| PageRequest { search: vec![word.to_owned()], ..first() };
    assert_eq!(list(any(), search("WIKI")), ["bravo", "charlie_1"]);
    assert_eq!(list(any(), search("E_1")), ["charlie_1"]);
    assert_eq!(list(without(true), first()), Vec::<String>::new());
    let mains = setting.run(move |conn| applications::main_of(conn, &[third]));
    assert_eq!(mains[&third].slug, "bravo");
}

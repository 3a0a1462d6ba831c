//! What the remote says about itself: asked once, believed block by block, and never in the way.

use serde_json::json;

use chrono::TimeDelta;

use scimitar_domain::{AuthMode, CompatibilityMode, Secret};
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, RetryAfter, Scripted};
use scimitar_testkit::world::World;

use crate::tell::count;

fn asked(world: &World) -> usize {
    count(&world.remote, |request| request.path == "/ServiceProviderConfig")
}

/// Two groups, one after the other, and a rename: each needs to know what the remote can do.
async fn some_groups(world: &World) {
    let first = world.group("first", &[]).await;
    world.settle().await;
    world.group("second", &[]).await;
    world.settle().await;
    world.change_group(first, |group| group.name = "renamed".to_owned()).await;
    world.settle().await;
}

#[tokio::test]
async fn a_configuration_as_aws_has_it_is_accepted() {
    let world = World::with(Behaviour {
        discovery: Discovery::Exactly(json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "documentationUri": "https://docs.aws.example/scim",
            "authenticationSchemes": [{"type": "oauthbearertoken", "name": "OAuth Bearer Token"}],
            "patch": {"supported": true},
            "bulk": {"supported": false, "maxOperations": 1, "maxPayloadSize": 1_048_576},
            "filter": {"supported": true, "maxResults": 50},
            "changePassword": {"supported": false},
            "sort": {"supported": false},
            "etag": {"supported": false},
        })),
        ..Behaviour::default()
    })
    .await;
    some_groups(&world).await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    GET /ServiceProviderConfig -> 200
    POST /Groups -> 201
    POST /Groups -> 201
    PATCH /Groups/g1 -> 204
    ");
}

#[tokio::test]
async fn an_empty_configuration_leaves_everything_unknown_and_is_asked_for_once() {
    let world = World::with(Behaviour { discovery: Discovery::Empty, ..Behaviour::default() }).await;
    some_groups(&world).await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    GET /ServiceProviderConfig -> 200
    POST /Groups -> 201
    POST /Groups -> 201
    PUT /Groups/g1 -> 200
    ");
}

#[tokio::test]
async fn a_missing_block_does_not_cost_the_others() {
    let world =
        World::with(Behaviour { discovery: Discovery::Without("sort".to_owned()), ..Behaviour::default() })
            .await;
    some_groups(&world).await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    POST /Groups -> 201
    PATCH /Groups/g1 -> 204
    ");
}

#[tokio::test]
async fn a_full_sync_of_an_empty_scope_ends_well_without_a_request() {
    let world = World::new().await;
    world.full_sync().await;

    assert_eq!(world.remote.transcript(), "");
    let status = world.engine.status(world.provider).await.unwrap();
    assert_eq!((status.is_running, status.last_sync_status.as_deref()), (false, Some("done")));
}

#[tokio::test]
async fn the_configuration_is_asked_for_once_while_it_is_fresh() {
    let world = World::new().await;
    some_groups(&world).await;
    assert_eq!(asked(&world), 1);

    // An hour is what the provider says.
    world.clock.advance(TimeDelta::minutes(61));
    world.group("third", &[]).await;
    world.settle().await;
    assert_eq!(asked(&world), 2);
}

#[tokio::test]
async fn a_cache_of_no_time_asks_each_time() {
    let world = World::new().await;
    world
        .change_provider(|provider| {
            provider.service_provider_config_cache_timeout = "seconds=0".parse().unwrap();
        })
        .await;
    some_groups(&world).await;

    assert!(asked(&world) >= 3, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_page_or_nothing_in_place_of_the_configuration_counts_as_unknown_and_is_cached() {
    for discovery in [Discovery::Missing, Discovery::Html, Discovery::Status(403), Discovery::Status(400)] {
        let world = World::with(Behaviour { discovery: discovery.clone(), ..Behaviour::default() }).await;
        some_groups(&world).await;

        assert_eq!(asked(&world), 1, "{discovery:?}");
        assert_eq!(world.remote.groups().len(), 2, "{discovery:?}");
    }
}

#[tokio::test]
async fn a_configuration_that_fails_for_good_keeps_nobody_from_being_sent() {
    let world = World::with(Behaviour { discovery: Discovery::Status(500), ..Behaviour::default() }).await;
    let ada = world.user("ada").await;
    world.group("team", &[ada]).await;
    world.settle().await;
    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
    assert_eq!(asked(&world), 3, "{}", world.remote.transcript());
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!(report.said, None);
    assert!(report.trouble.unwrap().contains("it answered 500"));

    world.remote.alter(|remote| remote.discovery = Discovery::Full);
    world.pass(TimeDelta::minutes(6)).await;
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!((report.said.and_then(|said| said.patch), report.trouble), (Some(true), None));

    // What it has said holds on when it fails again.
    world.remote.alter(|remote| remote.discovery = Discovery::Status(500));
    world.pass(TimeDelta::hours(2)).await;
    world.remote.clear_requests();
    for name in ["one", "two", "three"] {
        let team = world.group(name, &[ada]).await;
        world.settle().await;
        world.change_group(team, |group| group.name = format!("renamed {name}")).await;
        world.settle().await;
    }
    let told = world.remote.transcript();
    assert_eq!(world.differences().await, Vec::<String>::new(), "{told}");
    assert_eq!(count(&world.remote, |request| request.method == "PUT"), 0, "{told}");
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!(report.said.and_then(|said| said.patch), Some(true));
    assert!(report.trouble.is_some());
}

#[tokio::test]
async fn a_saved_provider_is_asked_for_its_configuration_again() {
    let world = World::new().await;
    world.group("first", &[]).await;
    world.settle().await;
    assert_eq!(asked(&world), 1);

    world.change_provider(|provider| provider.compatibility_mode = CompatibilityMode::Slack).await;
    world.group("second", &[]).await;
    world.settle().await;
    assert_eq!(asked(&world), 2);
}

#[tokio::test]
async fn resource_types_and_schemas_are_never_asked_for() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.group("team", &[ada]).await;
    world.full_sync().await;

    let others =
        count(&world.remote, |request| request.method == "GET" && request.path != "/ServiceProviderConfig");
    assert_eq!(others, 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn salesforce_has_the_configuration_under_the_plural() {
    let world = World::with(Behaviour {
        discovery_path: "/ServiceProviderConfigs".to_owned(),
        ..Behaviour::default()
    })
    .await;
    world.change_provider(|provider| provider.compatibility_mode = CompatibilityMode::Sfdc).await;
    world.group("team", &[]).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    GET /ServiceProviderConfigs -> 200
    POST /Groups -> 201
    ");
}

#[tokio::test]
async fn vcenter_and_gitlab_are_not_asked() {
    for mode in [CompatibilityMode::Vcenter, CompatibilityMode::Gitlab] {
        let world = World::new().await;
        world.change_provider(|provider| provider.compatibility_mode = mode).await;
        world.group("team", &[]).await;
        world.settle().await;

        assert_eq!(asked(&world), 0, "{mode:?}");
        assert_eq!(world.remote.groups().len(), 1, "{mode:?}");
    }
}

/// A remote that answers the question with `fault`, once; what the status says then.
async fn a_configuration_that_cannot_be_had(fault: FaultKind) -> String {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(fault).on("GET", "/ServiceProviderConfig")]);
    world.full_sync().await;
    world.group("team", &[]).await;
    world.step().await;
    assert_eq!(world.remote.writes(), "", "nothing is written on a guess");
    let status = world.engine.status(world.provider).await.unwrap();
    let told: Vec<String> = status.tasks[0]
        .messages
        .iter()
        .map(|it| format!("{}: {}", it.attributes["class"], it.event))
        .collect();

    world.settle().await;
    assert_eq!(world.remote.groups().len(), 1, "it goes on after the rest");
    assert_eq!(world.remote.early_requests(), []);
    told.join("\n")
}

#[tokio::test]
async fn a_configuration_that_cannot_be_had_puts_the_provider_to_rest_with_a_name() {
    insta::assert_snapshot!(a_configuration_that_cannot_be_had(FaultKind::Status(500)).await, @r#""unavailable": Failed to sync team due to error: the remote is not available: it answered 500: as ordered"#);
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(90) };
    insta::assert_snapshot!(a_configuration_that_cannot_be_had(throttled).await, @r#"
    "throttled": Stopping sync due to error: the remote asked for fewer requests
    "throttled": Failed to sync team due to error: the remote asked for fewer requests
    "#);
    insta::assert_snapshot!(a_configuration_that_cannot_be_had(FaultKind::Unauthorized).await, @r#"
    "unauthorized": Stopping sync due to error: the remote refused our credentials with 401: the token has expired
    "unauthorized": Failed to sync team due to error: the remote refused our credentials with 401: the token has expired
    "#);
}

#[tokio::test]
async fn access_tokens_come_from_an_authorization_server() {
    let world = World::with(Behaviour { token: Some("issued".to_owned()), ..Behaviour::default() }).await;
    let token_url = format!("http://{}/_token", world.remote.address());
    let params = json!({
        "token_url": token_url, "client_id": "scimitar", "client_authentication": "body", "scope": "scim",
    });
    let params = params.as_object().cloned().unwrap();
    world
        .change_provider(|provider| {
            provider.auth_mode = AuthMode::Oauth;
            provider.auth_oauth_params = params;
            provider.token = Secret::new("wrong".to_owned());
        })
        .await;
    world.user("ada").await;
    world.step().await;
    let lane = world.engine.status(world.provider).await.unwrap().tasks.remove(0).messages.remove(0);
    assert!(lane.event.contains("refused to issue an access token with 401: invalid_client"), "{lane:?}");

    world.change_provider(|provider| provider.token = Secret::new("client-secret".to_owned())).await;
    world.step().await;
    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_remote_that_anybody_could_be_is_told_of() {
    let world = World::new().await;
    let told = async || {
        let status = world.engine.status(world.provider).await.unwrap();
        status.tasks.iter().flat_map(|task| &task.messages).any(|it| it.event.contains("is not verified"))
    };
    world.change_provider(|provider| provider.verify_certificates = false).await;
    assert!(!told().await, "without TLS there is nothing to verify");
    world.change_provider(|provider| provider.url = "https://localhost:9/v2".to_owned()).await;
    assert!(told().await);
    world.change_provider(|provider| provider.verify_certificates = true).await;
    assert!(!told().await);
}

#[tokio::test]
async fn what_a_remote_can_do_begins_with_who_it_may_be() {
    let world = World::new().await;
    let warnings = async || {
        let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
        assert!(report.warnings.iter().all(|it| it.contains("certificate is not verified")));
        report.warnings.len()
    };
    assert_eq!(warnings().await, 0);
    world.change_provider(|provider| provider.verify_certificates = false).await;
    assert_eq!(warnings().await, 0, "without TLS there is nothing to verify");
    let url = world.remote.url().to_owned();
    world.change_provider(|provider| provider.url = "HTTPS://localhost:9/v2".to_owned()).await;
    assert_eq!(warnings().await, 1, "a scheme is the same in capitals");

    let params = json!({"token_url": "https://localhost:9/token", "client_id": "me"});
    let params = params.as_object().cloned().unwrap();
    world
        .change_provider(|provider| {
            provider.url = url;
            provider.auth_oauth_params = params;
        })
        .await;
    assert_eq!(warnings().await, 0, "nobody is asked for tokens");
    world.change_provider(|provider| provider.auth_mode = AuthMode::Oauth).await;
    assert_eq!(warnings().await, 1);
    world.change_provider(|provider| provider.verify_certificates = true).await;
    assert_eq!(warnings().await, 0);
}

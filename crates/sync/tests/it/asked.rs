//! What somebody who asks for one object is told.

use std::fmt::Write;

use scimitar_domain::{ObjectId, Secret};
use scimitar_sync::{LogEvent, LogLevel};
use scimitar_testkit::remote::{FakeRemote, FaultKind};
use scimitar_testkit::world::World;

/// Level and event, one line each, with the remote's address and the time taken out.
fn lines(remote: &FakeRemote, told: &[LogEvent]) -> String {
    let mut lines = String::new();
    for event in told {
        let text = event.event.replace(remote.url(), "");
        let text = text.split(" after ").next().unwrap_or_default();
        writeln!(lines, "{} {text}", event.level.as_str()).unwrap();
    }
    lines
}

#[tokio::test]
async fn each_request_is_told_with_both_bodies_and_then_what_came_of_it() {
    let world = World::new().await;
    let object = ObjectId::User(world.user("ada").await);
    let told = world.engine.sync_object(world.provider, object, false).await.unwrap();
    insta::assert_snapshot!(lines(&world.remote, &told), @r"
    info POST /Users was answered with 201
    info user ada was created
    ");
    let attributes = &told[0].attributes;
    assert_eq!(attributes["method"], "POST");
    assert_eq!(attributes["url"], format!("{}/Users", world.remote.url()));
    assert_eq!((&attributes["status"], &attributes["obj"]), (&201.into(), &"ada".into()));
    assert!(attributes["duration_ms"].is_u64());
    assert!(attributes["request"].as_str().unwrap().contains(r#""userName":"ada""#));
    assert!(attributes["response"].as_str().unwrap().contains(r#""id":"u1""#));

    let told = world.engine.sync_object(world.provider, object, false).await.unwrap();
    insta::assert_snapshot!(lines(&world.remote, &told), @"info user ada was in step already");
}

#[tokio::test]
async fn a_failure_is_told_with_the_request_that_failed() {
    let world = World::new().await;
    let object = ObjectId::User(world.user("ada").await);
    world.remote.next_answers([FaultKind::Status(400)]);
    let told = world.engine.sync_object(world.provider, object, false).await.unwrap();
    assert_eq!((told[0].level, &told[0].attributes["status"]), (LogLevel::Info, &400.into()));
    assert_eq!(told.last().unwrap().level, LogLevel::Warning);
}

#[tokio::test]
async fn passwords_and_credentials_are_told_to_nobody() {
    let world = World::new().await;
    let mapping =
        world.mapping("password", "return {\"password\": \"tiger-1\", \"nickName\": \"canary-token\"}").await;
    world
        .change_provider(|provider| {
            provider.property_mappings.push(mapping);
            provider.token = Secret::new("canary-token".to_owned());
        })
        .await;
    world.settle().await;
    let ada = world.user("ada").await;
    let mut told = world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    world.change_user(ada, |ada| "Ada King".clone_into(&mut ada.name)).await;
    told.extend(world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap());
    assert!(world.remote.transcript().contains("POST"), "{}", world.remote.transcript());
    let shown = format!("{told:?}");
    assert!(shown.contains("***") && shown.contains("Ada King"), "{shown}");
    assert!(!shown.contains("tiger-1") && !shown.contains("canary-token"), "{shown}");
}

#[tokio::test]
async fn a_group_tells_the_requests_for_its_members_too() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    let team = ObjectId::Group(world.group("team", &[ada]).await);
    let told = world.engine.sync_object(world.provider, team, false).await.unwrap();
    insta::assert_snapshot!(lines(&world.remote, &told), @r"
    info GET /ServiceProviderConfig was answered with 200
    info POST /Groups was answered with 201
    info PATCH /Groups/g1 was answered with 204
    info group team was created
    ");
}

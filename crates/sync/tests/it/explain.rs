//! Why an object is, or is not, at the remote as people expect it.

use scimitar_domain::{FailureClass, ObjectId, PlanStep, UserKind, UserPk};
use scimitar_sync::{Explanation, MappedAs, Match, StepKind, retry};
use scimitar_testkit::remote::FaultKind;
use scimitar_testkit::world::World;
use serde_json::json;

async fn explain(world: &World, object: ObjectId) -> Explanation {
    world.engine.explain(world.provider, object).await.unwrap().unwrap()
}

/// Names of what differs.
fn differing(found: &Explanation) -> Vec<String> {
    let attributes = found.detail.get("attributes").and_then(|it| it.as_array());
    let name = |it: &serde_json::Value| it["attribute"].as_str().unwrap().to_owned();
    attributes.into_iter().flatten().map(name).collect()
}

/// Scope and step, with what differs, in one line.
fn line(found: &Explanation) -> String {
    let scope = if found.is_in_scope { "in" } else { "out" };
    let mut line = format!("{scope}: {}; {}", found.reasons.join(", "), found.step.as_str());
    for name in differing(found) {
        line = format!("{line} {name}");
    }
    line
}

#[tokio::test]
async fn a_user_is_explained_before_between_and_after_syncs() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let object = ObjectId::User(ada);
    let found = explain(&world, object).await;
    insta::assert_snapshot!(line(&found), @"in: all users are sent; create schemas userName name displayName active emails externalId");
    assert_eq!((found.link, found.found), (None, Some(Match::Nothing)));
    let MappedAs::Body(body) = found.mapped else { panic!("a body, not {:?}", found.mapped) };
    assert_eq!(body["userName"], "ada");
    assert_eq!(world.remote.writes(), "", "nothing is written");

    world.settle().await;
    let found = explain(&world, object).await;
    insta::assert_snapshot!(line(&found), @"in: all users are sent; keep");
    let link = found.link.unwrap();
    assert_eq!(
        (link.state, link.remote_id.as_deref(), link.is_acknowledged),
        ("linked", Some("u1"), Some(true))
    );

    world.change_user(ada, |ada| "Ada King".clone_into(&mut ada.name)).await;
    let found = explain(&world, object).await;
    insta::assert_snapshot!(line(&found), @"in: all users are sent; update name displayName");
    assert_eq!(found.detail["attributes"][1]["to"], "Ada King");
}

#[tokio::test]
async fn who_is_out_of_scope_is_told_why() {
    let world = World::new().await;
    let (ada, robot) = (
        world.user("ada").await,
        world.user_with("robot", |robot| robot.kind = UserKind::ServiceAccount).await,
    );
    let (team, other) = (world.group("team", &[]).await, world.group("other", &[]).await);
    world.settle().await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(team);
            provider.group_filters = vec![team];
            provider.exclude_users_service_account = true;
        })
        .await;
    insta::assert_snapshot!(line(&explain(&world, ObjectId::User(ada)).await), @"out: it does not belong to `team`, and only its members are sent; delete");
    insta::assert_snapshot!(line(&explain(&world, ObjectId::User(robot)).await), @"out: it is a service account (`service_account`), and these are left out; delete");
    insta::assert_snapshot!(line(&explain(&world, ObjectId::Group(other)).await), @"out: only these groups are sent: `team`; delete");
    insta::assert_snapshot!(line(&explain(&world, ObjectId::Group(team)).await), @"in: it is among the groups that are sent; keep");
    let nobody = ObjectId::User(UserPk(4711));
    insta::assert_snapshot!(line(&explain(&world, nobody).await), @"out: there is no such user; keep");
}

#[tokio::test]
async fn a_failure_is_explained_with_what_was_said_last() {
    let world = World::new().await;
    let object = ObjectId::User(world.user("ada").await);
    let refused = FaultKind::Refused { status: 400, scim_type: None, detail: "no such domain".to_owned() };
    world.remote.next_answers([refused]);
    world.settle().await;
    let found = explain(&world, object).await;
    let attempt = found.attempt.unwrap();
    assert_eq!((attempt.class.as_str(), attempt.count, attempt.next_at), ("rejected", 1, None));
    let exchange = found.exchange.unwrap();
    assert_eq!((exchange.method.as_str(), exchange.status), ("POST", Some(400)));
    assert!(exchange.request.unwrap().contains(r#""userName":"ada""#));
    assert!(exchange.response.unwrap().contains("no such domain"));
    assert!(!format!("{:?}", found.mapped).contains("story-token"));
}

#[tokio::test]
async fn what_goes_well_leaves_no_exchange_behind_unless_somebody_asks() {
    let world = World::new().await;
    let object = ObjectId::User(world.user("ada").await);
    world.settle().await;
    assert_eq!(explain(&world, object).await.exchange, None);
    world.change_provider(|provider| provider.sync_page_size = 7).await;
    let ada = world.user("bob").await;
    world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    let exchange = explain(&world, ObjectId::User(ada)).await.exchange.unwrap();
    assert_eq!((exchange.method.as_str(), exchange.status), ("POST", Some(201)));
}

#[tokio::test]
async fn where_it_is_asked_for_the_last_exchange_of_everybody_is_kept() {
    let world = World::new().await;
    world.change_provider(|provider| provider.keep_exchanges = true).await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[]).await;
    world.full_sync().await;
    let said = async |object| {
        let exchange = explain(&world, object).await.exchange.unwrap();
        (exchange.method, exchange.status, exchange.request.unwrap_or_default())
    };
    let (method, status, request) = said(ObjectId::User(ada)).await;
    assert_eq!((method.as_str(), status), ("POST", Some(201)));
    assert!(request.contains(r#""userName":"ada""#), "{request}");
    world.join(ada, team).await;
    world.settle().await;
    let (method, _, request) = said(ObjectId::Group(team)).await;
    assert_eq!(method, "PATCH");
    assert!(request.contains("members"), "{request}");
    world.change_provider(|provider| provider.keep_exchanges = false).await;
    world.change_user(ada, |ada| ada.name = "Ada".to_owned()).await;
    world.settle().await;
    assert_eq!(said(ObjectId::User(ada)).await.0, "POST", "the last one that was kept");
}

#[tokio::test]
async fn the_last_ten_attempts_stay_until_it_fails_anew() {
    let world = World::new().await;
    let ada = ObjectId::User(world.user("ada").await);
    let refused =
        |detail: &str| FaultKind::Refused { status: 400, scim_type: None, detail: detail.to_owned() };
    world.remote.next_answers([refused("answer 1")]);
    world.settle().await;
    for n in 2..=12 {
        world.remote.next_answers([refused(&format!("answer {n}"))]);
        assert_eq!(retry(&world.store, world.provider, None, world.now()).await.unwrap(), 1);
        world.settle().await;
    }
    let history = explain(&world, ada).await.history;
    let numbers: Vec<i32> = history.iter().map(|attempt| attempt.count).collect();
    assert_eq!(numbers, (3..=12).rev().collect::<Vec<_>>());
    assert!(history[0].detail.contains("answer 12") && history[9].detail.contains("answer 3"), "{history:?}");
    retry(&world.store, world.provider, None, world.now()).await.unwrap();
    world.settle().await;
    let found = explain(&world, ada).await;
    assert_eq!(
        (found.attempt, found.history),
        (None, history),
        "what was before it arrived can be looked up"
    );
    let ObjectId::User(pk) = ada else { panic!("she is a user") };
    world.change_user(pk, |ada| ada.name = "Ada".to_owned()).await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.settle().await;
    let numbers: Vec<i32> = explain(&world, ada).await.history.iter().map(|attempt| attempt.count).collect();
    assert_eq!(numbers, [1]);
}

#[tokio::test]
async fn what_the_remote_has_already_is_found_and_would_be_taken_over() {
    let world = World::new().await;
    world.remote.seed_user(json!({"userName": "ada"}));
    let ada = world.user("ada").await;
    let found = explain(&world, ObjectId::User(ada)).await;
    assert_eq!(found.step, StepKind::Take(PlanStep::Adopt));
    assert!(matches!(found.found, Some(Match::One { .. })), "{:?}", found.found);
}

#[tokio::test]
async fn a_provider_that_sends_nothing_says_why() {
    let world = World::new().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    let ada = world.user("ada").await;
    let found = explain(&world, ObjectId::User(ada)).await;
    assert_eq!(found.stopped, ["the provider only rehearses: `dry_run` is set"]);
}

#[tokio::test]
async fn who_joins_and_leaves_a_group_is_told() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let staff = world.group("staff", &[ada]).await;
    world.settle().await;
    world.join(eve, staff).await;
    world.leave(ada, staff).await;
    let found = explain(&world, ObjectId::Group(staff)).await;
    assert_eq!(found.step, StepKind::Take(PlanStep::Update));
    let members = json!({"n_added": 1, "n_removed": 1, "added": ["eve"], "removed": ["ada"]});
    assert_eq!(found.detail["members"], members);
    assert_eq!((found.due, found.attempt), (None, None));
    world.engine.dispatch().await.unwrap();
    assert_eq!(explain(&world, ObjectId::Group(staff)).await.due, Some(world.now()), "its job waits");
}

#[tokio::test]
async fn what_was_deleted_here_and_is_not_there_is_told() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.delete_user(ada).await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.step().await;
    let found = explain(&world, ObjectId::User(ada)).await;
    insta::assert_snapshot!(line(&found), @"out: the user was deleted here, and that is still to be dealt with there; delete");
    assert_eq!((found.label.as_str(), found.link.unwrap().remote_id.as_deref()), ("ada", Some("u1")));
    assert_eq!(found.attempt.map(|attempt| attempt.class), Some(FailureClass::Rejected));
}

#[tokio::test]
async fn a_deletion_that_the_guard_holds_says_so() {
    let world = World::new().await.guarded();
    let mut people = Vec::new();
    for n in 0..12 {
        people.push(world.user(&format!("user{n}")).await);
    }
    world.settle().await;
    let nobody = world.group("nobody", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
    let held = explain(&world, ObjectId::User(people[7])).await;
    assert_eq!(held.step, StepKind::Take(PlanStep::Delete));
    let [told] = held.stopped.as_slice() else { panic!("one reason, not {:?}", held.stopped) };
    assert!(told.contains("deletions or deactivations are held"), "{told}");
    assert_eq!(explain(&world, ObjectId::Group(nobody)).await.stopped, [""; 0]);
}

#[tokio::test]
async fn no_secret_is_told() {
    let world = World::new().await;
    let expression = r#"return {"userName": request.user.username, "password": "canary", "urn:x": {"apiToken": "canary"}}"#;
    let mapping = world.mapping("secretive", expression).await;
    world.change_provider(|provider| provider.property_mappings = vec![mapping]).await;
    let ada = ObjectId::User(world.user("ada").await);
    let refused = FaultKind::Refused { status: 400, scim_type: None, detail: "canary is weak".to_owned() };
    let before = explain(&world, ada).await;
    world.remote.next_answers([refused]);
    world.engine.sync_object(world.provider, ada, false).await.unwrap();
    let after = explain(&world, ada).await;
    assert!(after.exchange.is_some());
    let told = format!("{before:?}{after:?}");
    assert!(!told.contains("canary") && !told.contains("story-token"), "{told}");
}

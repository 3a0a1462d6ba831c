//! Who is told of what happens.

use chrono::TimeDelta;
use serde_json::Value;

use scimitar_client::SigningKey;
use scimitar_domain::ObjectId;
use scimitar_store::jobs;
use scimitar_sync::{EventType, Webhooks};
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, RetryAfter};
use scimitar_testkit::world::World;

const SECRET: &str = "canary-canary-canary-canary";

/// A world that tells of these events, and who hears them: somebody who takes the first `taken`.
async fn heard(events: Vec<EventType>, taken: usize) -> (World, FakeRemote) {
    let ear = FakeRemote::start(Behaviour::default()).await;
    ear.next_answers(vec![FaultKind::Status(204); taken]);
    let key = SigningKey::read(SECRET).unwrap();
    let webhooks = Webhooks { urls: vec![format!("{}/hear", ear.url())], key, events };
    (World::new().await.telling(webhooks), ear)
}

fn bodies(ear: &FakeRemote) -> Vec<Value> {
    ear.requests().into_iter().map(|request| request.body.unwrap()).collect()
}

/// Types of what was told, in its order.
fn told(ear: &FakeRemote) -> Vec<String> {
    bodies(ear).iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_goes_well_is_told_to_nobody() {
    let (world, ear) = heard(Vec::new(), 9).await;
    world.user("ada").await;
    world.full_sync().await;
    assert_eq!(told(&ear), [""; 0]);
}

#[tokio::test]
async fn a_parked_object_and_the_run_that_ends_with_it_are_told() {
    let (world, ear) = heard(Vec::new(), 9).await;
    let ada = world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.settle().await;
    world.full_sync().await;
    assert_eq!(told(&ear), ["object.parked", "run.ended"]);
    let all = bodies(&ear);
    let event = &all[0]["data"]["event"];
    assert_eq!(event["object"], ObjectId::User(ada).to_string());
    assert_eq!((&event["name"], &event["class"]), (&"ada".into(), &"rejected".into()));
    assert_eq!(all[1]["data"]["event"]["state"], "warning");
    let text = format!("{:?}", ear.requests());
    assert!(!text.contains("canary") && !text.contains("story-token"), "{text}");
}

#[tokio::test]
async fn a_deletion_that_is_parked_is_told_too() {
    let (world, ear) = heard(Vec::new(), 9).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.delete_user(ada).await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.settle().await;
    assert_eq!(told(&ear), ["object.parked"]);
    assert_eq!(bodies(&ear)[0]["data"]["event"]["name"], "ada");
}

#[tokio::test]
async fn a_rest_and_its_end_are_told_once() {
    let (world, ear) = heard(Vec::new(), 9).await;
    world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(401), FaultKind::Status(401)]);
    world.settle().await;
    assert_eq!(told(&ear), ["provider.rests", "provider.recovered"]);
    assert_eq!(bodies(&ear)[0]["data"]["event"]["class"], "unauthorized");
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_mended_and_saved_has_recovered_with_its_first_answer() {
    let (world, ear) = heard(Vec::new(), 9).await;
    world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(401)]);
    world.step().await;
    assert_eq!(told(&ear), ["provider.rests"]);
    world.change_provider(|provider| provider.sync_page_size = 7).await;
    world.step().await;
    assert_eq!(told(&ear), ["provider.rests", "provider.recovered"]);
}

#[tokio::test]
async fn that_a_remote_asks_for_less_haste_is_no_news() {
    let (world, ear) = heard(Vec::new(), 9).await;
    world.user("ada").await;
    world.remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(30) }]);
    world.settle().await;
    assert_eq!(told(&ear), [""; 0]);
    assert_eq!(world.remote.users().len(), 1);
}

/// Let the guard hold that twelve users go.
async fn hold_twelve(world: &World) {
    for n in 0..12 {
        world.user(&format!("user{n}")).await;
    }
    world.settle().await;
    let nobody = world.group("nobody", &[]).await;
    world.change_provider(|provider| provider.filter_group = Some(nobody)).await;
    world.settle().await;
}

#[tokio::test]
async fn that_the_guard_holds_is_told_once() {
    let (world, ear) = heard(vec![EventType::GuardHeld], 9).await;
    hold_twelve(&world).await;
    world.clock.advance(TimeDelta::seconds(1));
    world.full_sync().await;
    assert_eq!(told(&ear), ["guard.held"]);
    let detail = bodies(&ear)[0]["data"]["event"]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("12 deletions or deactivations are held"), "{detail}");
}

#[tokio::test]
async fn only_what_is_wanted_is_told() {
    let (world, ear) = heard(vec![EventType::ProviderRests], 9).await;
    world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.settle().await;
    assert_eq!(told(&ear), [""; 0]);
}

#[tokio::test]
async fn a_run_that_went_well_is_told_to_who_asks_for_it() {
    let (world, ear) = heard(vec![EventType::RunDone], 9).await;
    world.user("ada").await;
    world.user("bob").await;
    world.start_full_sync().await;
    world.settle().await;
    assert_eq!(told(&ear), ["run.done"]);
    let event = bodies(&ear)[0]["data"]["event"].clone();
    assert_eq!((&event["in_scope"], &event["deleted"]), (&2.into(), &0.into()), "{event}");
    world.remote.next_answers([FaultKind::Status(400)]);
    world.user("eve").await;
    world.settle().await;
    world.full_sync().await;
    assert_eq!(told(&ear), ["run.done"], "one that did not go well is another event");
}

#[tokio::test]
async fn what_a_check_finds_is_told_once_and_again_when_it_is_something_else() {
    let (world, ear) = heard(vec![EventType::DriftFound], 9).await;
    let ada = world.user("ada").await;
    world.user("bob").await;
    world.settle().await;
    let name = |name: &str| {
        let id = world.remote.user("ada").unwrap().id;
        world.remote.edit(|remote| remote.set(&id, "displayName", name.into()));
    };
    let check = async || {
        assert_eq!(world.engine.check_drift(world.provider, false).await.unwrap(), None);
        world.settle().await;
    };
    check().await;
    assert_eq!(told(&ear), [""; 0], "all is in step");
    name("Countess");
    check().await;
    check().await;
    assert_eq!(told(&ear), ["drift.found"], "what is known is no news");
    let event = bodies(&ear)[0]["data"]["event"].clone();
    assert_eq!(event, serde_json::json!({"new": 1, "known": 1, "repairs": false}));
    name("Duchess");
    check().await;
    assert_eq!(told(&ear), ["drift.found", "drift.found"]);
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;
    check().await;
    assert_eq!(told(&ear).len(), 2, "what was sent over it is no drift");
}

#[tokio::test]
async fn that_what_is_held_stays_is_told_with_who_said_so() {
    let (world, ear) = heard(vec![EventType::GuardRejected], 9).await;
    hold_twelve(&world).await;
    assert_eq!(world.engine.reject(world.provider, Some("grace"), "").await.unwrap(), 12);
    assert_eq!(world.engine.reject(world.provider, Some("grace"), "").await.unwrap(), 0);
    world.settle().await;
    assert_eq!(told(&ear), ["guard.rejected"]);
    assert_eq!(bodies(&ear)[0]["data"]["event"], serde_json::json!({"by": "grace", "objects": 12}));
}

#[tokio::test]
async fn that_somebody_approves_is_told_with_who_did() {
    let (world, ear) = heard(vec![EventType::GuardApproved], 9).await;
    world.engine.approve(world.provider, Some("grace")).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    world.engine.approve(world.provider, None).await.unwrap();
    world.settle().await;
    assert_eq!(told(&ear), ["guard.approved", "guard.approved"]);
    let by: Vec<Value> = bodies(&ear).iter().map(|body| body["data"]["event"]["by"].clone()).collect();
    assert_eq!(by, [Value::from("grace"), Value::Null]);
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_under_its_id_until_it_is() {
    let (world, ear) = heard(vec![EventType::ObjectParked], 0).await;
    ear.next_answers([FaultKind::Status(500), FaultKind::Status(302), FaultKind::Status(204)]);
    world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.settle().await;
    let requests = ear.requests();
    let header = |name: &str| {
        let values = requests.iter().map(|request| request.headers.get(name).unwrap().clone());
        values.collect::<Vec<_>>()
    };
    let (ids, times, signatures) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    assert_eq!(ids.len(), 3);
    assert!(ids[0].starts_with("evt_") && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(times[0] < times[1] && times[1] < times[2], "{times:?}");
    assert!(signatures.iter().all(|it| it.starts_with("v1,")) && signatures[0] != signatures[1]);
}

/// A world that tells of a parked user, and a webhook that does not take it.
async fn not_taken() -> (World, FakeRemote) {
    let (world, ear) = heard(vec![EventType::ObjectParked], 0).await;
    ear.next_answers(vec![FaultKind::Status(500); 20]);
    world.user("ada").await;
    world.remote.next_answers([FaultKind::Status(400)]);
    world.step().await;
    assert_eq!(ear.requests().len(), 1);
    (world, ear)
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_and_names_no_address_while_it_waits() {
    let (world, ear) = not_taken().await;
    let waiting = world.read(jobs::count).await;
    assert_eq!(waiting, 1, "the notice");
    let lanes = world.read(jobs::load).await;
    let lane = lanes[0].lane.clone();
    let job = world.read(move |conn| jobs::of_lane(conn, &lane, 9)).await.remove(0);
    let shown = format!("{job:?}");
    assert!(!shown.contains("/hear") && !shown.contains("canary"), "{shown}");
    for _ in 0..8 {
        world.pass(TimeDelta::hours(12)).await;
    }
    assert_eq!(ear.requests().len(), 15);
}

#[tokio::test]
async fn a_webhook_that_is_taken_away_hears_nothing_more() {
    let (world, ear) = not_taken().await;
    let key = SigningKey::read(SECRET).unwrap();
    let urls = vec![format!("{}/other", ear.url())];
    let world = world.telling(Webhooks { urls, key, events: Vec::new() });
    world.settle().await;
    assert_eq!(ear.requests().len(), 1);
    assert_eq!(world.read(jobs::count).await, 0);
}

//! A plan knows what is at the remote: it looks where a full sync would look first, and says so where it could not.

use serde_json::json;

use scimitar_domain::{ObjectId, Plan, PlanId, PlanState};
use scimitar_store::{PageRequest, adoptions, sync_plans};
use scimitar_sync::APPLIED_AT_ONCE;
use scimitar_testkit::remote::{Behaviour, FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{count, rehearsing_discovery, state};

async fn plan(world: &World) -> PlanId {
    world.engine.plan(world.provider, "grace").await.unwrap()
}

async fn told(world: &World, plan: PlanId) -> Vec<String> {
    let items = world.read(move |conn| sync_plans::page(conn, plan, &PageRequest::default())).await.rows;
    items.iter().map(|item| format!("{} {}", item.step.as_str(), item.label)).collect()
}

async fn found(world: &World, plan: PlanId) -> Plan {
    let (provider, now) = (world.provider, world.now());
    world.read(move |conn| sync_plans::find(conn, provider, plan, now)).await.unwrap()
}

/// Pages of lists that were asked for.
fn looks(world: &World, path: &str) -> usize {
    count(&world.remote, |request| request.method == "GET" && request.path == path)
}

#[tokio::test]
async fn a_plan_looks_at_the_remote_once_as_a_sync_would_and_writes_nothing_there() {
    let world = rehearsing_discovery().await;
    let ada = world.user("ada").await;
    world.user("bob").await;
    let team = world.group("team", &[]).await;
    let theirs = [
        world.remote.seed_user(json!({"userName": "ada"})),
        world.remote.seed_user(json!({"userName": "stranger"})),
        world.remote.seed_group(json!({"displayName": "team"})),
    ];
    world.settle().await;
    world.remote.clear_requests();
    let plan = plan(&world).await;
    assert_eq!(told(&world, plan).await, ["adopt ada", "create bob", "adopt team"]);
    let made = found(&world, plan).await;
    assert_eq!((made.state, made.detail), (PlanState::Ready, None));
    assert_eq!((looks(&world, "/Users"), looks(&world, "/Groups")), (1, 1), "{}", world.remote.transcript());
    assert_eq!(world.remote.writes(), "");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "no link");

    world.engine.apply_plan(world.provider, plan, true, APPLIED_AT_ONCE).await.unwrap().unwrap();
    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {}", theirs[0]));
    assert_eq!(state(&world, ObjectId::Group(team)).await, format!("linked {}", theirs[2]));
    assert_eq!(count(&world.remote, |request| request.method == "POST"), 1, "{}", world.remote.writes());
}

#[tokio::test]
async fn a_plan_looks_only_where_a_sync_would() {
    let world = World::new().await;
    world.user("ada").await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    let bob = world.user("bob").await;
    world.group("team", &[bob]).await;
    world.settle().await;
    world.remote.clear_requests();
    let without_discovery = plan(&world).await;
    assert_eq!(told(&world, without_discovery).await, ["create bob", "create team"]);
    assert_eq!((looks(&world, "/Users"), looks(&world, "/Groups")), (0, 0), "{}", world.remote.transcript());

    world.change_provider(|provider| provider.discovery_enabled = true).await;
    world.delete_user(bob).await;
    world.settle().await;
    world.remote.clear_requests();
    let nobody_new = plan(&world).await;
    assert_eq!(told(&world, nobody_new).await, ["create team"]);
    assert_eq!((looks(&world, "/Users"), looks(&world, "/Groups")), (0, 1), "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_look_leaves_the_list_of_adoptions_as_it_is() {
    let world = rehearsing_discovery().await;
    world.user("ada").await;
    world.remote.seed_user(json!({"userName": "ada"}));
    world.engine.discover(world.provider).await.unwrap();
    let provider = world.provider;
    let n_listed = || async {
        let page = world.read(move |conn| adoptions::page(conn, provider, None, &PageRequest::default()));
        page.await.count
    };
    assert_eq!(n_listed().await, 1);
    plan(&world).await;
    assert_eq!(n_listed().await, 1);
}

#[tokio::test]
async fn a_plan_that_could_not_look_says_so_and_why() {
    let world = rehearsing_discovery().await;
    world.user("ada").await;
    world.settle().await;
    world.remote.seed_user(json!({"userName": "ada"}));
    world.remote.next_answers([Scripted::new(FaultKind::Status(429)).on("GET", "/Users")]);
    let refused = plan(&world).await;
    let made = found(&world, refused).await;
    assert_eq!(made.state, PlanState::Ready);
    let why = made.detail.unwrap();
    assert!(why.starts_with("it was made without a look at the users and groups of the remote: "), "{why}");
    assert!(why.contains("the remote asked for fewer requests"), "{why}");
    assert_eq!(told(&world, refused).await, ["create ada"]);

    // The rest that came of it holds for plans too.
    world.remote.clear_requests();
    let why = found(&world, plan(&world).await).await.detail.unwrap();
    assert!(why.contains("the provider rests until "), "{why}");
    assert_eq!(looks(&world, "/Users"), 0, "{}", world.remote.transcript());

    // What it would create is looked for when it is applied.
    world.pass(chrono::TimeDelta::hours(1)).await;
    world.engine.apply_plan(world.provider, refused, true, APPLIED_AT_ONCE).await.unwrap().unwrap();
    assert_eq!(world.remote.users().len(), 1, "{}", world.remote.transcript());
    let again = plan(&world).await;
    assert_eq!((found(&world, again).await.detail, told(&world, again).await), (None, Vec::new()));
}

#[tokio::test]
async fn a_plan_does_not_look_for_groups_where_there_are_none() {
    let world = World::with(Behaviour { groups_missing: Some(404), ..Behaviour::default() }).await;
    world.change_provider(|provider| provider.discovery_enabled = true).await;
    world.group("team", &[]).await;
    world.settle().await;
    world.user("ada").await;
    world.remote.clear_requests();
    let plan = plan(&world).await;
    let found = found(&world, plan).await;
    assert_eq!((found.state, found.detail), (PlanState::Ready, None), "{}", world.remote.transcript());
    assert_eq!((looks(&world, "/Users"), looks(&world, "/Groups")), (1, 0), "{}", world.remote.transcript());
    assert_eq!(told(&world, plan).await, ["create ada"]);
}

#[tokio::test]
async fn a_look_that_takes_long_is_left_to_a_job() {
    let world = rehearsing_discovery().await;
    world.user("ada").await;
    world.remote.seed_user(json!({"userName": "ada"}));
    for at in 0..20 {
        world.remote.seed_user(json!({"userName": format!("other{at}")}));
    }
    world.settle().await;
    world.remote.alter(|remote| remote.page_cap = Some(2));
    world.remote.clear_requests();
    let plan = plan(&world).await;
    assert_eq!(found(&world, plan).await.state, PlanState::Building);
    assert_eq!(looks(&world, "/Users"), 10, "{}", world.remote.transcript());
    world.settle().await;
    assert_eq!(found(&world, plan).await.state, PlanState::Ready);
    assert_eq!(told(&world, plan).await, ["adopt ada"]);
}

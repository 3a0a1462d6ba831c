//! An operator looks before leaping: a plan, and exactly that plan.

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::{Deprovisioning, PlanId, PlanItem, PlanState, UserFields};
use scimitar_store::{PageRequest, sync_plans};
use scimitar_sync::{APPLIED_AT_ONCE, NotApplied};
use scimitar_testkit::world::World;

use crate::tell::count;

async fn plan(world: &World) -> PlanId {
    world.engine.plan(world.provider, "grace").await.unwrap()
}

async fn items(world: &World, plan: PlanId) -> Vec<PlanItem> {
    world.read(move |conn| sync_plans::page(conn, plan, &PageRequest::default())).await.rows
}

/// Each item in a line: `create user ada`, and behind it what became of it.
async fn told(world: &World, plan: PlanId) -> Vec<String> {
    let line = |item: &PlanItem| {
        let outcome = item.outcome.as_deref().map_or_else(String::new, |outcome| format!(": {outcome}"));
        format!("{} {} {}{outcome}", item.step.as_str(), item.object.kind().as_str(), item.label)
    };
    items(world, plan).await.iter().map(line).collect()
}

async fn found(world: &World, plan: PlanId) -> scimitar_domain::Plan {
    let (provider, now) = (world.provider, world.now());
    world.read(move |conn| sync_plans::find(conn, provider, plan, now)).await.unwrap()
}

async fn apply(world: &World, plan: PlanId) -> Result<(), NotApplied> {
    world.engine.apply_plan(world.provider, plan, true, APPLIED_AT_ONCE).await.unwrap()
}

fn writes(world: &World) -> usize {
    count(&world.remote, |request| request.method != "GET")
}

/// A provider that rehearses, so that what changes waits for its plan.
async fn rehearsing() -> World {
    let world = World::new().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    world.remote.clear_requests();
    world
}

#[tokio::test]
async fn an_operator_looks_before_leaping() {
    let world = rehearsing().await;
    let ada = world.user("ada").await;
    let eve = world.user_with("eve", |user| user.is_active = true).await;
    let staff = world.group("staff", &[ada]).await;
    world.settle().await;
    let first = plan(&world).await;
    assert_eq!(told(&world, first).await, ["create user ada", "create user eve", "create group staff"]);
    assert_eq!(writes(&world), 0, "{}", world.remote.transcript());
    let members = items(&world, first).await[2].detail["members"].clone();
    assert_eq!(members, json!({"n_added": 1, "n_removed": 0, "added": ["ada"], "removed": []}));

    assert_eq!(apply(&world, first).await, Ok(()));
    assert_eq!(found(&world, first).await.state, PlanState::Applied);
    assert_eq!(
        told(&world, first).await,
        ["create user ada: created", "create user eve: created", "create group staff: created"]
    );
    assert_eq!(world.differences().await, Vec::<String>::new());

    world.change_user(ada, |user| user.name = "Ada King".to_owned()).await;
    world.change_user(eve, |user| user.is_active = false).await;
    world.join(eve, staff).await;
    world.leave(ada, staff).await;
    let gone = world.user("gone").await;
    world.settle().await;
    world.delete_user(gone).await;
    world.settle().await;
    let second = plan(&world).await;
    assert_eq!(told(&world, second).await, ["update user ada", "deactivate user eve", "update group staff"]);
    let detail = items(&world, second).await.remove(0).detail;
    let names: Vec<&Value> =
        detail["attributes"].as_array().unwrap().iter().map(|difference| &difference["attribute"]).collect();
    assert!(names.contains(&&json!("displayName")), "{detail:?}");
    assert_eq!(apply(&world, second).await, Ok(()));
    assert_eq!(
        told(&world, second).await,
        ["update user ada: updated", "deactivate user eve: updated", "update group staff: updated"]
    );
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(told(&world, plan(&world).await).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_changed_since_is_left_alone() {
    let world = rehearsing().await;
    let ada = world.user("ada").await;
    world.user("eve").await;
    let staff = world.group("staff", &[ada]).await;
    let team = world.group("team", &[ada]).await;
    let plan = plan(&world).await;
    world.change_user(ada, |user| user.email = "ada@example.org".to_owned()).await;
    let eli = world.user("eli").await;
    world.join(eli, team).await;
    world.leave(ada, staff).await;
    assert_eq!(apply(&world, plan).await, Ok(()));
    let mut lines = told(&world, plan).await;
    lines.sort();
    assert_eq!(
        lines,
        [
            "create group staff: outdated",
            "create group team: created",
            "create user ada: outdated",
            "create user eve: created",
        ]
    );
    assert_eq!(world.remote.users().len(), 1);
    // Applied again, it does nothing more.
    world.remote.clear_requests();
    assert_eq!(apply(&world, plan).await, Ok(()));
    assert_eq!(writes(&world), 0);
}

#[tokio::test]
async fn what_has_left_and_what_is_broken_is_in_the_plan() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let staff = world.group("staff", &[ada, eve]).await;
    world.settle().await;
    let mapping = world
        .mapping(
            "picky",
            "if user.username == 'ada':\n    return nothing\nreturn {'userName': user.username}",
        )
        .await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    world.leave(eve, staff).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(staff);
            provider.property_mappings = vec![mapping];
        })
        .await;
    world.settle().await;
    world.remote.clear_requests();
    let plan = plan(&world).await;
    let lines = told(&world, plan).await;
    assert!(lines.contains(&"broken user ada".to_owned()), "{lines:?}");
    assert!(lines.contains(&"delete user eve".to_owned()), "{lines:?}");
    let counts = found(&world, plan).await.counts;
    assert_eq!((counts.broken, counts.delete), (1, 1));
    assert_eq!(apply(&world, plan).await, Ok(()));
    assert!(told(&world, plan).await.contains(&"delete user eve: deleted".to_owned()));
    let names: Vec<Value> =
        world.remote.users().iter().map(|user| user.get("userName").cloned().unwrap_or_default()).collect();
    assert_eq!(names, [json!("ada")]);
}

#[tokio::test]
async fn a_plan_shows_who_would_be_deactivated_and_deactivates_them() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let staff = world.group("staff", &[ada, eve]).await;
    world
        .change_provider(|provider| {
            provider.filter_group = Some(staff);
            provider.user_deprovisioning = Deprovisioning::DeactivateThenDelete;
        })
        .await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    world.delete_user(ada).await;
    world.leave(eve, staff).await;
    world.settle().await;
    let plan = plan(&world).await;
    let lines = told(&world, plan).await;
    assert!(lines.contains(&"deactivate user ada".to_owned()), "{lines:?}");
    assert!(lines.contains(&"deactivate user eve".to_owned()), "{lines:?}");
    assert_eq!(found(&world, plan).await.counts.delete, 0);
    assert_eq!(apply(&world, plan).await, Ok(()));
    let lines = told(&world, plan).await;
    assert!(lines.contains(&"deactivate user ada: updated".to_owned()), "{lines:?}");
    assert!(lines.contains(&"deactivate user eve: updated".to_owned()), "{lines:?}");
    assert!(world.remote.users().iter().all(|user| user.get("active") == Some(&json!(false))));
}

#[tokio::test]
async fn what_a_plan_would_delete_waits_for_approval_and_is_then_applied() {
    let world = World::new().await.guarded();
    let mut people = Vec::new();
    for n in 0..30 {
        people.push(world.user(&format!("user{n}")).await);
    }
    let staff = world.group("staff", &people).await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    for user in &people[..20] {
        world.delete_user(*user).await;
    }
    world.change_group(staff, |group| group.name = "crew".to_owned()).await;
    world.settle().await;
    world.pass(TimeDelta::hours(2)).await;
    world.remote.clear_requests();
    let plan = plan(&world).await;
    assert_eq!(found(&world, plan).await.counts.delete, 20);
    assert_eq!(apply(&world, plan).await, Ok(()));
    let lines = told(&world, plan).await;
    assert_eq!(lines.iter().filter(|line| line.ends_with(": held")).count(), 20, "{lines:?}");
    assert!(lines.contains(&"update group crew: updated".to_owned()), "{lines:?}");
    assert_eq!(count(&world.remote, |request| request.method == "DELETE"), 0);
    assert!(found(&world, plan).await.detail.unwrap().contains("are held"));

    world.engine.approve(world.provider, None).await.unwrap();
    assert_eq!(apply(&world, plan).await, Ok(()));
    assert_eq!(world.remote.users().len(), 10);
    assert_eq!(found(&world, plan).await.detail, None);
}

#[tokio::test]
async fn a_plan_is_refused_with_the_reason() {
    let world = rehearsing().await;
    let plan = plan(&world).await;
    let refused = world.engine.apply_plan(world.provider, plan, false, APPLIED_AT_ONCE).await.unwrap();
    assert_eq!(refused, Err(NotApplied::DryRun));
    world.pass(TimeDelta::days(2)).await;
    assert_eq!(apply(&world, plan).await, Err(NotApplied::NoPlan));
}

#[tokio::test]
async fn a_large_plan_is_made_and_applied_by_jobs() {
    let world = rehearsing().await;
    let mut people = Vec::new();
    for n in 0..1_001 {
        people.push(UserFields { username: format!("user{n}"), ..UserFields::default() });
    }
    for fields in people {
        world.user(&fields.username).await;
    }
    world.step().await;
    let plan = plan(&world).await;
    assert_eq!(found(&world, plan).await.state, PlanState::Building);
    world.step().await;
    let made = found(&world, plan).await;
    assert_eq!((made.state, made.counts.create, made.counts.keep), (PlanState::Ready, 1_001, 0));
    assert_eq!(apply(&world, plan).await, Ok(()));
    assert_eq!(found(&world, plan).await.state, PlanState::Applying);
    world.step().await;
    assert_eq!(found(&world, plan).await.state, PlanState::Applied);
    assert_eq!(world.remote.users().len(), 1_001);
    let outcomes = world.read(move |conn| sync_plans::outcomes(conn, plan)).await;
    assert_eq!(outcomes, [("created".to_owned(), 1_001)]);
}

//! A remote without groups: nothing fails for it, people are told, and it heals by itself.

use chrono::TimeDelta;

use scimitar_domain::{FailureClass, GroupId, ObjectId, PlanStep, Run, UserPk};
use scimitar_store::{links, runs};
use scimitar_sync::{MappedAs, StepKind};
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{count, learned};

const NO_GROUPS: &str =
    "the remote offers no groups, so none are sent; each full sync asks whether that is still so";

fn without_groups(status: u16) -> Behaviour {
    Behaviour { groups_missing: Some(status), ..Behaviour::default() }
}

/// A world with one user and one group that she belongs to, after a full sync.
async fn with_team(behaviour: Behaviour) -> (World, UserPk, GroupId) {
    let world = World::with(behaviour).await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    (world, ada, team)
}

async fn last_run(world: &World) -> Run {
    let provider = world.provider;
    world.read(move |conn| runs::latest(conn, provider, 1)).await.remove(0)
}

async fn n_failing(world: &World) -> i64 {
    let provider = world.provider;
    world.read(move |conn| links::count_failing(conn, provider)).await
}

fn asked_for_groups(world: &World) -> usize {
    count(&world.remote, |request| request.path.starts_with("/Groups"))
}

#[tokio::test]
async fn a_remote_without_groups_is_found_out_by_one_look_and_fails_nothing() {
    for (status, detail) in [
        (404, "the remote has no `Groups`"),
        (405, "the remote does not support POST here: it answered 405"),
        (501, "the remote does not support POST here: it answered 501"),
    ] {
        let (world, ada, team) = with_team(without_groups(status)).await;
        assert!(world.remote.user("ada").is_some());
        assert_eq!(learned(&world).await, [format!("group not_offered: {detail}")]);
        assert_eq!(n_failing(&world).await, 0);
        let looks = count(&world.remote, |request| {
            request.path == "/Groups" && request.query.as_deref() == Some("startIndex=1&count=1")
        });
        assert_eq!((asked_for_groups(&world), looks), (2, 1), "{}", world.remote.transcript());

        world.remote.clear_requests();
        world.group("others", &[ada]).await;
        world.change_group(team, |group| group.name = "crew".to_owned()).await;
        world.settle().await;
        assert_eq!(asked_for_groups(&world), 0, "{}", world.remote.transcript());
        world.pass(TimeDelta::minutes(1)).await;
        world.remote.clear_requests();
        world.full_sync().await;
        assert_eq!(asked_for_groups(&world), 1, "{}", world.remote.transcript());
        let run = last_run(&world).await;
        assert_eq!((run.state.as_str(), run.detail.as_deref()), ("done", Some(NO_GROUPS)));
        assert_eq!((run.counts.failed, run.counts.of_groups.failed), (0, 0));
    }
}

#[tokio::test]
async fn that_there_are_no_groups_is_shown_wherever_somebody_may_look() {
    let (world, _, team) = with_team(without_groups(404)).await;
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!((report.users.offered, report.groups.offered), (true, false));

    let told = world.engine.explain(world.provider, ObjectId::Group(team)).await.unwrap().unwrap();
    assert_eq!((told.mapped, told.step, told.attempt), (MappedAs::Nothing, StepKind::Keep, None));
    assert!(told.stopped[0].starts_with("the remote offers no groups."), "{:?}", told.stopped);

    world.user("bob").await;
    let plan = world.engine.plan(world.provider, "story").await.unwrap();
    let items = world.read(move |conn| scimitar_store::sync_plans::open(conn, plan, 0, 10)).await;
    let steps: Vec<(PlanStep, &str)> = items.iter().map(|it| (it.step, it.label.as_str())).collect();
    assert_eq!(steps, [(PlanStep::Create, "bob")]);
}

#[tokio::test]
async fn a_remote_that_begins_to_have_groups_gets_them_with_the_next_full_sync() {
    let (world, _, team) = with_team(without_groups(404)).await;
    world.full_sync().await;
    world.change_group(team, |group| group.name = "crew".to_owned()).await;
    world.settle().await;
    world.remote.alter(|behaviour| behaviour.groups_missing = None);
    // Another process has learned it too, and is not told that it is over.
    let (engine, runner) = world.replica("second");
    assert!(!engine.capabilities(world.provider).await.unwrap().unwrap().groups.offered);

    world.pass(TimeDelta::minutes(1)).await;
    world.full_sync().await;
    let there = world.remote.group("crew").expect("a group");
    assert_eq!(world.remote.members(&there.id).len(), 1);
    assert_eq!(learned(&world).await, Vec::<String>::new());
    let run = last_run(&world).await;
    assert_eq!((run.state.as_str(), run.detail), ("done", None));

    world.group("others", &[]).await;
    engine.dispatch().await.unwrap();
    while runner.run_due().await.unwrap() > 0 {}
    assert!(world.remote.group("others").is_some(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn who_forgets_that_there_are_no_groups_has_them_sent_again() {
    let (world, _, _) = with_team(without_groups(404)).await;
    world.remote.alter(|behaviour| behaviour.groups_missing = None);
    world.engine.forget_lessons(world.provider).await.unwrap();
    world.full_sync().await;
    assert!(world.remote.group("team").is_some(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn what_was_parked_before_it_was_known_fails_no_more() {
    let (world, ada, _) = with_team(without_groups(404)).await;
    world.remote.alter(|behaviour| behaviour.groups_missing = None);
    world.engine.forget_lessons(world.provider).await.unwrap();
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("POST", "/Groups")]);
    world.pass(TimeDelta::minutes(1)).await;
    world.full_sync().await;
    assert_eq!((n_failing(&world).await, last_run(&world).await.state.as_str()), (1, "warning"));

    world.remote.alter(|behaviour| behaviour.groups_missing = Some(404));
    world.group("others", &[ada]).await;
    world.settle().await;
    assert_eq!(n_failing(&world).await, 0);

    world.remote.alter(|behaviour| behaviour.groups_missing = None);
    world.full_sync().await;
    assert!(world.remote.group("team").is_some() && world.remote.group("others").is_some());
}

#[tokio::test]
async fn a_wrong_url_teaches_nothing_about_groups() {
    let (world, ada, _) = with_team(Behaviour::default()).await;
    let wrong = format!("{}x", world.remote.url());
    world.change_provider(|provider| provider.url = wrong).await;
    world.group("others", &[ada]).await;
    world.settle().await;
    assert_eq!(learned(&world).await.iter().filter(|it| it.contains("not_offered")).count(), 0);
    assert!(n_failing(&world).await > 0);
}

#[tokio::test]
async fn a_remote_that_describes_itself_to_nobody_but_has_users_teaches_it_too() {
    let behaviour = Behaviour { discovery: Discovery::Missing, ..without_groups(404) };
    let (world, _, _) = with_team(behaviour).await;
    assert_eq!(learned(&world).await, ["group not_offered: the remote has no `Groups`"]);
}

#[tokio::test]
async fn a_remote_that_has_groups_and_makes_none_parks_each_and_is_looked_at_once() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(405)).on("POST", "/Groups").times(2)]);
    world.group("team", &[]).await;
    world.group("others", &[]).await;
    world.settle().await;
    let provider = world.provider;
    let failing = world.read(move |conn| links::failures(conn, provider, 0, 9)).await;
    assert_eq!(failing.len(), 2);
    for (link, _) in failing {
        assert_eq!(link.attempt.map(|it| (it.class, it.next_at)), Some((FailureClass::Unsupported, None)));
    }
    assert_eq!(learned(&world).await, Vec::<String>::new());
    assert_eq!(asked_for_groups(&world), 3, "{}", world.remote.transcript());
}

#[tokio::test]
async fn users_are_never_taken_to_be_missing() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(404)).on("POST", "/Users")]);
    world.user("ada").await;
    world.settle().await;
    assert_eq!((n_failing(&world).await, learned(&world).await.len()), (1, 0));
    assert_eq!(count(&world.remote, |request| request.path == "/Users"), 1);
}

//! Full syncs: what they count, what they leave alone, and who shares them.

use chrono::TimeDelta;

use scimitar_domain::{
    Clock, ObjectId, ProviderFields, ProviderPk, Run, RunState, RunTrigger, Secret, Timestamp,
};
use scimitar_store::{jobs, runs, scope};
use scimitar_sync::{LogLevel, Work};
use scimitar_testkit::remote::{Behaviour, FakeRemote, FaultKind, RetryAfter, Scripted};
use scimitar_testkit::world::World;

use crate::tell::sorted;
use crate::worker::work_once;

async fn latest(world: &World, provider: ProviderPk) -> Vec<Run> {
    world.read(move |conn| runs::latest(conn, provider, 20)).await
}

/// `done: 3 in scope, 2 created` and so on, without what is nothing.
fn counted(run: &Run) -> String {
    let counts = &run.counts;
    let words = [
        (counts.in_scope, "in scope"),
        (counts.created, "created"),
        (counts.adopted, "adopted"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.skipped, "skipped"),
        (counts.failed, "failed"),
        (counts.member_changes, "member changes"),
    ];
    let words = words.iter().filter(|(n, _)| *n != 0).map(|(n, word)| format!("{n} {word}"));
    format!("{}: {}", run.state.as_str(), words.collect::<Vec<_>>().join(", "))
}

/// A second application, which learns of everybody by a full sync.
async fn newcomer(world: &World, page_size: i32) -> (FakeRemote, ProviderPk) {
    let remote = FakeRemote::start(Behaviour::default()).await;
    remote.set_clock(std::sync::Arc::clone(&world.clock) as _);
    let url = remote.url().to_owned();
    let provider = world
        .add_provider("newcomer", |fields| {
            fields.url = url;
            fields.sync_page_size = page_size;
        })
        .await;
    (remote, provider)
}

/// So many users, all of them in one group, known to the world's own remote.
async fn crowd(world: &World, n: usize) {
    let mut people = Vec::new();
    for i in 0..n {
        people.push(world.user(&format!("user{i}")).await);
    }
    world.group("all", &people).await;
    world.settle().await;
}

#[tokio::test]
async fn a_full_sync_counts_what_it_did() {
    let world = World::new().await;
    crowd(&world, 3).await;
    let (remote, provider) = newcomer(&world, 100).await;
    remote.seed_user(serde_json::json!({"userName": "user1"}));
    let refused = FaultKind::Refused { status: 400, scim_type: None, detail: "no".to_owned() };
    remote.next_answers([Scripted::new(refused).containing("\"user2\"")]);
    world.settle().await;

    let [run] = latest(&world, provider).await.try_into().unwrap();
    insta::assert_snapshot!(counted(&run), @"warning: 4 in scope, 2 created, 1 adopted, 1 failed, 2 member changes");
    assert_eq!(run.trigger, RunTrigger::Saved);
    let (users, groups) = (run.counts.of_users(), run.counts.of_groups);
    assert_eq!((users.in_scope, users.created, users.adopted, users.failed), (3, 1, 1, 1));
    assert_eq!((groups.in_scope, groups.created, groups.failed), (1, 1, 0));
}

#[tokio::test]
async fn a_full_sync_without_changes_sends_nothing_and_has_nothing_to_evaluate() {
    let world = World::new().await;
    crowd(&world, 20).await;
    world.remote.clear_requests();
    let provider = world.provider().await;
    let due = world
        .read(move |conn| {
            let users = scope::users_due(conn, &provider, None, None, 100, false)?.len();
            Ok(users + scope::groups_due(conn, &provider, None, None, 100, false)?.len())
        })
        .await;
    assert_eq!(due, 0);

    world.full_sync().await;
    assert_eq!(world.remote.transcript(), "");
    insta::assert_snapshot!(counted(&latest(&world, world.provider).await[0]), @"done: 21 in scope");
}

#[tokio::test]
async fn small_pages_send_everybody_once() {
    let world = World::new().await;
    crowd(&world, 25).await;
    let (remote, provider) = newcomer(&world, 10).await;
    world.settle().await;

    let posts = remote.requests().iter().filter(|request| request.path == "/Users").count();
    assert_eq!((posts, remote.users().len(), remote.members("g1").len()), (25, 25, 25));
    insta::assert_snapshot!(counted(&latest(&world, provider).await[0]), @"done: 26 in scope, 26 created, 25 member changes");
}

#[tokio::test]
async fn users_go_before_groups_so_that_groups_are_sent_whole() {
    let world = World::new().await;
    crowd(&world, 5).await;
    let (remote, _provider) = newcomer(&world, 2).await;
    world.settle().await;

    let writes = remote.writes();
    let lines: Vec<&str> = writes.lines().collect();
    assert_eq!(lines[..5], ["POST /Users -> 201"; 5]);
    assert_eq!(lines[5..], ["POST /Groups -> 201", "PATCH /Groups/g1 -> 204"]);
}

#[tokio::test]
async fn full_syncs_follow_a_schedule() {
    let world = World::new().await;
    world.pass(TimeDelta::hours(1)).await;
    for _ in 0..3 {
        world.pass(TimeDelta::hours(5)).await;
    }
    let triggers: Vec<_> = latest(&world, world.provider).await.iter().map(|run| run.trigger).collect();
    let scheduled = triggers.iter().filter(|trigger| **trigger == RunTrigger::Schedule).count();
    assert_eq!(scheduled, 4, "{triggers:?}");

    // Two looks within one period start one sync.
    assert_eq!(world.engine.start_scheduled().await.unwrap(), 0);
}

#[tokio::test]
async fn a_run_under_way_is_not_started_twice() {
    let world = World::new().await;
    crowd(&world, 6).await;
    let (remote, provider) = newcomer(&world, 2).await;
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(60) };
    remote.next_answers([Scripted::healthy(), Scripted::healthy(), Scripted::new(throttled)]);
    world.step().await;
    assert!(world.engine.status(provider).await.unwrap().is_running);

    let work = Work::Run { provider, trigger: RunTrigger::Manual };
    let now = world.now();
    world.write(move |conn| jobs::enqueue(conn, &[work.job(now)], now)).await;
    world.clock.advance(TimeDelta::seconds(10));
    world.step().await;
    assert_eq!(latest(&world, provider).await.len(), 1);

    world.settle().await;
    let [second, first] = latest(&world, provider).await.try_into().unwrap();
    assert!(second.started_at >= first.finished_at.unwrap());
    assert_eq!(remote.users().len(), 6);
    assert_eq!(counted(&second), "done: 7 in scope");
}

#[tokio::test]
async fn a_run_that_meets_an_outage_ends_after_it() {
    let world = World::new().await;
    crowd(&world, 8).await;
    let (remote, provider) = newcomer(&world, 3).await;
    remote.next_answers([Scripted::healthy(), Scripted::healthy()]);
    remote.next_answers([Scripted::new(FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(30) })]);
    world.settle().await;

    assert_eq!((remote.users().len(), remote.members("g1").len()), (8, 8));
    let run = &latest(&world, provider).await[0];
    assert!(run.finished_at.unwrap() - run.started_at >= TimeDelta::seconds(30));
}

#[tokio::test]
async fn a_run_that_waits_goes_on_at_once_when_the_provider_is_saved() {
    let world = World::new().await;
    crowd(&world, 6).await;
    let titles = world.mapping("titles", "return {'title': 'changed'}").await;
    world.remote.next_answers([FaultKind::Unauthorized]);
    let change = |provider: &mut ProviderFields| {
        provider.property_mappings.push(titles);
        provider.sync_page_size = 2;
    };
    world.change_provider(change).await;
    world.step().await;
    let changed = || world.remote.users().iter().filter(|user| user.get("title").is_some()).count();
    assert_eq!(changed(), 0, "{}", world.remote.transcript());

    world.change_provider(|provider| provider.token = Secret::new("renewed".to_owned())).await;
    world.step().await;
    assert_eq!(changed(), 6, "{}", world.remote.transcript());
}

#[tokio::test]
async fn two_workers_who_want_one_group_at_once_make_it_once() {
    let world = World::with(Behaviour::without_uniqueness()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    let team = ObjectId::Group(world.group("team", &[ada]).await);
    let ((one, _), (two, _)) = (world.replica("one"), world.replica("two"));
    let (first, second) = tokio::join!(
        one.sync_object(world.provider, team, false),
        two.sync_object(world.provider, team, false),
    );
    first.unwrap();
    second.unwrap();
    world.settle().await;

    let posts = world.remote.requests().iter().filter(|request| request.path == "/Groups").count();
    assert_eq!((posts, world.remote.groups().len()), (1, 1), "{}", world.remote.transcript());
    assert_eq!(world.remote.members("g1").len(), 1);
}

#[tokio::test]
async fn who_asks_for_an_object_that_is_in_other_hands_gets_what_it_is_now() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.change_user(ada, |ada| "Ada King".clone_into(&mut ada.name)).await;
    world.remote.next_answers([FaultKind::Delay { ms: 300 }]);
    let before = world.remote.n_requests();
    let (object, (other, _)) = (ObjectId::User(ada), world.replica("other"));
    let (others, asked) = tokio::join!(other.sync_object(world.provider, object, false), async {
        while world.remote.n_requests() == before {
            tokio::task::yield_now().await;
        }
        world.change_user(ada, |ada| "Ada Lovelace".clone_into(&mut ada.name)).await;
        world.engine.sync_object(world.provider, object, false).await
    });

    for told in [others.unwrap(), asked.unwrap()] {
        assert!(told.iter().all(|event| event.level == LogLevel::Info), "{told:?}");
    }
    assert_eq!(world.remote.user("ada").unwrap().get("displayName").unwrap(), "Ada Lovelace");
}

#[tokio::test]
async fn who_asks_for_an_object_while_its_remote_rests_is_told_until_when() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(30) }]);
    world.step().await;

    let told = world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    let [event] = told.as_slice() else { panic!("one event, not {told:?}") };
    assert!(event.event.starts_with("Stopping sync due to error: "), "{event:?}");
    let until = event.attributes["next_attempt"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(until, world.clock.now() + TimeDelta::seconds(30));
}

#[tokio::test]
async fn two_replicas_share_the_pages_of_one_run_without_doubling() {
    let world = World::new().await;
    crowd(&world, 40).await;
    let (remote, provider) = newcomer(&world, 2).await;
    let ((one, _), (two, _)) = (world.replica("one"), world.replica("two"));
    one.dispatch().await.unwrap();
    let share = async |engine, name| {
        let mut n_jobs = 0;
        while world.read(jobs::count).await > 0 {
            n_jobs += usize::from(work_once(&world, engine, name).await);
        }
        n_jobs
    };
    let shares = tokio::join!(share(&one, "one"), share(&two, "two"));
    // What one of them found leased to the other is looked at again.
    world.settle().await;

    assert_eq!(remote.duplicates(), []);
    let posts = remote.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((posts, remote.members("g1").len()), (41, 40), "{}", sorted(&remote.writes()));
    assert!(shares.0 > 2 && shares.1 > 2, "{shares:?}");
    let run = &latest(&world, provider).await[0];
    assert_eq!((run.state, run.counts.created, run.counts.member_changes), (RunState::Done, 41, 40));
}

#[tokio::test]
async fn a_provider_that_is_deleted_in_the_middle_takes_its_run_along() {
    let world = World::new().await;
    crowd(&world, 6).await;
    let (remote, provider) = newcomer(&world, 2).await;
    remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(60) }]);
    world.step().await;
    world.write(move |conn| scimitar_store::providers::delete(conn, provider)).await;
    remote.clear_requests();
    world.settle().await;

    assert_eq!(remote.transcript(), "");
    assert_eq!(world.read(jobs::count).await, 0);
}

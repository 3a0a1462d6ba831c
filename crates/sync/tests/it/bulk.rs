//! Changes of users go together where the remote takes them so; and for each user all is as if he had gone alone.

use chrono::TimeDelta;
use serde_json::{Value, json};

use scimitar_domain::{IdSource, ObjectId, UserFields, UserPk, UserUuid};
use scimitar_store::{exchanges, users};
use scimitar_testkit::remote::{
    Behaviour, Bulk, Capabilities, Echo, Etag, FaultKind, IdStyle, Recorded, Scripted,
};
use scimitar_testkit::world::World;

use crate::tell::{count, learned_with_values, link, state};

/// So many users, whom a full sync that is due brings to the remote.
pub(crate) async fn crowd(world: &World, n: usize) -> Vec<UserPk> {
    for_a_full_sync(world, insert(world, n)).await
}

/// A change that a full sync brings to the remote, once it is due: its pages wait for those who are coming, while jobs
/// of single users go together only as they happen to meet.
pub(crate) async fn for_a_full_sync<T>(world: &World, change: impl Future<Output = T>) -> T {
    world.change_provider(|provider| provider.dry_run = true).await;
    let changed = change.await;
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = false).await;
    world.remote.clear_requests();
    changed
}

/// So many users, each of whom gets a job of his own.
async fn insert(world: &World, n: usize) -> Vec<UserPk> {
    let (now, uuids): (_, Vec<_>) = (world.now(), (0..n).map(|_| UserUuid(world.ids.uuid())).collect());
    world
        .write(move |conn| {
            let mut pks = Vec::new();
            for uuid in &uuids {
                let fields = UserFields { username: format!("user{}", uuid.0), ..UserFields::default() };
                pks.push(users::insert(conn, *uuid, &fields, &[], now)?.pk);
            }
            Ok(pks)
        })
        .await
}

pub(crate) async fn rename(world: &World, people: &[UserPk], title: &str) {
    let (people, title, now) = (people.to_vec(), title.to_owned(), world.now());
    world
        .write(move |conn| {
            for user in &people {
                let mut fields = users::get(conn, *user)?.fields;
                title.clone_into(&mut fields.name);
                users::update(conn, *user, &fields, None, now)?;
            }
            Ok(())
        })
        .await;
}

pub(crate) async fn delete(world: &World, people: &[UserPk]) {
    let (people, now) = (people.to_vec(), world.now());
    world
        .write(move |conn| {
            for user in &people {
                users::delete(conn, *user, now)?;
            }
            Ok(())
        })
        .await;
}

/// A remote that takes its time, as all do.
pub(crate) fn usual() -> Behaviour {
    Behaviour { latency_ms: 10, ..Behaviour::with_bulk() }
}

/// So slow that jobs of single users, eight at a time, meet even where everything else is slow, too.
pub(crate) fn slow() -> Behaviour {
    Behaviour { latency_ms: 250, ..Behaviour::with_bulk() }
}

fn is_bulk(request: &Recorded) -> bool {
    request.path == "/Bulk"
}

/// The operations of each request that has many.
fn bulks(world: &World) -> Vec<Vec<Value>> {
    let requests = world.remote.requests();
    let bodies = requests.iter().filter(|it| is_bulk(it)).filter_map(|it| it.body.as_ref());
    bodies.map(|body| body["Operations"].as_array().unwrap().clone()).collect()
}

pub(crate) fn sizes(world: &World) -> Vec<usize> {
    bulks(world).iter().map(Vec::len).collect()
}

/// Changes that went by themselves.
pub(crate) fn n_alone(world: &World) -> usize {
    count(&world.remote, |request| request.is_write() && !is_bulk(request))
}

/// Everybody is there, once, and nobody has a failure to his name.
pub(crate) async fn check_all_well(world: &World, people: &[UserPk]) {
    let transcript = world.remote.transcript();
    assert_eq!(world.differences().await, Vec::<String>::new(), "{transcript}");
    assert_eq!(world.remote.duplicates(), vec![], "{transcript}");
    for user in people {
        let state = state(world, ObjectId::User(*user)).await;
        assert!(state.starts_with("linked ") && !state.contains(';'), "{state}\n{transcript}");
    }
}

#[tokio::test]
async fn three_hundred_users_go_in_few_requests() {
    let world = World::with(usual()).await;
    let people = crowd(&world, 300).await;
    world.settle().await;

    check_all_well(&world, &people).await;
    let n_requests = count(&world.remote, |_| true);
    assert!(n_requests <= 20, "{}", world.remote.transcript());
    assert_eq!(count(&world.remote, |request| request.path == "/ServiceProviderConfig"), 1);
    for operations in bulks(&world) {
        let mut names: Vec<&str> = operations.iter().map(|it| it["bulkId"].as_str().unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), operations.len());
    }
    let requests = world.remote.requests();
    let first = requests.iter().find(|it| is_bulk(it)).and_then(|it| it.body.as_ref()).unwrap();
    assert_eq!(first.get("failOnErrors"), None);
    assert_eq!(first["Operations"][0]["path"], "/Users");
}

#[tokio::test]
async fn a_remote_without_bulk_is_asked_once_and_gets_each_by_itself() {
    for behaviour in [Behaviour::default(), Behaviour { bulk: Bulk::Served, ..Behaviour::default() }] {
        let world = World::with(behaviour).await;
        let people = crowd(&world, 60).await;
        world.settle().await;
        check_all_well(&world, &people).await;
        assert_eq!((sizes(&world), n_alone(&world)), (vec![], 60));
        assert_eq!(count(&world.remote, |request| request.path == "/ServiceProviderConfig"), 1);
    }
}

#[tokio::test]
async fn changes_and_deletions_of_users_go_together_in_whatever_form_the_results_come() {
    for (bulk, echo, ids, etag) in [
        (Bulk::Served, Echo::Full, IdStyle::Text, Etag::Absent),
        (Bulk::Reversed, Echo::OnlyId, IdStyle::Awkward, Etag::Kept),
        (Bulk::Unnamed, Echo::NoContent, IdStyle::Awkward, Etag::InHeader),
    ] {
        let mut behaviour = Behaviour { bulk, echo, ids, etag, ..slow() };
        behaviour.capabilities.etag = true;
        let world = World::with(behaviour).await;
        let people = crowd(&world, 40).await;
        world.settle().await;
        check_all_well(&world, &people).await;

        for_a_full_sync(&world, rename(&world, &people, "Somebody Else")).await;
        world.settle().await;
        check_all_well(&world, &people).await;
        let operations: Vec<Value> = bulks(&world).concat();
        assert!(operations.len() > 20, "{bulk:?}: {}", world.remote.transcript());
        assert!(operations.iter().all(|it| it["method"] == "PATCH"), "{operations:?}");
        let names_version = operations.iter().all(|it| it["version"].is_string());
        assert_eq!(names_version, etag != Etag::Absent, "{bulk:?}: {operations:?}");

        world.remote.clear_requests();
        delete(&world, &people).await;
        world.settle().await;
        assert_eq!(world.remote.users().len(), 0);
        let operations: Vec<Value> = bulks(&world).concat();
        assert!(operations.len() > 20, "{bulk:?}: {}", world.remote.transcript());
        assert!(operations.iter().all(|it| it["method"] == "DELETE" && it.get("data").is_none()));
        assert_eq!(learned_with_values(&world).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_version_that_somebody_else_has_changed_costs_its_own_user_two_requests_more() {
    let world = World::with(Behaviour { etag: Etag::Kept, ..usual() }).await;
    world.remote.alter(|remote| remote.capabilities.etag = true);
    let people = crowd(&world, 20).await;
    world.settle().await;
    world.remote.edit(|remote| remote.set("u7", "nickName", json!("Countess")));
    world.remote.clear_requests();
    rename(&world, &people, "Somebody Else").await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!(count(&world.remote, |request| request.method == "GET" && request.path == "/Users/u7"), 1);
    assert_eq!(count(&world.remote, |request| request.method == "GET" && request.path != "/Users/u7"), 0);
}

#[tokio::test]
async fn each_refused_operation_parks_its_own_user_and_no_other() {
    let world = World::with(usual()).await;
    let people = crowd(&world, 50).await;
    let unlucky = [people[20], people[40]];
    for user in unlucky {
        let name = world.read(move |conn| users::get(conn, user)).await.fields.username;
        let refusal = FaultKind::Refused {
            status: 400,
            scim_type: Some("invalidValue".to_owned()),
            detail: "the name is not liked".to_owned(),
        };
        world.remote.next_answers([Scripted::new(refusal).on("POST", "/Users").containing(&name)]);
    }
    world.settle().await;

    assert_eq!(world.remote.users().len(), 48);
    for user in &people {
        let state = state(&world, ObjectId::User(*user)).await;
        if unlucky.contains(user) {
            assert_eq!(
                state,
                "new; rejected x1, parked: the remote rejected the request with 400 (invalidValue): \
                 the name is not liked"
            );
        } else {
            assert!(state.starts_with("linked ") && !state.contains(';'), "{state}");
        }
    }
    let link = link(&world, ObjectId::User(unlucky[0])).await.unwrap();
    let kept = world.read(move |conn| exchanges::find(conn, link.id)).await.unwrap();
    assert_eq!((kept.method.as_str(), kept.status), ("POST", Some(400)));
    assert!(kept.url.ends_with("/Bulk"), "{}", kept.url);
    let shown = |text: Option<String>| serde_json::from_str::<Value>(&text.unwrap()).unwrap();
    let (request, response) = (shown(kept.request), shown(kept.response));
    assert_eq!((&request["method"], &request["path"]), (&json!("POST"), &json!("/Users")));
    assert_eq!(response["response"]["detail"], "the name is not liked");
    assert_eq!(learned_with_values(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn where_it_is_asked_for_each_keeps_what_was_said_of_it_alone() {
    let world = World::with(usual()).await;
    world.change_provider(|provider| provider.keep_exchanges = true).await;
    let people = crowd(&world, 50).await;
    world.settle().await;
    assert!(count(&world.remote, |it| it.path == "/Bulk") > 0);
    for user in &people {
        let link = link(&world, ObjectId::User(*user)).await.unwrap();
        let kept = world.read(move |conn| exchanges::find(conn, link.id)).await.unwrap();
        assert_eq!((kept.method.as_str(), kept.status), ("POST", Some(201)));
        let request: Value = serde_json::from_str(&kept.request.unwrap()).unwrap();
        assert_eq!(request["data"]["externalId"], link.sent["externalId"], "{request}");
    }
}

#[tokio::test]
async fn whom_a_result_says_to_be_there_already_is_found_and_taken_over() {
    let world = World::with(usual()).await;
    let people = crowd(&world, 30).await;
    let pk = people[15];
    let name = world.read(move |conn| users::get(conn, pk)).await.fields.username;
    world.remote.seed_user(json!({"userName": name}));
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!(world.remote.users().len(), 30);
}

#[tokio::test]
async fn the_limits_that_a_remote_names_are_kept() {
    for (operations, bytes) in [(10, 1_048_576), (1_000, 4_000)] {
        let mut behaviour = usual();
        behaviour.capabilities.bulk_max_operations = operations;
        behaviour.capabilities.bulk_max_payload = bytes;
        let world = World::with(behaviour).await;
        let people = crowd(&world, 100).await;
        world.settle().await;
        check_all_well(&world, &people).await;
        assert!(sizes(&world).iter().all(|n| (2..=10).contains(n)), "{:?}", sizes(&world));
        assert!(n_alone(&world) < 30, "{}", world.remote.transcript());
        assert_eq!(learned_with_values(&world).await, Vec::<String>::new());
    }
    let mut behaviour = usual();
    behaviour.capabilities.bulk_max_operations = 1;
    let world = World::with(behaviour).await;
    let people = crowd(&world, 20).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!(sizes(&world), [0; 0]);
}

#[tokio::test]
async fn a_request_with_many_takes_one_turn_of_the_remotes_rate() {
    let world = World::with(usual()).await.knowing("slow", "rate = { per_second = 0.5, burst = 1 }");
    world.change_provider(|provider| provider.profile = "slow".to_owned()).await;
    world.settle().await;
    let people = crowd(&world, 100).await;
    let before = world.now();
    world.settle().await;
    check_all_well(&world, &people).await;
    let took = world.now() - before;
    assert!(took < TimeDelta::seconds(60), "{took}: {}", world.remote.transcript());
}

#[tokio::test]
async fn a_profile_knows_better_than_the_remote() {
    let world = World::with(usual()).await.knowing("acme", "bulk = \"never\"");
    world.change_provider(|provider| provider.profile = "acme".to_owned()).await;
    let people = crowd(&world, 50).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert_eq!((sizes(&world), n_alone(&world)), (vec![], 50));
    let report = world.engine.capabilities(world.provider).await.unwrap().unwrap();
    assert_eq!(report.operations_per_request, 1);
}

#[tokio::test]
async fn whom_somebody_asks_for_goes_by_himself() {
    let world = World::with(usual()).await;
    let people = crowd(&world, 20).await;
    world.settle().await;
    world.remote.clear_requests();
    rename(&world, &people, "Somebody Else").await;
    let asked = people.iter().map(|user| async {
        world.engine.sync_object(world.provider, ObjectId::User(*user), false).await.unwrap();
    });
    futures_util::future::join_all(asked).await;
    assert_eq!((sizes(&world), n_alone(&world)), (vec![], 20));
    world.settle().await;
    check_all_well(&world, &people).await;
}

#[tokio::test]
async fn jobs_of_single_users_go_together_too() {
    let world = World::with(slow()).await;
    let people = insert(&world, 100).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert!(!sizes(&world).is_empty(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn an_operators_word_on_bulk_goes_before_the_remotes() {
    let silent = Capabilities { bulk: false, ..Behaviour::with_bulk().capabilities };
    let world = World::with(Behaviour { capabilities: silent, ..usual() }).await;
    let word = json!({"patch": {"supported": true}, "bulk": {"supported": true, "maxOperations": 20}});
    world
        .change_provider(|provider| {
            provider.service_provider_config_override = word.as_object().cloned().unwrap();
        })
        .await;
    let people = crowd(&world, 50).await;
    world.settle().await;
    check_all_well(&world, &people).await;
    assert!(!sizes(&world).is_empty() && sizes(&world).iter().all(|n| *n <= 20), "{:?}", sizes(&world));
}

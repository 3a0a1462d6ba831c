//! Remotes that refuse, fail, or want patience: each ends in a named state, and nothing is lost by it.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use scimitar_domain::ObjectId;
use scimitar_testkit::remote::{Behaviour, FaultKind, RetryAfter, Scripted};
use scimitar_testkit::world::World;

use crate::tell::{sorted, state};

/// What the status says of the provider itself: class and reason.
async fn rests(world: &World) -> String {
    let status = world.engine.status(world.provider).await.unwrap();
    let of_provider = status.tasks[0].messages.iter().filter(|it| it.event.starts_with("Stopping sync"));
    of_provider.map(|it| format!("{}: {}", it.attributes["class"], it.event)).collect::<Vec<_>>().join("\n")
}

/// Seconds between the first answer and the request after it.
fn patience(world: &World) -> f64 {
    let requests = world.remote.requests();
    let first = requests.iter().find(|request| request.status != Some(201) && request.is_write()).unwrap();
    let next = requests.iter().find(|request| request.seq > first.seq).unwrap();
    (next.at - first.answered_at.unwrap()).as_seconds_f64()
}

async fn a_user_after(fault: FaultKind) -> World {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(fault).on("POST", "/Users")]);
    world.user("ada").await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
    assert_eq!(world.remote.early_requests(), []);
    world
}

#[tokio::test]
async fn retry_after_is_kept_to_the_second_in_both_forms() {
    for retry_after in [RetryAfter::Seconds(75), RetryAfter::HttpDate(75)] {
        for fault in [
            FaultKind::TooManyRequests { retry_after: retry_after.clone() },
            FaultKind::Unavailable { retry_after },
        ] {
            let world = a_user_after(fault.clone()).await;
            let waited = patience(&world);
            assert!((75.0..76.0).contains(&waited), "{waited} s after {fault:?}");
        }
    }
}

#[tokio::test]
async fn patience_without_a_number_is_short_and_an_absurd_number_is_a_day() {
    let world = a_user_after(FaultKind::TooManyRequests { retry_after: RetryAfter::None }).await;
    assert!((1.0..10.0).contains(&patience(&world)), "{}", patience(&world));

    let world = World::new().await;
    world.remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Absurd }]);
    world.user("ada").await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 0, "half a day is not enough");
    world.clock.advance(TimeDelta::hours(24));
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_wish_for_patience_is_kept_for_every_object_of_the_provider() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(60) }]);
    world.user("ada").await;
    world.step().await;
    insta::assert_snapshot!(rests(&world).await, @r#""throttled": Stopping sync due to error: the remote asked for fewer requests"#);
    world.remote.clear_requests();
    world.user("bob").await;
    world.group("team", &[]).await;
    world.clock.advance(TimeDelta::seconds(59));
    world.step().await;
    assert_eq!(world.remote.transcript(), "");

    world.settle().await;
    assert_eq!((world.remote.users().len(), world.remote.groups().len()), (2, 1));
    assert_eq!(rests(&world).await, "", "the rest is over and forgotten");
}

#[tokio::test]
async fn a_restart_does_not_forget_that_the_remote_wants_patience() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::TooManyRequests { retry_after: RetryAfter::Seconds(60) }]);
    world.user("ada").await;
    world.step().await;
    world.user("bob").await;
    let (engine, runner) = world.replica("after the restart");
    engine.dispatch().await.unwrap();
    runner.run_due().await.unwrap();

    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 429");
    assert_eq!(world.remote.early_requests(), []);
}

#[tokio::test]
async fn errors_of_the_server_are_tried_again() {
    for status in [500, 502, 503, 504, 408] {
        let world = a_user_after(FaultKind::Status(status)).await;
        assert!(world.remote.writes().starts_with(&format!("POST /Users -> {status}\n")), "{status}");
    }
}

#[tokio::test]
async fn broken_connections_are_tried_again() {
    for fault in [
        FaultKind::ResetBeforeCommit,
        FaultKind::AcceptThenSilence { ms: 10, commit: false },
        FaultKind::HtmlBeforeCommit,
    ] {
        a_user_after(fault).await;
    }
}

#[tokio::test]
async fn a_remote_that_does_not_answer_in_time_is_given_up_on_for_now() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::AcceptThenSilence { ms: 60_000, commit: false }]);
    let ada = world.user("ada").await;
    world.step().await;
    let known =
        state(&world, ObjectId::User(ada)).await.replace(&world.remote.address().to_string(), "[remote]");
    insta::assert_snapshot!(known, @"creating; unreachable x1, later again: `[remote]` did not answer in time");

    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_remote_that_is_down_rests_and_is_found_to_be_back() {
    let world = World::new().await;
    world.remote.stop().await;
    for name in ["ada", "bob", "carol"] {
        world.user(name).await;
    }
    world.pass(TimeDelta::minutes(20)).await;
    let reason = rests(&world).await.replace(&world.remote.address().to_string(), "[remote]");
    insta::assert_snapshot!(reason, @r#""unreachable": Stopping sync due to error: could not reach `[remote]`: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)"#);

    world.remote.restart().await.unwrap();
    world.pass(TimeDelta::minutes(6)).await;
    assert_eq!(world.remote.users().len(), 3, "an outage is noticed to be over within minutes");
    assert_eq!(rests(&world).await, "");
}

#[tokio::test]
async fn refused_credentials_rest_the_provider_until_it_is_saved() {
    let world = World::new().await;
    world.remote.alter(|remote| remote.token = Some("new-token".to_owned()));
    for name in ["ada", "bob", "carol"] {
        world.user(name).await;
        world.step().await;
    }
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 401");
    insta::assert_snapshot!(rests(&world).await, @r#""unauthorized": Stopping sync due to error: the remote refused our credentials with 401: the token is missing or wrong"#);

    world.change_provider(|provider| provider.token = scimitar_domain::Secret::new("new-token".into())).await;
    world.step().await;
    insta::assert_snapshot!(sorted(&world.remote.writes()), @"
    POST /Users -> 201
    POST /Users -> 201
    POST /Users -> 201
    POST /Users -> 401
    ");
    assert_eq!(rests(&world).await, "");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_where_to() {
    let world = World::new().await;
    let location = "https://elsewhere.example/scim/v2/Users".to_owned();
    world.remote.next_answers([FaultKind::Redirect { status: 301, location }]);
    world.user("ada").await;
    world.step().await;

    insta::assert_snapshot!(rests(&world).await, @r#""refused": Stopping sync due to error: the remote redirects with 301 to `https://elsewhere.example/scim/v2/Users`; redirects are not followed, set the final URL"#);
}

#[tokio::test]
async fn one_refused_user_stops_no_other() {
    let world = World::new().await;
    let refused = FaultKind::Refused {
        status: 400,
        scim_type: Some("invalidValue".to_owned()),
        detail: "`bob` may not be here".to_owned(),
    };
    world.remote.next_answers([Scripted::new(refused).containing("\"bob\"").times(99)]);
    let mut people = Vec::new();
    for name in ["ada", "bob", "carol"] {
        people.push(world.user(name).await);
    }
    world.group("team", &people).await;
    world.settle().await;
    world.full_sync().await;

    let names: Vec<_> = world.remote.users().iter().map(|it| it.user_name().unwrap().to_owned()).collect();
    assert_eq!(sorted(&names.join("\n")), "ada\ncarol");
    assert_eq!(world.remote.members("g1").len(), 2);
    insta::assert_snapshot!(state(&world, ObjectId::User(people[1])).await, @"new; rejected x1, parked: the remote rejected the request with 400 (invalidValue): `bob` may not be here");
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.writes(), "", "a parked user waits for a change");
    world.remote.clear_answers();
    world.change_user(people[1], |bob| bob.name = "Robert".to_owned()).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 3);
}

#[tokio::test]
async fn a_mapping_that_fails_for_one_user_parks_that_user_with_the_error() {
    let world = World::new().await;
    let strict = world.mapping("strict", "return {'title': request.user.attributes['title']}").await;
    world.change_provider(|provider| provider.property_mappings.push(strict)).await;
    // The full sync of the saved provider would look at them too.
    world.settle().await;
    let title = |user: &mut scimitar_domain::UserFields| {
        user.attributes.insert("title".to_owned(), json!("Countess"));
    };
    world.user_with("ada", title).await;
    let bob = world.user("bob").await;
    world.user_with("carol", title).await;
    world.settle().await;

    assert_eq!(world.remote.users().len(), 2);
    insta::assert_snapshot!(state(&world, ObjectId::User(bob)).await, @"new; mapping x1, parked: mapping `strict` failed in line 1, column 18: KeyError: title in `return {'title': request.user.attributes['title']}`");
    let status = world.engine.status(world.provider).await.unwrap();
    assert!(status.tasks[0].messages.iter().any(|it| it.event.contains("bob")), "{status:?}");

    world.clock.advance(TimeDelta::seconds(1));
    world.full_sync().await;
    let status = world.engine.status(world.provider).await.unwrap();
    assert_eq!(status.last_sync_status.as_deref(), Some("warning"), "he is parked, and still fails");
    insta::assert_snapshot!(status.tasks[0].description, @"3 in scope: 0 created, 0 adopted, 0 updated, 0 deleted, 0 skipped, 1 failed, 0 member changes");

    world.change_mapping(strict, "return {'title': request.user.attributes.get('title')}").await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 3);
    assert_eq!(state(&world, ObjectId::User(bob)).await, "linked u3");
}

#[tokio::test]
async fn a_mapping_that_gives_no_name_or_nothing_parks_the_user_with_the_reason() {
    let world = World::new().await;
    let wrong = world.mapping("wrong", "return {'title': 'x'}").await;
    world.change_provider(|provider| provider.property_mappings = vec![wrong]).await;
    // The full sync of the saved provider would look at her too.
    world.settle().await;
    let ada = ObjectId::User(world.user("ada").await);
    world.settle().await;
    insta::assert_snapshot!(state(&world, ada).await, @"new; mapping x1, parked: the mappings give no `userName`, which the schema requires");

    world.change_provider(|provider| provider.property_mappings.clear()).await;
    world.settle().await;
    insta::assert_snapshot!(state(&world, ada).await, @"new; mapping x2, parked: the mappings give nothing: no mapping is configured for this kind of object");
    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn a_user_who_is_renamed_to_a_taken_name_says_so() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.seed_user(json!({"userName": "countess"}));
    world.change_user(ada, |ada| ada.username = "countess".to_owned()).await;
    world.step().await;
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"linked u1; conflict x1, later again: the remote already has such a resource (uniqueness): `userName` is taken");

    world.remote.edit(|remote| remote.delete("u2"));
    world.settle().await;
    assert_eq!(world.remote.user("countess").unwrap().id, "u1");
}

#[tokio::test]
async fn a_deletion_survives_an_outage_of_the_remote() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.delete_user(ada).await;
    world.remote.next_answers([503]);
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    POST /Users -> 201
    DELETE /Users/u1 -> 503
    DELETE /Users/u1 -> 204
    ");
}

#[tokio::test]
async fn a_rate_limit_is_kept_to_and_everybody_arrives() {
    let rate = scimitar_testkit::remote::Rate { per_second: 5, burst: 5 };
    let world = World::with(Behaviour { rate: Some(rate), ..Behaviour::default() }).await;
    for i in 0..40 {
        world.user(&format!("user{i}")).await;
    }
    world.settle().await;

    assert_eq!(world.remote.users().len(), 40);
    // What was under way when the first was refused is not early.
    assert_eq!(world.remote.early_requests_beyond(Duration::from_millis(1)), []);
}

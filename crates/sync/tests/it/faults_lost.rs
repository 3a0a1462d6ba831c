//! Answers that are lost after the remote has acted: nobody is made twice, whatever the remote can do.

use chrono::TimeDelta;

use scimitar_domain::ObjectId;
use scimitar_testkit::remote::{
    Behaviour, Capabilities, FakeRemote, FaultKind, FilterSupport, Scripted, Uniqueness,
};
use scimitar_testkit::world::World;

use crate::tell::{sorted, state};

/// Ways in which an answer is lost although the remote has acted.
fn losses() -> Vec<FaultKind> {
    vec![
        FaultKind::ResetAfterCommit,
        FaultKind::AcceptThenSilence { ms: 10, commit: true },
        FaultKind::TruncatedJson,
        FaultKind::CutAnswer,
        FaultKind::HtmlAfterCommit,
        FaultKind::MissingId,
    ]
}

/// Users and a group with members, of whom each loses its first answer.
async fn everybody_once(behaviour: Behaviour) {
    let world = World::with(behaviour).await;
    for loss in losses() {
        world.remote.next_answers([Scripted::new(loss.clone()).on("POST", "/Users")]);
        world.remote.next_answers([Scripted::new(loss).on("POST", "/Groups")]);
    }
    let mut people = Vec::new();
    for i in 0..losses().len() {
        people.push(world.user(&format!("user{i}")).await);
        world.group(&format!("group{i}"), &people).await;
    }
    world.settle().await;

    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
    assert_eq!(world.remote.pending_answers(), 0);
}

#[tokio::test]
async fn with_uniqueness_and_filter() {
    everybody_once(Behaviour::default()).await;
}

#[tokio::test]
async fn without_uniqueness_and_with_filter() {
    everybody_once(Behaviour::without_uniqueness()).await;
}

#[tokio::test]
async fn without_filter() {
    everybody_once(Behaviour::without_filter()).await;
}

#[tokio::test]
async fn without_uniqueness_and_without_filter() {
    everybody_once(Behaviour { uniqueness: Uniqueness::NONE, ..Behaviour::without_filter() }).await;
}

#[tokio::test]
async fn with_a_filter_that_is_promised_and_ignored() {
    everybody_once(Behaviour { filter: FilterSupport::Ignored, ..Behaviour::without_uniqueness() }).await;
}

#[tokio::test]
async fn with_a_filter_that_is_promised_and_refused() {
    everybody_once(Behaviour { filter: FilterSupport::Refused, ..Behaviour::without_uniqueness() }).await;
}

#[tokio::test]
async fn with_a_filter_that_wants_its_values_without_quotes() {
    everybody_once(Behaviour { filter: FilterSupport::Unquoted, ..Behaviour::without_uniqueness() }).await;
}

#[tokio::test]
async fn with_a_filter_that_is_not_promised_and_finds_nothing() {
    let capabilities = Capabilities { filter: false, ..Capabilities::default() };
    everybody_once(Behaviour {
        filter: FilterSupport::Blind,
        capabilities,
        ..Behaviour::without_uniqueness()
    })
    .await;
}

#[tokio::test]
async fn with_a_filter_that_lags_behind() {
    everybody_once(Behaviour { filter_lag_ms: 5_000, ..Behaviour::default() }).await;
}

#[tokio::test]
async fn with_a_filter_that_lags_behind_and_no_uniqueness() {
    everybody_once(Behaviour { filter_lag_ms: 5_000, ..Behaviour::without_uniqueness() }).await;
}

#[tokio::test]
async fn who_is_made_again_because_the_remote_had_lost_him_is_not_made_twice_either() {
    for loss in losses() {
        let world = World::with(Behaviour { filter_lag_ms: 5_000, ..Behaviour::without_uniqueness() }).await;
        let ada = world.user("ada").await;
        world.settle().await;
        world.remote.edit(|remote| remote.delete("u1"));
        world.remote.next_answers([Scripted::new(loss.clone()).on("POST", "/Users")]);
        world.change_user(ada, |user| user.name = "Ada Lovelace".to_owned()).await;
        world.settle().await;
        assert_eq!(world.remote.pending_answers(), 0);
        let transcript = world.remote.transcript();
        assert_eq!(world.differences().await, Vec::<String>::new(), "{loss:?}: {transcript}");
    }
}

#[tokio::test]
async fn with_pages_that_are_small() {
    everybody_once(Behaviour {
        page_cap: Some(2),
        uniqueness: Uniqueness::NONE,
        ..Behaviour::without_filter()
    })
    .await;
}

#[tokio::test]
async fn looking_early_for_a_lost_create_postpones_nothing() {
    let world = World::with(Behaviour::without_uniqueness()).await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetBeforeCommit).on("POST", "/Users")]);
    let ada = world.user("ada").await;
    world.step().await;
    for n in 0..6 {
        world.change_user(ada, |ada| ada.name = format!("Ada {n}")).await;
        world.pass(TimeDelta::seconds(1)).await;
    }
    world.step().await;

    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_filter_that_always_finds_nothing_ends_in_a_conflict_with_its_cause() {
    let world = World::with(Behaviour { filter: FilterSupport::Blind, ..Behaviour::default() }).await;
    world.remote.next_answers([FaultKind::ResetAfterCommit]);
    let ada = world.user("ada").await;
    world.settle().await;

    assert_eq!(world.remote.users().len(), 1);
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"creating; conflict x3, parked: the remote already has such a resource (uniqueness): `userName` is taken, and a search does not find it");
}

#[tokio::test]
async fn a_lost_answer_to_an_update_or_a_deletion_costs_one_more_request() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("PATCH", "/Users")]);
    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("DELETE", "/Users")]);
    world.delete_user(ada).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Users/u1 -> reset after commit
    PATCH /Users/u1 -> 200
    DELETE /Users/u1 -> reset after commit
    DELETE /Users/u1 -> 404
    ");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_can_be_taken_back() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        let title = world.mapping("title", "return request.user.attributes").await;
        world.change_provider(|provider| provider.property_mappings.push(title)).await;
        let ada = world.user("ada").await;
        world.settle().await;
        for verb in ["PATCH", "PUT"] {
            world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on(verb, "/Users")]);
        }
        world
            .change_user(ada, |ada| {
                ada.is_active = false;
                ada.attributes.insert("title".to_owned(), "Countess".into());
            })
            .await;
        world.step().await;
        assert_eq!(world.remote.user("ada").unwrap().text("title"), Some("Countess"));
        world
            .change_user(ada, |ada| {
                ada.is_active = true;
                ada.attributes.clear();
            })
            .await;
        world.settle().await;
        world.remote.clear_answers();

        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
        assert_eq!(world.remote.user("ada").unwrap().get("title"), None);
    }
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_can_be_taken_back() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.change_provider(|provider| provider.filter_group = Some(team)).await;
    world.settle().await;
    world.remote.next_answers([Scripted::new(FaultKind::ResetAfterCommit).on("DELETE", "/Users")]);
    world.leave(ada, team).await;
    world.step().await;
    assert_eq!(world.remote.users().len(), 0);
    world.join(ada, team).await;
    world.settle().await;

    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_membership_whose_answer_was_lost_can_be_taken_back() {
    for behaviour in [Behaviour::default(), Behaviour::without_patch()] {
        let world = World::with(behaviour).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let team = world.group("team", &[ada]).await;
        world.settle().await;
        let lost = |verb| Scripted::new(FaultKind::ResetAfterCommit).on(verb, "/Groups").times(2);
        world.remote.next_answers([lost("PATCH"), lost("PUT")]);
        world.join(bob, team).await;
        world.leave(ada, team).await;
        world.step().await;
        world.leave(bob, team).await;
        world.join(ada, team).await;
        world.settle().await;
        world.remote.clear_answers();

        assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_membership_does_no_harm() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.remote.next_answers([FaultKind::ResetAfterCommit, FaultKind::ResetAfterCommit]);
    world.join(bob, team).await;
    world.settle().await;
    world.leave(ada, team).await;
    world.settle().await;

    assert_eq!(world.differences().await, Vec::<String>::new());
    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Groups/g1 -> reset after commit
    PATCH /Groups/g1 -> reset after commit
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    ");
}

#[tokio::test]
async fn a_user_who_is_deleted_while_his_create_is_in_doubt_is_deleted_at_the_remote() {
    for behaviour in [Behaviour::default(), Behaviour::without_filter()] {
        let world = World::with(behaviour).await;
        world.remote.next_answers([FaultKind::ResetAfterCommit]);
        let ada = world.user("ada").await;
        world.step().await;
        assert_eq!(world.remote.users().len(), 1);
        world.delete_user(ada).await;
        world.settle().await;

        assert_eq!(world.remote.users().len(), 0, "{}", world.remote.transcript());
    }
}

#[tokio::test]
async fn a_namesake_of_a_deleted_user_whose_create_is_in_doubt_is_left_alone() {
    let world = World::new().await;
    world.remote.seed_user(serde_json::json!({"userName": "ada"}));
    world.remote.next_answers([FaultKind::Status(502)]);
    let ada = world.user("ada").await;
    world.step().await;
    world.delete_user(ada).await;
    world.settle().await;

    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_deletion_and_a_namesake_who_is_made_at_once_do_not_mix() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    // The deletion fails and waits; the account that it is for must not be taken over meanwhile.
    world.remote.next_answers([Scripted::new(FaultKind::Status(500)).on("DELETE", "/Users")]);
    world.delete_user(ada).await;
    world.step().await;
    world.user_with("ada", |ada| ada.name = "Another Ada".to_owned()).await;
    world.settle().await;

    assert_eq!(world.differences().await, Vec::<String>::new(), "{}", world.remote.transcript());
    insta::assert_snapshot!(world.remote.writes(), @"
    DELETE /Users/u1 -> 500
    POST /Users -> 409
    POST /Users -> 409
    DELETE /Users/u1 -> 204
    POST /Users -> 201
    ");
}

#[tokio::test]
async fn a_remote_that_never_answers_does_not_delay_another() {
    let world = World::new().await;
    let prompt = FakeRemote::start(Behaviour::default()).await;
    world.add_provider("prompt", |fields| fields.url = prompt.url().to_owned()).await;
    world.settle().await;
    let silence = FaultKind::AcceptThenSilence { ms: 600_000, commit: false };
    world.remote.next_answers([Scripted::new(silence).times(1_000)]);
    world.remote.clear_requests();
    for i in 0..20 {
        world.user(&format!("user{i}")).await;
    }
    {
        let mut step = std::pin::pin!(world.step());
        while prompt.users().len() < 20 {
            tokio::select! {
                biased;
                () = &mut step => break,
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(prompt.users().len(), 20);
        let ended = world.remote.requests().iter().filter(|request| request.finished.is_some()).count();
        assert_eq!(ended, 0, "the other has not even failed yet");
    }
    world.remote.clear_answers();
    world.settle().await;
    assert_eq!(sorted(&world.differences().await.join("\n")), "");
}

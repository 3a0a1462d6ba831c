//! Remotes that say one thing and take another: verbs, ids and answers that are not what was promised.

use scimitar_domain::{ObjectId, UserFields, UserPk};
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, Scripted, Uniqueness, Verbs};
use scimitar_testkit::world::World;

use crate::tell::{count, state};

/// A user and a group of a world like this, with the requests of their making forgotten.
async fn with_ada(behaviour: Behaviour) -> (World, UserPk) {
    let world = World::with(behaviour).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    (world, ada)
}

async fn rename(world: &World, user: UserPk) {
    world.change_user(user, |user| user.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;
}

#[tokio::test]
async fn a_patch_that_is_promised_and_refused_becomes_a_put() {
    for status in [405, 501] {
        let (world, ada) = with_ada(Behaviour {
            users: Verbs { patch: false, ..Verbs::default() },
            refused_verb_status: status,
            ..Behaviour::default()
        })
        .await;
        rename(&world, ada).await;

        let writes = world.remote.writes();
        assert_eq!(writes, format!("PATCH /Users/u1 -> {status}\nPUT /Users/u1 -> 200\n"));
        assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("Ada Lovelace"));
    }
}

#[tokio::test]
async fn a_put_that_is_refused_becomes_a_patch() {
    for status in [405, 501] {
        let (world, ada) = with_ada(Behaviour {
            users: Verbs { put: false, ..Verbs::default() },
            discovery: Discovery::Missing,
            refused_verb_status: status,
            ..Behaviour::default()
        })
        .await;
        rename(&world, ada).await;

        let writes = world.remote.writes();
        assert_eq!(writes, format!("PUT /Users/u1 -> {status}\nPATCH /Users/u1 -> 200\n"));
        assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("Ada Lovelace"));
    }
}

#[tokio::test]
async fn a_put_that_is_answered_with_404_becomes_a_patch_and_nobody_is_made_twice() {
    // Google Cloud Identity has no route for PUT and says 404.
    let (world, ada) = with_ada(Behaviour {
        users: Verbs { put: false, ..Verbs::default() },
        discovery: Discovery::Missing,
        refused_verb_status: 404,
        uniqueness: Uniqueness::NONE,
        ..Behaviour::default()
    })
    .await;
    rename(&world, ada).await;

    assert_eq!(world.remote.users().len(), 1, "{}", world.remote.transcript());
    assert_eq!(
        world.remote.user("ada").unwrap().display_name(),
        Some("Ada Lovelace"),
        "{}",
        world.remote.transcript()
    );
}

#[tokio::test]
async fn a_remote_that_takes_neither_verb_parks_the_user_with_its_words() {
    let (world, ada) = with_ada(Behaviour {
        users: Verbs { put: false, patch: false, ..Verbs::default() },
        ..Behaviour::default()
    })
    .await;
    rename(&world, ada).await;

    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"linked u1; unsupported x1, parked: the remote does not support PUT here: it answered 405");
}

#[tokio::test]
async fn more_operations_than_a_remote_takes_become_one() {
    let (world, ada) = with_ada(Behaviour { max_patch_operations: Some(1), ..Behaviour::default() }).await;
    world.remote.edit(|remote| remote.set("u1", "nickName", "Countess".into()));
    let rename = |user: &mut UserFields| {
        (user.username, user.email) = ("countess".to_owned(), "countess@example.com".to_owned());
    };
    world.change_user(ada, rename).await;
    world.settle().await;

    let patches = count(&world.remote, |request| request.method == "PATCH");
    assert_eq!(patches, 2, "{}", world.remote.transcript());
    assert_eq!(world.differences().await, Vec::<String>::new());
    assert_eq!(world.remote.users()[0].body["nickName"], "Countess", "what is not ours stays");
}

#[tokio::test]
async fn members_go_with_the_whole_group_where_a_promised_patch_is_refused() {
    let world =
        World::with(Behaviour { groups: Verbs { patch: false, ..Verbs::default() }, ..Behaviour::default() })
            .await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 1, "{}", world.remote.transcript());

    world.leave(ada, team).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn a_remote_that_cannot_delete_says_so() {
    let (world, ada) =
        with_ada(Behaviour { users: Verbs { delete: false, ..Verbs::default() }, ..Behaviour::default() })
            .await;
    world.change_provider(|provider| provider.exclude_users_service_account = true).await;
    world.settle().await;
    world.change_user(ada, |ada| ada.kind = scimitar_domain::UserKind::ServiceAccount).await;
    world.settle().await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    assert_eq!(world.remote.user("ada").unwrap().body["active"], false);
    let told = world.engine.explain(world.provider, ObjectId::User(ada)).await.unwrap().unwrap();
    assert!(
        told.reasons.iter().any(|it| it.starts_with("the remote deletes no users")),
        "{:?}",
        told.reasons
    );
}

#[tokio::test]
async fn a_deletion_that_the_remote_refuses_stands_in_the_status_until_it_goes_through() {
    let (world, ada) = with_ada(Behaviour::default()).await;
    // About this user, and not about deletions.
    world.remote.next_answers([Scripted::new(FaultKind::Status(400)).on("DELETE", "/Users/u1").times(9)]);
    world.delete_user(ada).await;
    world.settle().await;
    world.clock.advance(chrono::TimeDelta::seconds(1));
    world.full_sync().await;

    let status = world.engine.status(world.provider).await.unwrap();
    assert_eq!(status.last_sync_status.as_deref(), Some("warning"));
    let told: Vec<&str> = status.tasks[0].messages.iter().map(|it| it.event.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    some objects fail; each says why, and when it is tried again
    Failed to delete ada due to error: the remote rejected the request with 400: as ordered
    ");

    world.remote.clear_answers();
    // The first tries the deletion again, beside its own work; the second finds nothing that fails.
    for _ in 0..2 {
        world.clock.advance(chrono::TimeDelta::seconds(1));
        world.full_sync().await;
    }
    let status = world.engine.status(world.provider).await.unwrap();
    assert_eq!(status.last_sync_status.as_deref(), Some("done"));
    assert!(world.remote.users().is_empty());
}

#[tokio::test]
async fn a_404_for_somebody_who_is_there_makes_no_second_one() {
    for uniqueness in [Uniqueness::ENFORCED, Uniqueness::NONE] {
        let (world, ada) = with_ada(Behaviour { uniqueness, ..Behaviour::default() }).await;
        world.remote.next_answers([FaultKind::NotFoundForLiveId]);
        rename(&world, ada).await;

        assert_eq!(world.remote.users().len(), 1);
        assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("Ada Lovelace"));
        assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    }
}

#[tokio::test]
async fn somebody_who_was_deleted_at_the_remote_is_made_again() {
    let (world, ada) = with_ada(Behaviour::default()).await;
    world.remote.edit(|remote| remote.delete("u1"));
    rename(&world, ada).await;

    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Users/u1 -> 404
    POST /Users -> 201
    ");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u2");
}

#[tokio::test]
async fn somebody_who_was_given_another_id_is_found_by_his_external_id() {
    let (world, ada) = with_ada(Behaviour::default()).await;
    world.remote.edit(|remote| remote.rename_id("u1", "restored"));
    rename(&world, ada).await;

    insta::assert_snapshot!(world.remote.writes(), @"
    PATCH /Users/u1 -> 404
    PATCH /Users/restored -> 200
    ");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked restored");
}

#[tokio::test]
async fn a_group_that_was_deleted_at_the_remote_is_made_again_with_its_members() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.remote.edit(|remote| remote.delete("g1"));
    world.change_group(team, |team| team.name = "crew".to_owned()).await;
    world.settle().await;

    let crew = world.remote.group("crew").unwrap();
    assert_eq!(world.remote.members(&crew.id), ["u1".to_owned()].into());
}

#[tokio::test]
async fn a_membership_of_a_group_that_was_deleted_at_the_remote_makes_it_again() {
    let world = World::new().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.remote.edit(|remote| remote.delete("g1"));
    world.join(bob, team).await;
    world.settle().await;

    let team = world.remote.group("team").unwrap();
    assert_eq!(world.remote.members(&team.id).len(), 2);
}

#[tokio::test]
async fn a_wrong_id_in_the_answer_is_put_right_at_the_next_write() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::ChangedId]);
    let ada = world.user("ada").await;
    world.settle().await;
    rename(&world, ada).await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    assert_eq!(world.remote.users().len(), 1);
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("Ada Lovelace"));
}

#[tokio::test]
async fn a_create_that_is_answered_with_200_is_a_create() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::OkInsteadOfCreated]);
    let ada = world.user("ada").await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 200 (ok instead of created)");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off_and_the_user_is_not_made_twice() {
    let world = World::with(Behaviour::without_uniqueness()).await;
    world.remote.next_answers([FaultKind::HugeAnswer { bytes: 100 << 20 }]);
    let ada = world.user("ada").await;
    world.settle().await;
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"creating; malformed x1, parked: the remote's answer is longer than 8388608 bytes");

    rename(&world, ada).await;
    assert_eq!(world.remote.users().len(), 1);
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
}

#[tokio::test]
async fn a_route_that_is_not_there_stops_no_other() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(404)).on("POST", "/Groups").times(99)]);
    let ada = world.user("ada").await;
    // A member that is linked while its group is under way would have the group looked at once more.
    world.settle().await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.full_sync().await;

    assert_eq!(world.remote.users().len(), 1);
    insta::assert_snapshot!(state(&world, ObjectId::Group(team)).await, @"new; unsupported x1, parked: the remote has no `Groups`");
}

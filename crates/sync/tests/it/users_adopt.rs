//! Users who are at the remote already: found, taken over, or left to a person who can tell them apart.

use serde_json::json;

use scimitar_domain::ObjectId;
use scimitar_testkit::remote::{Behaviour, FaultKind, IdStyle, Scripted, Uniqueness};
use scimitar_testkit::world::World;

use crate::tell::{state, told};

#[tokio::test]
async fn an_integer_id_is_kept_as_text() {
    let world = World::with(Behaviour { ids: IdStyle::Integer, ..Behaviour::default() }).await;
    let ada = world.user("ada").await;
    world.settle().await;
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked 1");

    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Users -> 201
    PATCH /Users/1 -> 200
    ");
}

#[tokio::test]
async fn ids_and_names_that_need_quoting_arrive_as_they_are() {
    let world = World::with(Behaviour { ids: IdStyle::Awkward, ..Behaviour::default() }).await;
    world.remote.next_answers([FaultKind::ResetAfterCommit]);
    let quoted = world.user("o\"brien \\ ünïcode").await;
    let friends = world.group("friends & \"co\"", &[quoted]).await;
    world.settle().await;
    world.change_user(quoted, |user| user.is_active = false).await;
    world.leave(quoted, friends).await;
    world.settle().await;

    let user = world.remote.user("o\"brien \\ ünïcode").unwrap();
    assert_eq!(user.get("active"), Some(&json!(false)));
    let group = world.remote.group("friends & \"co\"").unwrap();
    assert!(world.remote.members(&group.id).is_empty());
    world.delete_user(quoted).await;
    world.delete_group(friends).await;
    world.settle().await;
    assert!(world.remote.users().is_empty() && world.remote.groups().is_empty());
}

#[tokio::test]
async fn a_user_made_without_telling_the_id_is_found_and_not_made_again() {
    let world = World::new().await;
    world.remote.next_answers([FaultKind::MissingId]);
    let ada = world.user("ada").await;
    world.step().await;
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"creating; malformed x1, later again: the remote made the resource without telling its id");

    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 201 (missing id)");
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_user_who_is_there_already_is_found_by_name_and_brought_in_step() {
    let world = World::new().await;
    world.remote.seed_user(json!({"userName": "ada", "displayName": "old", "nickName": "theirs"}));
    let ada = world.user("ada").await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript().replace(&world.install.uid(ada), "[uid]"), @r#"
    POST /Users -> 409
    GET /ServiceProviderConfig -> 200
    GET /Users?filter=externalId eq "[uid]" -> 200
    GET /Users?filter=userName eq "ada" -> 200
    PATCH /Users/u1 -> 200
    "#);
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
    let remote = world.remote.user("ada").unwrap();
    assert_eq!(remote.display_name(), Some("ada Example"));
    assert_eq!(remote.external_id(), Some(world.install.uid(ada).as_str()));
}

#[tokio::test]
async fn a_user_who_is_found_under_an_integer_id_is_taken_over() {
    let world = World::with(Behaviour { ids: IdStyle::Integer, ..Behaviour::default() }).await;
    let theirs = world.remote.seed_user(json!({"userName": "ada", "displayName": "old"}));
    let ada = world.user("ada").await;
    world.settle().await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {theirs}"));
    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Users -> 409
    PATCH /Users/1 -> 200
    ");
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("ada Example"));
}

#[tokio::test]
async fn a_conflict_with_nobody_to_be_found_is_told_and_tried_again() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::ConflictWithoutMatch).times(2)]);
    let ada = ObjectId::User(world.user("ada").await);
    world.step().await;
    insta::assert_snapshot!(state(&world, ada).await, @"new; conflict x1, later again: the remote already has such a resource (uniqueness): it exists already, and a search does not find it");
    assert_eq!(world.remote.users().len(), 0);

    world.settle().await;
    assert_eq!(state(&world, ada).await, "linked u1");
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn the_same_external_id_is_found_before_the_same_name() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let uid = world.install.uid(ada);
    world.remote.seed_user(json!({"userName": "ada", "externalId": "somebody else's"}));
    world.remote.seed_user(json!({"userName": "ada.old", "externalId": uid}));
    world.remote.alter(|remote| remote.uniqueness.external_id = true);
    world.step().await;

    // The one that carries our id cannot be given the name that the other has: that is for a person.
    insta::assert_snapshot!(told(&world.remote).replace(&uid, "[uid]"), @r#"
    POST /Users {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","name":{"formatted":"ada Example","givenName":"ada","familyName":"Example"},"displayName":"ada Example","active":true,"emails":[{"value":"ada@example.com","type":"other","primary":true}],"externalId":"[uid]"}
    PATCH /Users/u2 {"op":"replace","path":"userName","value":"ada"} {"op":"replace","path":"name","value":{"formatted":"ada Example","givenName":"ada","familyName":"Example"}} {"op":"replace","path":"displayName","value":"ada Example"} {"op":"replace","path":"active","value":true} {"op":"replace","path":"emails","value":[{"value":"ada@example.com","type":"other","primary":true}]}
    "#);
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"new; conflict x1, later again: the remote already has such a resource (uniqueness): `userName` is taken");

    world.remote.edit(|remote| remote.delete("u1"));
    world.settle().await;
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u2");
}

#[tokio::test]
async fn several_users_who_could_be_the_one_are_left_to_a_person_with_their_ids() {
    let world = World::with(Behaviour {
        uniqueness: Uniqueness { external_id: true, ..Uniqueness::ENFORCED },
        ..Behaviour::default()
    })
    .await;
    let ada = world.user("ada").await;
    let uid = world.install.uid(ada);
    for name in ["ada.one", "ada.two"] {
        world.remote.seed_user(json!({"userName": name, "externalId": uid}));
    }
    world.settle().await;

    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"creating; ambiguous x1, parked: several remote Users could be this one: u1, u2");
    assert_eq!(world.remote.users().len(), 2);
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.transcript(), "", "a parked user waits for a change");

    // The doubt is removed at the remote, and somebody asks again.
    world.remote.edit(|remote| remote.delete("u2"));
    world.engine.sync_object(world.provider, ObjectId::User(ada), false).await.unwrap();
    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u1");
}

#[tokio::test]
async fn a_remote_user_who_stands_for_another_user_here_is_not_taken_from_him() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    // Somebody renames at the remote what is ours, and the name is then given to a new user here.
    let link = crate::tell::link(&world, ObjectId::User(ada)).await.unwrap();
    let id = link.state.remote_id().unwrap().to_owned();
    world.remote.edit(|remote| remote.set(&id, "userName", json!("carol")));
    world.remote.clear_requests();
    let carol = ObjectId::User(world.user("carol").await);
    world.step().await;

    insta::assert_snapshot!(state(&world, carol).await, @"new; conflict x1, later again: the remote already has such a resource (uniqueness): `userName` is taken, and what a search finds stands for another object or is about to be deleted");
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 409");
    assert_eq!(state(&world, ObjectId::User(ada)).await, format!("linked {id}"));
    assert_eq!(world.remote.user("carol").unwrap().external_id(), Some(world.install.uid(ada).as_str()));
    // The name is free again, and nobody has to ask for it.
    world.change_user(ada, |ada| ada.username = "countess".to_owned()).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 2);
}

//! Large groups, and remotes that take few members at once or not every one of them.

use scimitar_domain::{GroupId, IdSource, ObjectId, UserFields, UserPk, UserUuid};
use scimitar_store::{members, users};
use scimitar_testkit::remote::{Behaviour, Capabilities, TooManyMembers};
use scimitar_testkit::world::World;

use crate::tell::{count, link, state, told};

/// So many users, known to the remote.
async fn crowd(world: &World, n: usize) -> Vec<UserPk> {
    let (now, uuids): (_, Vec<_>) = (world.now(), (0..n).map(|_| UserUuid(world.ids.uuid())).collect());
    let pks = world
        .write(move |conn| {
            let mut pks = Vec::new();
            for (i, uuid) in uuids.iter().enumerate() {
                let fields = UserFields { username: format!("user{i}"), ..UserFields::default() };
                pks.push(users::insert(conn, *uuid, &fields, &[], now)?.pk);
            }
            Ok(pks)
        })
        .await;
    world.settle().await;
    world.remote.clear_requests();
    pks
}

/// How many members each request to a group names.
fn members_per_request(world: &World) -> Vec<usize> {
    let requests = world.remote.requests();
    let patches = requests.iter().filter(|request| request.method == "PATCH");
    patches
        .map(|request| request.body.as_ref().unwrap().to_string().matches("\"value\":\"u").count())
        .collect()
}

async fn remote_id(world: &World, user: UserPk) -> String {
    link(world, ObjectId::User(user)).await.unwrap().state.remote_id().unwrap().to_owned()
}

async fn acknowledged(world: &World, group: GroupId) -> i64 {
    let link = link(world, ObjectId::Group(group)).await.unwrap().id;
    world.read(move |conn| members::acked_count(conn, link)).await
}

#[tokio::test]
async fn one_change_in_a_group_of_a_thousand_sends_one_request_with_one_member() {
    let world = World::new().await;
    let people = crowd(&world, 1_001).await;
    let team = world.group("team", &people[1..]).await;
    world.settle().await;
    assert_eq!(members_per_request(&world), [500, 500]);
    world.remote.clear_requests();

    world.join(people[0], team).await;
    world.settle().await;
    let newcomer = remote_id(&world, people[0]).await;
    insta::assert_snapshot!(told(&world.remote).replace(&newcomer, "[newcomer]"), @r#"PATCH /Groups/g1 {"op":"add","path":"members","value":[{"value":"[newcomer]"}]}"#);
    world.remote.clear_requests();

    world.leave(people[1], team).await;
    world.settle().await;
    let leaver = remote_id(&world, people[1]).await;
    insta::assert_snapshot!(told(&world.remote).replace(&leaver, "[leaver]"), @r#"PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"[leaver]\"]"}"#);
    assert_eq!(count(&world.remote, |_| true), 1, "nothing is asked");
    assert_eq!(world.remote.members("g1").len(), 1_000);
}

#[tokio::test]
async fn a_limit_on_members_halves_the_requests_until_they_fit() {
    for too_many in [TooManyMembers::PayloadTooLarge, TooManyMembers::TooMany] {
        let world = World::with(Behaviour {
            max_members_per_request: Some(10),
            too_many_members: too_many,
            ..Behaviour::default()
        })
        .await;
        let people = crowd(&world, 25).await;
        let team = world.group("team", &people).await;
        world.settle().await;

        assert_eq!(world.remote.members("g1").len(), 25, "{too_many:?}");
        assert_eq!(acknowledged(&world, team).await, 25);
        assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
    }
}

#[tokio::test]
async fn a_limit_on_the_size_of_a_request_is_found_out_too() {
    let world = World::with(Behaviour { max_body_bytes: Some(600), ..Behaviour::default() }).await;
    let people = crowd(&world, 60).await;
    world.group("team", &people).await;
    world.settle().await;

    assert_eq!(world.remote.members("g1").len(), 60);
}

#[tokio::test]
async fn a_limit_on_operations_lets_removals_through_piece_by_piece() {
    let world = World::with(Behaviour {
        max_patch_operations: Some(1),
        capabilities: Capabilities { bulk_max_operations: 1, ..Capabilities::default() },
        ..Behaviour::default()
    })
    .await;
    let people = crowd(&world, 5).await;
    let team = world.group("team", &people[..4]).await;
    world.settle().await;
    for pk in &people[..3] {
        world.leave(*pk, team).await;
    }
    world.join(people[4], team).await;
    world.settle().await;

    assert_eq!(world.remote.members("g1").len(), 2, "{}", told(&world.remote));
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
}

#[tokio::test]
async fn one_refused_member_keeps_no_other_out() {
    let world = World::new().await;
    let people = crowd(&world, 9).await;
    let ghost = link(&world, ObjectId::User(people[4])).await.unwrap().state.remote_id().unwrap().to_owned();
    world.remote.edit(|remote| remote.delete(&ghost));
    let team = world.group("team", &people).await;
    world.step().await;

    assert_eq!(world.remote.members("g1").len(), 8);
    assert_eq!(acknowledged(&world, team).await, 8);
    insta::assert_snapshot!(state(&world, ObjectId::Group(team)).await.replace(&team.to_string(), "[uuid]").replace(&ghost, "[ghost]"), @"linked g1; rejected x1, later again: group [uuid]: the remote refuses member `[ghost]`: the remote rejected the request with 400 (invalidValue): there is no member `[ghost]`");

    // The user is made anew, and becomes a member then.
    world.change_user(people[4], |ghost| ghost.is_active = false).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 9);
    assert_eq!(state(&world, ObjectId::Group(team)).await, "linked g1");
}

#[tokio::test]
async fn a_remote_without_patch_takes_a_large_group_as_a_whole() {
    let world = World::with(Behaviour::without_patch()).await;
    let people = crowd(&world, 1_100).await;
    let team = world.group("team", &people).await;
    world.settle().await;
    assert_eq!(world.remote.members("g1").len(), 1_100);
    assert_eq!(acknowledged(&world, team).await, 1_100);

    world.leave(people[7], team).await;
    world.settle().await;
    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Groups -> 201
    PUT /Groups/g1 -> 200
    ");
    assert_eq!(world.remote.members("g1").len(), 1_099);
}

//! Members follow the directory: what differs is sent, and nothing else.

use serde_json::json;

use scimitar_domain::{CompatibilityMode, ObjectId, UserPk};
use scimitar_store::groups;
use scimitar_testkit::remote::{Behaviour, FaultKind, IdStyle, MemberForm, RetryAfter, Scripted, Uniqueness};
use scimitar_testkit::world::World;

use crate::tell::{sorted, state, told};

/// What was asked of groups, as operations.
fn told_of_groups(world: &World) -> String {
    told(&world.remote).lines().filter(|line| line.contains("/Groups")).collect::<Vec<_>>().join("\n")
}

/// Users in the order of their names, each known to the remote before the next.
async fn users(world: &World, names: &[&str]) -> Vec<UserPk> {
    let mut pks = Vec::new();
    for name in names {
        pks.push(world.user(name).await);
        world.settle().await;
    }
    pks
}

#[tokio::test]
async fn a_new_member_is_added_by_one_patch() {
    let world = World::new().await;
    let ada = users(&world, &["ada"]).await[0];
    let team = world.group("team", &[]).await;
    world.full_sync().await;
    insta::assert_snapshot!(world.remote.transcript(), @"
    POST /Users -> 201
    GET /ServiceProviderConfig -> 200
    POST /Groups -> 201
    ");
    assert!(!told_of_groups(&world).contains("members"), "a group without members names none");

    world.remote.clear_requests();
    world.join(ada, team).await;
    world.settle().await;
    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Groups/g1 {"op":"add","path":"members","value":[{"value":"u1"}]}"#);
    let body = world.remote.requests()[0].body.clone().unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]));
}

#[tokio::test]
async fn a_member_is_removed_by_a_value_path() {
    let world = World::with(Behaviour { member_form: MemberForm::FilterPath, ..Behaviour::default() }).await;
    let people = users(&world, &["ada", "bob"]).await;
    let team = world.group("team", &people).await;
    world.settle().await;
    world.remote.clear_requests();
    world.leave(people[0], team).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"PATCH /Groups/g1 -> 204");
    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"u1\"]"}"#);
    assert_eq!(world.remote.members("g1"), ["u2".to_owned()].into());
}

#[tokio::test]
async fn a_group_that_is_saved_after_a_new_member_sends_no_more() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.join(ada, team).await;
    world.change_group(team, |team| team.is_superuser = true).await;
    world.settle().await;
    world.full_sync().await;

    insta::assert_snapshot!(world.remote.transcript(), @"PATCH /Groups/g1 -> 204");
}

#[tokio::test]
async fn all_new_members_go_in_one_request() {
    let world = World::new().await;
    let people = users(&world, &["ada", "bob", "carol"]).await;
    world.group("team", &people).await;
    world.settle().await;

    insta::assert_snapshot!(told_of_groups(&world).lines().last().unwrap(), @r#"PATCH /Groups/g1 {"op":"add","path":"members","value":[{"value":"u1"},{"value":"u2"},{"value":"u3"}]}"#);
}

#[tokio::test]
async fn members_of_webex_say_that_they_are_users() {
    let world = World::new().await;
    world.change_provider(|provider| provider.compatibility_mode = CompatibilityMode::Webex).await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.leave(ada, team).await;
    world.settle().await;

    insta::assert_snapshot!(told_of_groups(&world).replace(&team.to_string(), "[uuid]"), @r#"
    POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team","externalId":"[uuid]"}
    PATCH /Groups/g1 {"op":"add","path":"members","value":[{"value":"u1","type":"user"}]}
    PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"u1\"]"}
    "#);
}

#[tokio::test]
async fn vcenter_gets_members_with_the_whole_group_and_an_empty_list_after_the_last() {
    let world = World::with(Behaviour::without_patch()).await;
    world.change_provider(|provider| provider.compatibility_mode = CompatibilityMode::Vcenter).await;
    let ada = users(&world, &["ada"]).await[0];
    let team = world.group("team", &[ada]).await;
    world.settle().await;
    world.leave(ada, team).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    POST /Users -> 201
    POST /Groups -> 201
    PUT /Groups/g1 -> 200
    ");
    insta::assert_snapshot!(told_of_groups(&world).replace(&team.to_string(), "[uuid]"), @r#"
    POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team","externalId":"[uuid]","members":[{"value":"u1"}]}
    PUT /Groups/g1 {"id":"g1","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team","externalId":"[uuid]","members":[]}
    "#);
}

#[tokio::test]
async fn a_group_without_patch_whose_members_are_not_known_is_put_with_all_of_them() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::without_patch() }).await;
    let people = users(&world, &["ada", "bob"]).await;
    world.remote.seed_user(json!({"userName": "stranger"}));
    world.remote.seed_group(json!({"displayName": "team", "members": [{"value": "u1"}, {"value": "u3"}]}));
    world.group("team", &people).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Users -> 201
    POST /Users -> 201
    POST /Groups -> 409
    PUT /Groups/g1 -> 200
    ");
    assert_eq!(world.remote.members("g1"), ["u1".to_owned(), "u2".to_owned()].into());
}

#[tokio::test]
async fn a_group_that_is_taken_over_loses_strangers_and_keeps_members() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world = World::with(Behaviour { uniqueness: unique, ..Behaviour::default() }).await;
    let people = users(&world, &["ada", "bob"]).await;
    world.remote.seed_user(json!({"userName": "stranger"}));
    world.remote.seed_group(json!({"displayName": "team", "members": [{"value": "u1"}, {"value": "u3"}]}));
    world.remote.clear_requests();
    let team = world.group("team", &people).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript().replace(&team.to_string(), "[uuid]"), @r#"
    GET /ServiceProviderConfig -> 200
    POST /Groups -> 409
    GET /Groups?filter=externalId eq "[uuid]" -> 200
    GET /Groups?filter=displayName eq "team" -> 200
    PATCH /Groups/g1 -> 204
    GET /Groups/g1 -> 200
    PATCH /Groups/g1 -> 204
    PATCH /Groups/g1 -> 204
    "#);
    insta::assert_snapshot!(told(&world.remote).lines().skip(2).collect::<Vec<_>>().join("\n"), @r#"
    PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"u3\"]"}
    PATCH /Groups/g1 {"op":"add","path":"members","value":[{"value":"u2"}]}
    "#);
    assert_eq!(world.remote.members("g1"), ["u1".to_owned(), "u2".to_owned()].into());
}

#[tokio::test]
async fn strangers_are_told_apart_where_ids_are_integers() {
    let unique = Uniqueness { display_name: true, ..Uniqueness::ENFORCED };
    let world =
        World::with(Behaviour { uniqueness: unique, ids: IdStyle::Integer, ..Behaviour::default() }).await;
    let ada = world.user("ada").await;
    world.settle().await;
    let stranger = world.remote.seed_user(json!({"userName": "stranger"}));
    let team = world
        .remote
        .seed_group(json!({"displayName": "team", "members": [{"value": "1"}, {"value": stranger}]}));
    world.group("team", &[ada]).await;
    world.settle().await;

    assert_eq!(world.remote.members(&team), ["1".to_owned()].into());
}

#[tokio::test]
async fn a_membership_that_comes_before_its_user_follows_when_he_is_there() {
    let world = World::new().await;
    world.remote.next_answers([Scripted::new(FaultKind::Status(503)).on("POST", "/Users")]);
    let ada = world.user("ada").await;
    world.step().await;
    world.group("team", &[ada]).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"
    POST /Users -> 503
    POST /Groups -> 201
    POST /Users -> 201
    PATCH /Groups/g1 -> 204
    ");
    assert_eq!(world.remote.members("g1"), ["u1".to_owned()].into());
    world.remote.clear_requests();
    world.full_sync().await;
    assert_eq!(world.remote.transcript(), "", "nothing is left for the full sync");
}

#[tokio::test]
async fn a_profile_change_of_a_member_touches_no_group() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.group("team", &[ada]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"PATCH /Users/u1 -> 200");
}

#[tokio::test]
async fn a_membership_that_is_taken_back_before_it_was_sent_is_not_sent() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.join(ada, team).await;
    world.leave(ada, team).await;
    world.settle().await;

    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn a_group_that_is_emptied_at_once_loses_all_members_in_one_request() {
    let world = World::new().await;
    let people = users(&world, &["ada", "bob", "carol"]).await;
    let team = world.group("team", &people).await;
    world.settle().await;
    world.remote.clear_requests();
    let now = world.now();
    let fields = world.read(move |conn| groups::get(conn, team)).await.fields;
    world.write(move |conn| groups::update(conn, team, &fields, Some(&[]), now)).await;
    world.settle().await;

    insta::assert_snapshot!(sorted(&told(&world.remote).replace("} {", "}\n{")), @r#"
    PATCH /Groups/g1 {"op":"remove","path":"members[value eq \"u1\"]"}
    {"op":"remove","path":"members[value eq \"u2\"]"}
    {"op":"remove","path":"members[value eq \"u3\"]"}
    "#);
    assert!(world.remote.members("g1").is_empty());
}

#[tokio::test]
async fn a_deleted_user_leaves_the_groups_of_the_remote_with_his_account() {
    let world = World::new().await;
    let people = users(&world, &["ada", "bob"]).await;
    world.group("team", &people).await;
    world.settle().await;
    world.remote.clear_requests();
    world.delete_user(people[0]).await;
    world.settle().await;
    world.full_sync().await;

    insta::assert_snapshot!(world.remote.transcript(), @"DELETE /Users/u1 -> 204");
    assert_eq!(world.remote.members("g1"), ["u2".to_owned()].into());
}

#[tokio::test]
async fn members_of_members_are_not_members() {
    let world = World::new().await;
    let people = users(&world, &["ada", "bob"]).await;
    let parent = world.group("parent", &people[..1]).await;
    let child = world.group("child", &people[1..]).await;
    world.change_group(child, |child| child.parents = vec![parent]).await;
    world.settle().await;

    let parent = world.remote.group("parent").unwrap();
    assert_eq!(world.remote.members(&parent.id), ["u1".to_owned()].into());
}

#[tokio::test]
async fn a_member_who_is_made_anew_is_added_anew() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.group("team", &[ada]).await;
    world.settle().await;
    // Somebody deletes the account at the remote, which takes it out of the group.
    world.remote.edit(|remote| remote.delete("u1"));
    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;

    assert_eq!(state(&world, ObjectId::User(ada)).await, "linked u2");
    assert_eq!(world.remote.members("g1"), ["u2".to_owned()].into());
}

#[tokio::test]
async fn a_throttled_membership_is_sent_once_more_and_not_early() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let team = world.group("team", &[]).await;
    world.settle().await;
    world.remote.clear_requests();
    let throttled = FaultKind::TooManyRequests { retry_after: RetryAfter::HttpDate(40) };
    world.remote.next_answers([throttled]);
    world.join(ada, team).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    PATCH /Groups/g1 -> 429
    PATCH /Groups/g1 -> 204
    ");
    assert_eq!(world.remote.early_requests(), []);
}

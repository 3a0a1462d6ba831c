//! What is known of a vendor decides what is sent, key by key.

use serde_json::{Value, json};

use scimitar_domain::{ObjectId, UserPk};
use scimitar_testkit::remote::{Behaviour, Discovery, FaultKind, MemberForm, Scripted, Uniqueness, Verbs};
use scimitar_testkit::world::World;

use crate::tell::{count, state, told};

/// A world whose provider goes by this profile, with one user at the remote and the requests so far forgotten.
async fn with_ada(behaviour: Behaviour, profile: &str) -> (World, UserPk) {
    let world = World::with(behaviour).await.knowing("acme", profile);
    world.change_provider(|provider| provider.profile = "acme".to_owned()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    (world, ada)
}

async fn rename(world: &World, user: UserPk) {
    world.change_user(user, |user| user.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;
}

/// The body of the last request of this method.
fn last(world: &World, method: &str) -> Value {
    let requests = world.remote.requests();
    requests.iter().rev().find(|request| request.method == method).unwrap().body.clone().unwrap()
}

#[tokio::test]
async fn the_verbs_of_a_profile_go_before_what_the_remote_says() {
    for (change, says_patch, expected) in [
        ("\"put\"", true, "PUT /Users/u1 -> 200\n"),
        ("\"patch\"", false, "PATCH /Users/u1 -> 200\n"),
        ("\"put\", \"patch\"", true, "PUT /Users/u1 -> 200\n"),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.capabilities.patch = says_patch;
        let (world, ada) = with_ada(behaviour, &format!("[users]\nchange = [{change}]")).await;
        rename(&world, ada).await;
        assert_eq!(world.remote.writes(), expected, "{change}");
    }
}

#[tokio::test]
async fn a_verb_that_a_profile_does_not_name_is_never_tried() {
    let behaviour =
        || Behaviour { users: Verbs { patch: false, ..Verbs::default() }, ..Behaviour::default() };
    let (world, ada) = with_ada(behaviour(), "[users]\nchange = [\"patch\"]").await;
    rename(&world, ada).await;
    assert_eq!(world.remote.writes(), "PATCH /Users/u1 -> 405\n");
    insta::assert_snapshot!(state(&world, ObjectId::User(ada)).await, @"linked u1; unsupported x1, parked: the remote does not support PATCH here: it answered 405");

    let (world, ada) = with_ada(behaviour(), "[users]\nchange = [\"patch\", \"put\"]").await;
    rename(&world, ada).await;
    assert_eq!(world.remote.writes(), "PATCH /Users/u1 -> 405\nPUT /Users/u1 -> 200\n");
}

#[tokio::test]
async fn a_patch_may_carry_all_attributes_at_once() {
    let (world, ada) = with_ada(Behaviour::default(), "[users]\npatch_form = \"at_once\"").await;
    rename(&world, ada).await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Users/u1 {"op":"replace","value":{"name":{"formatted":"Ada Lovelace","givenName":"Ada","familyName":"Lovelace"},"displayName":"Ada Lovelace"}}"#);
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("Ada Lovelace"));
}

#[tokio::test]
async fn gitlab_is_told_who_is_active_and_nothing_else() {
    let (world, ada) = with_ada(Behaviour::default(), include_str!("../../profiles/gitlab.toml")).await;
    rename(&world, ada).await;
    assert_eq!(world.remote.writes(), "", "{}", world.remote.transcript());

    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;
    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Users/u1 {"op":"replace","path":"active","value":false}"#);
    world.full_sync().await;
    assert_eq!(count(&world.remote, |_| true), 1, "{}", world.remote.transcript());
}

#[tokio::test]
async fn what_the_remote_does_not_take_is_not_sent() {
    let (world, _) = with_ada(Behaviour::default(), "[users]\nrefused = [\"emails\", \"name\"]").await;
    let mut there: Vec<String> = world.remote.users()[0].body.as_object().unwrap().keys().cloned().collect();
    there.sort_unstable();
    assert_eq!(there, ["active", "displayName", "externalId", "schemas", "userName"]);

    let (world, _) = with_ada(Behaviour::default(), "[users]\nonly = [\"userName\", \"externalId\"]").await;
    let mut there: Vec<String> = world.remote.users()[0].body.as_object().unwrap().keys().cloned().collect();
    there.sort_unstable();
    assert_eq!(there, ["externalId", "schemas", "userName"]);
}

#[tokio::test]
async fn a_kind_that_the_remote_does_not_have_is_left_alone() {
    let (world, ada) = with_ada(Behaviour::default(), "[groups]\noffered = false").await;
    world.group("team", &[ada]).await;
    world.full_sync().await;
    assert_eq!(world.remote.writes(), "", "{}", world.remote.transcript());
    let status = world.engine.status(world.provider).await.unwrap();
    assert_eq!(status.last_sync_status.as_deref(), Some("done"));
}

#[tokio::test]
async fn a_put_carries_the_id_unless_the_remote_takes_it_for_a_change() {
    for (profile, expected) in [("id_in_body = true", json!("u1")), ("id_in_body = false", Value::Null)] {
        let (world, ada) = with_ada(Behaviour::without_patch(), profile).await;
        rename(&world, ada).await;
        assert_eq!(last(&world, "PUT")["id"], expected, "{profile}");
    }
}

#[tokio::test]
async fn members_leave_as_a_list_of_values_where_that_is_known() {
    let behaviour = Behaviour { member_form: MemberForm::ValueArray, ..Behaviour::default() };
    let (world, ada) = with_ada(behaviour, "[members]\nremoved_by = \"value_list\"").await;
    let bob = world.user("bob").await;
    world.settle().await;
    let team = world.group("team", &[ada, bob]).await;
    world.settle().await;
    world.remote.clear_requests();
    world.leave(ada, team).await;
    world.leave(bob, team).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Groups/g1 {"op":"remove","path":"members","value":[{"value":"u1"},{"value":"u2"}]}"#);
    assert_eq!(world.remote.members("g1").len(), 0);
}

#[tokio::test]
async fn no_more_members_go_in_a_request_than_the_remote_is_known_to_take() {
    let (world, ada) = with_ada(Behaviour::default(), "[members]\nper_request = 2\ntype = \"User\"").await;
    let bob = world.user("bob").await;
    world.settle().await;
    let eve = world.user("eve").await;
    world.settle().await;
    world.group("team", &[ada, bob, eve]).await;
    world.settle().await;

    let told = told(&world.remote);
    let sizes: Vec<usize> = told
        .lines()
        .filter(|line| line.starts_with("PATCH /Groups/g1"))
        .map(|line| line.matches(r#""type":"User""#).count())
        .collect();
    assert_eq!(sizes, [2, 1], "{told}");
    assert_eq!(world.remote.members("g1").len(), 3);
}

#[tokio::test]
async fn members_in_a_put_say_what_they_are_too() {
    let profile = "[groups]\nchange = [\"put\"]\n[members]\ntype = \"User\"";
    let (world, ada) = with_ada(Behaviour::default(), profile).await;
    world.group("team", &[ada]).await;
    world.settle().await;
    assert_eq!(last(&world, "POST")["members"], json!([{"value": "u1", "type": "User"}]));
}

#[tokio::test]
async fn a_group_that_hides_its_members_is_not_read_for_them() {
    for (profile, n_reads) in [("[members]\nshown = true", 1), ("[members]\nshown = false", 0)] {
        let behaviour = Behaviour {
            uniqueness: Uniqueness { display_name: true, ..Uniqueness::ENFORCED },
            ..Behaviour::default()
        };
        let (world, ada) = with_ada(behaviour, profile).await;
        world.remote.seed_group(json!({"displayName": "team"}));
        world.group("team", &[ada]).await;
        world.settle().await;

        let reads = count(&world.remote, |request| request.method == "GET" && request.path == "/Groups/g1");
        assert_eq!(reads, n_reads, "{profile}: {}", world.remote.transcript());
        assert_eq!(world.remote.members("g1").len(), 1, "{profile}");
    }
}

#[tokio::test]
async fn a_remote_that_is_known_not_to_filter_is_walked_at_once() {
    for (profile, n_filters) in [("filter = true", 2), ("filter = false", 0)] {
        let (world, _) = with_ada(Behaviour::default(), profile).await;
        world.remote.seed_user(json!({"userName": "bob"}));
        world.user("bob").await;
        world.settle().await;

        let filters = count(&world.remote, |request| {
            request.query.as_deref().is_some_and(|query| query.starts_with("filter="))
        });
        assert_eq!(filters, n_filters, "{profile}: {}", world.remote.transcript());
        assert_eq!(world.remote.users().len(), 2, "{profile}");
    }
}

#[tokio::test]
async fn a_profile_is_found_by_the_address_of_the_remote() {
    let world = World::new().await.knowing("acme", "hosts = [\"127.0.0.1/scim\"]\ndiscovery = \"\"");
    world.user("ada").await;
    world.group("team", &[]).await;
    world.settle().await;
    assert_eq!(count(&world.remote, |request| request.method == "GET"), 0, "{}", world.remote.transcript());
}

#[tokio::test]
async fn what_an_operator_says_of_the_remote_stands_in_the_place_of_what_it_says() {
    let world = World::with(Behaviour { discovery: Discovery::Status(500), ..Behaviour::default() }).await;
    let says = json!({"patch": {"supported": true}}).as_object().cloned().unwrap();
    world.change_provider(|provider| provider.service_provider_config_override = says).await;
    let ada = world.user("ada").await;
    world.settle().await;
    rename(&world, ada).await;

    assert_eq!(world.remote.transcript(), "POST /Users -> 201\nPATCH /Users/u1 -> 200\n");
}

#[tokio::test]
async fn a_provider_whose_profile_is_gone_rests_and_says_so() {
    let world = World::new().await;
    world.change_provider(|provider| provider.profile = "acme".to_owned()).await;
    world.user("ada").await;
    world.step().await;

    assert_eq!(world.remote.transcript(), "");
    let status = world.engine.status(world.provider).await.unwrap();
    insta::assert_snapshot!(status.tasks[0].messages[0].event, @"Stopping sync due to error: there is no profile `acme`; add its file to `sync.profiles`, or choose another");
    world.change_provider(|provider| provider.profile = String::new()).await;
    world.settle().await;
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn google_has_no_put_and_is_never_asked_for_one() {
    let behaviour = Behaviour {
        users: Verbs { put: false, ..Verbs::default() },
        discovery: Discovery::Missing,
        refused_verb_status: 404,
        ..Behaviour::default()
    };
    let (world, ada) = with_ada(behaviour, include_str!("../../profiles/google.toml")).await;
    rename(&world, ada).await;
    assert_eq!(world.remote.writes(), "PATCH /Users/u1 -> 200\n");
}

#[tokio::test]
async fn aws_takes_a_hundred_members_at_once_by_patch_alone() {
    let behaviour = Behaviour {
        groups: Verbs { put: false, ..Verbs::default() },
        max_members_per_request: Some(100),
        hide_members: true,
        ..Behaviour::default()
    };
    let (world, _) = with_ada(behaviour, include_str!("../../profiles/aws.toml")).await;
    let mut people = Vec::new();
    for n in 0..150 {
        people.push(world.user(&format!("u{n}")).await);
    }
    world.settle().await;
    world.remote.clear_requests();
    world.remote.next_answers([Scripted::new(FaultKind::Status(500)).on("PUT", "/Groups").times(9)]);
    world.group("team", &people).await;
    world.settle().await;

    assert_eq!(
        world.remote.writes(),
        "POST /Groups -> 201\nPATCH /Groups/g1 -> 204\nPATCH /Groups/g1 -> 204\n"
    );
    assert_eq!(world.remote.members("g1").len(), 150);
    world.remote.clear_answers();
}

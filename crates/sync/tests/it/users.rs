//! Users are made, changed and deleted at the remote as they are here, and nothing is sent twice.

use serde_json::json;

use scimitar_domain::{ObjectId, ProviderPk};
use scimitar_store::mappings;
use scimitar_sync::LogEvent;
use scimitar_testkit::remote::{Behaviour, Discovery, Echo, FakeRemote};
use scimitar_testkit::world::World;

use crate::tell::{link_at, state, told};

#[tokio::test]
async fn a_new_user_is_posted_with_exactly_the_default_attributes() {
    let world = World::with(Behaviour { discovery: Discovery::Empty, ..Behaviour::default() }).await;
    let ada = world.user("ada").await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"POST /Users -> 201");
    let request = world.remote.requests().pop().unwrap();
    let mut body = request.body.clone().unwrap();
    assert_eq!(body["externalId"], json!(world.install.uid(ada)));
    body["externalId"] = json!("[uid]");
    insta::assert_json_snapshot!(body, @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User"
      ],
      "userName": "ada",
      "name": {
        "formatted": "ada Example",
        "givenName": "ada",
        "familyName": "Example"
      },
      "displayName": "ada Example",
      "active": true,
      "emails": [
        {
          "value": "ada@example.com",
          "type": "other",
          "primary": true
        }
      ],
      "externalId": "[uid]"
    }
    "#);
    let headers = ["authorization", "accept", "content-type"].map(|name| request.header(name).unwrap());
    assert_eq!(headers, ["Bearer story-token", "application/scim+json", "application/scim+json"]);
}

#[tokio::test]
async fn an_extension_of_another_mapping_is_sent_with_its_schema_after_the_core_schema() {
    let world = World::new().await;
    let slack = world
        .mapping(
            "slack",
            "return {'schemas': ['urn:slack:guest'], 'urn:slack:guest': {'type': 'multi'}, 'title': None}",
        )
        .await;
    world.change_provider(|provider| provider.property_mappings.push(slack)).await;
    world.settle().await;

    world.user("ada").await;
    world.settle().await;

    let ada = world.remote.user("ada").unwrap();
    insta::assert_json_snapshot!([ada.get("schemas"), ada.get("urn:slack:guest")], @r#"
    [
      [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:slack:guest"
      ],
      {
        "type": "multi"
      }
    ]
    "#);
    assert_eq!(ada.get("title"), None);
}

#[tokio::test]
async fn two_remotes_may_give_the_same_id() {
    let world = World::new().await;
    let other = FakeRemote::start(Behaviour::default()).await;
    let second = world.add_provider("other", |fields| fields.url = other.url().to_owned()).await;
    world.settle().await;

    let ada = ObjectId::User(world.user("ada").await);
    world.settle().await;

    let remote_id = async |provider: ProviderPk| {
        let link = link_at(&world, provider, ada).await.unwrap();
        link.state.remote_id().unwrap().to_owned()
    };
    assert_eq!(remote_id(world.provider).await, "u1");
    assert_eq!(remote_id(second).await, "u1");
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 201");
    insta::assert_snapshot!(other.writes(), @"POST /Users -> 201");
}

#[tokio::test]
async fn a_rename_is_put_where_the_remote_has_no_patch() {
    let world = World::with(Behaviour::without_patch()).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    POST /Users -> 201
    GET /ServiceProviderConfig -> 200
    PUT /Users/u1 -> 200
    ");
    let put = world.remote.requests().pop().unwrap().body.unwrap();
    assert_eq!((&put["id"], &put["displayName"]), (&json!("u1"), &json!("Ada Lovelace")));
    assert_eq!(world.remote.user("ada").unwrap().text("name.familyName"), Some("Lovelace"));
}

#[tokio::test]
async fn a_rename_is_patched_with_what_differs_where_the_remote_offers_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Users/u1 {"op":"replace","path":"name","value":{"formatted":"Ada Lovelace","givenName":"Ada","familyName":"Lovelace"}} {"op":"replace","path":"displayName","value":"Ada Lovelace"}"#);
}

#[tokio::test]
async fn a_renamed_account_keeps_its_remote_id() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.change_user(ada, |ada| ada.username = "countess".to_owned()).await;
    world.settle().await;

    assert_eq!(world.remote.user("countess").unwrap().id, "u1");
    assert_eq!(world.remote.users().len(), 1);
}

#[tokio::test]
async fn a_deleted_user_is_deleted_at_the_remote() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.delete_user(ada).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.transcript(), @"
    POST /Users -> 201
    DELETE /Users/u1 -> 204
    ");
}

#[tokio::test]
async fn a_user_who_is_deleted_before_anything_was_sent_leaves_no_trace() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.delete_user(ada).await;
    world.settle().await;

    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn a_remote_that_answers_with_the_id_alone_is_not_written_again() {
    let world = World::with(Behaviour { echo: Echo::OnlyId, ..Behaviour::default() }).await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.full_sync().await;
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 201");

    world.remote.alter(|remote| remote.echo = Echo::NoContent);
    world.remote.clear_requests();
    world.change_user(ada, |ada| ada.name = "Ada Lovelace".to_owned()).await;
    world.full_sync().await;
    world.full_sync().await;
    insta::assert_snapshot!(world.remote.writes(), @"PATCH /Users/u1 -> 204");
}

#[tokio::test]
async fn attributes_that_the_remote_drops_or_folds_are_not_sent_for_ever() {
    let world = World::with(Behaviour {
        dropped_attributes: vec!["displayName".to_owned()],
        fold_user_names: true,
        ..Behaviour::default()
    })
    .await;
    let ada = world.user("Ada").await;
    world.settle().await;
    world.change_user(ada, |ada| ada.path = "elsewhere".to_owned()).await;
    world.full_sync().await;
    world.full_sync().await;

    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 201");
}

#[tokio::test]
async fn a_change_that_the_mapping_does_not_show_sends_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();

    world.change_user(ada, |_| {}).await;
    world.change_user(ada, |ada| ada.path = "users/elsewhere".to_owned()).await;
    world.settle().await;

    assert_eq!(world.remote.transcript(), "");
}

#[tokio::test]
async fn a_dry_run_sends_nothing_for_a_new_user() {
    let world = World::new().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    let ada = ObjectId::User(world.user("ada").await);
    world.settle().await;

    assert_eq!(world.remote.writes(), "");
    assert_eq!(state(&world, ada).await, "no link");
}

#[tokio::test]
async fn a_full_sync_in_dry_run_counts_what_it_would_do_and_only_reads() {
    let world = World::new().await;
    let (ada, _bob) = (world.user("ada").await, world.user("bob").await);
    world.settle().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_user(ada, |ada| ada.is_active = false).await;
    world.user("carol").await;
    world.full_sync().await;

    assert_eq!(world.remote.writes(), "");
    let status = world.engine.status(world.provider).await.unwrap();
    insta::assert_snapshot!(status.tasks[0].description, @"3 in scope: 1 created, 0 adopted, 1 updated, 0 deleted, 0 skipped, 0 failed, 0 member changes");
}

#[tokio::test]
async fn a_dry_run_of_one_user_tells_the_request_that_it_held_back() {
    let world = World::new().await;
    world.change_provider(|provider| provider.dry_run = true).await;
    let ada = ObjectId::User(world.user("ada").await);
    world.settle().await;

    let held = world.engine.sync_object(world.provider, ada, false).await.unwrap();
    let [LogEvent { event, attributes, .. }] = held.as_slice() else { panic!("one event, not {held:?}") };
    assert_eq!(event, "Dropping mutating request due to dry run");
    assert_eq!(attributes["method"], "POST");
    assert_eq!(attributes["url"], format!("{}/Users", world.remote.url()));
    assert_eq!(attributes["body"]["userName"], "ada");
    assert_eq!(world.remote.writes(), "");

    // Whoever asks can insist.
    world.engine.sync_object(world.provider, ada, true).await.unwrap();
    insta::assert_snapshot!(world.remote.writes(), @"POST /Users -> 201");
}

#[tokio::test]
async fn a_deactivated_user_stays_and_is_sent_as_inactive() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    world.remote.clear_requests();
    world.change_user(ada, |ada| ada.is_active = false).await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Users/u1 {"op":"replace","path":"active","value":false}"#);
    assert_eq!(world.remote.user("ada").unwrap().get("active"), Some(&json!(false)));
}

#[tokio::test]
async fn an_attribute_that_the_mapping_no_longer_gives_is_removed_at_the_remote() {
    let world = World::new().await;
    let title = world.mapping("title", "return {'title': 'Countess'}").await;
    world.change_provider(|provider| provider.property_mappings.push(title)).await;
    world.user("ada").await;
    world.settle().await;
    assert_eq!(world.remote.user("ada").unwrap().text("title"), Some("Countess"));
    world.remote.clear_requests();

    world.change_mapping(title, "return {'title': None}").await;
    world.settle().await;

    insta::assert_snapshot!(told(&world.remote), @r#"PATCH /Users/u1 {"op":"remove","path":"title"}"#);
    assert_eq!(world.remote.user("ada").unwrap().get("title"), None);
}

#[tokio::test]
async fn a_mapping_that_is_deleted_takes_its_attributes_along() {
    let world = World::new().await;
    let title = world.mapping("title", "return {'title': 'Countess'}").await;
    world.change_provider(|provider| provider.property_mappings.push(title)).await;
    world.user("ada").await;
    world.settle().await;

    let now = world.now();
    world.write(move |conn| mappings::delete(conn, title, now)).await;
    world.settle().await;

    assert_eq!(world.remote.user("ada").unwrap().get("title"), None);
}

#[tokio::test]
async fn a_mapping_that_skips_an_object_leaves_what_the_remote_has() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.settle().await;
    let bob = world.user("bob").await;
    world.settle().await;
    world.remote.clear_requests();
    let skip =
        world.mapping("skip", "if request.user.username == 'ada': raise SkipObject()\nreturn {}").await;
    world.change_provider(|provider| provider.property_mappings.push(skip)).await;
    world.change_user(ada, |ada| ada.name = "New".to_owned()).await;
    world.change_user(bob, |bob| bob.name = "New".to_owned()).await;
    world.settle().await;

    insta::assert_snapshot!(world.remote.writes(), @"PATCH /Users/u2 -> 200");
    assert_eq!(world.remote.user("ada").unwrap().display_name(), Some("ada Example"));
}

#[tokio::test]
async fn a_mapping_that_looks_at_groups_follows_what_becomes_of_them() {
    let world = World::new().await;
    let teams = "return {'userType': ' '.join(sorted(group.name for group in request.user.ak_groups.all())) or 'none'}";
    let teams = world.mapping("teams", teams).await;
    world.change_provider(|provider| provider.property_mappings.push(teams)).await;
    let ada = world.user("ada").await;
    let shown = async || {
        world.settle().await;
        world.remote.user("ada").unwrap().text("userType").unwrap_or_default().to_owned()
    };
    assert_eq!(shown().await, "none");
    let team = world.group("team", &[ada]).await;
    assert_eq!(shown().await, "team");
    world.change_group(team, |team| team.name = "crew".to_owned()).await;
    assert_eq!(shown().await, "crew");
    world.delete_group(team).await;
    assert_eq!(shown().await, "none");
}

#[tokio::test]
async fn mail_addresses_of_private_domains_are_sent_as_they_are() {
    let world = World::new().await;
    world.user_with("ada", |ada| ada.email = "ada@testipa.local".to_owned()).await;
    world.user_with("bob", |bob| bob.email = String::new()).await;
    world.settle().await;

    assert_eq!(world.remote.user("ada").unwrap().text("emails.0.value"), Some("ada@testipa.local"));
    assert_eq!(world.remote.user("bob").unwrap().get("emails"), Some(&json!([])));
}

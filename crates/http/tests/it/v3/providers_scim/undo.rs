//! `/providers/scim/{id}/sync/undo/`.

use scimitar_domain::{Clock, ObjectId, ProviderPk, UserPk};
use scimitar_store::deprovisioned;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::provider_with;
use crate::harness::Api;

#[tokio::test]
async fn what_was_taken_away_is_shown_and_brought_back() {
    let (api, remote) = (Api::start().await, FakeRemote::start(Behaviour::default()).await);
    let admin = api.admin();
    let mapping = json!({"name": "users", "expression": "return {\"userName\": request.user.username}"});
    let mapping = admin.post("/propertymappings/provider/scim/", &mapping).await.expect(201)["pk"].clone();
    let request =
        json!({"name": "a", "url": remote.url(), "token": "canary-remote", "property_mappings": [mapping]});
    let pk = provider_with(&admin, request).await;
    let path = format!("/providers/scim/{pk}/sync/undo/");
    let nothing = json!({"since": null, "count": 0, "taken": []});
    assert_eq!(admin.get(&path).await.expect(200), nothing);

    let ada = admin.post("/core/users/", &json!({"username": "ada", "name": "Ada"})).await.expect(201);
    let ada = ada["pk"].as_i64().unwrap();
    let object = |pk: i64| ObjectId::User(UserPk(i32::try_from(pk).unwrap()));
    let (at, scim, here) = (api.clock.now(), ProviderPk(i32::try_from(pk).unwrap()), object(ada));
    api.write(move |conn| {
        deprovisioned::note(conn, scim, here, "ada", at)?;
        deprovisioned::note(conn, scim, object(999_999), "bob", at)
    })
    .await;
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["count"], json!(2));
    let first = &shown["taken"][0];
    assert_eq!(first["sync_object_model"], json!("authentik.core.models.User"));
    assert_eq!((&first["sync_object_id"], &first["label"]), (&json!(ada.to_string()), &json!("ada")));
    assert_eq!((&first["at"], &shown["since"]), (&shown["since"], &first["at"]));

    let refused = admin.post(&path, &json!({})).await.expect(400);
    let not_attached = "Nothing is sent: the provider is not a backchannel provider of any application.";
    assert_eq!(refused["non_field_errors"], json!([not_attached]));
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({"dry_run": true})).await.expect(200);
    let refused = admin.post(&path, &json!({})).await.expect(400);
    assert_eq!(refused["non_field_errors"], json!(["Nothing is sent: the provider only rehearses."]));
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({"dry_run": false})).await.expect(200);
    let app = json!({"name": "App", "slug": "app", "backchannel_providers": [pk]});
    admin.post("/core/applications/", &app).await.expect(201);
    let undone = admin.post(&path, &json!({})).await.expect(200);
    let gone = "user bob was deleted from the directory: make it again, and it is sent again";
    let expected = json!({"restored": 1, "failed": 0, "left": 0, "impossible": [gone], "held": null});
    assert_eq!(undone, expected);
    assert!(remote.user("ada").is_some());
    assert_eq!(admin.get(&path).await.expect(200), nothing);
    admin.get("/providers/scim/999999/sync/undo/").await.expect(404);
    let guard = admin.get(&format!("/providers/scim/{pk}/sync/guard/")).await.expect(200);
    assert!(guard.to_string().contains("brought back 1 of what was taken away"), "{guard}");
}

//! `/core/applications/`.

use serde_json::{Value, json};

use super::providers_scim::provider;
use crate::harness::Api;

const PATH: &str = "/core/applications/";

#[tokio::test]
async fn an_application_is_created_with_the_documented_defaults() {
    let api = Api::start().await;
    let admin = api.admin();
    let created = admin.post(PATH, &json!({"name": "Wiki", "slug": "wiki"})).await.expect(201);
    let expected = json!({
        "pk": created["pk"],
        "pbm_uuid": created["pk"],
        "name": "Wiki",
        "slug": "wiki",
        "provider": null,
        "provider_obj": null,
        "backchannel_providers": [],
        "backchannel_providers_obj": [],
        "launch_url": null,
        "open_in_new_tab": false,
        "meta_launch_url": "",
        "meta_icon": null,
        "meta_icon_url": null,
        "meta_icon_themed_urls": null,
        "meta_description": "",
        "meta_publisher": "",
        "policy_engine_mode": "any",
        "group": "",
        "meta_hide": false,
    });
    assert_eq!(created, expected);
    assert_eq!(admin.get("/core/applications/wiki/").await.expect(200), expected);
}

#[tokio::test]
async fn a_provider_is_attached_and_detached() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "scim").await;
    let created = admin
        .post(PATH, &json!({"name": "Wiki", "slug": "wiki", "backchannel_providers": [pk]}))
        .await
        .expect(201);
    let expected = json!([{
        "pk": pk,
        "name": "scim",
        "authentication_flow": null,
        "authorization_flow": "00000000-0000-0000-0000-000000000000",
        "invalidation_flow": "00000000-0000-0000-0000-000000000000",
        "property_mappings": [],
        "component": "ak-provider-scim-form",
        "assigned_application_slug": "",
        "assigned_application_name": "",
        "assigned_backchannel_application_slug": "wiki",
        "assigned_backchannel_application_name": "Wiki",
        "verbose_name": "SCIM Provider",
        "verbose_name_plural": "SCIM Providers",
        "meta_model_name": "authentik_providers_scim.scimprovider",
    }]);
    assert_eq!(created["backchannel_providers_obj"], expected);
    let attached = admin.get(&format!("/providers/scim/{pk}/")).await.expect(200);
    assert_eq!(attached["assigned_backchannel_application_slug"], "wiki");
    assert_eq!(attached["assigned_backchannel_application_name"], "Wiki");

    let path = "/core/applications/wiki/";
    let kept = admin.put(path, &json!({"name": "Wiki 2", "slug": "wiki"})).await.expect(200);
    assert_eq!(kept["backchannel_providers"], json!([pk]));
    let detached = admin.patch(path, &json!({"backchannel_providers": []})).await.expect(200);
    assert_eq!(detached["backchannel_providers_obj"], json!([]));
    let alone = admin.get(&format!("/providers/scim/{pk}/")).await.expect(200);
    assert_eq!(alone["assigned_backchannel_application_slug"], "");
}

#[tokio::test]
async fn a_provider_may_stand_in_the_place_of_the_main_one() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "scim").await;
    let created =
        admin.post(PATH, &json!({"name": "Wiki", "slug": "wiki", "provider": pk})).await.expect(201);
    assert_eq!(created["provider_obj"]["assigned_application_slug"], "wiki");
    assert_eq!(created["provider_obj"]["assigned_application_name"], "Wiki");
    assert_eq!(created["provider_obj"]["assigned_backchannel_application_slug"], "");
    let second = admin.post(PATH, &json!({"name": "Chat", "slug": "chat", "provider": pk})).await.expect(400);
    assert_eq!(second, json!({"provider": ["Application with this provider already exists."]}));
    assert_eq!(
        admin.patch("/core/applications/wiki/", &json!({"provider": null})).await.expect(200)["provider"],
        Value::Null
    );
}

#[tokio::test]
async fn every_field_can_be_set_and_changed() {
    let api = Api::start().await;
    let admin = api.admin();
    let request = json!({
        "name": "Wiki",
        "slug": "wiki",
        "open_in_new_tab": true,
        "meta_launch_url": "https://wiki.example.com",
        "meta_description": "Where things stand",
        "meta_publisher": "Us",
        "policy_engine_mode": "all",
        "group": "Tools",
        "meta_hide": true,
    });
    let created = admin.post(PATH, &request).await.expect(201);
    for (field, value) in request.as_object().expect("an object") {
        assert_eq!(created[field], *value, "{field}");
    }
    assert_eq!(created["launch_url"], "https://wiki.example.com");
    let moved =
        admin.patch("/core/applications/wiki/", &json!({"slug": "docs", "meta_icon": "x"})).await.expect(200);
    assert_eq!((&moved["slug"], &moved["meta_icon"]), (&json!("docs"), &Value::Null));
    let gone = r#"404 {"detail":"No Application matches the given query."}"#;
    assert_eq!(admin.get("/core/applications/wiki/").await.line(), gone);
    assert_eq!(admin.patch("/core/applications/wiki/", &json!([])).await.line(), gone);
}

#[tokio::test]
async fn all_faults_of_a_request_are_reported_together() {
    let api = Api::start().await;
    let admin = api.admin();
    admin.post(PATH, &json!({"name": "Wiki", "slug": "wiki"})).await.expect(201);
    let request = json!({"slug": "wiki", "meta_launch_url": "nowhere", "policy_engine_mode": "some",
                         "provider": 999, "backchannel_providers": [999]});
    let missing = json!(["Invalid pk \"999\" - object does not exist."]);
    assert_eq!(
        admin.post(PATH, &request).await.expect(400),
        json!({
            "name": ["This field is required."],
            "slug": ["Application with this slug already exists."],
            "meta_launch_url": ["Enter a valid URL."],
            "policy_engine_mode": ["\"some\" is not a valid choice."],
            "provider": missing,
            "backchannel_providers": missing,
        })
    );
    let long = admin.post(PATH, &json!({"name": "a", "slug": "a".repeat(51)})).await.expect(400);
    assert_eq!(long, json!({"slug": ["Ensure this field has no more than 50 characters."]}));
}

#[tokio::test]
async fn lists_are_narrowed_by_filters_and_search() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    for request in [
        json!({"name": "Wiki", "slug": "wiki", "group": "Tools", "meta_launch_url": "https://wiki.example.com"}),
        json!({"name": "Chat", "slug": "chat", "group": "Tools", "meta_publisher": "Us"}),
        json!({"name": "Shop", "slug": "shop", "meta_description": "Things"}),
    ] {
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        (String::new(), json!(["chat", "shop", "wiki"])),
        ("name=Wiki".to_owned(), json!(["wiki"])),
        ("slug=shop".to_owned(), json!(["shop"])),
        ("group=Tools&ordering=-name".to_owned(), json!(["wiki", "chat"])),
        ("meta_publisher=Us".to_owned(), json!(["chat"])),
        ("meta_description=Things".to_owned(), json!(["shop"])),
        ("meta_launch_url=https://wiki.example.com".to_owned(), json!(["wiki"])),
        ("only_with_launch_url=true".to_owned(), json!(["wiki"])),
        ("superuser_full_list=true".to_owned(), json!(["chat", "shop", "wiki"])),
        (format!("for_user={ada}"), json!(["chat", "shop", "wiki"])),
        ("search=tools us".to_owned(), json!(["chat"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("slug");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    let nobody = admin.get(&format!("{PATH}?for_user=999999")).await.expect(400);
    assert_eq!(nobody, json!({"for_user": ["User not found"]}));
}

#[tokio::test]
async fn a_deleted_application_takes_its_backchannel_providers_along() {
    let api = Api::start().await;
    let admin = api.admin();
    let (scim, other) = (provider(&admin, "scim").await, provider(&admin, "other").await);
    admin
        .post(PATH, &json!({"name": "Wiki", "slug": "wiki", "backchannel_providers": [scim]}))
        .await
        .expect(201);
    assert_eq!(
        admin.get("/core/applications/wiki/used_by/").await.expect(200),
        json!([{"app": "authentik_core", "model_name": "provider", "pk": scim.to_string(), "name": "scim", "action": "cascade"}])
    );
    assert_eq!(admin.delete("/core/applications/wiki/").await.line(), "204 ");
    assert_eq!(admin.get("/providers/scim/").await.column("pk"), [json!(other)]);
    let gone = r#"404 {"detail":"No Application matches the given query."}"#;
    assert_eq!(admin.delete("/core/applications/wiki/").await.line(), gone);
    assert_eq!(admin.get("/core/applications/wiki/used_by/").await.line(), gone);
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let admin = api.admin();
    admin.post(PATH, &json!({"name": "Wiki", "slug": "wiki"})).await.expect(201);
    let path = "/core/applications/wiki/".to_owned();
    for round in 0..20 {
        let flag = round % 2 == 0;
        let (one, two) = (json!({"meta_hide": flag}), json!({"open_in_new_tab": flag}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let read = admin.get(&path).await.expect(200);
        assert_eq!((&read["meta_hide"], &read["open_in_new_tab"]), (&json!(flag), &json!(flag)), "{round}");
    }
}

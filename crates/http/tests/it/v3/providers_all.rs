//! `/providers/all/`.

use serde_json::{Value, json};

use super::providers_scim::provider;
use crate::harness::Api;

const PATH: &str = "/providers/all/";

#[tokio::test]
async fn a_provider_is_shown_whatever_its_kind_until_it_is_deleted() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "scim").await;
    let application = json!({"name": "Wiki", "slug": "wiki", "backchannel_providers": [pk], "provider": pk});
    admin.post("/core/applications/", &application).await.expect(201);
    let expected = json!({
        "pk": pk,
        "name": "scim",
        "authentication_flow": null,
        "authorization_flow": "00000000-0000-0000-0000-000000000000",
        "invalidation_flow": "00000000-0000-0000-0000-000000000000",
        "property_mappings": [],
        "component": "ak-provider-scim-form",
        "assigned_application_slug": "wiki",
        "assigned_application_name": "Wiki",
        "assigned_backchannel_application_slug": "wiki",
        "assigned_backchannel_application_name": "Wiki",
        "verbose_name": "SCIM Provider",
        "verbose_name_plural": "SCIM Providers",
        "meta_model_name": "authentik_providers_scim.scimprovider",
    });
    let path = format!("{PATH}{pk}/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    let list = admin.get(PATH).await.expect(200);
    assert_eq!((&list["autocomplete"], &list["results"]), (&json!({}), &json!([expected])));

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No Provider matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), gone);
    assert_eq!(admin.get(&format!("{PATH}x/")).await.line(), r#"404 {"detail":"Not found."}"#);
    assert_eq!(admin.get(&format!("/providers/scim/{pk}/")).await.status, 404);
}

#[tokio::test]
async fn lists_are_narrowed_by_application_and_kind() {
    let api = Api::start().await;
    let admin = api.admin();
    provider(&admin, "bravo").await;
    let pk = provider(&admin, "alfa").await;
    let application = json!({"name": "Wiki", "slug": "wiki", "backchannel_providers": [pk]});
    admin.post("/core/applications/", &application).await.expect(201);
    for (query, expected) in [
        ("", json!(["bravo", "alfa"])),
        ("application__isnull=true", json!(["bravo"])),
        ("application__isnull=False", json!(["alfa"])),
        ("application__isnull=maybe", json!(["bravo", "alfa"])),
        ("backchannel=true", json!(["bravo", "alfa"])),
        ("backchannel=false", json!([])),
        ("search=wIKI", json!(["alfa"])),
        ("search=brav", json!(["bravo"])),
        ("ordering=name", json!(["alfa", "bravo"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("name");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
}

#[tokio::test]
async fn the_kinds_and_what_refers_to_a_provider_are_told() {
    let api = Api::start().await;
    let admin = api.admin();
    let kinds = admin.get(&format!("{PATH}types/")).await.expect(200);
    insta::assert_json_snapshot!(kinds, @r#"
    [
      {
        "name": "SCIM Provider",
        "description": "Keeps users and groups at an application in step over SCIM 2.0",
        "component": "ak-provider-scim-form",
        "model_name": "scimprovider",
        "requires_enterprise": false,
        "deprecated": false
      }
    ]
    "#);
    let pk = provider(&admin, "scim").await;
    let user = api.user("ada").await;
    let link = json!({"scim_id": "r1", "user": user.0, "provider": pk});
    admin.post("/providers/scim_users/", &link).await.expect(201);
    let told = admin.get(&format!("{PATH}{pk}/used_by/")).await.expect(200);
    assert_eq!(told, admin.get(&format!("/providers/scim/{pk}/used_by/")).await.expect(200));
    assert_eq!(told[0]["model_name"], "scimprovideruser");
}

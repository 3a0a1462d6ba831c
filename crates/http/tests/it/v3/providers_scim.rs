//! `/providers/scim/`.

mod access;
mod adoptions;
mod drift;
mod explain;
mod plan;
mod refusals;
mod sync;
mod undo;

use serde_json::{Value, json};

use crate::harness::{Api, Client};

/// A new provider; its key.
pub(crate) async fn provider(admin: &Client, name: &str) -> i64 {
    provider_with(
        admin,
        json!({"name": name, "url": "https://scim.example.com/v2", "token": "canary-remote"}),
    )
    .await
}

pub(crate) async fn provider_with(admin: &Client, request: Value) -> i64 {
    admin.post("/providers/scim/", &request).await.expect(201)["pk"].as_i64().expect("a key")
}

/// A new mapping; its key.
pub(crate) async fn mapping(admin: &Client, name: &str) -> String {
    let request = json!({"name": name, "expression": "return {}"});
    let created = admin.post("/propertymappings/provider/scim/", &request).await.expect(201);
    created["pk"].as_str().expect("a key").to_owned()
}

#[tokio::test]
async fn a_provider_is_created_with_the_documented_defaults() {
    let api = Api::start().await;
    let request =
        json!({"name": "Wiki", "url": "https://wiki.example.com/scim/v2", "token": "canary-remote"});
    let created = api.admin().post("/providers/scim/", &request).await.expect(201);
    let expected = json!({
        "pk": 1,
        "name": "Wiki",
        "property_mappings": [],
        "property_mappings_group": [],
        "component": "ak-provider-scim-form",
        "assigned_backchannel_application_slug": "",
        "assigned_backchannel_application_name": "",
        "verbose_name": "SCIM Provider",
        "verbose_name_plural": "SCIM Providers",
        "meta_model_name": "authentik_providers_scim.scimprovider",
        "url": "https://wiki.example.com/scim/v2",
        "verify_certificates": true,
        "token": "canary-remote",
        "auth_mode": "token",
        "auth_oauth": null,
        "auth_oauth_params": {},
        "auth_user": "",
        "auth_header": "",
        "auth_secret_set": false,
        "client_certificate": "",
        "client_certificate_key_set": false,
        "ca_certificates": "",
        "auth_oauth_token_last_updated": null,
        "auth_oauth_token_expires": null,
        "auth_oauth_url_callback": null,
        "auth_oauth_url_start": null,
        "compatibility_mode": "default",
        "service_provider_config_cache_timeout": "hours=1",
        "exclude_users_service_account": false,
        "filter_group": null,
        "group_filters": [],
        "sync_page_size": 100,
        "sync_page_timeout": "minutes=30",
        "discovery_enabled": true,
        "nested_groups": "direct",
        "drift_check": "off",
        "drift_check_every": "days=1",
        "profile": "",
        "service_provider_config_override": {},
        "four_eyes": false,
        "keep_exchanges": false,
        "user_deprovisioning": "delete",
        "group_deprovisioning": "delete",
        "deprovisioning_days": 30,
        "dry_run": false,
    });
    assert_eq!(created, expected);
    assert_eq!(api.admin().get("/providers/scim/1/").await.expect(200), expected);
    assert_eq!(api.admin().get("/providers/scim/").await.expect(200)["results"], json!([expected]));
}

#[tokio::test]
async fn every_field_can_be_set_and_is_read_back() {
    let api = Api::start().await;
    let admin = api.admin();
    let (users, groups) = (mapping(&admin, "users").await, mapping(&admin, "groups").await);
    let (staff, board) = (api.group("staff", &[]).await, api.group("board", &[]).await);
    let request = json!({
        "name": "Wiki",
        "url": "https://wiki.example.com/scim/v2",
        "token": "canary-remote",
        "property_mappings": [users],
        "property_mappings_group": [groups],
        "verify_certificates": false,
        "auth_mode": "token",
        "auth_oauth": null,
        "auth_oauth_params": {"scope": "scim"},
        "compatibility_mode": "gitlab",
        "service_provider_config_cache_timeout": "seconds=0",
        "exclude_users_service_account": true,
        "filter_group": staff.to_string(),
        "group_filters": [board.to_string(), staff.to_string()],
        "sync_page_size": 7,
        "sync_page_timeout": "Hours=1;minutes=30",
        "discovery_enabled": false,
        "nested_groups": "flattened",
        "drift_check": "repair",
        "drift_check_every": "hours=2",
        "profile": "okta",
        "service_provider_config_override": {"patch": {"supported": true}},
        "four_eyes": true,
        "keep_exchanges": true,
        "user_deprovisioning": "deactivate_then_delete",
        "group_deprovisioning": "nothing",
        "deprovisioning_days": 7,
        "dry_run": true,
    });
    let pk = provider_with(&admin, request.clone()).await;
    let mut read = admin.get(&format!("/providers/scim/{pk}/")).await.expect(200);
    sort(&mut read["group_filters"]);
    let mut expected = request.clone();
    sort(&mut expected["group_filters"]);
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(read[field], *value, "{field}");
    }
}

fn sort(list: &mut Value) {
    list.as_array_mut().expect("a list").sort_by_key(Value::to_string);
}

#[tokio::test]
async fn put_needs_the_required_fields_and_keeps_the_others() {
    let api = Api::start().await;
    let admin = api.admin();
    let mapping = mapping(&admin, "users").await;
    let request = json!({"name": "a", "url": "https://a", "token": "t", "dry_run": true, "property_mappings": [mapping]});
    let path = format!("/providers/scim/{}/", provider_with(&admin, request).await);

    let missing = admin.put(&path, &json!({"name": "b"})).await.expect(400);
    let required = json!(["This field is required."]);
    assert_eq!(missing, json!({"url": required, "token": required}));

    let replaced =
        admin.put(&path, &json!({"name": "b", "url": "https://b", "token": "u"})).await.expect(200);
    assert_eq!(replaced["name"], "b");
    assert_eq!(replaced["token"], "u");
    assert_eq!(replaced["dry_run"], true);
    assert_eq!(replaced["property_mappings"], json!([mapping]));
}

#[tokio::test]
async fn patch_changes_what_it_names() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("/providers/scim/{}/", provider(&admin, "a").await);
    let before = admin.get(&path).await.expect(200);
    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), before);
    assert_eq!(admin.send(reqwest::Method::PATCH, &path, None).await.expect(200), before);

    let group = api.group("staff", &[]).await.to_string();
    let patched =
        admin.patch(&path, &json!({"filter_group": group, "name": "a", "pk": 99})).await.expect(200);
    assert_eq!(patched["filter_group"], group);
    assert_eq!(patched["pk"], before["pk"]);
    assert_eq!(admin.patch(&path, &json!({"filter_group": ""})).await.expect(200), before);
}

#[tokio::test]
async fn a_deleted_provider_is_gone_and_its_key_is_not_used_again() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let path = format!("/providers/scim/{pk}/");
    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMProvider matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert!(provider(&admin, "a").await > pk);
}

#[tokio::test]
async fn lists_are_narrowed_by_filters_and_search() {
    let api = Api::start().await;
    let admin = api.admin();
    let (staff, board) = (api.group("staff", &[]).await, api.group("board", &[]).await);
    for request in [
        json!({"name": "wiki", "url": "https://wiki.example.com", "token": "t", "filter_group": staff.to_string()}),
        json!({"name": "Chat", "url": "https://chat.example.com", "token": "t", "group_filters": [board.to_string()],
               "exclude_users_service_account": true}),
        json!({"name": "shop", "url": "https://shop.example.org", "token": "t"}),
    ] {
        provider_with(&admin, request).await;
    }
    for (query, expected) in [
        ("", json!(["Chat", "shop", "wiki"])),
        ("name=wiki", json!(["wiki"])),
        ("name=Wiki", json!([])),
        ("url=https://shop.example.org", json!(["shop"])),
        ("exclude_users_service_account=true", json!(["Chat"])),
        ("exclude_users_service_account=maybe", json!(["Chat", "shop", "wiki"])),
        (&format!("filter_group={staff}"), json!(["wiki"])),
        (&format!("group_filters={board}&group_filters={staff}"), json!(["Chat"])),
        ("search=CHAT", json!(["Chat"])),
        ("search=example.com wiki", json!(["wiki"])),
        ("ordering=-name", json!(["wiki", "shop", "Chat"])),
        ("page_size=1&page=2", json!(["shop"])),
        ("page_size=1&page=last&unknown=1", json!(["wiki"])),
    ] {
        let listed = admin.get(&format!("/providers/scim/?{query}")).await.column("name");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
}

#[tokio::test]
async fn used_by_lists_mappings_groups_and_connections() {
    let api = Api::start().await;
    let admin = api.admin();
    let (users, groups) = (mapping(&admin, "users").await, mapping(&admin, "groups").await);
    let (ada, staff) = (api.user("ada").await, api.group("staff", &[]).await);
    let pk = provider_with(
        &admin,
        json!({"name": "wiki", "url": "https://wiki", "token": "t", "property_mappings": [users],
               "property_mappings_group": [groups], "group_filters": [staff.to_string()]}),
    )
    .await;
    let user = json!({"provider": pk, "user": ada.0, "scim_id": "u1"});
    let user = admin.post("/providers/scim_users/", &user).await.expect(201)["id"].clone();
    let group = json!({"provider": pk, "group": staff.to_string(), "scim_id": "g1"});
    let group = admin.post("/providers/scim_groups/", &group).await.expect(201)["id"].clone();

    let found = admin.get(&format!("/providers/scim/{pk}/used_by/")).await.expect(200);
    let entry = |app: &str, model: &str, pk: &Value, name: String, action: &str| json!({"app": app, "model_name": model, "pk": pk, "name": name, "action": action});
    let (core, scim) = ("authentik_core", "authentik_providers_scim");
    let expected = json!([
        entry(core, "group", &json!(staff.to_string()), "Group staff".into(), "cascade_many"),
        entry(core, "propertymapping", &json!(users), "Property Mapping users".into(), "cascade_many"),
        entry(core, "propertymapping", &json!(groups), "Property Mapping groups".into(), "cascade_many"),
        entry(scim, "scimprovidergroup", &group, format!("SCIM Provider Group {staff} to {pk}"), "cascade"),
        entry(scim, "scimprovideruser", &user, format!("SCIM Provider User {ada} to {pk}"), "cascade"),
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("/providers/scim/{}/", provider(&admin, "wiki").await);
    for round in 0..20 {
        let flag = round % 2 == 0;
        let (one, two) = (json!({"dry_run": flag}), json!({"exclude_users_service_account": flag}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let read = admin.get(&path).await.expect(200);
        assert_eq!(
            (&read["dry_run"], &read["exclude_users_service_account"]),
            (&json!(flag), &json!(flag)),
            "{round}"
        );
    }
}

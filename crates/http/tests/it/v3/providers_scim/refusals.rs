//! What `/providers/scim/` does not take.

use serde_json::{Value, json};

use super::{provider, provider_with};
use crate::harness::Api;

#[tokio::test]
async fn all_faults_of_a_request_are_reported_together() {
    let api = Api::start().await;
    let admin = api.admin();
    provider(&admin, "taken").await;
    let (unknown, group) =
        ("00000000-0000-4000-8000-00000000dead", api.group("staff", &[]).await.to_string());
    let request = json!({
        "name": "taken",
        "url": "nowhere",
        "token": "",
        "property_mappings": [unknown, "x"],
        "property_mappings_group": [unknown],
        "filter_group": unknown,
        "group_filters": [group, unknown],
        "compatibility_mode": "entra",
        "auth_mode": "smoke",
        "auth_oauth": unknown,
        "auth_oauth_params": [],
        "verify_certificates": "perhaps",
        "dry_run": null,
        "sync_page_size": 0,
        "sync_page_timeout": "soon",
        "service_provider_config_cache_timeout": 5,
    });
    let missing = format!("Invalid pk \"{unknown}\" - object does not exist.");
    let refused = api.admin().post("/providers/scim/", &request).await.expect(400);
    let expected = json!({
        "name": ["provider with this name already exists."],
        "url": ["Enter a valid URL."],
        "token": ["This field may not be blank."],
        "property_mappings": ["“x” is not a valid UUID."],
        "property_mappings_group": [missing],
        "filter_group": [missing],
        "group_filters": [missing],
        "compatibility_mode": ["\"entra\" is not a valid choice."],
        "auth_mode": ["\"smoke\" is not a valid choice."],
        "auth_oauth": [missing],
        "auth_oauth_params": ["Value must be a dictionary, and not have any duplicate keys."],
        "verify_certificates": ["Must be a valid boolean."],
        "dry_run": ["This field may not be null."],
        "sync_page_size": ["Ensure this value is greater than or equal to 1."],
        "sync_page_timeout": ["soon is not in the correct format of 'hours=3;minutes=1'."],
        "service_provider_config_cache_timeout": ["5 is not in the correct format of 'hours=3;minutes=1'."],
    });
    assert_eq!(refused, expected);
    assert_eq!(admin.get("/providers/scim/").await.expect(200)["pagination"]["count"], 1);
}

#[tokio::test]
async fn a_name_is_unique_but_for_the_provider_itself() {
    let api = Api::start().await;
    let admin = api.admin();
    let (one, two) = (provider(&admin, "one").await, provider(&admin, "two").await);
    let refused = admin.patch(&format!("/providers/scim/{two}/"), &json!({"name": "one"})).await.expect(400);
    assert_eq!(refused, json!({"name": ["provider with this name already exists."]}));
    admin.patch(&format!("/providers/scim/{one}/"), &json!({"name": "one"})).await.expect(200);
}

#[tokio::test]
async fn access_tokens_need_to_know_from_where() {
    let api = Api::start().await;
    let admin = api.admin();
    let mut request = json!({"name": "a", "url": "https://a", "auth_mode": "oauth"});
    let refused = admin.post("/providers/scim/", &request).await.expect(400);
    let missing = "`token_url` is required for this authentication mode.";
    assert_eq!(refused, json!({"auth_oauth_params": [missing]}));

    let params = json!({"token_url": "https://login.example/token", "client_id": "me", "scope": "scim"});
    request["auth_oauth_params"] = params.clone();
    let made = admin.post("/providers/scim/", &request).await.expect(201);
    assert_eq!((&made["auth_mode"], &made["auth_oauth_params"]), (&json!("oauth"), &params));
    let path = format!("/providers/scim/{}/", made["pk"]);
    let secret = json!({"auth_oauth_params": {"client_secret": "x"}});
    let refused = admin.patch(&path, &secret).await.expect(400);
    let elsewhere = "The client secret is not kept here: set it as `token`, which is stored encrypted.";
    assert_eq!(refused, json!({"auth_oauth_params": [elsewhere]}));
}

#[tokio::test]
async fn filters_must_name_groups_that_exist() {
    let api = Api::start().await;
    let admin = api.admin();
    let unknown = "00000000-0000-4000-8000-00000000dead";
    for (query, expected) in [
        ("filter_group=x".to_owned(), json!({"filter_group": ["“x” is not a valid UUID."]})),
        ("group_filters=x".to_owned(), json!({"group_filters": ["“x” is not a valid UUID."]})),
        (
            format!("filter_group={unknown}"),
            json!({"filter_group": ["Select a valid choice. That choice is not one of the available choices."]}),
        ),
        (
            format!("group_filters={unknown}"),
            json!({"group_filters": [format!("Select a valid choice. {unknown} is not one of the available choices.")]}),
        ),
    ] {
        assert_eq!(admin.get(&format!("/providers/scim/?{query}")).await.expect(400), expected);
    }
    assert_eq!(admin.get("/providers/scim/?page=2").await.line(), r#"404 {"detail":"Invalid page."}"#);
}

#[tokio::test]
async fn a_missing_provider_outweighs_a_broken_body() {
    let api = Api::start().await;
    let admin = api.admin();
    let missing = r#"404 {"detail":"No SCIMProvider matches the given query."}"#;
    let broken = || Some("{".to_owned());
    assert_eq!(admin.send(reqwest::Method::PATCH, "/providers/scim/7/", broken()).await.line(), missing);
    assert_eq!(
        admin.send(reqwest::Method::POST, "/providers/scim/7/sync/object/", broken()).await.line(),
        missing
    );
    for path in ["/providers/scim/7/", "/providers/scim/7/used_by/", "/providers/scim/7/sync/status/"] {
        assert_eq!(admin.get(path).await.line(), missing, "{path}");
    }
    assert_eq!(admin.get("/providers/scim/x/").await.line(), r#"404 {"detail":"Not found."}"#);
    assert_eq!(admin.get("/providers/scim/99999999999/").await.line(), r#"404 {"detail":"Not found."}"#);
}

#[tokio::test]
async fn text_is_trimmed_and_numbers_come_as_text() {
    let api = Api::start().await;
    let admin = api.admin();
    let request =
        json!({"name": " a ", "url": " https://a ", "token": " t ", "sync_page_size": "7", "dry_run": "yes"});
    let pk = provider_with(&admin, request).await;
    let read = admin.get(&format!("/providers/scim/{pk}/")).await.expect(200);
    let got: Vec<&Value> =
        ["name", "url", "token", "sync_page_size", "dry_run"].map(|field| &read[field]).into();
    assert_eq!(got, [&json!("a"), &json!("https://a"), &json!("t"), &json!(7), &json!(true)]);
}

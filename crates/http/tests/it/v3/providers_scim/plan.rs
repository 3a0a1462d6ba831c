//! `/providers/scim/{id}/plan/`.

use chrono::TimeDelta;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::{Value, json};

use super::provider_with;
use crate::harness::{Api, Client};

/// A provider that rehearses, whose users have a mapping; its key.
async fn rehearsing(admin: &Client, remote: &FakeRemote) -> i64 {
    let expression = "return {\"userName\": request.user.username, \"password\": \"canary-mapped\"}";
    let request = json!({"name": "users", "expression": expression});
    let mapping = admin.post("/propertymappings/provider/scim/", &request).await.expect(201)["pk"].clone();
    let request = json!({"name": "wiki", "url": remote.url(), "token": "canary-remote", "dry_run": true,
                         "property_mappings": [mapping]});
    let pk = provider_with(admin, request).await;
    let request = json!({"name": "App", "slug": "app", "backchannel_providers": [pk]});
    admin.post("/core/applications/", &request).await.expect(201);
    pk
}

fn names(page: &Value) -> Vec<String> {
    let results = page["results"].as_array().expect("results");
    results.iter().map(|it| format!("{} {}", it["step"], it["name"]).replace('"', "")).collect()
}

#[tokio::test]
async fn a_plan_is_made_shown_by_page_and_applied() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = rehearsing(&admin, &remote).await;
    api.user("ada").await;

    let plan = admin.post(&format!("/providers/scim/{pk}/plan/"), &json!({})).await.expect(201);
    assert_eq!((&plan["state"], &plan["outcomes"]), (&json!("ready"), &json!({})));
    let n_users = plan["counts"]["create"].as_i64().expect("a number");
    assert!(n_users >= 1, "{plan}");
    let path = format!("/providers/scim/{pk}/plan/{}/", plan["pk"].as_str().expect("a key"));
    let answer = admin.get(&format!("{path}?page_size=1&page=last")).await;
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    let page = answer.expect(200);
    assert_eq!(page["results"].as_array().map(Vec::len), Some(1));
    let page = admin.get(&path).await.expect(200);
    assert!(names(&page).contains(&"create ada".to_owned()), "{page}");
    let masked = json!({"attribute": "password", "from": null, "to": "***"});
    let told = page["results"][0]["attributes"].as_array().expect("differences").contains(&masked);
    assert!(told, "{page}");

    let apply = format!("{path}apply/");
    let refused = admin.post(&apply, &json!({})).await.expect(400);
    assert!(refused["non_field_errors"][0].as_str().is_some_and(|it| it.contains("override_dry_run")));
    let applied = admin.post(&apply, &json!({"override_dry_run": true})).await.expect(200);
    assert_eq!((&applied["state"], &applied["outcomes"]["created"]), (&json!("applied"), &json!(n_users)));
    assert_eq!(remote.users().len(), usize::try_from(n_users).expect("few"));

    api.clock.advance(TimeDelta::days(1));
    assert_eq!(admin.get(&path).await.line(), r#"404 {"detail":"No SCIMPlan matches the given query."}"#);
    assert_eq!(admin.post(&apply, &json!({})).await.status, 404);
}

#[tokio::test]
async fn the_plan_of_another_provider_is_not_found() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = rehearsing(&admin, &remote).await;
    let other = super::provider(&admin, "other").await;
    let plan = admin.post(&format!("/providers/scim/{pk}/plan/"), &json!({})).await.expect(201);
    let plan = plan["pk"].as_str().expect("a key").to_owned();
    for path in [format!("/providers/scim/{other}/plan/{plan}/"), format!("/providers/scim/{pk}/plan/x/")] {
        assert_eq!(admin.get(&path).await.status, 404, "{path}");
    }
    // Only the latest few are kept.
    for _ in 0..5 {
        api.clock.advance(TimeDelta::seconds(1));
        admin.post(&format!("/providers/scim/{pk}/plan/"), &json!({})).await.expect(201);
    }
    assert_eq!(admin.get(&format!("/providers/scim/{pk}/plan/{plan}/")).await.status, 404);
}

#[tokio::test]
async fn the_plans_of_a_provider_are_listed_by_page_the_newest_first() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = rehearsing(&admin, &remote).await;
    let other = super::provider(&admin, "other").await;
    let plans = format!("/providers/scim/{pk}/plan/");
    assert_eq!(admin.get(&plans).await.expect(200)["results"], json!([]));
    let mut made = Vec::new();
    for _ in 0..3 {
        api.clock.advance(TimeDelta::seconds(1));
        made.insert(0, admin.post(&plans, &json!({})).await.expect(201));
    }
    let listed = admin.get(&plans).await.expect(200);
    assert_eq!(listed["results"], json!(made));
    assert_eq!(listed["results"][0]["asked_by"], json!("admin"));
    let page = admin.get(&format!("{plans}?page=2&page_size=2")).await.expect(200);
    assert_eq!((&page["results"], &page["pagination"]["count"]), (&json!([made[2]]), &json!(3)));
    assert_eq!(admin.get(&format!("{plans}?page=9")).await.status, 404);
    assert_eq!(admin.get(&format!("/providers/scim/{other}/plan/")).await.expect(200)["results"], json!([]));
    assert_eq!(admin.get("/providers/scim/77/plan/").await.status, 404);

    let apply = format!("{plans}{}/apply/", made[1]["pk"].as_str().expect("a key"));
    let applied = admin.post(&apply, &json!({"override_dry_run": true})).await.expect(200);
    let listed = admin.get(&plans).await.expect(200);
    assert_eq!((&listed["results"][1], &applied["state"]), (&applied, &json!("applied")));
    api.clock.advance(TimeDelta::days(1));
    assert_eq!(admin.get(&plans).await.expect(200)["results"], json!([]), "they have expired");
}

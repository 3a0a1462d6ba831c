//! `/providers/scim/{id}/explain/` and `/providers/scim/{id}/runs/`.

use chrono::TimeDelta;
use scimitar_domain::{Clock, IdSource, KindCounts, ProviderPk, Run, RunCounts, RunId, RunState, RunTrigger};
use scimitar_store::runs;
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::json;

use super::provider_with;
use crate::harness::Api;

#[tokio::test]
async fn an_object_is_explained_to_whoever_administers() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let mapping = json!({"name": "users", "expression": "return {\"userName\": request.user.username, \"password\": \"tiger\"}"});
    let mapping = admin.post("/propertymappings/provider/scim/", &mapping).await.expect(201)["pk"].clone();
    let ada = api.user("ada").await;
    let request = json!({"name": "wiki", "url": remote.url(), "token": "canary-remote", "property_mappings": [mapping]});
    let pk = provider_with(&admin, request).await;
    let path = format!("/providers/scim/{pk}/explain/");

    let answer = admin.get(&format!("{path}?user={ada}")).await;
    let told = answer.expect(200);
    assert_eq!((&told["object"], &told["name"]), (&json!(ada.to_string()), &json!("ada")));
    assert_eq!((&told["in_scope"], &told["reasons"]), (&json!(true), &json!(["all users are sent"])));
    assert_eq!(told["stopped"], json!(["the provider is not a backchannel provider of any application"]));
    assert_eq!(told["mapping"]["resource"]["password"], "***");
    assert_eq!((&told["link"], &told["matched"]["outcome"]), (&json!(null), &json!("nothing")));
    assert_eq!((&told["step"], &told["attempt"]), (&json!("create"), &json!(null)));
    assert!(!answer.text.contains("tiger") && !answer.text.contains("canary-remote"));

    let either = json!({"user": ["Name either a `user` or a `group`."]});
    let group = "00000000-0000-4000-8000-00000000dead";
    for query in [String::new(), format!("?user={ada}&group={group}")] {
        assert_eq!(admin.get(&format!("{path}{query}")).await.expect(400), either);
    }
    let told = admin.get(&format!("{path}?group={group}")).await.expect(200);
    assert_eq!(told["reasons"], json!(["there is no such group"]));
    assert_eq!(admin.get(&format!("/providers/scim/77/explain/?user={ada}")).await.status, 404);
}

#[tokio::test]
async fn runs_are_listed_with_users_and_groups_apart() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider_with(&admin, json!({"name": "a", "url": "https://a", "token": "t"})).await;
    let provider = ProviderPk(i32::try_from(pk).expect("a key"));
    for (n, state) in [(1, RunState::Done), (2, RunState::Warning)] {
        let (id, now) = (RunId(api.ids.uuid()), api.clock.now());
        let run = Run {
            id,
            provider,
            trigger: RunTrigger::Manual,
            dry_run: false,
            state: RunState::Users,
            started_at: now,
            finished_at: None,
            counts: RunCounts::default(),
            detail: None,
        };
        let of_groups = KindCounts { created: n, ..KindCounts::default() };
        let counts = RunCounts { created: 10, failed: 3, of_groups, ..RunCounts::default() };
        api.write(move |conn| {
            runs::start(conn, &run)?;
            runs::set_scope(conn, id, 20, 5)?;
            runs::add_counts(conn, id, &counts)?;
            runs::finish(conn, id, state, None, now)
        })
        .await;
        api.clock.advance(TimeDelta::seconds(1));
    }
    let path = format!("/providers/scim/{pk}/runs/");
    let page = admin.get(&path).await.expect(200);
    assert_eq!(page["pagination"]["count"], 2);
    let newest = &page["results"][0];
    assert_eq!((&newest["state"], &newest["trigger"]), (&json!("warning"), &json!("manual")));
    let told = |run: &serde_json::Value, kind: &str| {
        (run[kind]["in_scope"].clone(), run[kind]["created"].clone(), run[kind]["failed"].clone())
    };
    assert_eq!(told(newest, "users"), (json!(15), json!(8), json!(3)));
    assert_eq!(told(newest, "groups"), (json!(5), json!(2), json!(0)));
    let second = admin.get(&format!("{path}?page=2&page_size=1")).await.expect(200);
    assert_eq!(second["results"][0]["state"], "done");
    assert_eq!(admin.get("/providers/scim/77/runs/").await.status, 404);
}

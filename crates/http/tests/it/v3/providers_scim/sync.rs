//! `/providers/scim/{id}/sync/`.

use chrono::TimeDelta;
use scimitar_domain::{
    Clock, IdSource, Lesson, ObjectKind, ProviderPk, Run, RunCounts, RunId, RunState, RunTrigger, Taught,
};
use scimitar_store::guards::{self, GuardLimits};
use scimitar_store::{jobs, lessons, runs};
use scimitar_testkit::remote::{Behaviour, FakeRemote};
use serde_json::{Value, json};

use super::{provider, provider_with};
use crate::harness::{Api, Client};

const USER: &str = "authentik.core.models.User";
const GROUP: &str = "authentik.core.models.Group";

fn ask(model: &str, id: &str) -> Value {
    json!({"sync_object_model": model, "sync_object_id": id})
}

/// A mapping that gives a user what every remote asks for; its key.
async fn user_name(admin: &Client) -> Value {
    let expression = "return {\"userName\": request.user.username}";
    let request = json!({"name": "users", "expression": expression});
    admin.post("/propertymappings/provider/scim/", &request).await.expect(201)["pk"].clone()
}

/// A provider is synced once an application names it.
async fn attach(admin: &Client, provider: &Value) {
    let request = json!({"name": "App", "slug": "app", "backchannel_providers": [provider]});
    admin.post("/core/applications/", &request).await.expect(201);
}

#[tokio::test]
async fn an_object_that_nothing_is_known_of_gives_no_messages() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let path = format!("/providers/scim/{pk}/sync/object/");
    let told = admin.post(&path, &ask(USER, "999999")).await.expect(200)["messages"][0]["event"].clone();
    assert_eq!(
        told,
        "Stopping sync due to error: the provider is not a backchannel provider of any application"
    );
    attach(&admin, &json!(pk)).await;
    for request in [
        ask(USER, "999999"),
        ask(USER, "ada"),
        ask(GROUP, "00000000-0000-4000-8000-00000000dead"),
        ask(GROUP, "7"),
    ] {
        assert_eq!(admin.post(&path, &request).await.line(), r#"200 {"messages":[]}"#, "{request}");
    }
}

#[tokio::test]
async fn a_request_to_sync_is_judged_field_by_field() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("/providers/scim/{}/sync/object/", provider(&admin, "a").await);
    let required = json!(["This field is required."]);
    let refused = admin.post(&path, &json!({})).await.expect(400);
    assert_eq!(refused, json!({"sync_object_model": required, "sync_object_id": required}));
    let refused = admin
        .post(
            &path,
            &json!({"sync_object_model": "User", "sync_object_id": " ", "override_dry_run": "perhaps"}),
        )
        .await
        .expect(400);
    let expected = json!({
        "sync_object_model": ["\"User\" is not a valid choice."],
        "sync_object_id": ["This field may not be blank."],
        "override_dry_run": ["Must be a valid boolean."],
    });
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn one_user_is_sent_to_the_remote_and_connected() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote =
        FakeRemote::start(Behaviour { token: Some("canary-remote".to_owned()), ..Behaviour::default() })
            .await;
    let mapping = user_name(&admin).await;
    let ada = api.user("ada").await;
    let request = json!({"name": "wiki", "url": remote.url(), "token": "canary-remote", "property_mappings": [mapping]});
    let pk = provider_with(&admin, request).await;
    attach(&admin, &json!(pk)).await;

    let path = format!("/providers/scim/{pk}/sync/object/");
    let answer = admin.post(&path, &ask(USER, &ada.to_string())).await;
    let told = answer.expect(200)["messages"].clone();
    let told: Vec<_> =
        told.as_array().expect("a list").iter().map(|it| it["event"].as_str().unwrap_or_default()).collect();
    assert_eq!(told.last(), Some(&"user ada was created"), "{told:?}");
    assert!(
        told.iter().any(|it| it.starts_with(&format!("POST {}/Users was answered with 201", remote.url()))),
        "{told:?}"
    );
    assert!(!answer.text.contains("canary-remote"));
    let again = admin.post(&path, &ask(USER, &ada.to_string())).await.expect(200)["messages"].clone();
    assert_eq!(again[0]["event"], "user ada was in step already");
    let connected = admin.get("/providers/scim_users/?user__username=ada").await.column("user");
    assert_eq!(connected, [json!(ada.0)]);
    assert_eq!(remote.users().len(), 1);
}

#[tokio::test]
async fn a_rehearsal_tells_what_it_would_have_sent() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let mapping = user_name(&admin).await;
    let request = json!({"name": "wiki", "url": "https://127.0.0.1:9", "token": "canary-remote", "dry_run": true,
                         "property_mappings": [mapping]});
    let pk = provider_with(&admin, request).await;
    attach(&admin, &json!(pk)).await;
    let answer =
        admin.post(&format!("/providers/scim/{pk}/sync/object/"), &ask(USER, &ada.to_string())).await;
    let messages = answer.expect(200)["messages"].clone();
    assert_eq!(messages.as_array().map(Vec::len), Some(1), "{messages}");
    assert_eq!(messages[0]["log_level"], "info");
    assert_eq!(messages[0]["event"], "Dropping mutating request due to dry run");
    assert_eq!(messages[0]["logger"], "SCIM Provider@authentik.core.models.User");
    assert_eq!(messages[0]["attributes"]["method"], "POST");
    assert_eq!(messages[0]["timestamp"], "2026-01-01T00:00:00Z");
    assert!(!answer.text.contains("canary-remote"));
}

#[tokio::test]
async fn the_status_is_empty_before_the_first_sync() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("/providers/scim/{}/sync/status/", provider(&admin, "a").await);
    assert_eq!(admin.get(&path).await.line(), r#"200 {"is_running":false,"tasks":[]}"#);
}

#[tokio::test]
async fn the_status_tells_of_the_latest_syncs_in_the_words_of_old_and_new_clients() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "My Wiki").await;
    let path = format!("/providers/scim/{pk}/sync/status/");
    let started_at = api.clock.now();
    let run = Run {
        id: RunId(api.ids.uuid()),
        provider: ProviderPk(i32::try_from(pk).expect("a key")),
        trigger: RunTrigger::Saved,
        dry_run: false,
        state: RunState::Users,
        started_at,
        finished_at: None,
        counts: RunCounts::default(),
        detail: None,
    };
    let (id, begun) = (run.id, run);
    api.write(move |conn| runs::start(conn, &begun)).await;
    api.clock.advance(TimeDelta::milliseconds(1500));
    let running = admin.get(&path).await.expect(200);
    assert_eq!(running["is_running"], true);
    assert_eq!(running["tasks"][0]["status"], "unknown");
    assert_eq!(running["tasks"][0]["duration"], 1.5);
    assert!(running.get("last_sync_status").is_none() && running.get("last_successful_sync").is_none());

    let finished_at = api.clock.now();
    api.write(move |conn| runs::finish(conn, id, RunState::Done, None, finished_at)).await;
    let mut done = admin.get(&path).await.expect(200);
    done["tasks"][0]["description"] = Value::Null;
    let expected = json!({
        "is_running": false,
        "tasks": [{
            "uuid": id.0.to_string(),
            "name": "scim_sync",
            "full_name": "scim_sync:my-wiki",
            "uid": "my-wiki",
            "description": null,
            "start_timestamp": "2026-01-01T00:00:00Z",
            "finish_timestamp": "2026-01-01T00:00:01.500000Z",
            "duration": 1.5,
            "status": "successful",
            "messages": [],
            "expires": null,
            "expiring": false,
        }],
        "last_successful_sync": "2026-01-01T00:00:01.500000Z",
        "last_sync_status": "done",
    });
    assert_eq!(done, expected);
}

#[tokio::test]
async fn what_a_guard_holds_is_shown_and_can_be_approved() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let provider = ProviderPk(i32::try_from(pk).expect("a key"));
    let limits = GuardLimits { floor: 0, percent: 0, window: TimeDelta::hours(1) };
    let now = api.clock.now();
    api.write(move |conn| guards::look_ahead(conn, provider, 12, None, limits, now)).await;

    admin.post(&format!("/providers/scim/{pk}/sync/approve/"), &json!({})).await.expect(204);
    let guard = api.write(move |conn| guards::find(conn, provider)).await.expect("a guard");
    assert_eq!((guard.held, guard.held_since), (0, None));
    assert_eq!(guard.approved_until, Some(now + TimeDelta::hours(1)));
    let jobs = api.write(move |conn| jobs::of_lane(conn, &format!("provider:{pk}"), 10)).await;
    assert_eq!(jobs.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["run"]);
    assert_eq!(admin.post("/providers/scim/77/sync/approve/", &json!({})).await.status, 404);
}

#[tokio::test]
async fn what_a_guard_holds_can_be_rejected_with_a_reason() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let provider = ProviderPk(i32::try_from(pk).expect("a key"));
    let reject = format!("/providers/scim/{pk}/sync/reject/");
    assert_eq!(admin.post(&reject, &json!({})).await.line(), r#"200 {"rejected":0}"#);
    let limits = GuardLimits { floor: 0, percent: 0, window: TimeDelta::hours(1) };
    let now = api.clock.now();
    api.write(move |conn| guards::look_ahead(conn, provider, 12, None, limits, now)).await;

    let refused = admin.post(&reject, &json!({"reason": "x".repeat(1_001)})).await;
    let told = r#"400 {"reason":["Ensure this field has no more than 1000 characters."]}"#;
    assert_eq!(refused.line(), told);
    // Nothing that this provider has made waits: of the twelve, none is there.
    let reason = "é".repeat(1_000);
    admin.post(&reject, &json!({"reason": reason})).await.expect(200);
    let guard = admin.get(&format!("/providers/scim/{pk}/sync/guard/")).await.expect(200);
    assert_eq!((&guard["held"], &guard["held_since"]), (&json!(0), &json!(null)));
    let event = &guard["events"][0];
    assert_eq!((&event["deed"], &event["by"]), (&json!("rejected"), &json!("admin")));
    assert!(event["detail"].as_str().is_some_and(|detail| detail.ends_with(&reason)), "{event}");
    assert_eq!(admin.post("/providers/scim/77/sync/reject/", &json!({})).await.status, 404);
}

/// A provider whose remote refuses users, with one user of whom it has refused to hear.
async fn refusing(api: &Api, remote: &FakeRemote) -> i64 {
    let admin = api.admin();
    let mapping = user_name(&admin).await;
    let request = json!({
        "name": "a", "url": remote.url(), "token": "t", "property_mappings": [mapping],
        "discovery_enabled": false,
    });
    let pk = provider_with(&admin, request).await;
    attach(&admin, &json!(pk)).await;
    pk
}

#[tokio::test]
async fn what_fails_is_listed_and_can_be_tried_again() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = refusing(&api, &remote).await;
    let ada = api.user("ada").await;
    remote.next_answers([400]);
    admin.post(&format!("/providers/scim/{pk}/sync/object/"), &ask(USER, &ada.to_string())).await.expect(200);

    let list = admin.get(&format!("/providers/scim/{pk}/sync/failures/")).await.expect(200);
    let failure = &list["results"][0];
    assert_eq!(list["pagination"]["count"], 1, "{list}");
    assert_eq!(failure["sync_object_model"], USER);
    assert_eq!(failure["sync_object_id"], ada.to_string());
    assert_eq!((&failure["name"], &failure["class"]), (&json!("ada"), &json!("rejected")));
    assert_eq!((&failure["attempts"], &failure["next_attempt"]), (&json!(1), &Value::Null));
    assert_eq!(failure["is_deletion"], false);

    let path = format!("/providers/scim/{pk}/sync/retry/");
    let none = json!({"objects": [ask(GROUP, "00000000-0000-4000-8000-00000000dead")]});
    assert_eq!(admin.post(&path, &none).await.line(), r#"200 {"retried":0}"#);
    let one = json!({"objects": [ask(USER, &ada.to_string())]});
    assert_eq!(admin.post(&path, &one).await.line(), r#"200 {"retried":1}"#);
    assert_eq!(admin.post(&path, &json!({})).await.line(), r#"200 {"retried":1}"#);
    let jobs = api.write(move |conn| jobs::of_lane(conn, &format!("provider:{pk}"), 10)).await;
    assert_eq!(jobs.iter().filter(|job| job.kind == "object").count(), 1);
    assert_eq!(admin.post("/providers/scim/77/sync/retry/", &json!({})).await.status, 404);
}

#[tokio::test]
async fn what_is_known_of_a_remote_is_shown_and_what_was_learned_can_be_forgotten() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = refusing(&api, &remote).await;
    let provider = ProviderPk(i32::try_from(pk).expect("a key"));
    let lesson = Lesson {
        kind: ObjectKind::User,
        taught: Taught::NoPatch,
        detail: "it answered 405".to_owned(),
        learned_at: api.clock.now(),
    };
    api.write(move |conn| lessons::learn(conn, provider, &lesson)).await;

    let path = format!("/providers/scim/{pk}/capabilities/");
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["profile"], &shown["profile_chosen_by"]), (&json!("default"), &json!("default")));
    assert_eq!(shown["service_provider_config_by"], "remote");
    assert_eq!(shown["service_provider_config"]["patch"], true, "{shown}");
    assert_eq!(shown["profile_settings"]["discovery"], "ServiceProviderConfig");
    assert_eq!(shown["users"], json!({"offered": true, "change": ["put"], "filter": true, "etag": false}));
    assert_eq!(shown["groups"]["change"], json!(["patch", "put"]));
    assert_eq!((&shown["members_by"], &shown["members_per_request"]), (&json!("patch"), &json!(500)));
    assert_eq!(
        (&shown["operations_per_request"], &shown["profile_settings"]["bulk"]),
        (&json!(1), &json!("auto"))
    );
    assert_eq!(shown["learned"][0]["lesson"], "no_patch");
    assert_eq!(shown["learned"][0]["detail"], "it answered 405");

    assert_eq!(shown["warnings"], json!([]));

    admin.delete(&path).await.expect(204);
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["learned"], &shown["users"]["change"]), (&json!([]), &json!(["patch", "put"])));
    for refused in [
        admin.get("/providers/scim/77/capabilities/").await,
        admin.delete("/providers/scim/77/capabilities/").await,
    ] {
        assert_eq!(refused.status, 404);
    }
}

#[tokio::test]
async fn a_remote_that_anybody_could_be_is_warned_of_where_it_is_looked_at() {
    let api = Api::start().await;
    let admin = api.admin();
    let remote = FakeRemote::start(Behaviour::default()).await;
    let pk = refusing(&api, &remote).await;
    let open = json!({"verify_certificates": false, "url": "https://127.0.0.1:9/v2"});
    admin.patch(&format!("/providers/scim/{pk}/"), &open).await.expect(200);
    let shown = admin.get(&format!("/providers/scim/{pk}/capabilities/")).await.expect(200);
    let [warning] = shown["warnings"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("{shown}")
    };
    assert!(warning.as_str().is_some_and(|it| it.contains("certificate is not verified")), "{warning}");
}

#[tokio::test]
async fn with_four_eyes_the_one_who_saved_the_provider_cannot_approve() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let provider = ProviderPk(i32::try_from(pk).expect("a key"));
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({"four_eyes": true})).await.expect(200);
    let limits = GuardLimits { floor: 0, percent: 0, window: TimeDelta::hours(1) };
    let now = api.clock.now();
    api.write(move |conn| guards::look_ahead(conn, provider, 12, None, limits, now)).await;

    let approve = format!("/providers/scim/{pk}/sync/approve/");
    let refused = admin.post(&approve, &json!({})).await.expect(400);
    let why = refused["non_field_errors"][0].as_str().expect("a sentence").to_owned();
    assert!(why.contains("has made the change"), "{why}");
    let guard = admin.get(&format!("/providers/scim/{pk}/sync/guard/")).await.expect(200);
    assert_eq!(guard["held"], 12);
    let events = guard["events"].as_array().expect("events");
    let told: Vec<String> = events.iter().map(|it| format!("{} {}", it["deed"], it["by"])).collect();
    assert_eq!(told.first().map(String::as_str), Some(r#""refused" "admin""#));
    assert_eq!(told.get(1).map(String::as_str), Some(r#""held" null"#));
    assert_eq!(events[0]["detail"], why);
    let off = admin.patch(&format!("/providers/scim/{pk}/"), &json!({"four_eyes": false})).await.expect(400);
    assert!(off["four_eyes"][0].as_str().expect("a sentence").contains("are held"), "{off}");
    api.write(move |conn| guards::clear(conn, provider)).await;
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({"four_eyes": false})).await.expect(200);
}

#[tokio::test]
async fn a_provider_is_drained_by_an_administrator() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = provider(&admin, "a").await;
    let path = format!("/providers/scim/{pk}/drain/");
    let idle = json!({"draining": false, "open": 0, "waiting": 0, "detail": null});
    assert_eq!(admin.get(&path).await.expect(200), idle);
    let begun = admin.post(&path, &json!({})).await.expect(200);
    assert_eq!(begun["draining"], true);
    let guard = admin.get(&format!("/providers/scim/{pk}/sync/guard/")).await.expect(200);
    assert_eq!(guard["events"][0]["detail"], "asked for everything to be deprovisioned");
    admin.patch(&format!("/providers/scim/{pk}/"), &json!({})).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200), idle);
    admin.post("/providers/scim/4711/drain/", &json!({})).await.expect(404);
}

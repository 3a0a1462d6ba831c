//! `/core/tokens/`.

use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Api};

#[tokio::test]
async fn a_token_is_created_without_showing_its_key() {
    let api = Api::start().await;
    let admin = api.admin();
    let token = admin.post("/core/tokens/", &json!({"identifier": "robot"})).await.expect(201);
    let mut shown = token.clone();
    (shown["pk"], shown["user_obj"]) = ("[uuid]".into(), "[user]".into());
    insta::assert_json_snapshot!(shown, @r#"
    {
      "pk": "[uuid]",
      "managed": null,
      "identifier": "robot",
      "intent": "api",
      "user": 1,
      "user_obj": "[user]",
      "description": "",
      "expires": "2026-01-02T00:00:00Z",
      "expiring": true
    }
    "#);
    assert_eq!(token["user_obj"]["username"], "admin");
    assert_eq!(admin.get("/core/tokens/robot/").await.expect(200), token);
    let view = admin.get("/core/tokens/robot/view_key/").await.expect(200);
    let key = view["key"].as_str().expect("a key");
    assert_eq!(api.with_key(key).get("/core/users/me/").await.status, 200);
}

#[tokio::test]
async fn keys_come_out_of_one_door_only() {
    let api = Api::start().await;
    let admin = api.admin();
    for path in [
        "/core/tokens/",
        "/core/tokens/admin-token/",
        "/core/tokens/admin-token/used_by/",
        "/core/tokens/?search=canary",
        "/core/users/",
        "/core/users/me/",
        "/core/users/1/",
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text.contains("canary"), "{path} shows a key: {}", answer.text);
    }
    let changed = admin.patch("/core/tokens/admin-token/", &json!({"description": "x"})).await;
    assert!(!changed.text.contains("canary"));
    assert_eq!(admin.get("/core/tokens/admin-token/view_key/").await.expect(200), json!({"key": ADMIN_KEY}));
}

#[tokio::test]
async fn a_key_can_be_chosen() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    api.token(ada, "robot", "first", |_| {}).await;
    let path = "/core/tokens/robot/set_key/";
    assert_eq!(admin.post(path, &json!({"key": "second"})).await.line(), "204 ");
    assert_eq!(api.with_key("first").get("/core/users/me/").await.status, 403);
    assert_eq!(api.with_key("second").get("/core/users/me/").await.status, 200);

    assert_eq!(admin.post(path, &json!({})).await.expect(400), json!({"key": ["This field is required."]}));
    let blank = json!({"key": ["This field may not be blank."]});
    assert_eq!(admin.post(path, &json!({"key": " "})).await.expect(400), blank);
    let taken = admin.post(path, &json!({"key": ADMIN_KEY})).await;
    assert_eq!(taken.status, 400);
    assert!(!taken.text.contains(ADMIN_KEY));
    assert_eq!(admin.post("/core/tokens/nothing/set_key/", &json!({})).await.status, 404);
}

#[tokio::test]
async fn ordinary_users_keep_their_own_tokens() {
    let api = Api::start().await;
    let (pk, ada) = api.ordinary("ada").await;
    assert_eq!(ada.get("/core/tokens/").await.column("identifier"), ["ada-token"]);
    assert_eq!(api.admin().get("/core/tokens/").await.column("identifier"), ["ada-token", "admin-token"]);

    let missing = json!({"detail": "No Token matches the given query."});
    for path in ["/core/tokens/admin-token/", "/core/tokens/admin-token/view_key/"] {
        assert_eq!(ada.get(path).await.expect(404), missing);
    }
    assert_eq!(ada.delete("/core/tokens/admin-token/").await.expect(404), missing);
    assert_eq!(ada.patch("/core/tokens/admin-token/", &json!({})).await.expect(404), missing);
    let set_key = "/core/tokens/admin-token/set_key/";
    assert_eq!(ada.post(set_key, &json!({"key": "x"})).await.expect(404), missing);
    let own = ada.post("/core/tokens/ada-token/set_key/", &json!({"key": "x"})).await;
    assert_eq!(own.expect(403), json!({"detail": "You do not have permission to perform this action."}));

    // Whatever they ask for, it is their own, it ends, and it is nobody else's business.
    let body = json!({"identifier": "second", "user": 1, "expiring": false, "managed": "goauthentik.io/x"});
    let token = ada.post("/core/tokens/", &body).await.expect(201);
    assert_eq!((&token["user"], &token["expiring"]), (&json!(pk.0), &json!(true)));
    assert_eq!(token["managed"], Value::Null);
    assert_eq!(ada.get("/core/tokens/second/view_key/").await.status, 200);
    let kept = ada.patch("/core/tokens/second/", &json!({"expiring": false})).await.expect(200);
    assert_eq!(kept["expiring"], true);
    assert_eq!(ada.delete("/core/tokens/second/").await.status, 204);
}

#[tokio::test]
async fn the_service_sets_the_end_of_api_tokens() {
    let api = Api::start().await;
    let admin = api.admin();
    let create = async |body: Value| admin.post("/core/tokens/", &body).await.expect(201);
    let tomorrow = "2026-01-02T00:00:00Z";
    let later = "2030-01-01T00:00:00Z";
    assert_eq!(create(json!({"identifier": "a", "expires": later})).await["expires"], tomorrow);
    let password = json!({"identifier": "b", "expires": later, "intent": "app_password"});
    assert_eq!(create(password).await["expires"], later);
    let password = json!({"identifier": "c", "intent": "app_password"});
    assert_eq!(create(password).await["expires"], tomorrow);
    let eternal = create(json!({"identifier": "d", "expiring": false})).await;
    assert_eq!((&eternal["expiring"], &eternal["expires"]), (&json!(false), &Value::Null));

    api.clock.advance(chrono::TimeDelta::hours(1));
    let path = "/core/tokens/a/";
    assert_eq!(admin.patch(path, &json!({"description": "x"})).await.expect(200)["expires"], tomorrow);
    let renewed = admin.patch(path, &json!({"expires": later})).await.expect(200);
    assert_eq!(renewed["expires"], "2026-01-02T01:00:00Z");
}

#[tokio::test]
async fn faults_are_told_all_at_once() {
    let api = Api::start().await;
    let admin = api.admin();
    let body = json!({"identifier": "admin-token", "intent": "verification", "user": 999, "managed": ""});
    let told = admin.post("/core/tokens/", &body).await.expect(400);
    let expected = json!({
        "identifier": ["Token with this identifier already exists."],
        "intent": ["Invalid intent verification"],
        "user": ["Invalid pk \"999\" - object does not exist."],
        "managed": ["This field may not be blank."],
    });
    assert_eq!(told, expected);
    let slug = "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.";
    let told = admin.post("/core/tokens/", &json!({"identifier": "a b"})).await.expect(400);
    assert_eq!(told, json!({"identifier": [slug]}));

    admin.post("/core/tokens/", &json!({"identifier": "a", "managed": "x"})).await.expect(201);
    let told = admin.post("/core/tokens/", &json!({"identifier": "b", "managed": "x"})).await.expect(400);
    assert_eq!(told, json!({"managed": ["Token with this Managed by authentik already exists."]}));

    let other = api.user("ada").await;
    let told = admin.patch("/core/tokens/a/", &json!({"user": other.0})).await.expect(400);
    assert_eq!(told, json!({"non_field_errors": ["User cannot be changed"]}));
    let told = admin.put("/core/tokens/a/", &json!({})).await.expect(400);
    assert_eq!(told, json!({"identifier": ["This field is required."]}));
}

#[tokio::test]
async fn a_list_is_narrowed_down_by_filters() {
    let api = Api::start().await;
    let (_, _) = api.ordinary("ada").await;
    let admin = api.admin();
    let bob = api.user("bob").await;
    api.token(bob, "bob-password", "k", |token| {
        token.intent = scimitar_domain::Intent::AppPassword;
        token.expiring = false;
        token.expires = None;
        token.description = "for the printer".into();
    })
    .await;
    let found = async |query: &str| admin.get(&format!("/core/tokens/?{query}")).await.column("identifier");
    assert_eq!(found("").await, ["ada-token", "admin-token", "bob-password"]);
    assert_eq!(found("ordering=-identifier&page_size=1").await, ["bob-password"]);
    assert_eq!(found("identifier=ada-token").await, ["ada-token"]);
    assert_eq!(found("intent=app_password").await, ["bob-password"]);
    assert_eq!(found("user__username=ada").await, ["ada-token"]);
    assert_eq!(found("expiring=false").await, ["bob-password"]);
    assert_eq!(found("expires=2027-01-01T00:00:00Z").await, ["ada-token", "admin-token"]);
    assert_eq!(found("search=printer").await, ["bob-password"]);
    let told = admin.get("/core/tokens/?intent=x&expires=y").await.expect(400);
    let expected = json!({
        "intent": ["Select a valid choice. x is not one of the available choices."],
        "expires": ["Enter a valid date/time."],
    });
    assert_eq!(told, expected);
}

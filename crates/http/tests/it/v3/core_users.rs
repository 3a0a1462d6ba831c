//! `/core/users/`.

mod set_password;

use scimitar_domain::UserKind;
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn a_user_is_created_with_defaults_and_shown_in_full() {
    let api = Api::start().await;
    let created = api.admin().post("/core/users/", &json!({"username": "ada", "name": "Ada"})).await;
    let user = created.expect(201);
    let mut shown = user.clone();
    shown["uuid"] = "[uuid]".into();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "pk": 2,
      "username": "ada",
      "name": "Ada",
      "is_active": true,
      "last_login": null,
      "date_joined": "2026-01-01T00:00:00Z",
      "is_superuser": false,
      "groups": [],
      "groups_obj": [],
      "roles": [],
      "roles_obj": [],
      "email": "",
      "avatar": "",
      "attributes": {},
      "uid": "c0cc0409bf285855e757fd8b4d7efa30f2b9fe1b14174ad236eb2db8ce3421d2",
      "path": "users",
      "type": "internal",
      "uuid": "[uuid]",
      "password_change_date": "2026-01-01T00:00:00Z",
      "last_updated": "2026-01-01T00:00:00Z"
    }
    "#);
    assert_eq!(created.header("location"), None);
    let pk = &user["pk"];
    assert_eq!(api.admin().get(&format!("/core/users/{pk}/")).await.expect(200), user);
}

#[tokio::test]
async fn every_writable_field_is_kept() {
    let api = Api::start().await;
    let parent = api.group("all", &[]).await;
    let group = api.group_with("staff", &[], |group| group.parents = vec![parent]).await;
    let user = api
        .admin()
        .post(
            "/core/users/",
            &json!({
                "username": "ada@example.com", "name": "Ada", "email": "ada@example.com", "is_active": false,
                "type": "external", "path": "users/berlin", "attributes": {"a": [1, {"b": null}]},
                "last_login": "2025-05-15T12:00:00.5+02:00", "groups": [group.to_string()], "roles": [],
            }),
        )
        .await
        .expect(201);
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["is_active"], false);
    assert_eq!(user["type"], "external");
    assert_eq!(user["path"], "users/berlin");
    assert_eq!(user["attributes"], json!({"a": [1, {"b": null}]}));
    assert_eq!(user["last_login"], "2025-05-15T10:00:00.500000Z");
    assert_eq!(user["groups"], json!([group.to_string()]));
    assert_eq!(
        user["groups_obj"],
        json!([{
            "pk": group.to_string(), "num_pk": group.num_pk(), "name": "staff", "is_superuser": false,
            "parent": parent.to_string(), "parent_name": "all", "attributes": {},
        }])
    );
}

#[tokio::test]
async fn put_needs_the_required_fields_and_patch_nothing() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = api.user_with("ada", |user| user.path = "users/berlin".into()).await;
    let group = api.group("staff", &[pk]).await;
    let path = format!("/core/users/{pk}/");

    let before = admin.get(&path).await.expect(200);
    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), before);
    let refused = admin.put(&path, &json!({"email": "a@example.com"})).await;
    assert_eq!(
        refused.expect(400),
        json!({"username": ["This field is required."], "name": ["This field is required."]})
    );
    // The object itself does not stand in its own way.
    let patched = admin.patch(&path, &json!({"username": "ada", "name": "Countess"})).await.expect(200);
    assert_eq!(patched["name"], "Countess");
    assert_eq!(patched["groups"], json!([group.to_string()]));

    let put = admin.put(&path, &json!({"username": "ada", "name": "Ada"})).await.expect(200);
    assert_eq!(put["path"], "users/berlin", "optional fields keep their value");
    assert_eq!(put["email"], "ada@example.com");
    assert_eq!(put["groups"], json!([]), "but for the groups");
}

#[tokio::test]
async fn faults_are_told_field_by_field_and_all_at_once() {
    let api = Api::start().await;
    let taken = api.user("ada").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let admin = api.admin();
    let body = json!({
        "username": "ada", "name": null, "email": "x", "is_active": "perhaps", "type": "robot",
        "path": "/users", "attributes": [], "last_login": "then", "groups": [nobody],
    });
    let told = admin.post("/core/users/", &body).await.expect(400);
    let expected = json!({
        "username": ["This field must be unique."],
        "name": ["This field may not be null."],
        "email": ["Enter a valid email address."],
        "is_active": ["Must be a valid boolean."],
        "type": ["\"robot\" is not a valid choice."],
        "path": ["No leading or trailing slashes allowed."],
        "attributes": ["Value must be a dictionary, and not have any duplicate keys."],
        "last_login": [
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        ],
        "groups": [format!("Invalid pk \"{nobody}\" - object does not exist.")],
    });
    assert_eq!(told, expected);

    let other = api.user("bob").await;
    let told = admin.patch(&format!("/core/users/{other}/"), &json!({"username": "ada"})).await.expect(400);
    assert_eq!(told, json!({"username": ["This field must be unique."]}));

    let one = |body: Value| {
        let admin = admin.clone();
        async move { admin.patch(&format!("/core/users/{taken}/"), &body).await.expect(400) }
    };
    let blank = json!({"username": ["This field may not be blank."]});
    assert_eq!(one(json!({"username": "  "})).await, blank);
    let long = json!({"username": ["Ensure this field has no more than 150 characters."]});
    assert_eq!(one(json!({"username": "x".repeat(151)})).await, long);
    let nul = json!({"name": ["Null characters are not allowed."]});
    assert_eq!(one(json!({"name": "a\u{0}b"})).await, nul);
    let nul = json!({"attributes": ["Null characters are not allowed."]});
    assert_eq!(one(json!({"attributes": {"a": "\u{0}"}})).await, nul);
    let segments = json!({"path": ["No empty segments in user path allowed."]});
    assert_eq!(one(json!({"path": "users//x"})).await, segments);
    let kind = json!({"type": ["Setting a user to internal service account is not allowed."]});
    assert_eq!(one(json!({"type": "internal_service_account"})).await, kind);
    let list = json!({"groups": ["Expected a list of items but got type \"str\"."]});
    assert_eq!(one(json!({"groups": "x"})).await, list);
    let uuid = json!({"groups": ["“x” is not a valid UUID."]});
    assert_eq!(one(json!({"groups": ["x"]})).await, uuid);
}

#[tokio::test]
async fn a_list_is_narrowed_down_by_filters() {
    let api = Api::start().await;
    let ada = api
        .user_with("ada", |user| {
            user.path = "users/berlin".into();
            user.attributes.insert("room".into(), json!(7));
        })
        .await;
    let bot = api.user_with("bot", |user| user.kind = UserKind::ServiceAccount).await;
    api.user_with("eve", |user| user.is_active = false).await;
    let staff = api.group("staff", &[ada]).await;
    api.group("bots", &[bot]).await;
    let admin = api.admin();
    let found = async |query: &str| admin.get(&format!("/core/users/?{query}")).await.column("username");

    assert_eq!(found("").await, ["ada", "admin", "bot", "eve"]);
    assert_eq!(found("username=ada").await, ["ada"]);
    assert_eq!(found("username=Ada").await, [] as [&str; 0]);
    assert_eq!(found("email=eve@example.com").await, ["eve"]);
    assert_eq!(found("is_active=false").await, ["eve"]);
    assert_eq!(found("is_active=maybe").await, ["ada", "admin", "bot", "eve"]);
    assert_eq!(found("is_superuser=true").await, ["admin"]);
    assert_eq!(found("date_joined__gt=2026-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(found("date_joined=2026-01-01T01:00:00%2B01:00").await, ["ada", "admin", "bot", "eve"]);
    assert_eq!(found("last_updated__lt=2025-12-31").await, [""; 0]);
    assert_eq!(found("last_login__isnull=false").await, [""; 0]);
    assert_eq!(found("is_superuser=false").await, ["ada", "bot", "eve"]);
    assert_eq!(found("path=users/berlin").await, ["ada"]);
    assert_eq!(found("path_startswith=users/").await, ["ada"]);
    assert_eq!(found("type=service_account&type=external").await, ["bot"]);
    assert_eq!(found("groups_by_name=staff&groups_by_name=bots").await, ["ada", "bot"]);
    assert_eq!(found(&format!("groups_by_pk={staff}")).await, ["ada"]);
    assert_eq!(found("attributes=%7B%22room%22%3A7%7D").await, ["ada"]);
    assert_eq!(found("attributes=%7B%22room%22%3A8%7D").await, [] as [&str; 0]);
    assert_eq!(found("search=berlin").await, [] as [&str; 0]);
    assert_eq!(found("search=EXAMPLE.com%20dm").await, ["admin"]);

    let bare = admin.get("/core/users/?username=ada&include_groups=false&include_roles=false").await;
    let bare = &bare.expect(200)["results"][0];
    assert_eq!(bare["groups_obj"], Value::Null);
    assert_eq!(bare["roles_obj"], Value::Null);
    assert_eq!(bare["groups"], json!([staff.to_string()]));
}

#[tokio::test]
async fn a_filter_that_cannot_be_is_400() {
    let api = Api::start().await;
    let admin = api.admin();
    let nobody = "00000000-0000-4000-8000-000000000000";
    let told = async |query: &str| admin.get(&format!("/core/users/?{query}")).await.expect(400);
    assert_eq!(told("uuid=x").await, json!({"uuid": ["Enter a valid UUID."]}));
    assert_eq!(told("groups_by_pk=x").await, json!({"groups_by_pk": ["“x” is not a valid UUID."]}));
    let choice = |field: &str, value: &str| json!({field: [format!("Select a valid choice. {value} is not one of the available choices.")]});
    assert_eq!(told("type=robot").await, choice("type", "robot"));
    assert_eq!(told("groups_by_name=none").await, choice("groups_by_name", "none"));
    assert_eq!(told(&format!("groups_by_pk={nobody}")).await, choice("groups_by_pk", nobody));
    assert_eq!(told("attributes=%7B").await, json!(["filter: failed to parse JSON"]));
    assert_eq!(told("attributes=%5B%5D").await, json!(["filter: value must be key:value mapping"]));
}

#[tokio::test]
async fn a_caller_sees_itself() {
    let api = Api::start().await;
    let (pk, ada) = api.ordinary("ada").await;
    let group = api.group("staff", &[pk]).await;
    let me = ada.get("/core/users/me/").await.expect(200);
    let mut shown = me["user"].clone();
    shown["groups"][0]["pk"] = "[uuid]".into();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "pk": 2,
      "username": "ada",
      "name": "ada Example",
      "is_active": true,
      "is_superuser": false,
      "groups": [
        {
          "name": "staff",
          "pk": "[uuid]"
        }
      ],
      "roles": [],
      "email": "ada@example.com",
      "avatar": "",
      "uid": "c0cc0409bf285855e757fd8b4d7efa30f2b9fe1b14174ad236eb2db8ce3421d2",
      "settings": {},
      "type": "internal",
      "system_permissions": [],
      "is_current": true
    }
    "#);
    assert_eq!(me["user"]["groups"][0]["pk"], json!(group.to_string()));
    assert_eq!(me["users"], json!([me["user"]]));
    assert_eq!(me.get("original"), None);
    let admin = api.admin().get("/core/users/me/").await.expect(200);
    assert_eq!(admin["user"]["is_superuser"], true);
}

#[tokio::test]
async fn a_service_account_comes_with_its_token() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = "/core/users/service_account/";
    let made = admin.post(path, &json!({"name": "My Robot", "create_group": true})).await.expect(200);
    let key = made["token"].as_str().expect("a key");
    let user = admin.get(&format!("/core/users/{}/", made["user_pk"])).await.expect(200);
    assert_eq!(user["username"], "My Robot");
    assert_eq!(user["type"], "service_account");
    assert_eq!(user["path"], "goauthentik.io/service-accounts");
    assert_eq!(user["attributes"], json!({"goauthentik.io/user/token-expires": true}));
    assert_eq!(user["uid"], made["user_uid"]);
    assert_eq!(user["groups"], json!([made["group_pk"]]));

    let token = admin.get("/core/tokens/service-account-my-robot-password/").await.expect(200);
    assert_eq!(token["intent"], "app_password");
    assert_eq!(token["expires"], "2026-12-27T00:00:00Z");
    let view = admin.get("/core/tokens/service-account-my-robot-password/view_key/").await.expect(200);
    assert_eq!(view["key"], key);

    let again = admin.post(path, &json!({"name": "My Robot"})).await.expect(400);
    assert_eq!(again, json!({"non_field_errors": ["A user/group with these details already exists"]}));
    let told = admin.post(path, &json!({"expiring": 7})).await.expect(400);
    assert_eq!(told, json!({"name": ["This field is required."], "expiring": ["Must be a valid boolean."]}));

    let eternal = admin.post(path, &json!({"name": "eternal", "expiring": false})).await.expect(200);
    assert_eq!(eternal.get("group_pk"), None);
    let token = admin.get("/core/tokens/service-account-eternal-password/").await.expect(200);
    assert_eq!((&token["expiring"], &token["expires"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn service_accounts_whose_names_differ_in_letters_that_an_identifier_cannot_hold_get_a_token_each() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = "/core/users/service_account/";
    admin.post(path, &json!({"name": "日本"})).await.expect(200);
    let second = admin.post(path, &json!({"name": "中国"})).await.expect(200);
    admin.get("/core/tokens/service-account-password/").await.expect(200);
    let identifier = format!("service-account-password-{}", second["user_pk"]);
    let key = admin.get(&format!("/core/tokens/{identifier}/view_key/")).await.expect(200);
    assert_eq!(key["key"], second["token"]);
}

#[tokio::test]
async fn what_refers_to_a_user_is_told() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let group = api.group("staff", &[ada]).await;
    let told = api.admin().get(&format!("/core/users/{ada}/used_by/")).await.expect(200);
    let expected = json!([{
        "app": "authentik_core", "model_name": "group", "pk": group.to_string(), "name": "Group staff",
        "action": "cascade_many",
    }]);
    assert_eq!(told, expected);
    let missing = api.admin().get("/core/users/999/used_by/").await;
    assert_eq!(missing.expect(404), json!({"detail": "No User matches the given query."}));
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_its_key_is_never_given_again() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let path = format!("/core/users/{ada}/");
    let deleted = admin.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(admin.delete(&path).await.status, 404);
    let next = admin.post("/core/users/", &json!({"username": "ada", "name": "Ada"})).await.expect(201);
    assert_ne!(next["pk"], json!(ada.0));
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let path = format!("/core/users/{ada}/");
    let admin = api.admin();
    for round in 0..20 {
        let (name, email) = (format!("Ada {round}"), format!("ada{round}@example.com"));
        let (one, two) = (json!({"name": name}), json!({"email": email}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let user = admin.get(&path).await.expect(200);
        assert_eq!((&user["name"], &user["email"]), (&json!(name), &json!(email)));
    }
}

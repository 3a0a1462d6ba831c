//! `/providers/scim_users/`.

use serde_json::{Value, json};

use super::providers_scim::provider;
use crate::harness::Api;

const PATH: &str = "/providers/scim_users/";

#[tokio::test]
async fn a_connection_is_made_read_and_forgotten_without_the_remote() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let pk = provider(&admin, "wiki").await;
    let created =
        admin.post(PATH, &json!({"scim_id": "u-1", "user": ada.0, "provider": pk})).await.expect(201);
    let id = created["id"].as_str().expect("a key").to_owned();
    let uid = created["user_obj"]["uid"].clone();
    assert_eq!(uid.as_str().map(str::len), Some(64));
    let expected = json!({
        "id": id,
        "scim_id": "u-1",
        "user": ada.0,
        "user_obj": {
            "pk": ada.0,
            "username": "ada",
            "name": "ada Example",
            "is_active": true,
            "last_login": null,
            "email": "ada@example.com",
            "attributes": {},
            "uid": uid,
        },
        "provider": pk,
        "attributes": {},
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}{id}/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.get(PATH).await.expect(200)["results"], json!([expected]));
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), "200 []");

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMProviderUser matches the given query."}"#;
    for answer in
        [admin.get(&path).await, admin.delete(&path).await, admin.get(&format!("{path}used_by/")).await]
    {
        assert_eq!(answer.line(), gone);
    }
    assert_eq!(admin.get(&format!("{PATH}7/")).await.line(), r#"404 {"detail":"Not found."}"#);
    let put = admin.put(&path, &json!({})).await;
    assert_eq!(put.line(), r#"405 {"detail":"Method \"PUT\" not allowed."}"#);
}

#[tokio::test]
async fn a_request_must_name_what_exists() {
    let api = Api::start().await;
    let admin = api.admin();
    let required = json!(["This field is required."]);
    assert_eq!(
        admin.post(PATH, &json!({})).await.expect(400),
        json!({"scim_id": required, "user": required, "provider": required})
    );
    let missing = json!(["Invalid pk \"999\" - object does not exist."]);
    assert_eq!(
        admin.post(PATH, &json!({"scim_id": "", "user": 999, "provider": "999"})).await.expect(400),
        json!({"scim_id": ["This field may not be blank."], "user": missing, "provider": missing})
    );
    let nul = admin.post(PATH, &json!({"scim_id": "a\0", "user": 1, "provider": 999})).await.expect(400);
    assert_eq!(nul, json!({"scim_id": ["Null characters are not allowed."], "provider": missing}));
    assert_eq!(
        admin.post(PATH, &json!({"scim_id": null, "user": "ada", "provider": null})).await.expect(400),
        json!({
            "scim_id": ["This field may not be null."],
            "user": ["Incorrect type. Expected pk value, received str."],
            "provider": ["This field may not be null."],
        })
    );
}

#[tokio::test]
async fn a_user_has_one_connection_at_a_provider_and_a_remote_resource_one_user() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    let (wiki, chat) = (provider(&admin, "wiki").await, provider(&admin, "chat").await);
    let connect =
        |user: i32, provider: i64, id: &str| json!({"scim_id": id, "user": user, "provider": provider});
    admin.post(PATH, &connect(ada.0, wiki, "u-1")).await.expect(201);
    admin.post(PATH, &connect(ada.0, chat, "u-1")).await.expect(201);
    let taken = json!({"non_field_errors": ["The fields scim_id, user, provider must make a unique set."]});
    for request in [connect(ada.0, wiki, "u-1"), connect(ada.0, wiki, "u-2"), connect(bob.0, wiki, "u-1")] {
        assert_eq!(admin.post(PATH, &request).await.expect(400), taken, "{request}");
    }
}

#[tokio::test]
async fn lists_are_narrowed_by_provider_and_user() {
    let api = Api::start().await;
    let admin = api.admin();
    let (bob, ada) = (api.user("bob").await, api.user("ada").await);
    let (wiki, chat) = (provider(&admin, "wiki").await, provider(&admin, "chat").await);
    for (user, provider, id) in [(bob, wiki, "w-bob"), (ada, wiki, "w-ada"), (ada, chat, "c-ada")] {
        let request = json!({"scim_id": id, "user": user.0, "provider": provider});
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        (format!("provider__id={wiki}"), json!(["w-ada", "w-bob"])),
        (format!("user__id={}", bob.0), json!(["w-bob"])),
        ("user__username=ada&search=chat".to_owned(), json!(["c-ada"])),
        ("user__username=Ada".to_owned(), json!([])),
        ("provider__id=999".to_owned(), json!([])),
        ("provider__id=99999999999999999999".to_owned(), json!([])),
        ("search=BO".to_owned(), json!(["w-bob"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("scim_id");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?provider__id=x&user__id=y")).await.expect(400),
        json!({"provider__id": ["Enter a number."], "user__id": ["Enter a number."]})
    );
}

#[tokio::test]
async fn connections_go_with_their_user_and_their_provider() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    let (wiki, chat) = (provider(&admin, "wiki").await, provider(&admin, "chat").await);
    for (user, provider) in [(ada, wiki), (bob, wiki), (bob, chat)] {
        let request = json!({"scim_id": user.to_string(), "user": user.0, "provider": provider});
        admin.post(PATH, &request).await.expect(201);
    }
    assert_eq!(admin.delete(&format!("/core/users/{ada}/")).await.line(), "204 ");
    assert_eq!(admin.get(PATH).await.column("user"), [json!(bob.0), json!(bob.0)]);
    assert_eq!(admin.delete(&format!("/providers/scim/{wiki}/")).await.line(), "204 ");
    assert_eq!(admin.get(PATH).await.column("provider"), [json!(chat)]);
}

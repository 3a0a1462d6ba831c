//! `/core/users/{id}/set_password/`.

use chrono::TimeDelta;
use scimitar_store::passwords;
use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn a_password_is_kept_as_a_hash_and_shown_to_nobody() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let path = format!("/core/users/{ada}/set_password/");
    api.clock.advance(TimeDelta::hours(1));
    assert_eq!(admin.post(&path, &json!({"password": " canary-4f0d "})).await.line(), "204 ");
    let kept = api.write(move |conn| passwords::find(conn, ada)).await.expect("there is one");
    assert_eq!(format!("{kept:?}"), "***");
    let user = admin.get(&format!("/core/users/{ada}/")).await.expect(200);
    assert_eq!(user["password_change_date"], "2026-01-01T01:00:00Z");
    assert_eq!(user["date_joined"], "2026-01-01T00:00:00Z");

    // The same password again has another salt.
    admin.post(&path, &json!({"password": "canary-4f0d"})).await.expect(204);
    assert_ne!(api.write(move |conn| passwords::find(conn, ada)).await, Some(kept));
}

#[tokio::test]
async fn only_administrators_set_a_password_that_says_something() {
    let api = Api::start().await;
    let admin = api.admin();
    let (ada, client) = api.ordinary("ada").await;
    let path = format!("/core/users/{ada}/set_password/");
    assert_eq!(client.post(&path, &json!({"password": "x"})).await.status, 403);
    for (body, sentence) in [
        (json!({}), "This field is required."),
        (json!({"password": ""}), "This field may not be blank."),
        (json!({"password": null}), "This field may not be null."),
        (json!({"password": []}), "Not a valid string."),
        (json!({"password": "x".repeat(17_000)}), "Ensure this field has no more than 16384 characters."),
    ] {
        assert_eq!(admin.post(&path, &body).await.expect(400), json!({"password": [sentence]}));
    }
    assert_eq!(api.write(move |conn| passwords::find(conn, ada)).await, None);
    let nobody = admin.post("/core/users/999/set_password/", &json!([])).await;
    assert_eq!(nobody.line(), r#"404 {"detail":"No User matches the given query."}"#);
}

//! The mappings that every installation starts with.

use std::sync::Arc;

use scimitar_mapping::{MappingSet, Outcome, Person, check, defaults};
use serde_json::{Value, json};

use crate::fixture;

async fn resource(person: Person) -> Value {
    let engine = fixture::engine();
    let set = MappingSet::new(vec![fixture::expression(defaults::USER_NAME, defaults::USER_EXPRESSION)]);
    match engine.evaluate(Arc::new(set), fixture::of_user(person)).await {
        Ok(Outcome::Object(object)) => Value::Object(object),
        other => panic!("{other:?}"),
    }
}

#[test]
fn they_can_be_saved() {
    assert_eq!(check(defaults::USER_EXPRESSION), Ok(()));
    assert_eq!(check(defaults::GROUP_EXPRESSION), Ok(()));
}

#[tokio::test]
async fn a_user_with_everything() {
    let expected = json!({
        "userName": "ada",
        "name": {"formatted": "Ada King Lovelace", "givenName": "Ada", "familyName": "King Lovelace"},
        "displayName": "Ada King Lovelace",
        "active": true,
        "emails": [{"value": "ada@example.com", "type": "other", "primary": true}],
        "photos": [{"value": "https://example.com/ada.png", "type": "photo"}],
        "locale": "en_GB",
    });
    assert_eq!(resource(fixture::ada()).await, expected);
}

#[tokio::test]
async fn a_user_with_one_name_no_mail_and_a_picture_inside() {
    let expected = json!({
        "userName": "grace",
        "name": {"formatted": "Grace ", "givenName": "Grace", "familyName": " "},
        "displayName": "Grace",
        "active": false,
        "emails": [],
    });
    assert_eq!(resource(fixture::grace()).await, expected);
}

#[tokio::test]
async fn a_user_without_a_name() {
    let nameless = Person { name: String::new(), is_active: true, ..fixture::grace() };
    let expected = json!({
        "userName": "grace",
        "name": {"formatted": " ", "givenName": "", "familyName": " "},
        "displayName": "",
        "active": true,
        "emails": [],
    });
    assert_eq!(resource(nameless).await, expected);
}

#[tokio::test]
async fn a_group() {
    let engine = fixture::engine();
    let set = MappingSet::new(vec![fixture::expression(defaults::GROUP_NAME, defaults::GROUP_EXPRESSION)]);
    let outcome = engine.evaluate(Arc::new(set), fixture::of_group(fixture::engineers())).await;
    let Ok(Outcome::Object(object)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(Value::Object(object), json!({"displayName": "Engineers"}));
}

#[test]
fn neither_depends_on_memberships() {
    let set = |source: &str| MappingSet::new(vec![fixture::expression("m", source)]);
    assert!(!set(defaults::USER_EXPRESSION).depends_on_groups());
}

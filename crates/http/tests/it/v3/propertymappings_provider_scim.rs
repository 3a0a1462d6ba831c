//! `/propertymappings/provider/scim/`.

use serde_json::{Value, json};

use super::providers_scim::{mapping, provider_with};
use crate::harness::Api;

const PATH: &str = "/propertymappings/provider/scim/";

#[tokio::test]
async fn a_mapping_lives_from_creation_to_deletion() {
    let api = Api::start().await;
    let admin = api.admin();
    let request = json!({"name": "users", "expression": "return {\"userName\": request.user.username}\n"});
    let created = admin.post(PATH, &request).await.expect(201);
    let pk = created["pk"].as_str().expect("a key").to_owned();
    let expected = json!({
        "pk": pk,
        "managed": null,
        "name": "users",
        "expression": "return {\"userName\": request.user.username}",
        "component": "ak-property-mapping-provider-scim-form",
        "verbose_name": "SCIM Provider Mapping",
        "verbose_name_plural": "SCIM Provider Mappings",
        "meta_model_name": "authentik_providers_scim.scimmapping",
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}{pk}/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), expected);

    let missing = admin.put(&path, &json!({"name": "people"})).await.expect(400);
    assert_eq!(missing, json!({"expression": ["This field is required."]}));
    let replaced = admin.put(&path, &json!({"name": "people", "expression": "return {}"})).await.expect(200);
    assert_eq!((&replaced["name"], &replaced["expression"]), (&json!("people"), &json!("return {}")));
    let patched = admin.patch(&path, &json!({"managed": "example.com/users"})).await.expect(200);
    assert_eq!((&patched["name"], &patched["managed"]), (&json!("people"), &json!("example.com/users")));

    // A mapping that a program brought along may be deleted like any other.
    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMMapping matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.patch(&path, &json!({})).await.line(), gone);
    assert_eq!(admin.get(&format!("{PATH}7/")).await.line(), r#"404 {"detail":"Not found."}"#);
}

#[tokio::test]
async fn an_expression_that_does_not_compile_is_refused_with_its_place() {
    let api = Api::start().await;
    let admin = api.admin();
    let request = json!({"name": "", "expression": "x = 1\n\nreturn {"});
    let refused = admin.post(PATH, &request).await.expect(400);
    assert_eq!(refused["name"], json!(["This field may not be blank."]));
    let sentence = refused["expression"][0].as_str().expect("a sentence");
    assert!(sentence.starts_with("Expression Syntax Error: line 3, column "), "{sentence}");
    assert!(sentence.ends_with("in `return {`"), "{sentence}");

    let path = format!("{PATH}{}/", mapping(&admin, "users").await);
    let refused = admin.patch(&path, &json!({"expression": "return ("})).await.expect(400);
    assert!(
        refused["expression"][0].as_str().is_some_and(|it| it.starts_with("Expression Syntax Error: line 1"))
    );
    assert_eq!(admin.get(&path).await.expect(200)["expression"], "return {}");
}

#[tokio::test]
async fn names_and_managed_keys_are_unique() {
    let api = Api::start().await;
    let admin = api.admin();
    let request = json!({"name": "users", "expression": "return {}", "managed": "example.com/users"});
    let pk = admin.post(PATH, &request).await.expect(201)["pk"].clone();
    assert_eq!(
        admin.post(PATH, &request).await.expect(400),
        json!({
            "name": ["Property Mapping with this name already exists."],
            "managed": ["Property Mapping with this Managed by authentik already exists."],
        })
    );
    let path = format!("{PATH}{}/", pk.as_str().expect("a key"));
    admin.put(&path, &request).await.expect(200);
    let blank = admin.patch(&path, &json!({"managed": ""})).await.expect(400);
    assert_eq!(blank, json!({"managed": ["This field may not be blank."]}));
    assert_eq!(admin.patch(&path, &json!({"managed": null})).await.expect(200)["managed"], Value::Null);
}

#[tokio::test]
async fn lists_are_narrowed_by_name_and_managed_key() {
    let api = Api::start().await;
    let admin = api.admin();
    for (name, managed) in [("b", json!("example.com/b")), ("a", json!("example.com/a")), ("c", json!(null))]
    {
        let request = json!({"name": name, "expression": "return {}", "managed": managed});
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        ("name=a", json!(["a"])),
        ("managed=example.com/a", json!(["a"])),
        ("managed=example.com/a&managed=example.com/b", json!(["a", "b"])),
        ("managed__isnull=true", json!(["c"])),
        ("managed__isnull=false&ordering=-name", json!(["b", "a"])),
        ("search=C", json!(["c"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("name");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?managed=x")).await.expect(400),
        json!({"managed": ["Select a valid choice. x is not one of the available choices."]})
    );
}

#[tokio::test]
async fn used_by_tells_for_what_providers_use_it() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = mapping(&admin, "both").await;
    let used_by = format!("{PATH}{pk}/used_by/");
    assert_eq!(admin.get(&used_by).await.line(), "200 []");
    let request = |name: &str, users: &[&str], groups: &[&str]| json!({"name": name, "url": "https://a", "token": "t", "property_mappings": users, "property_mappings_group": groups});
    let wiki = provider_with(&admin, request("wiki", &[&pk], &[&pk])).await;
    let chat = provider_with(&admin, request("chat", &[], &[&pk])).await;
    let entry = |app: &str, model: &str, pk: i64, name: &str| json!({"app": app, "model_name": model, "pk": pk.to_string(), "name": name, "action": "cascade_many"});
    assert_eq!(
        admin.get(&used_by).await.expect(200),
        json!([
            entry("authentik_core", "provider", wiki, "wiki"),
            entry("authentik_providers_scim", "scimprovider", wiki, "SCIM Provider wiki"),
            entry("authentik_providers_scim", "scimprovider", chat, "SCIM Provider chat"),
        ])
    );
    // Deleted, it only leaves the providers' lists.
    assert_eq!(admin.delete(&format!("{PATH}{pk}/")).await.line(), "204 ");
    let left = admin.get(&format!("/providers/scim/{wiki}/")).await.expect(200);
    assert_eq!((&left["property_mappings"], &left["property_mappings_group"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = format!("{PATH}{}/", mapping(&admin, "users").await);
    for round in 0..20 {
        let (name, expression) = (format!("users {round}"), format!("return {round}"));
        let (one, two) = (json!({"name": name}), json!({"expression": expression}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let read = admin.get(&path).await.expect(200);
        assert_eq!((&read["name"], &read["expression"]), (&json!(name), &json!(expression)));
    }
}

//! `/propertymappings/source/scim/`.

use serde_json::{Value, json};

use super::providers_scim;
use crate::harness::{Api, Client};

const PATH: &str = "/propertymappings/source/scim/";

/// The key of a mapping of sources with this name.
pub(super) async fn mapping(admin: &Client, name: &str) -> String {
    let created = admin.post(PATH, &json!({"name": name, "expression": "return {}"})).await.expect(201);
    created["pk"].as_str().expect("a key").to_owned()
}

#[tokio::test]
async fn a_mapping_lives_from_creation_to_deletion() {
    let api = Api::start().await;
    let admin = api.admin();
    let expression = "return {\"attributes\": {\"phone\": data.get(\"phoneNumber\")}}";
    let created = admin.post(PATH, &json!({"name": "phones", "expression": expression})).await.expect(201);
    let pk = created["pk"].as_str().expect("a key").to_owned();
    let expected = json!({
        "pk": pk,
        "managed": null,
        "name": "phones",
        "expression": expression,
        "component": "ak-property-mapping-source-scim-form",
        "verbose_name": "SCIM Source Property Mapping",
        "verbose_name_plural": "SCIM Source Property Mappings",
        "meta_model_name": "authentik_sources_scim.scimsourcepropertymapping",
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}{pk}/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.get(&format!("/propertymappings/all/{pk}/")).await.expect(200), expected);
    let missing = admin.put(&path, &json!({"name": "people"})).await.expect(400);
    assert_eq!(missing, json!({"expression": ["This field is required."]}));
    let patched = admin.patch(&path, &json!({"managed": "example.com/phones"})).await.expect(200);
    assert_eq!((&patched["name"], &patched["managed"]), (&json!("phones"), &json!("example.com/phones")));
    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMSourcePropertyMapping matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.patch(&path, &json!({})).await.line(), gone);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), gone);
}

#[tokio::test]
async fn an_expression_that_does_not_compile_is_refused_with_its_place() {
    let api = Api::start().await;
    let admin = api.admin();
    let refused = admin.post(PATH, &json!({"name": "a", "expression": "x = 1\nreturn {"})).await.expect(400);
    let sentence = refused["expression"][0].as_str().expect("a sentence");
    assert!(sentence.starts_with("Expression Syntax Error: line 2, column "), "{sentence}");
}

#[tokio::test]
async fn the_kinds_share_names_and_nothing_else() {
    let api = Api::start().await;
    let admin = api.admin();
    let (inbound, outbound) = (mapping(&admin, "in").await, providers_scim::mapping(&admin, "out").await);
    assert_eq!(
        admin.post(PATH, &json!({"name": "out", "expression": "return {}"})).await.expect(400),
        json!({"name": ["Property Mapping with this name already exists."]})
    );
    assert_eq!(admin.get(PATH).await.column("name"), ["in"]);
    assert_eq!(admin.get("/propertymappings/provider/scim/").await.column("name"), ["out"]);
    assert_eq!(
        admin.get("/propertymappings/all/").await.column("verbose_name"),
        ["SCIM Source Property Mapping", "SCIM Provider Mapping"]
    );
    let kinds = admin.get("/propertymappings/all/types/").await.expect(200);
    let models: Vec<_> = kinds.as_array().expect("a list").iter().map(|kind| &kind["model_name"]).collect();
    assert_eq!(models, ["scimmapping", "scimsourcepropertymapping"]);
    for (path, model) in [
        (format!("{PATH}{outbound}/"), "SCIMSourcePropertyMapping"),
        (format!("/propertymappings/provider/scim/{inbound}/"), "SCIMMapping"),
    ] {
        let gone = format!(r#"404 {{"detail":"No {model} matches the given query."}}"#);
        assert_eq!(admin.get(&path).await.line(), gone);
        assert_eq!(admin.patch(&path, &json!({"name": "x"})).await.line(), gone);
        assert_eq!(admin.delete(&path).await.line(), gone);
        assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), gone);
    }
    let request = json!({"name": "wiki", "url": "https://a", "token": "t", "property_mappings": [inbound]});
    assert_eq!(
        admin.post("/providers/scim/", &request).await.expect(400),
        json!({"property_mappings": [format!("Invalid pk \"{inbound}\" - object does not exist.")]})
    );
}

#[tokio::test]
async fn lists_are_narrowed_by_name_and_managed_key() {
    let api = Api::start().await;
    let admin = api.admin();
    for (name, managed) in [("b", json!("example.com/b")), ("a", json!(null))] {
        let request = json!({"name": name, "expression": "return {}", "managed": managed});
        admin.post(PATH, &request).await.expect(201);
    }
    let elsewhere = json!({"name": "c", "expression": "return {}", "managed": "example.com/c"});
    admin.post("/propertymappings/provider/scim/", &elsewhere).await.expect(201);
    for (query, expected) in [
        ("", json!(["a", "b"])),
        ("name=a", json!(["a"])),
        ("managed=example.com/b", json!(["b"])),
        ("managed__isnull=true", json!(["a"])),
        ("search=B&ordering=-name", json!(["b"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("name");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    // A mapping of providers has that key, so it is no choice here.
    assert_eq!(
        admin.get(&format!("{PATH}?managed=example.com/c")).await.expect(400),
        json!({"managed": ["Select a valid choice. example.com/c is not one of the available choices."]})
    );
}

#[tokio::test]
async fn used_by_tells_for_what_sources_use_it() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = mapping(&admin, "both").await;
    let used_by = format!("{PATH}{pk}/used_by/");
    assert_eq!(admin.get(&used_by).await.line(), "200 []");
    let mut entries = Vec::new();
    for (slug, users, groups) in [("a", json!([pk]), json!([pk])), ("b", json!([pk]), json!([]))] {
        let request = json!({"name": slug, "slug": slug, "user_property_mappings": users,
                             "group_property_mappings": groups});
        let source = admin.post("/sources/scim/", &request).await.expect(201)["pk"].clone();
        entries.push(json!({"app": "authentik_core", "model_name": "source", "pk": source,
                            "name": slug, "action": "cascade_many"}));
    }
    let expected = json!([entries[0], entries[0], entries[1]]);
    assert_eq!(admin.get(&used_by).await.expect(200), expected);
    assert_eq!(admin.get(&format!("/propertymappings/all/{pk}/used_by/")).await.expect(200), expected);
    // Deleted, it only leaves the sources' lists.
    assert_eq!(admin.delete(&format!("{PATH}{pk}/")).await.line(), "204 ");
    let left = admin.get("/sources/scim/a/").await.expect(200);
    assert_eq!((&left["user_property_mappings"], &left["group_property_mappings"]), (&json!([]), &json!([])));
}

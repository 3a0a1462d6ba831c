//! `/propertymappings/all/`.

use serde_json::{Value, json};

use super::providers_scim::{mapping, provider_with};
use crate::harness::{Api, Client};

const PATH: &str = "/propertymappings/all/";

/// A mapping with this expression; the path to try it at.
async fn trial(admin: &Client, name: &str, expression: &str) -> String {
    let request = json!({"name": name, "expression": expression});
    let created = admin.post("/propertymappings/provider/scim/", &request).await.expect(201);
    format!("{PATH}{}/test/", created["pk"].as_str().expect("a key"))
}

#[tokio::test]
async fn a_mapping_is_shown_whatever_its_kind_until_it_is_deleted() {
    let api = Api::start().await;
    let admin = api.admin();
    let pk = mapping(&admin, "users").await;
    let path = format!("{PATH}{pk}/");
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown, admin.get(&format!("/propertymappings/provider/scim/{pk}/")).await.expect(200));
    assert_eq!(shown["component"], "ak-property-mapping-provider-scim-form");

    let provider = json!({"name": "wiki", "url": "https://a", "token": "t", "property_mappings": [pk]});
    provider_with(&admin, provider).await;
    let told = admin.get(&format!("{path}used_by/")).await.expect(200);
    assert_eq!(told[0]["name"], "wiki");

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No PropertyMapping matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), gone);
    assert_eq!(admin.post(&format!("{path}test/"), &json!([])).await.line(), gone);
    assert_eq!(admin.get(&format!("{PATH}x/")).await.line(), r#"404 {"detail":"Not found."}"#);
}

#[tokio::test]
async fn lists_are_narrowed_by_name_and_managed_key() {
    let api = Api::start().await;
    let admin = api.admin();
    for (name, managed) in [("b", json!("example.com/b")), ("a", json!(null))] {
        let request = json!({"name": name, "expression": "return {}", "managed": managed});
        admin.post("/propertymappings/provider/scim/", &request).await.expect(201);
    }
    for (query, expected) in [
        ("", json!(["a", "b"])),
        ("name=a", json!(["a"])),
        ("managed=example.com/b", json!(["b"])),
        ("managed__isnull=true", json!(["a"])),
        ("search=B", json!(["b"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("name");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?managed=x")).await.expect(400),
        json!({"managed": ["Select a valid choice. x is not one of the available choices."]})
    );
    let kinds = admin.get(&format!("{PATH}types/")).await.expect(200);
    assert_eq!(kinds[0]["model_name"], "scimmapping");
}

#[tokio::test]
async fn a_mapping_is_tried_on_a_user_a_group_or_nobody() {
    let api = Api::start().await;
    let admin = api.admin();
    let ada = api.user("ada").await;
    let group = api.group("staff", &[ada]).await;
    let expression = "return {\"userName\": request.user.username, \"in\": [g.name for g in request.user.ak_groups.all()]}";
    let users = trial(&admin, "users", expression).await;
    let groups = trial(&admin, "groups", "return {\"displayName\": group.name}").await;

    let told = admin.post(&users, &json!({"user": ada.0})).await.expect(200);
    assert_eq!(told, json!({"result": r#"{"userName":"ada","in":["staff"]}"#, "successful": true}));
    let told = admin.post(&format!("{users}?format_result=true"), &json!({"user": ada.0})).await.expect(200);
    let indented = "{\n    \"userName\": \"ada\",\n    \"in\": [\n        \"staff\"\n    ]\n}";
    assert_eq!(told, json!({"result": indented, "successful": true}));
    let told = admin.post(&groups, &json!({"group": group.to_string(), "user": null})).await.expect(200);
    assert_eq!(told, json!({"result": r#"{"displayName":"staff"}"#, "successful": true}));
    // Without a subject there is one who is nobody, and the body may be left out.
    let told = admin.send(reqwest::Method::POST, &users, None).await.expect(200);
    assert_eq!(told, json!({"result": r#"{"userName":"","in":[]}"#, "successful": true}));
}

#[tokio::test]
async fn a_trial_sees_the_variables_that_it_is_given() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = trial(&admin, "data", "if not new:\n    return data[\"nothing\"]\nreturn data").await;
    for (context, expected, successful) in [
        (json!({"data": {"userName": "ada \" \\ä"}, "new": true}), r#"{"userName":"ada \" \\ä"}"#, true),
        (json!({"data": {"userName": "kim"}, "new": true, "a b": 1}), r#"{"userName":"kim"}"#, true),
        (json!({"data": {}, "new": false}), "mapping `data` failed in line 2, column ", false),
        (json!({}), "mapping `data` failed in line 1, column ", false),
    ] {
        let told = admin.post(&path, &json!({"context": context})).await.expect(200);
        let result = told["result"].as_str().expect("text");
        assert!(result.starts_with(expected), "{context}: {result}");
        assert_eq!(told["successful"], successful, "{context}");
    }
}

#[tokio::test]
async fn what_goes_wrong_in_a_trial_is_its_result() {
    let api = Api::start().await;
    let admin = api.admin();
    for (name, expression, expected) in [
        ("raises", "return user.nonsense", "mapping `raises` failed in line 1, column "),
        ("loops", "while True:\n    pass", "mapping `loops` exceeded its time limit"),
        ("skips", "raise SkipObject", "the mapping skips this object"),
    ] {
        let path = trial(&admin, name, expression).await;
        let told = admin.post(&path, &json!({})).await.expect(200);
        assert_eq!(told["successful"], false, "{name}");
        let result = told["result"].as_str().expect("text");
        assert!(result.starts_with(expected), "{name}: {result}");
    }
    let path = trial(&admin, "nothing", "return None").await;
    assert_eq!(
        admin.post(&path, &json!({})).await.expect(200),
        json!({"result": "null", "successful": true})
    );
}

#[tokio::test]
async fn a_trial_names_what_does_not_exist() {
    let api = Api::start().await;
    let admin = api.admin();
    let path = trial(&admin, "users", "return {}").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(
        admin.post(&path, &json!({"user": 99, "group": nobody, "context": 7})).await.expect(400),
        json!({
            "context": ["Value must be a dictionary, and not have any duplicate keys."],
            "user": ["Invalid pk \"99\" - object does not exist."],
            "group": [format!("Invalid pk \"{nobody}\" - object does not exist.")],
        })
    );
    assert_eq!(
        admin.post(&path, &json!({"user": "x", "group": "y"})).await.expect(400),
        json!({
            "user": ["Incorrect type. Expected pk value, received str."],
            "group": ["“y” is not a valid UUID."],
        })
    );
}

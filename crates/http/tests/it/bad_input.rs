//! Bad values in every field of every request: the caller's fault, on every database, and nothing is stored.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::v3::providers_scim::{mapping, provider};
use crate::harness::{Answer, Api, Client};

/// An operation that takes a body.
struct Operation {
    id: String,
    method: Method,
    path: String,
    fields: Vec<String>,
}

/// Fields whose value is of no account, whatever it is: there is nothing that they could set.
const IGNORED: [&str; 2] = ["roles", "meta_icon"];

/// What a source's client has sent may be any JSON, however long.
fn takes_any_json(id: &str, field: &str) -> bool {
    id.starts_with("sources_scim_") && field == "attributes"
}

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(scimitar_http::document()).expect("the document is JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("there are operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let reference = schema["$ref"].as_str().or_else(|| {
                let choices = schema["oneOf"].as_array()?;
                choices.iter().find_map(|choice| choice["$ref"].as_str())
            });
            let Some(name) = reference.and_then(|it| it.rsplit('/').next()) else { continue };
            let fields = document["components"]["schemas"][name]["properties"].as_object();
            found.push(Operation {
                id: operation["operationId"].as_str().expect("an operation has an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                fields: fields.expect("a request has fields").keys().cloned().collect(),
            });
        }
    }
    assert!(found.len() > 20, "the document lists the operations with bodies");
    found
}

/// One object of each kind: what stands for the key in the paths that begin so.
async fn keys(api: &Api) -> BTreeMap<&'static str, String> {
    let admin = api.admin();
    let user = api.user("ada").await;
    let group = api.group("staff", &[]).await;
    api.token(user, "ada-token", "canary-ada-key", |_| {}).await;
    let provider = provider(&admin, "scim").await;
    let application = json!({"name": "Wiki", "slug": "wiki", "backchannel_providers": [provider]});
    admin.post("/core/applications/", &application).await.expect(201);
    let plan = admin.post(&format!("/providers/scim/{provider}/plan/"), &json!({})).await.expect(201);
    let outbound = mapping(&admin, "users").await;
    let inbound = json!({"name": "inbound", "expression": "return {}"});
    let inbound = admin.post("/propertymappings/source/scim/", &inbound).await.expect(201);
    let source = json!({"name": "Entra", "slug": "entra"});
    let source = admin.post("/sources/scim/", &source).await.expect(201)["pk"].clone();
    let link = json!({"id": "a", "user": user.0, "source": source});
    admin.post("/sources/scim_users/", &link).await.expect(201);
    let link = json!({"id": "a", "group": group.to_string(), "source": source});
    admin.post("/sources/scim_groups/", &link).await.expect(201);
    BTreeMap::from([
        ("/core/users/", user.to_string()),
        ("/core/groups/", group.to_string()),
        ("/core/tokens/", "ada-token".to_owned()),
        ("/core/applications/", "wiki".to_owned()),
        ("/providers/scim/", provider.to_string()),
        ("{plan}", plan["pk"].as_str().expect("a key").to_owned()),
        ("/propertymappings/all/", outbound.clone()),
        ("/propertymappings/provider/", outbound),
        ("/propertymappings/source/", inbound["pk"].as_str().expect("a key").to_owned()),
        ("/sources/scim/", "entra".to_owned()),
        ("/sources/scim_users/", "a".to_owned()),
        ("/sources/scim_groups/", "a".to_owned()),
    ])
}

/// The operation's path to an object that exists.
fn filled(path: &str, keys: &BTreeMap<&'static str, String>) -> String {
    let path = &path.replace("{plan}", &keys["{plan}"]);
    let (Some(start), Some(end)) = (path.find('{'), path.find('}')) else { return path.to_owned() };
    let key = keys.iter().find(|(prefix, _)| path.starts_with(**prefix));
    let (_, key) = key.unwrap_or_else(|| panic!("{path} has a key that this test does not know"));
    format!("{}{key}{}", path.get(..start).expect("it is before"), path.get(end + 1..).expect("it is behind"))
}

/// A request that would be accepted.
fn good(id: &str, n: usize, keys: &BTreeMap<&'static str, String>) -> Value {
    let name = format!("good-{n}");
    match id.rsplit_once('_').map_or(id, |(kind, _)| kind) {
        "core_users" | "core_users_partial" => json!({"username": name, "name": "x"}),
        "core_tokens" => json!({"identifier": name}),
        "core_applications" | "sources_scim" => json!({"name": "x", "slug": name}),
        "providers_scim" => json!({"name": name, "url": "https://a", "token": "t"}),
        "providers_scim_users" => {
            json!({"scim_id": name, "user": keys["/core/users/"], "provider": keys["/providers/scim/"]})
        }
        "providers_scim_groups" => {
            json!({"scim_id": name, "group": keys["/core/groups/"], "provider": keys["/providers/scim/"]})
        }
        "providers_scim_sync_object" => {
            json!({"sync_object_model": "authentik.core.models.User", "sync_object_id": "999"})
        }
        "propertymappings_provider_scim" | "propertymappings_source_scim" => {
            json!({"name": name, "expression": "return {}"})
        }
        // The others take all that they need from their bad field, or refuse the rest.
        _other => json!({"name": name}),
    }
}

/// Text that no compression makes shorter, of four bytes for each character.
fn dense(n: usize) -> String {
    let mut state: u32 = 1;
    let letters = std::iter::from_fn(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x1_0000 + (state >> 16))
    });
    letters.take(n).collect()
}

async fn send(client: &Client, operation: &Operation, path: &str, body: &Value) -> Answer {
    client.send(operation.method.clone(), path, Some(body.to_string())).await
}

/// How many objects there are of each kind that is listed.
async fn census(client: &Client) -> Vec<Value> {
    let mut counts = Vec::new();
    for list in [
        "core/users",
        "core/groups",
        "core/tokens",
        "core/applications",
        "providers/all",
        "providers/scim_users",
        "providers/scim_groups",
        "propertymappings/all",
        "sources/all",
        "sources/scim_users",
        "sources/scim_groups",
    ] {
        let page = client.get(&format!("/{list}/?page_size=1")).await.expect(200);
        counts.push(page["pagination"]["count"].clone());
    }
    counts
}

#[tokio::test]
async fn no_field_takes_what_cannot_be_stored() {
    let api = Api::start().await;
    let admin = api.admin();
    let keys = keys(&api).await;
    let before = census(&admin).await;
    let refused = [json!("a\0b"), json!(dense(20_000)), json!({"a\0": 1}), json!([[["\0"]]])];
    let endless = json!("x".repeat(1_000_000));
    for (n, operation) in operations().iter().enumerate() {
        let path = filled(&operation.path, &keys);
        for field in operation.fields.iter().filter(|field| !IGNORED.contains(&field.as_str())) {
            // A megabyte takes its time; the other fields are read by the same reader.
            let is_name = ["name", "username", "identifier", "managed"].contains(&field.as_str());
            for value in refused.iter().chain(is_name.then_some(&endless)) {
                if takes_any_json(&operation.id, field) && !value.to_string().contains("\\u0000") {
                    continue;
                }
                let mut body = good(&operation.id, n, &keys);
                body[field] = value.clone();
                let answer = send(&admin, operation, &path, &body).await;
                let shown: String = value.to_string().chars().take(20).collect();
                let id = &operation.id;
                assert_eq!(answer.status, 400, "{id} {field} {shown}: {}", answer.text);
                assert!(answer.json()[field].is_array(), "{id} {field} {shown}: {}", answer.text);
            }
        }
    }
    assert_eq!(census(&admin).await, before, "what is refused leaves nothing behind");
}

#[tokio::test]
async fn no_value_is_the_fault_of_the_service() {
    let api = Api::start().await;
    let admin = api.admin();
    let keys = keys(&api).await;
    let odd = [
        json!(dense(512)),
        json!(dense(4096)),
        json!("\u{feff}\u{202e}'\";--%_\\"),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(true),
        json!(null),
        json!({"a": {"b": [1, null]}}),
        json!([null, 1, "x", {}, []]),
        json!("9999-12-31T23:59:59.999999+14:00"),
        json!(""),
    ];
    for (n, operation) in operations().iter().enumerate() {
        let path = filled(&operation.path, &keys);
        for field in &operation.fields {
            for (m, value) in odd.iter().enumerate() {
                let mut body = good(&operation.id, n * 1000 + m, &keys);
                body[field] = value.clone();
                let answer = send(&admin, operation, &path, &body).await;
                let shown: String = value.to_string().chars().take(20).collect();
                assert!(answer.status < 500, "{} {field} {shown}: {}", operation.id, answer.text);
            }
        }
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_by_every_operation() {
    let api = Api::start().await;
    let admin = api.admin();
    let keys = keys(&api).await;
    let before = census(&admin).await;
    let nested = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for operation in operations() {
        let path = filled(&operation.path, &keys);
        for body in [
            r#"{"name": "\ud800"}"#,
            r#"{"attributes": {"a": 123456789012345678901}}"#,
            r#"{"name": 1e999}"#,
            &nested,
            "{\"name\": \"\u{0}\"}",
            "{",
        ] {
            let answer = admin.send(operation.method.clone(), &path, Some(body.to_owned())).await;
            let line = answer.line();
            assert!(line.starts_with(r#"400 {"detail":"JSON parse error - "#), "{} {line}", operation.id);
        }
    }
    assert_eq!(census(&admin).await, before);
}

#[tokio::test]
async fn a_missing_object_outweighs_a_broken_body() {
    let api = Api::start().await;
    let admin = api.admin();
    let keyed = operations().into_iter().filter(|operation| operation.path.contains('{'));
    for operation in keyed {
        let key = match operation.path.split(['{', '}']).nth(1) {
            Some("group_uuid" | "pm_uuid") => NOBODY,
            Some("id") => "999999",
            _name => "nothing",
        };
        let (start, end) = (operation.path.find('{'), operation.path.find('}'));
        let before = start.and_then(|at| operation.path.get(..at)).expect("there is a key");
        let behind = end.and_then(|at| operation.path.get(at + 1..)).expect("it ends");
        let answer = admin.send(operation.method, &format!("{before}{key}{behind}"), Some("{".into())).await;
        assert_eq!(answer.status, 404, "{} {}", operation.id, answer.text);
    }
}

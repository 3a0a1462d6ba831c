//! What becomes of a resource in the directory, and what goes on from there.

use scimitar_domain::{ChangeKind, IdSource, MappingFields, MappingId, MappingKind};
use scimitar_store::{changes, mappings};
use serde_json::{Value, json};

use super::{ada, id_of, patch, source, source_with};
use crate::harness::Api;

async fn local_user(api: &Api, username: &str) -> Value {
    let found = api.admin().get(&format!("/core/users/?username={username}")).await.expect(200);
    found["results"][0].clone()
}

async fn mapping(api: &Api, name: &str, expression: &str) -> MappingId {
    let fields = MappingFields {
        name: name.to_owned(),
        expression: expression.to_owned(),
        ..MappingFields::default()
    };
    let id = MappingId(api.ids.uuid());
    api.write(move |conn| mappings::insert(conn, id, MappingKind::Source, &fields)).await.id
}

#[tokio::test]
async fn a_user_of_a_source_is_a_user_of_the_directory() {
    let api = Api::start().await;
    let (_, client) = source(&api, "entra").await;
    let made = client.post("/Users", &ada()).await.expect(201);
    let local = local_user(&api, "ada@example.com").await;
    assert_eq!(local["uuid"], made["id"]);
    assert_eq!((&local["name"], &local["email"]), (&json!("Ada Lovelace"), &json!("ada@example.com")));
    assert_eq!((&local["path"], &local["is_active"]), (&json!("goauthentik.io/sources/entra"), &json!(true)));

    let path = format!("/Users/{}", id_of(&made));
    let retire = patch(json!({"op": "Replace", "path": "active", "value": "False"}));
    client.patch(&path, &retire).await.expect(200);
    let retired = local_user(&api, "ada@example.com").await;
    assert_eq!((&retired["is_active"], &retired["name"]), (&json!(false), &json!("Ada Lovelace")));
    client.get(&path).await.expect(200);

    client.delete(&path).await.expect(204);
    assert_eq!(local_user(&api, "ada@example.com").await, Value::Null);
    let left = api.write(|conn| changes::take(conn, 1000)).await;
    let about_users = left.iter().filter(|change| {
        matches!(change.kind, ChangeKind::UserSaved { .. } | ChangeKind::UserDeleted { .. })
    });
    // The administrator, the account of the source, and three of Ada.
    assert_eq!(about_users.count(), 5);
}

#[tokio::test]
async fn mappings_see_the_resource_and_each_other() {
    let api = Api::start().await;
    let a = mapping(
        &api,
        "a",
        "return {'attributes': {'phone': data.get('phoneNumbers', [{}])[0].get('value'), 'tags': ['a']}}",
    )
    .await;
    let b = mapping(
        &api,
        "b",
        "return {'name': properties['name'].upper(), 'attributes': {'tags': properties['attributes']['tags'] + ['b'], \
         'who': userName, 'dept': urn_ietf_params_scim_schemas_extension_enterprise_2_0_User['department'], \
         'from': source.slug}}",
    )
    .await;
    let (_, client) = source_with(&api, "entra", |source| source.user_property_mappings = vec![b, a]).await;
    let mut body = ada();
    body["phoneNumbers"] = json!([{"value": "123"}]);
    body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"department": "Maths"});
    let made = client.post("/Users", &body).await.expect(201);
    let local = local_user(&api, "ada@example.com").await;
    assert_eq!(local["name"], "ADA LOVELACE");
    assert_eq!(
        local["attributes"],
        json!({"phone": "123", "tags": ["a", "b"], "who": "ada@example.com", "dept": "Maths", "from": "entra"})
    );
    let changed = client
        .patch(
            &format!("/Users/{}", id_of(&made)),
            &patch(json!({"op": "replace", "path": "phoneNumbers[value eq \"123\"].value", "value": "456"})),
        )
        .await;
    changed.expect(200);
    assert_eq!(local_user(&api, "ada@example.com").await["attributes"]["phone"], "456");
}

#[tokio::test]
async fn a_mapping_that_fails_is_named_and_nothing_is_written() {
    let api = Api::start().await;
    let broken = mapping(&api, "broken", "return {'name': data['canary-secret']}").await;
    let skipping = mapping(&api, "skipping", "raise SkipObject()").await;
    for (slug, id, name) in [("one", broken, "broken"), ("two", skipping, "skipping")] {
        let (_, client) = source_with(&api, slug, |source| source.user_property_mappings = vec![id]).await;
        let answer = client.post("/Users", &ada()).await;
        let body = answer.expect(400);
        assert_eq!(body["scimType"], "invalidValue");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("`{name}`")) && !detail.contains("canary"), "{detail}");
    }
    assert_eq!(local_user(&api, "ada@example.com").await, Value::Null);
}

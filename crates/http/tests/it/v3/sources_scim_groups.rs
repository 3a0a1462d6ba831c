//! `/sources/scim_groups/`.

use serde_json::{Value, json};

use super::sources_scim_users::source_key;
use crate::harness::Api;

const PATH: &str = "/sources/scim_groups/";

#[tokio::test]
async fn a_connection_lives_from_creation_to_deletion() {
    let api = Api::start().await;
    let admin = api.admin();
    let company = api.group("company", &[]).await;
    let staff = api.group_with("staff", &[], |group| group.parents = vec![company]).await;
    let entra = source_key(&admin, "entra").await;
    let request = json!({"id": "g-1", "group": staff.to_string(), "source": entra});
    let created = admin.post(PATH, &request).await.expect(201);
    let expected = json!({
        "id": "g-1",
        "external_id": "g-1",
        "group": staff.to_string(),
        "group_obj": {
            "pk": staff.to_string(),
            "num_pk": staff.num_pk(),
            "name": "staff",
            "is_superuser": false,
            "parent": company.to_string(),
            "parent_name": "company",
            "attributes": {},
        },
        "source": entra,
        "attributes": {},
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}g-1/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), "200 []");
    // The same key among the users' connections is nobody's.
    let other = admin.get("/sources/scim_users/g-1/").await;
    assert_eq!(other.line(), r#"404 {"detail":"No SCIMSourceUser matches the given query."}"#);

    let renamed = admin.patch(&path, &json!({"id": "g-2", "attributes": {"displayName": "Staff"}})).await;
    assert_eq!(renamed.expect(200)["attributes"], json!({"displayName": "Staff"}));
    let gone = r#"404 {"detail":"No SCIMSourceGroup matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    let wish = json!({"external_id": "x", "group": company.to_string(), "source": entra});
    let replaced = admin.put(&format!("{PATH}g-2/"), &wish).await.expect(200);
    assert_eq!((&replaced["id"], &replaced["group_obj"]["name"]), (&json!("g-2"), &json!("company")));
    assert_eq!(admin.delete(&format!("{PATH}g-2/")).await.line(), "204 ");
    assert_eq!(admin.delete(&format!("{PATH}g-2/")).await.line(), gone);
}

#[tokio::test]
async fn what_is_taken_or_missing_is_said_in_the_words_of_groups() {
    let api = Api::start().await;
    let admin = api.admin();
    let staff = api.group("staff", &[]).await.to_string();
    let entra = source_key(&admin, "entra").await;
    let request = json!({"id": "g", "group": staff, "source": entra});
    admin.post(PATH, &request).await.expect(201);
    assert_eq!(
        admin.post(PATH, &request).await.expect(400),
        json!({"id": ["scim source group with this id already exists."]})
    );
    assert_eq!(
        admin.post(PATH, &json!({"id": "h", "group": staff, "source": entra})).await.expect(400),
        json!({"non_field_errors": ["The fields group, source must make a unique set."]})
    );
    let unknown = "00000000-0000-4000-8000-00000000dead";
    let missing = format!("Invalid pk \"{unknown}\" - object does not exist.");
    assert_eq!(
        admin.post(PATH, &json!({"id": "h", "group": unknown, "source": unknown})).await.expect(400),
        json!({"group": [missing], "source": [missing]})
    );
}

#[tokio::test]
async fn lists_are_narrowed_by_source_and_group() {
    let api = Api::start().await;
    let admin = api.admin();
    let (staff, board) = (api.group("staff", &[]).await, api.group("board", &[]).await);
    let (entra, okta) = (source_key(&admin, "entra").await, source_key(&admin, "okta").await);
    for (id, group, source) in [("1", staff, &entra), ("2", board, &entra), ("3", board, &okta)] {
        let request = json!({"id": id, "group": group.to_string(), "source": source});
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        (String::new(), json!(["2", "3", "1"])),
        ("source__slug=okta".to_owned(), json!(["3"])),
        (format!("group__group_uuid={staff}"), json!(["1"])),
        ("group__name=board&search=entra".to_owned(), json!(["2"])),
        ("ordering=-id".to_owned(), json!(["3", "2", "1"])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("id");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?group__group_uuid=x")).await.expect(400),
        json!({"group__group_uuid": ["Enter a valid UUID."]})
    );
    let entry = |id: &str, source: &str| {
        json!({"app": "authentik_sources_scim", "model_name": "scimsourcegroup", "pk": id,
               "name": format!("SCIM Group {board} to {source}"), "action": "cascade"})
    };
    let of_group = admin.get(&format!("/core/groups/{board}/used_by/")).await.expect(200);
    assert_eq!(of_group, json!([entry("2", &entra), entry("3", &okta)]));
    admin.delete(&format!("/core/groups/{board}/")).await.expect(204);
    assert_eq!(admin.get(PATH).await.column("id"), ["1"]);
}

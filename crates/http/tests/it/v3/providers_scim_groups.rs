//! `/providers/scim_groups/`.

use serde_json::{Value, json};

use super::providers_scim::provider;
use crate::harness::Api;

const PATH: &str = "/providers/scim_groups/";

#[tokio::test]
async fn a_connection_is_made_read_and_forgotten_without_the_remote() {
    let api = Api::start().await;
    let admin = api.admin();
    let company = api.group("company", &[]).await;
    let staff = api.group_with("staff", &[], |group| group.parents = vec![company]).await;
    let pk = provider(&admin, "wiki").await;
    let request = json!({"scim_id": "g-1", "group": staff.to_string(), "provider": pk});
    let created = admin.post(PATH, &request).await.expect(201);
    let id = created["id"].as_str().expect("a key").to_owned();
    let expected = json!({
        "id": id,
        "scim_id": "g-1",
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
        "provider": pk,
        "attributes": {},
    });
    assert_eq!(created, expected);
    let path = format!("{PATH}{id}/");
    assert_eq!(admin.get(&path).await.expect(200), expected);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), "200 []");
    // The same key among the users' connections is nobody's.
    let other = admin.get(&format!("/providers/scim_users/{id}/")).await;
    assert_eq!(other.line(), r#"404 {"detail":"No SCIMProviderUser matches the given query."}"#);

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    assert_eq!(
        admin.get(&path).await.line(),
        r#"404 {"detail":"No SCIMProviderGroup matches the given query."}"#
    );
}

#[tokio::test]
async fn a_request_must_name_what_exists() {
    let api = Api::start().await;
    let admin = api.admin();
    let unknown = "00000000-0000-4000-8000-00000000dead";
    assert_eq!(
        admin.post(PATH, &json!({"scim_id": "g", "group": unknown, "provider": 999})).await.expect(400),
        json!({
            "group": [format!("Invalid pk \"{unknown}\" - object does not exist.")],
            "provider": ["Invalid pk \"999\" - object does not exist."],
        })
    );
    assert_eq!(
        admin.post(PATH, &json!({"scim_id": "g", "group": "staff"})).await.expect(400),
        json!({"provider": ["This field is required."], "group": ["“staff” is not a valid UUID."]})
    );
    for group in [json!(null), json!("")] {
        let refused =
            admin.post(PATH, &json!({"scim_id": "g", "group": group, "provider": 1})).await.expect(400);
        assert_eq!(refused["group"], json!(["This field may not be null."]), "{group}");
    }
}

#[tokio::test]
async fn a_group_has_one_connection_at_a_provider() {
    let api = Api::start().await;
    let admin = api.admin();
    let staff = api.group("staff", &[]).await.to_string();
    let pk = provider(&admin, "wiki").await;
    let request = json!({"scim_id": "g-1", "group": staff, "provider": pk});
    admin.post(PATH, &request).await.expect(201);
    assert_eq!(
        admin.post(PATH, &request).await.expect(400),
        json!({"non_field_errors": ["The fields scim_id, group, provider must make a unique set."]})
    );
}

#[tokio::test]
async fn lists_are_narrowed_by_provider_and_group() {
    let api = Api::start().await;
    let admin = api.admin();
    let (staff, board) = (api.group("staff", &[]).await, api.group("board", &[]).await);
    let (wiki, chat) = (provider(&admin, "wiki").await, provider(&admin, "chat").await);
    for (group, provider, id) in
        [(staff, wiki, "w-staff"), (board, wiki, "w-board"), (board, chat, "c-board")]
    {
        let request = json!({"scim_id": id, "group": group.to_string(), "provider": provider});
        admin.post(PATH, &request).await.expect(201);
    }
    for (query, expected) in [
        (format!("provider__id={wiki}"), json!(["w-board", "w-staff"])),
        (format!("group__group_uuid={staff}"), json!(["w-staff"])),
        ("group__name=board&search=chat".to_owned(), json!(["c-board"])),
        ("group__group_uuid=00000000-0000-4000-8000-00000000dead".to_owned(), json!([])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("scim_id");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?group__group_uuid=x")).await.expect(400),
        json!({"group__group_uuid": ["Enter a valid UUID."]})
    );
}

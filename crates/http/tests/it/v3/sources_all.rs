//! `/sources/all/`.

use serde_json::{Value, json};

use super::sources_scim::source;
use crate::harness::Api;

const PATH: &str = "/sources/all/";

#[tokio::test]
async fn a_source_is_shown_whatever_its_kind_until_it_is_deleted() {
    let api = Api::start().await;
    let admin = api.admin();
    let created = source(&admin, "entra").await;
    let path = format!("{PATH}entra/");
    assert_eq!(
        admin.get(&path).await.expect(200),
        json!({
            "pk": created["pk"],
            "name": "entra source",
            "slug": "entra",
            "enabled": true,
            "promoted": false,
            "authentication_flow": null,
            "enrollment_flow": null,
            "user_property_mappings": [],
            "group_property_mappings": [],
            "component": "ak-source-scim-form",
            "verbose_name": "SCIM Source",
            "verbose_name_plural": "SCIM Sources",
            "meta_model_name": "authentik_sources_scim.scimsource",
            "policy_engine_mode": "any",
            "user_matching_mode": "identifier",
            "managed": null,
            "user_path_template": "goauthentik.io/sources/%(slug)s",
            "icon": null,
            "icon_url": null,
            "icon_themed_urls": null,
        })
    );
    let ada = api.user("ada").await;
    let link = json!({"id": "a", "user": ada.0, "source": created["pk"]});
    admin.post("/sources/scim_users/", &link).await.expect(201);
    let told = admin.get(&format!("{path}used_by/")).await.expect(200);
    assert_eq!(
        (&told[0]["pk"], &told[0]["action"], &told[1]),
        (&json!("a"), &json!("cascade"), &Value::Null)
    );

    assert_eq!(admin.delete(&path).await.line(), "204 ");
    assert_eq!(admin.get("/sources/scim/entra/").await.status, 404);
    let gone = r#"404 {"detail":"No Source matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert_eq!(admin.get(&format!("{path}used_by/")).await.line(), gone);
}

#[tokio::test]
async fn lists_are_narrowed_and_searched_by_name_and_slug() {
    let api = Api::start().await;
    let admin = api.admin();
    let (b, a) = (source(&admin, "bee").await, source(&admin, "ant").await);
    let account = a["token_obj"]["identifier"].as_str().expect("an identifier");
    for (query, expected) in [
        (String::new(), json!(["ant", "bee"])),
        (format!("pbm_uuid={}", b["pk"].as_str().expect("a key")), json!(["bee"])),
        ("name=ant%20source".to_owned(), json!(["ant"])),
        ("slug=bee".to_owned(), json!(["bee"])),
        ("managed=x".to_owned(), json!([])),
        ("ordering=-name".to_owned(), json!(["bee", "ant"])),
        ("search=ANT".to_owned(), json!(["ant"])),
        (format!("search={account}"), json!([])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("slug");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?pbm_uuid=x")).await.expect(400),
        json!({"pbm_uuid": ["Enter a valid UUID."]})
    );
    let kinds = admin.get(&format!("{PATH}types/")).await.expect(200);
    assert_eq!(
        (&kinds[0]["name"], &kinds[0]["component"], &kinds[0]["model_name"]),
        (&json!("SCIM Source"), &json!("ak-source-scim-form"), &json!("scimsource"))
    );
    assert_eq!(kinds[0].get("icon_url"), None);
}

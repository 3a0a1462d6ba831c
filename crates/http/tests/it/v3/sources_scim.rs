//! `/sources/scim/`.

use serde_json::{Value, json};

use super::propertymappings_source_scim::mapping;
use crate::harness::{Api, Client};

const PATH: &str = "/sources/scim/";

/// A source with this slug, as it was answered.
pub(super) async fn source(admin: &Client, slug: &str) -> Value {
    admin.post(PATH, &json!({"name": format!("{slug} source"), "slug": slug})).await.expect(201)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

async fn key_of(admin: &Client, source: &Value) -> String {
    let identifier = text(&source["token_obj"]["identifier"]);
    let shown = admin.get(&format!("/core/tokens/{identifier}/view_key/")).await.expect(200);
    text(&shown["key"]).to_owned()
}

#[tokio::test]
async fn a_source_lives_from_creation_to_deletion() {
    let api = Api::start().await;
    let admin = api.admin();
    let admin = admin.with("host", "id.example.com");
    let created = source(&admin, "entra").await;
    let pk = text(&created["pk"]).to_owned();
    let mut shown = created.clone();
    let token = shown["token_obj"].take();
    assert_eq!(
        shown,
        json!({
            "pk": pk,
            "name": "entra source",
            "slug": "entra",
            "enabled": true,
            "component": "ak-source-scim-form",
            "verbose_name": "SCIM Source",
            "verbose_name_plural": "SCIM Sources",
            "meta_model_name": "authentik_sources_scim.scimsource",
            "managed": null,
            "user_path_template": "goauthentik.io/sources/%(slug)s",
            "user_property_mappings": [],
            "group_property_mappings": [],
            "delete_policy": "delete",
            "delete_after_days": 30,
            "link_policy": "none",
            "link_superusers": false,
            "guard_floor": 10,
            "guard_percent": 10,
            "guard_held_since": null,
            "root_url": "http://id.example.com/source/scim/entra/v2",
            "token_obj": null,
        })
    );
    let identifier = format!("ak-source-scim-{pk}");
    assert_eq!(token, admin.get(&format!("/core/tokens/{identifier}/")).await.expect(200));
    assert_eq!((&token["identifier"], &token["intent"]), (&json!(identifier), &json!("api")));
    assert_eq!((&token["expiring"], &token["expires"]), (&json!(false), &json!(null)));
    assert_eq!(token["managed"], format!("goauthentik.io/sources/scim/{pk}"));
    assert_eq!(token["user_obj"]["username"], json!(identifier));
    assert_eq!(token["user_obj"]["type"], "internal_service_account");
    assert_eq!(token["user_obj"]["path"], "goauthentik.io/sources/scim");
    assert_eq!(token["user_obj"]["name"], "SCIM Source entra source Service-Account");

    let path = format!("{PATH}entra/");
    assert_eq!(admin.get(&path).await.expect(200), created);
    assert_eq!(admin.patch(&path, &json!({})).await.expect(200), created);
    assert_eq!(admin.delete(&path).await.line(), "204 ");
    let gone = r#"404 {"detail":"No SCIMSource matches the given query."}"#;
    assert_eq!(admin.get(&path).await.line(), gone);
    assert_eq!(admin.patch(&path, &json!({})).await.line(), gone);
    assert_eq!(admin.delete(&path).await.line(), gone);
    assert_eq!(admin.get(&format!("/core/tokens/{identifier}/")).await.status, 404);
    let accounts = admin.get(&format!("/core/users/?username={identifier}")).await.column("pk");
    assert_eq!(accounts, [Value::Null; 0]);
}

#[tokio::test]
async fn a_change_rotates_nothing_and_moves_the_address() {
    let api = Api::start().await;
    let admin = api.admin();
    let created = source(&admin, "entra").await;
    let key = key_of(&admin, &created).await;
    let wish =
        json!({"name": "Entra ID", "slug": "entra-id", "enabled": false, "user_path_template": "people"});
    let changed = admin.put(&format!("{PATH}entra/"), &wish).await.expect(200);
    assert_eq!(admin.get(&format!("{PATH}entra/")).await.status, 404);
    assert_eq!((&changed["pk"], &changed["enabled"]), (&created["pk"], &json!(false)));
    assert_eq!(changed["user_path_template"], "people");
    assert!(text(&changed["root_url"]).ends_with("/source/scim/entra-id/v2"), "{}", changed["root_url"]);
    assert_eq!(changed["token_obj"]["pk"], created["token_obj"]["pk"]);
    assert_eq!(changed["token_obj"]["user_obj"]["name"], "SCIM Source Entra ID Service-Account");
    assert_eq!(key_of(&admin, &changed).await, key);
    // What PUT leaves out stays.
    let kept = json!({"name": "Entra ID", "slug": "entra-id"});
    let kept = admin.put(&format!("{PATH}entra-id/"), &kept).await.expect(200);
    assert_eq!((&kept["enabled"], &kept["user_path_template"]), (&json!(false), &json!("people")));
}

#[tokio::test]
async fn the_source_outlives_its_token_and_its_account_and_gets_new_ones() {
    let api = Api::start().await;
    let admin = api.admin();
    let created = source(&admin, "entra").await;
    let (pk, key) = (text(&created["pk"]), key_of(&admin, &created).await);
    let identifier = format!("ak-source-scim-{pk}");
    let owner = json!([{"app": "authentik_sources_scim", "model_name": "scimsource", "pk": pk,
                        "name": "SCIM Source entra source", "action": "set_default"}]);
    let token = format!("/core/tokens/{identifier}/");
    assert_eq!(admin.get(&format!("{token}used_by/")).await.expect(200), owner);
    assert_eq!(admin.delete(&token).await.line(), "204 ");

    let path = format!("{PATH}entra/");
    let second = admin.get(&path).await.expect(200);
    assert_eq!((&second["pk"], &second["token_obj"]["identifier"]), (&json!(pk), &json!(identifier)));
    assert_ne!(second["token_obj"]["pk"], created["token_obj"]["pk"]);
    let new_key = key_of(&admin, &second).await;
    assert_ne!(new_key, key);
    assert_eq!(
        api.with_key(&key).get("/core/users/me/").await.line(),
        r#"403 {"detail":"Token invalid/expired"}"#
    );

    let account = second["token_obj"]["user"].clone();
    let user = format!("/core/users/{account}/");
    assert_eq!(admin.get(&format!("{user}used_by/")).await.expect(200), owner);
    assert_eq!(admin.delete(&user).await.line(), "204 ");
    let third = admin.get(&path).await.expect(200);
    assert_ne!(third["token_obj"]["user"], account);
    assert_eq!(third["token_obj"]["user_obj"]["username"], json!(identifier));
    assert_ne!(key_of(&admin, &third).await, new_key);
}

#[tokio::test]
async fn a_source_s_own_token_opens_what_any_user_s_does() {
    let api = Api::start().await;
    let admin = api.admin();
    let created = source(&admin, "entra").await;
    let client = api.with_key(&key_of(&admin, &created).await);
    let refused = r#"403 {"detail":"You do not have permission to perform this action."}"#;
    assert_eq!(client.get(PATH).await.line(), refused);
    assert_eq!(client.get(&format!("{PATH}entra/")).await.line(), refused);
    assert_eq!(client.get("/core/users/").await.line(), refused);
    assert_eq!(client.get("/core/tokens/").await.column("pk"), [created["token_obj"]["pk"].clone()]);
}

#[tokio::test]
async fn all_that_speaks_against_a_source_is_said_together() {
    let api = Api::start().await;
    let admin = api.admin();
    source(&admin, "entra").await;
    let outbound = super::providers_scim::mapping(&admin, "outbound").await;
    let unknown = "00000000-0000-4000-8000-00000000dead";
    let wish = json!({"name": "", "slug": "entra", "user_property_mappings": [outbound],
                      "group_property_mappings": [unknown]});
    assert_eq!(
        admin.post(PATH, &wish).await.expect(400),
        json!({
            "name": ["This field may not be blank."],
            "slug": ["source with this slug already exists."],
            "user_property_mappings": [format!("Invalid pk \"{outbound}\" - object does not exist.")],
            "group_property_mappings": [format!("Invalid pk \"{unknown}\" - object does not exist.")],
        })
    );
    // A source may keep its slug, and another one may have its name.
    admin.patch(&format!("{PATH}entra/"), &json!({"slug": "entra"})).await.expect(200);
    admin.post(PATH, &json!({"name": "entra source", "slug": "other"})).await.expect(201);
    assert_eq!(
        admin.patch(&format!("{PATH}other/"), &json!({"slug": "entra"})).await.expect(400),
        json!({"slug": ["source with this slug already exists."]})
    );
}

#[tokio::test]
async fn lists_are_narrowed_searched_and_ordered() {
    let api = Api::start().await;
    let admin = api.admin();
    let (b, a) = (source(&admin, "b").await, source(&admin, "a").await);
    for (query, expected) in [
        (String::new(), json!(["a", "b"])),
        (format!("pbm_uuid={}", text(&b["pk"])), json!(["b"])),
        ("name=a%20source".to_owned(), json!(["a"])),
        ("slug=b".to_owned(), json!(["b"])),
        ("ordering=-slug".to_owned(), json!(["b", "a"])),
        ("search=%22B%20SOURCE%22".to_owned(), json!(["b"])),
        (format!("search={}", text(&a["token_obj"]["identifier"])), json!(["a"])),
        ("slug=nothing".to_owned(), json!([])),
    ] {
        let listed = admin.get(&format!("{PATH}?{query}")).await.column("slug");
        assert_eq!(Value::from(listed), expected, "{query}");
    }
    assert_eq!(
        admin.get(&format!("{PATH}?pbm_uuid=x")).await.expect(400),
        json!({"pbm_uuid": ["Enter a valid UUID."]})
    );
}

#[tokio::test]
async fn mappings_read_back_in_the_order_in_which_they_were_given() {
    let api = Api::start().await;
    let admin = api.admin();
    let (b, a) = (mapping(&admin, "b").await, mapping(&admin, "a").await);
    let wish = json!({"name": "Entra", "slug": "entra", "user_property_mappings": [b, a, b],
                      "group_property_mappings": [a]});
    let created = admin.post(PATH, &wish).await.expect(201);
    assert_eq!(created["user_property_mappings"], json!([b, a]));
    assert_eq!(created["group_property_mappings"], json!([a]));
    let entry = |pk: &str, name: &str| json!({"app": "authentik_core", "model_name": "propertymapping", "pk": pk, "name": format!("Property Mapping {name}"), "action": "cascade_many"});
    assert_eq!(
        admin.get(&format!("{PATH}entra/used_by/")).await.expect(200),
        json!([entry(&a, "a"), entry(&a, "a"), entry(&b, "b")])
    );
    let turned = json!({"user_property_mappings": [a, b], "group_property_mappings": []});
    let turned = admin.patch(&format!("{PATH}entra/"), &turned).await.expect(200);
    assert_eq!(turned["user_property_mappings"], json!([a, b]));
    assert_eq!(turned["group_property_mappings"], json!([]));
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_each_other() {
    let api = Api::start().await;
    let admin = api.admin();
    source(&admin, "entra").await;
    let path = format!("{PATH}entra/");
    for round in 0..20 {
        let (name, template) = (format!("source {round}"), format!("people/{round}"));
        let (one, two) = (json!({"name": name}), json!({"user_path_template": template}));
        let (first, second) = tokio::join!(admin.patch(&path, &one), admin.patch(&path, &two));
        assert_eq!((first.status, second.status), (200, 200));
        let read = admin.get(&path).await.expect(200);
        assert_eq!((&read["name"], &read["user_path_template"]), (&json!(name), &json!(template)));
    }
}

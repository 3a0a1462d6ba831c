//! What clients of all releases need, in answers as they come: every key that one of them demands, and no null where
//! one of them takes none.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_domain::{Clock, IdSource, ProviderPk, Run, RunCounts, RunId, RunState, RunTrigger};
use scimitar_store::runs;
use serde_json::{Value, json};

use super::v3::providers_scim::{mapping, provider_with};
use crate::harness::Api;

/// What no answer can show, because there is none of it.
const NEVER_SHOWN: [&str; 3] = ["Role", "ThemedUrls", "UserSelfRoles"];

/// Each component of `superset.responses` with what it demands.
fn demands() -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let newer: Value = serde_json::from_str(include_str!("../../../../openapi/contract/newer.json"))
        .expect("the contract is JSON");
    let names = |component: &Value, list: &str| -> Vec<String> {
        serde_json::from_value(component[list].clone()).expect("a list of names")
    };
    let components = newer["superset"]["responses"].as_object().expect("there are components");
    let demands = components
        .iter()
        .map(|(name, it)| (name.clone(), (names(it, "emit_always"), names(it, "never_null"))));
    demands.collect()
}

/// Live answers by the names of their components.
#[derive(Default)]
struct Shown(Vec<(&'static str, Value)>);

impl Shown {
    fn add(&mut self, name: &'static str, value: &Value) {
        assert!(value.is_object(), "{name} is shown as {value}");
        self.0.push((name, value.clone()));
    }
}

async fn directory(api: &Api, shown: &mut Shown) {
    let admin = api.admin();
    let ada = api.user("ada").await;
    let top = api.group("all", &[]).await;
    let staff = api.group_with("staff", &[ada], |group| group.parents = vec![top]).await;
    let user = admin.get(&format!("/core/users/{ada}/")).await.expect(200);
    shown.add("User", &user);
    shown.add("UserGroup", &user["groups_obj"][0]);
    let bare = admin.get("/core/users/?include_groups=false&include_roles=false").await.expect(200);
    shown.add("PaginatedUserList", &bare);
    shown.add("User", &bare["results"][0]);
    shown.add("Pagination", &bare["pagination"]);
    let group = admin.get(&format!("/core/groups/{staff}/?include_parents=true")).await.expect(200);
    shown.add("Group", &group);
    shown.add("GroupMember", &group["users_obj"][0]);
    shown.add("GroupChild", &group["parents_obj"][0]);
    let groups = admin.get("/core/groups/?include_users=false").await.expect(200);
    shown.add("PaginatedGroupList", &groups);
    shown.add("Group", &groups["results"][0]);
    let me = admin.get("/core/users/me/").await.expect(200);
    shown.add("SessionUser", &me);
    shown.add("UserSelf", &me["user"]);
    shown.add("UserSelfGroups", &me["user"]["groups"][0]);
    let robot = admin.post("/core/users/service_account/", &json!({"name": "robot"})).await.expect(200);
    shown.add("UserServiceAccountResponse", &robot);
    let tokens = admin.get("/core/tokens/").await.expect(200);
    shown.add("PaginatedTokenList", &tokens);
    shown.add("Token", &tokens["results"][0]);
    shown.add("TokenView", &admin.get("/core/tokens/admin-token/view_key/").await.expect(200));
    shown.add("GenericError", &admin.get("/core/users/999/").await.expect(404));
    shown.add("ValidationError", &admin.post("/core/users/", &json!({})).await.expect(400));
    shown.add("Config", &admin.get("/root/config/").await.expect(200));
    let config = admin.get("/root/config/").await.expect(200);
    shown.add("ErrorReportingConfig", &config["error_reporting"]);
    shown.add("Version", &admin.get("/admin/version/").await.expect(200));
    shown.add("UsedBy", &admin.get(&format!("/core/users/{ada}/used_by/")).await.expect(200)[0]);

    let request = json!({"name": "wiki", "url": "https://a", "token": "t"});
    let pk = provider_with(&admin, request).await;
    let user = json!({"scim_id": "u", "user": ada.0, "provider": pk});
    shown.add("SCIMProviderUser", &admin.post("/providers/scim_users/", &user).await.expect(201));
    let group = json!({"scim_id": "g", "group": staff.to_string(), "provider": pk});
    shown.add("SCIMProviderGroup", &admin.post("/providers/scim_groups/", &group).await.expect(201));
    for (name, path) in [
        ("PaginatedSCIMProviderUserList", "/providers/scim_users/"),
        ("PaginatedSCIMProviderGroupList", "/providers/scim_groups/"),
        ("PaginatedSCIMProviderList", "/providers/scim/"),
        ("PaginatedProviderList", "/providers/all/"),
    ] {
        shown.add(name, &admin.get(path).await.expect(200));
    }
    // One that no application has, and, as its main one, one that an application has.
    shown.add("SCIMProvider", &admin.get(&format!("/providers/scim/{pk}/")).await.expect(200));
    shown.add("Provider", &admin.get(&format!("/providers/all/{pk}/")).await.expect(200));
    let application = json!({"name": "Wiki", "slug": "wiki", "provider": pk, "backchannel_providers": [pk]});
    shown.add("Application", &admin.post("/core/applications/", &application).await.expect(201));
    shown.add("PaginatedApplicationList", &admin.get("/core/applications/").await.expect(200));
    shown.add("SCIMProvider", &admin.get(&format!("/providers/scim/{pk}/")).await.expect(200));
    synced(api, shown, pk, ada.0).await;
}

/// A full sync that has begun, and an object whose sync leaves something to tell.
async fn synced(api: &Api, shown: &mut Shown, pk: i64, user: i32) {
    let admin = api.admin();
    let path = format!("/providers/scim/{pk}/sync/");
    shown.add("SyncStatus", &admin.get(&format!("{path}status/")).await.expect(200));
    let run = Run {
        id: RunId(api.ids.uuid()),
        provider: ProviderPk(i32::try_from(pk).expect("a key")),
        trigger: RunTrigger::Saved,
        dry_run: false,
        state: RunState::Users,
        started_at: api.clock.now(),
        finished_at: None,
        counts: RunCounts::default(),
        detail: None,
    };
    api.write(move |conn| runs::start(conn, &run)).await;
    let status = admin.get(&format!("{path}status/")).await.expect(200);
    shown.add("SyncStatus", &status);
    shown.add("SystemTask", &status["tasks"][0]);
    let wanted =
        json!({"sync_object_model": "authentik.core.models.User", "sync_object_id": user.to_string()});
    let told = admin.post(&format!("{path}object/"), &wanted).await.expect(200);
    shown.add("SyncObjectResult", &told);
    shown.add("LogEvent", &told["messages"][0]);
}

async fn mappings(api: &Api, shown: &mut Shown) {
    let admin = api.admin();
    let pk = mapping(&admin, "users").await;
    shown.add("SCIMMapping", &admin.get(&format!("/propertymappings/provider/scim/{pk}/")).await.expect(200));
    shown.add("PropertyMapping", &admin.get(&format!("/propertymappings/all/{pk}/")).await.expect(200));
    shown.add("PaginatedSCIMMappingList", &admin.get("/propertymappings/provider/scim/").await.expect(200));
    shown.add("PaginatedPropertyMappingList", &admin.get("/propertymappings/all/").await.expect(200));
    let tried = admin.post(&format!("/propertymappings/all/{pk}/test/"), &json!({})).await.expect(200);
    shown.add("PropertyMappingTestResult", &tried);
    for path in ["/propertymappings/all/types/", "/providers/all/types/"] {
        shown.add("TypeCreate", &admin.get(path).await.expect(200)[0]);
    }
}

async fn sources(api: &Api, shown: &mut Shown) {
    let admin = api.admin();
    let mapping = json!({"name": "inbound", "expression": "return {}"});
    let mapping = admin.post("/propertymappings/source/scim/", &mapping).await.expect(201);
    shown.add("SCIMSourcePropertyMapping", &mapping);
    let source = admin.post("/sources/scim/", &json!({"name": "HR", "slug": "hr"})).await.expect(201);
    shown.add("SCIMSource", &source);
    let (user, group) = (api.user("kim").await, api.group("board", &[]).await);
    let link = json!({"id": "u-1", "source": source["pk"], "user": user.0});
    shown.add("SCIMSourceUser", &admin.post("/sources/scim_users/", &link).await.expect(201));
    let link = json!({"external_id": "g-1", "source": source["pk"], "group": group.to_string()});
    shown.add("SCIMSourceGroup", &admin.post("/sources/scim_groups/", &link).await.expect(201));
    shown.add("Source", &admin.get("/sources/all/hr/").await.expect(200));
    for (name, path) in [
        ("PaginatedSCIMSourcePropertyMappingList", "/propertymappings/source/scim/"),
        ("PaginatedSCIMSourceList", "/sources/scim/"),
        ("PaginatedSCIMSourceUserList", "/sources/scim_users/"),
        ("PaginatedSCIMSourceGroupList", "/sources/scim_groups/"),
        ("PaginatedSourceList", "/sources/all/"),
    ] {
        shown.add(name, &admin.get(path).await.expect(200));
    }
}

#[tokio::test]
async fn every_answer_has_what_the_clients_of_all_releases_need() {
    let api = Api::start().await;
    let mut shown = Shown::default();
    directory(&api, &mut shown).await;
    mappings(&api, &mut shown).await;
    sources(&api, &mut shown).await;

    let mut wanted = demands();
    let mut faults = Vec::new();
    for (name, value) in &shown.0 {
        let Some((always, never_null)) = wanted.get(*name) else { panic!("{name} is no component") };
        faults.extend(
            always
                .iter()
                .filter(|key| value.get(key).is_none())
                .map(|key| format!("{name}.{key} is missing")),
        );
        faults.extend(
            never_null.iter().filter(|key| value[*key].is_null()).map(|key| format!("{name}.{key} is null")),
        );
    }
    assert_eq!(faults, Vec::<String>::new());
    let seen: BTreeSet<&str> = shown.0.iter().map(|(name, _)| *name).collect();
    wanted.retain(|name, _| !seen.contains(name.as_str()));
    let unseen: BTreeSet<&str> = wanted.keys().map(String::as_str).collect();
    let expected = BTreeSet::from(NEVER_SHOWN);
    assert_eq!(unseen, expected, "every component is seen, or it is said why not");
}

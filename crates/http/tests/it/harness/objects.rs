//! One object of any kind, made by the API itself, and a request of any kind.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::Client;
use super::contract::Operation;

/// A key that no object has, in a form that every kind of key may have.
pub(crate) const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const NOBODY_BY_NUMBER: &str = "999999";

/// Makes objects with the rights of an administrator. No two have a name in common.
pub(crate) struct Objects {
    admin: Client,
    made: AtomicU32,
}

impl Objects {
    pub(crate) fn new(admin: Client) -> Self {
        Self { admin, made: AtomicU32::new(0) }
    }

    /// The path of an operation with the key of a new object in it.
    pub(crate) async fn path(&self, operation: &Operation) -> String {
        if !operation.has_key() {
            return operation.path.to_owned();
        }
        let (collection, rest) = parts(operation.path);
        let one = format!("{collection}{}", self.key(collection).await);
        let Some((below, rest)) = rest.split_once('{') else {
            if asks_for_a_user(rest) {
                return format!("{one}{rest}?user={}", self.key("/core/users/").await);
            }
            return format!("{one}{rest}");
        };
        let (_, rest) = rest.split_once('}').expect("a key ends");
        let key = match below {
            "/tokens/" => {
                let made = self.make(&format!("{one}{below}"), "SCIMSourceTokenRequest").await;
                text(&made["token"]["pk"])
            }
            "/plan/" => {
                let provider = one.trim_end_matches('/').rsplit('/').next().expect("a key").to_owned();
                self.attach(&provider).await;
                text(&self.admin.post(&format!("{one}{below}"), &json!({})).await.expect(201)["pk"])
            }
            other => panic!("{other}: say here how an object of it is made"),
        };
        format!("{one}{below}{key}{rest}")
    }

    /// Make an application that names this provider, so that it is synced.
    async fn attach(&self, provider: &str) {
        let mut body = self.body("ApplicationRequest").await;
        body["backchannel_providers"] = json!([provider.parse::<i32>().expect("a number")]);
        self.admin.post("/core/applications/", &body).await.expect(201);
    }

    /// The path of an operation with a key in it that no object has.
    pub(crate) fn path_to_nobody(operation: &Operation) -> String {
        if !operation.has_key() {
            return operation.path.to_owned();
        }
        let (collection, rest) = parts(operation.path);
        let by_number = ["/core/users/", "/providers/scim/", "/providers/all/"];
        let key = if by_number.contains(&collection) { NOBODY_BY_NUMBER } else { NOBODY };
        let rest = match rest.split_once('{') {
            Some((below, rest)) => format!("{below}{NOBODY}{}", rest.split_once('}').expect("a key ends").1),
            None if asks_for_a_user(rest) => format!("{rest}?user={NOBODY_BY_NUMBER}"),
            None => rest.to_owned(),
        };
        format!("{collection}{key}{rest}")
    }

    /// A request that an operation accepts.
    pub(crate) async fn request(&self, operation: &Operation) -> Option<String> {
        match operation.request()? {
            patch if patch.starts_with("Patched") => Some("{}".to_owned()),
            component => Some(self.body(component).await.to_string()),
        }
    }

    /// The key of a new object of a collection.
    async fn key(&self, collection: &str) -> String {
        let (path, component, key) = match collection {
            "/core/users/" => (collection, "UserRequest", "pk"),
            "/core/groups/" => (collection, "GroupRequest", "pk"),
            "/core/tokens/" => (collection, "TokenRequest", "identifier"),
            "/core/applications/" => (collection, "ApplicationRequest", "slug"),
            "/providers/scim/" | "/providers/all/" => ("/providers/scim/", "SCIMProviderRequest", "pk"),
            "/providers/scim_users/" => (collection, "SCIMProviderUserRequest", "id"),
            "/providers/scim_groups/" => (collection, "SCIMProviderGroupRequest", "id"),
            "/propertymappings/provider/scim/" | "/propertymappings/all/" => {
                ("/propertymappings/provider/scim/", "SCIMMappingRequest", "pk")
            }
            "/propertymappings/source/scim/" => (collection, "SCIMSourcePropertyMappingRequest", "pk"),
            "/sources/scim/" | "/sources/all/" => ("/sources/scim/", "SCIMSourceRequest", "slug"),
            "/sources/scim_users/" => (collection, "SCIMSourceUserRequest", "id"),
            "/sources/scim_groups/" => (collection, "SCIMSourceGroupRequest", "id"),
            other => panic!("{other}: say here how an object of it is made"),
        };
        text(&self.make(path, component).await[key])
    }

    async fn make(&self, path: &str, component: &str) -> Value {
        let body = self.body(component).await;
        self.admin.post(path, &body).await.expect(201)
    }

    async fn body(&self, component: &str) -> Value {
        let name = format!("made-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let pk = async |path: &str, component: &str| Box::pin(self.make(path, component)).await["pk"].clone();
        match component {
            "UserRequest" => json!({"username": name, "name": name}),
            "GroupRequest" | "UserServiceAccountRequest" | "SCIMSourceTokenRequest" => json!({"name": name}),
            "TokenRequest" => json!({"identifier": name}),
            "TokenSetKeyRequest" => json!({"key": format!("canary-{name}")}),
            "UserPasswordSetRequest" => json!({"password": format!("canary-{name}")}),
            "ApplicationRequest" | "SCIMSourceRequest" => json!({"name": name, "slug": name}),
            "SCIMMappingRequest" | "SCIMSourcePropertyMappingRequest" => {
                json!({"name": name, "expression": "return {}"})
            }
            "SCIMPlanApplyRequest" | "SCIMGuardRejectRequest" => json!({}),
            "SCIMProviderRequest" => json!({"name": name, "url": "http://127.0.0.1:9/v2", "token": "canary"}),
            "UserAccountRequest" => json!({"pk": pk("/core/users/", "UserRequest").await}),
            "PropertyMappingTestRequest" => json!({"user": pk("/core/users/", "UserRequest").await}),
            "SCIMProviderRetryRequest" => json!({"objects": []}),
            "SyncObjectRequest" => json!({
                "sync_object_model": "authentik.core.models.User",
                "sync_object_id": text(&pk("/core/users/", "UserRequest").await),
            }),
            "SCIMProviderDriftRequest" => json!({"repair": true}),
            "SCIMProviderAdoptionRequest" => json!({
                "user": pk("/core/users/", "UserRequest").await,
                "remote_id": name,
            }),
            "SCIMProviderUserRequest" => json!({
                "provider": pk("/providers/scim/", "SCIMProviderRequest").await,
                "user": pk("/core/users/", "UserRequest").await,
                "scim_id": name,
            }),
            "SCIMProviderGroupRequest" => json!({
                "provider": pk("/providers/scim/", "SCIMProviderRequest").await,
                "group": pk("/core/groups/", "GroupRequest").await,
                "scim_id": name,
            }),
            "SCIMSourceUserRequest" => json!({
                "source": pk("/sources/scim/", "SCIMSourceRequest").await,
                "user": pk("/core/users/", "UserRequest").await,
                "id": name,
            }),
            "SCIMSourceGroupRequest" => json!({
                "source": pk("/sources/scim/", "SCIMSourceRequest").await,
                "group": pk("/core/groups/", "GroupRequest").await,
                "id": name,
            }),
            other => panic!("{other}: say here what a good request of it is"),
        }
    }
}

/// Whether what lies behind the key of a provider means nothing without an object.
fn asks_for_a_user(rest: &str) -> bool {
    rest == "/explain/"
}

/// A path before its first key and after it.
fn parts(path: &'static str) -> (&'static str, &'static str) {
    let (collection, rest) = path.split_once('{').expect("the path has a key");
    let (_, rest) = rest.split_once('}').expect("a key ends");
    (collection, rest)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

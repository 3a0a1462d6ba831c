//! The SCIM service of a source, asked over the wire. Tests are named by what they show; a number in front of a
//! paragraph is that of the requirement which it holds.

mod behaviour;
mod brake;
mod bulk;
mod concurrency;
mod conversations;
mod cursors;
mod deletion;
mod directory;
mod filters;
mod groups;
mod linking;
mod log;
mod oauth;
mod odd;
mod ownership;
mod reading;
mod searches;
mod tokens;
mod transport;
mod users;

use scimitar_domain::{Clock, IdSource, Secret, Source, SourceFields, SourceId, TokenId, UserUuid};
use scimitar_store::sources::{self, Spare};
use serde_json::{Value, json};

use crate::harness::{Api, Client};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A source with this slug, and its client.
async fn source(api: &Api, slug: &str) -> (Source, Client) {
    source_with(api, slug, |_| {}).await
}

async fn source_with(api: &Api, slug: &str, change: impl FnOnce(&mut SourceFields)) -> (Source, Client) {
    let mut fields =
        SourceFields { name: format!("{slug} source"), slug: slug.to_owned(), ..SourceFields::default() };
    change(&mut fields);
    let key = format!("canary-{slug}-key");
    let (id, now, keyring) = (SourceId(api.ids.uuid()), api.clock.now(), api.keyring.clone());
    let spare = Spare {
        account: UserUuid(api.ids.uuid()),
        token: TokenId(api.ids.uuid()),
        key: Secret::new(key.clone()),
    };
    let source = api.write(move |conn| sources::insert(conn, &keyring, id, &fields, &spare, now)).await;
    (source, api.with_key(&key).below(&below(slug)))
}

/// Where the service of a source is.
fn below(slug: &str) -> String {
    format!("/source/scim/{slug}/v2")
}

/// A user as clients make it.
fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@example.com",
        "externalId": "a-1",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
    })
}

async fn make_user(client: &Client, name: &str) -> String {
    let made = client.post("/Users", &json!({"userName": name})).await.expect(201);
    id_of(&made)
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().expect("a resource has an id").to_owned()
}

/// A PATCH of one operation.
fn patch(operation: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": vec![operation]})
}

/// The ids of a group's members.
async fn members(client: &Client, group: &str) -> Vec<String> {
    let shown = client.get(&format!("/Groups/{group}")).await.expect(200);
    let members = shown["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().expect("a member has a value").to_owned()).collect()
}

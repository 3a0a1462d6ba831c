//! `ServiceProviderConfig`, `ResourceTypes` and `Schemas` (RFC 7643 §5 to §7).

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::behaviour::{Behaviour, Discovery};
use super::kind::Kind;

pub(super) fn service_provider_config(behaviour: &Behaviour, base: &str) -> Result<Answer, Refusal> {
    match &behaviour.discovery {
        Discovery::Full => Ok(Answer::scim(200, &full(behaviour, base))),
        Discovery::Missing => Err(Refusal::new(404, "no such resource")),
        Discovery::Empty => Ok(Answer::scim(200, &json!({}))),
        Discovery::Without(member) => {
            let mut document = full(behaviour, base);
            if let Some(members) = document.as_object_mut() {
                members.shift_remove(member);
            }
            Ok(Answer::scim(200, &document))
        }
        Discovery::Exactly(document) => Ok(Answer::scim(200, document)),
        Discovery::Html => Ok(Answer::html(200)),
        Discovery::Status(status) => Err(Refusal::new(*status, "as ordered")),
    }
}

pub(super) fn resource_types(base: &str) -> Answer {
    let types = Kind::ALL.map(|kind| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": kind.name(),
            "name": kind.name(),
            "endpoint": format!("/{}", kind.endpoint()),
            "schema": kind.schema(),
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{base}/ResourceTypes/{}", kind.name()),
            },
        })
    });
    all(&types)
}

/// Names only: nothing that we know of reads the attributes.
pub(super) fn schemas() -> Answer {
    let schemas = Kind::ALL.map(|kind| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": kind.schema(),
            "name": kind.name(),
            "attributes": [],
        })
    });
    all(&schemas)
}

fn all(resources: &[Value]) -> Answer {
    let list = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": resources.len(),
        "itemsPerPage": resources.len(),
        "startIndex": 1,
        "Resources": resources,
    });
    Answer::scim(200, &list)
}

fn full(behaviour: &Behaviour, base: &str) -> Value {
    let capabilities = &behaviour.capabilities;
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": capabilities.patch},
        "bulk": {
            "supported": capabilities.bulk,
            "maxOperations": capabilities.bulk_max_operations,
            "maxPayloadSize": capabilities.bulk_max_payload,
        },
        "filter": {"supported": capabilities.filter, "maxResults": capabilities.filter_max},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": capabilities.etag},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token in the `Authorization` header",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}{}", behaviour.discovery_path),
        },
    })
}

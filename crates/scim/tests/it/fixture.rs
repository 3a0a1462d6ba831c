//! The people and groups of the tests.

use scimitar_scim::schema::{Registry, ResourceType};
use serde_json::{Map, Value, json};

pub(crate) fn registry() -> Registry {
    Registry::standard()
}

pub(crate) fn users() -> ResourceType {
    registry().resource_type("User").expect("users are standard").clone()
}

pub(crate) fn map(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

/// Everybody by name: one who has everything, one who has little, one who has next to nothing.
pub(crate) fn people() -> Vec<(&'static str, Map<String, Value>)> {
    vec![("ada", map(ada())), ("grace", map(grace())), ("kim", map(kim()))]
}

pub(crate) fn ada() -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "id": "0b5e3a52-1111-4c6e-9f0a-0a0a0a0a0a0a",
        "externalId": "A-1",
        "userName": "Ada@Example.com",
        "name": {"formatted": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"},
        "displayName": "Ada \"Countess\" L",
        "title": "Analyst",
        "active": true,
        "emails": [
            {"value": "ada@example.com", "type": "work", "primary": true},
            {"value": "ada@home.example", "type": "home"},
        ],
        "phoneNumbers": [{"value": "+44 20 1", "type": "work"}, {"value": "+44 70 2", "type": "mobile"}],
        "roles": [{"value": "admin"}],
        "groups": [{"value": "g1", "display": "Engineers", "type": "direct"}],
        "meta": {
            "resourceType": "User",
            "created": "2024-01-01T00:00:00Z",
            "lastModified": "2024-05-13T04:42:34.5Z",
            "version": "W/\"3\"",
        },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "0042",
            "department": "R&D 100%",
            "manager": {"value": "m-1", "displayName": "Charles"},
        },
    })
}

pub(crate) fn grace() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "0b5e3a52-2222-4c6e-9f0a-0a0a0a0a0a0a",
        "externalId": "a-1",
        "userName": "grace",
        "name": {"givenName": "Grace", "familyName": "Ünal"},
        "active": false,
        "emails": [{"value": "grace@example.com", "type": "home"}],
        "meta": {
            "resourceType": "User",
            "created": "2024-06-01T02:00:00+02:00",
            "lastModified": "2024-06-01T02:00:00+02:00",
        },
    })
}

pub(crate) fn kim() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "0b5e3a52-3333-4c6e-9f0a-0a0a0a0a0a0a",
        "userName": "kim_%",
        "nickName": "",
        "emails": [],
    })
}

pub(crate) fn groups() -> ResourceType {
    registry().resource_type("Group").expect("groups are standard").clone()
}

//! The registry and the documents that it serves.

use std::collections::BTreeSet;

use scimitar_scim::schema::{Attribute, DataType, Mutability, Place, Registry, Returned, Schema};
use scimitar_scim::{AttrPath, Reason, urn};
use serde_json::{Value, json};

use crate::fixture;

/// Every attribute with its path, sub-attributes after their attribute.
fn every_attribute(schema: &Schema) -> Vec<(String, &Attribute)> {
    fn below<'a>(prefix: &str, attributes: &'a [Attribute], into: &mut Vec<(String, &'a Attribute)>) {
        for attribute in attributes {
            let path = format!("{prefix}{}", attribute.name);
            into.push((path.clone(), attribute));
            below(&format!("{path}."), &attribute.sub_attributes, into);
        }
    }
    let mut all = Vec::new();
    below("", &schema.attributes, &mut all);
    all
}

#[test]
fn each_schema_is_served_with_every_characteristic_and_without_nulls() {
    let registry = fixture::registry();
    let documents = registry.schema_documents("https://scim.example/v2");
    let ids: Vec<_> = documents.iter().map(|document| document["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            urn::USER,
            urn::ENTERPRISE_USER,
            urn::GROUP,
            urn::SERVICE_PROVIDER_CONFIG,
            urn::RESOURCE_TYPE,
            urn::SCHEMA
        ]
    );
    for document in &documents {
        assert!(!document.to_string().contains("null"), "{document}");
        let location = format!("https://scim.example/v2/Schemas/{}", document["id"].as_str().unwrap());
        assert_eq!(document["meta"]["location"], Value::from(location));
        characteristics_are_there(&document["attributes"]);
    }
}

fn characteristics_are_there(attributes: &Value) {
    for attribute in attributes.as_array().expect("a list") {
        for name in
            ["name", "type", "multiValued", "description", "required", "mutability", "returned", "uniqueness"]
        {
            assert!(attribute.get(name).is_some(), "{name} of {attribute}");
        }
        assert_eq!(attribute["type"] == "complex", attribute.get("subAttributes").is_some(), "{attribute}");
        assert_eq!(attribute["type"] == "reference", attribute.get("referenceTypes").is_some());
        if let Some(sub_attributes) = attribute.get("subAttributes") {
            characteristics_are_there(sub_attributes);
        }
    }
}

#[test]
fn a_served_schema_reads_back_as_it_is() {
    for schema in fixture::registry().schemas() {
        let document = fixture::registry().schema_document(&schema.id, "").unwrap();
        if schema.id == urn::SCHEMA {
            // It describes sub-attributes within sub-attributes, which no other schema may have.
            assert_eq!(Schema::read(&document).unwrap_err().reason, Reason::InvalidValue);
        } else {
            assert_eq!(Schema::read(&document).as_ref(), Ok(schema));
        }
    }
}

/// What the RFC says of the attributes that are not like the others.
#[test]
fn the_unusual_characteristics_are_those_of_the_rfc() {
    let registry = fixture::registry();
    let (mut read_only, mut immutable, mut required, mut never) = (vec![], vec![], vec![], vec![]);
    for schema in registry
        .schemas()
        .filter(|schema| [urn::USER, urn::GROUP, urn::ENTERPRISE_USER].contains(&&*schema.id))
    {
        for (path, attribute) in every_attribute(schema) {
            match attribute.mutability {
                Mutability::ReadOnly => read_only.push(path.clone()),
                Mutability::Immutable => immutable.push(path.clone()),
                Mutability::ReadWrite | Mutability::WriteOnly => {}
            }
            if attribute.required {
                required.push(path.clone());
            }
            if attribute.returned == Returned::Never {
                assert_eq!(attribute.mutability, Mutability::WriteOnly);
                never.push(path);
            }
        }
    }
    assert_eq!(
        read_only,
        [
            "groups",
            "groups.value",
            "groups.$ref",
            "groups.display",
            "groups.type",
            "manager.displayName",
            "members.display"
        ]
    );
    assert_eq!(immutable, ["members.value", "members.$ref", "members.type"]);
    assert_eq!(required, ["userName", "displayName"]);
    assert_eq!(never, ["password"]);
}

#[test]
fn resource_types_are_those_that_can_be_provisioned() {
    let documents = fixture::registry().resource_type_documents("https://scim.example/v2");
    let lines: Vec<_> = documents
        .iter()
        .map(|it| format!("{} {} {}", it["name"], it["endpoint"], it["schemaExtensions"]))
        .collect();
    assert_eq!(
        lines,
        [
            r#""User" "/Users" [{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}]"#,
            r#""Group" "/Groups" []"#,
        ]
    );
    assert_eq!(
        fixture::registry().resource_type_document("user", "x").unwrap()["meta"],
        json!({"resourceType": "ResourceType", "location": "x/ResourceTypes/User"})
    );
    assert!(fixture::registry().resource_type_document("Device", "x").is_none());
    assert!(fixture::registry().schema_document("urn:unknown", "x").is_none());
    assert_eq!(fixture::registry().endpoint("Groups").unwrap().name, "Group");
}

#[test]
fn an_extension_of_our_own_is_served_and_found_at_once() {
    let mut registry = Registry::standard();
    let schema = Schema::read(&json!({
        "id": "urn:example:params:scim:schemas:badge:1.0:User",
        "attributes": [
            {"name": "badge", "type": "Complex", "subAttributes": [
                {"name": "number", "type": "integer", "mutability": "immutable"},
                {"name": "since", "type": "dateTime"},
            ]},
            {"name": "floor"},
        ],
    }))
    .unwrap();
    assert_eq!(schema.attribute("FLOOR").unwrap().data_type, DataType::String);
    registry.extend("user", schema.clone(), false).unwrap();

    let users = registry.resource_type("User").unwrap();
    let path: AttrPath = "URN:example:params:scim:schemas:badge:1.0:user:Badge.Since".parse().unwrap();
    let target = users.target(&path).unwrap();
    assert_eq!(target.name(), "urn:example:params:scim:schemas:badge:1.0:User:badge.since");
    let documents = registry.schema_documents("");
    assert!(documents.iter().any(|it| it["id"] == "urn:example:params:scim:schemas:badge:1.0:User"));

    assert_eq!(registry.extend("User", schema.clone(), false).unwrap_err().reason, Reason::InvalidValue);
    let other = Schema { id: "urn:other".into(), ..schema.clone() };
    assert_eq!(registry.extend("Device", other, false).unwrap_err().reason, Reason::InvalidValue);
    let no_urn = Schema { id: "badge".into(), ..schema };
    assert_eq!(registry.extend("User", no_urn, false).unwrap_err().reason, Reason::InvalidValue);
}

#[test]
fn a_bad_schema_document_is_refused_with_what_is_wrong() {
    for (attributes, detail) in [
        (json!({}), "`attributes` must be an array"),
        (json!([{"name": "1"}]), "an attribute needs a `name`: a letter, then letters, digits, `-` and `_`"),
        (json!([{"name": "a"}, {"name": "A"}]), "the attribute `A` is there twice"),
        (
            json!([{"name": "a", "type": "text"}]),
            "`type` of `a` must be one of string, boolean, decimal, integer, dateTime, binary, reference, complex",
        ),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex"}]}]),
            "`b` is complex within a complex attribute",
        ),
    ] {
        let error = Schema::read(&json!({"id": "urn:x", "attributes": attributes})).unwrap_err();
        assert_eq!(error.detail, detail);
    }
    assert_eq!(Schema::read(&json!({})).unwrap_err().detail, "a schema needs an `id`");
}

#[test]
fn paths_lead_to_where_they_point() {
    let users = fixture::users();
    let enterprise = urn::ENTERPRISE_USER;
    for (path, expected) in [
        ("USERNAME", "userName".to_owned()),
        ("Name.GivenName", "name.givenName".to_owned()),
        ("urn:ietf:params:scim:schemas:core:2.0:user:emails.VALUE", "emails.value".to_owned()),
        ("meta.lastmodified", "meta.lastModified".to_owned()),
        ("schemas", "schemas".to_owned()),
        ("manager", format!("{enterprise}:manager")),
        ("department", format!("{enterprise}:department")),
        (&format!("{enterprise}:manager.value"), format!("{enterprise}:manager.value")),
        (&format!("{enterprise}:id"), "-".to_owned()),
        (enterprise, "extension".to_owned()),
        (urn::USER, "resource".to_owned()),
        ("urn:unknown:x:userName", "-".to_owned()),
        ("userName.x", "-".to_owned()),
        ("name.unknown", "-".to_owned()),
        ("members", "-".to_owned()),
        ("constructor", "-".to_owned()),
    ] {
        let place = match users.place(&path.parse().unwrap()) {
            Some(Place::Attribute(target)) => target.name(),
            Some(Place::Extension(_)) => "extension".to_owned(),
            Some(Place::Resource) => "resource".to_owned(),
            None => "-".to_owned(),
        };
        assert_eq!(place, expected, "{path}");
    }
}

#[test]
fn no_name_is_there_twice() {
    for schema in fixture::registry().schemas() {
        let names: Vec<_> =
            every_attribute(schema).into_iter().map(|(path, _)| path.to_ascii_lowercase()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}", schema.id);
    }
}

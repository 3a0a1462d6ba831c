//! Schemas and kinds of resource as documents (RFC 7643 §6, §7). Nothing is null: Entra refuses that.

use serde_json::{Map, Value, json};

use super::{Attribute, DataType, ResourceType, Schema};
use crate::urn;

pub(super) fn schema(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": [urn::SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id)},
    })
}

pub(super) fn resource_type(it: &ResourceType, base: &str) -> Value {
    let extensions = it
        .extensions
        .iter()
        .map(|extension| json!({"schema": extension.schema.id, "required": extension.required}));
    json!({
        "schemas": [urn::RESOURCE_TYPE],
        "id": it.name,
        "name": it.name,
        "endpoint": it.endpoint,
        "description": it.description,
        "schema": it.schema.id,
        "schemaExtensions": extensions.collect::<Vec<_>>(),
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", it.name)},
    })
}

fn attribute(it: &Attribute) -> Value {
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
    put("name", json!(it.name));
    put("type", json!(it.data_type.word()));
    if it.is_complex() {
        put("subAttributes", it.sub_attributes.iter().map(attribute).collect());
    }
    put("multiValued", json!(it.multi_valued));
    put("description", json!(it.description));
    put("required", json!(it.required));
    if !it.canonical_values.is_empty() {
        put("canonicalValues", json!(it.canonical_values));
    }
    if matches!(it.data_type, DataType::String | DataType::Reference | DataType::Binary) {
        put("caseExact", json!(it.case_exact));
    }
    put("mutability", json!(it.mutability.word()));
    put("returned", json!(it.returned.word()));
    put("uniqueness", json!(it.uniqueness.word()));
    if !it.reference_types.is_empty() {
        put("referenceTypes", json!(it.reference_types));
    }
    Value::Object(document)
}

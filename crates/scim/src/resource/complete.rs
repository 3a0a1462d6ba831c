//! What must hold for a resource as a whole, after whatever was done to it.

use serde_json::Value;

use super::element::keep_one_primary_or_refuse;
use super::value::{Shape, named};
use crate::error::{Reason, ScimError};
use crate::resource::Attributes;
use crate::schema::{Attribute, ResourceType};
use crate::urn;

/// Check what is required and what may be there only once, and write `schemas` anew: the base schema, and each
/// extension of which something is there (RFC 7643 §3).
pub fn complete(kind: &ResourceType, resource: &mut Attributes) -> Result<(), ScimError> {
    for attribute in kind.attributes() {
        check(attribute, None, resource.get(&*attribute.name))?;
    }
    for extension in &kind.extensions {
        let schema = &extension.schema;
        let found = resource.get(&*schema.id).and_then(Value::as_object);
        match found {
            Some(found) => {
                for attribute in &schema.attributes {
                    check(attribute, None, found.get(&*attribute.name))?;
                }
            }
            None if extension.required => {
                return Err(Reason::InvalidValue.because(format!("`{}` is missing", schema.id)));
            }
            None => {}
        }
    }
    let extensions = resource.keys().filter(|name| urn::is_urn(name)).cloned();
    let schemas = std::iter::once(kind.schema.id.to_string()).chain(extensions).map(Value::String).collect();
    resource.shift_remove("schemas");
    resource.shift_insert(0, "schemas".to_owned(), schemas);
    Ok(())
}

fn check(attribute: &Attribute, parent: Option<&Attribute>, value: Option<&Value>) -> Result<(), ScimError> {
    let shape = match parent {
        Some(parent) => Shape::sub(parent, attribute),
        None => Shape::of(attribute),
    };
    let is_missing = value.is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
    if attribute.required && is_missing && !attribute.is_read_only() {
        return Err(Reason::InvalidValue.because(format!("{} is required", named(shape))));
    }
    let Some(value) = value.filter(|_| attribute.is_complex()) else { return Ok(()) };
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        single => std::slice::from_ref(single),
    };
    keep_one_primary_or_refuse(shape, elements)?;
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
        for element in elements {
            check(sub, Some(attribute), element.get(&*sub.name))?;
        }
    }
    Ok(())
}

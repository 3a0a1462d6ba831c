//! Reading a schema from its document, for extensions that an administrator adds.

use std::borrow::Cow;

use serde_json::Value;

use super::{Attribute, DataType, Mutability, Returned, Schema, Uniqueness};
use crate::attribute::{get, text, truth};
use crate::error::{Reason, ScimError, shown};
use crate::path::is_name;

impl Schema {
    /// Read a document of `/Schemas`. What it leaves out has the defaults of RFC 7643 §2.2.
    pub fn read(document: &Value) -> Result<Self, ScimError> {
        let id = text(document, "id").ok_or_else(|| refused("a schema needs an `id`"))?;
        let name = text(document, "name").unwrap_or_else(|| id.clone());
        let description = text(document, "description").unwrap_or_default();
        let attributes = attributes(document, "attributes", true)?;
        Ok(Self { id: id.into(), name: name.into(), description: description.into(), attributes })
    }
}

fn attributes(document: &Value, list: &str, outer: bool) -> Result<Vec<Attribute>, ScimError> {
    let Some(found) = get(document, list) else { return Ok(Vec::new()) };
    let found = found.as_array().ok_or_else(|| refused(format!("`{list}` must be an array")))?;
    let mut attributes: Vec<Attribute> = Vec::with_capacity(found.len());
    for document in found {
        let attribute = attribute(document, outer)?;
        if super::attribute::find(&attributes, &attribute.name).is_some() {
            return Err(refused(format!("the attribute {} is there twice", shown(&attribute.name))));
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

fn attribute(document: &Value, outer: bool) -> Result<Attribute, ScimError> {
    let name = text(document, "name")
        .filter(|name| is_name(name))
        .ok_or_else(|| refused("an attribute needs a `name`: a letter, then letters, digits, `-` and `_`"))?;
    let data_type = word(document, &name, "type", &DataType::ALL, DataType::word)?;
    let data_type = data_type.unwrap_or(DataType::String);
    if data_type == DataType::Complex && !outer {
        return Err(refused(format!("{} is complex within a complex attribute", shown(&name))));
    }
    let mut it = Attribute::new(data_type, name, text(document, "description").unwrap_or_default());
    it.multi_valued = truth(document, "multiValued").unwrap_or(false);
    it.required = truth(document, "required").unwrap_or(false);
    it.case_exact = truth(document, "caseExact").unwrap_or(it.case_exact);
    let name = it.name.clone();
    if let Some(mutability) = word(document, &name, "mutability", &Mutability::ALL, Mutability::word)? {
        it.mutability = mutability;
    }
    if let Some(returned) = word(document, &name, "returned", &Returned::ALL, Returned::word)? {
        it.returned = returned;
    }
    if let Some(uniqueness) = word(document, &name, "uniqueness", &Uniqueness::ALL, Uniqueness::word)? {
        it.uniqueness = uniqueness;
    }
    it.canonical_values = words(document, "canonicalValues");
    it.reference_types = words(document, "referenceTypes");
    if it.is_complex() {
        it.sub_attributes = attributes(document, "subAttributes", false)?;
    }
    Ok(it)
}

/// One of a few words, whatever its case.
fn word<T: Copy>(
    document: &Value,
    attribute: &str,
    name: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Result<Option<T>, ScimError> {
    let Some(given) = get(document, name) else { return Ok(None) };
    let found = given
        .as_str()
        .and_then(|given| all.iter().copied().find(|candidate| word(*candidate).eq_ignore_ascii_case(given)));
    if found.is_some() {
        return Ok(found);
    }
    let words: Vec<_> = all.iter().map(|candidate| word(*candidate)).collect();
    Err(refused(format!("`{name}` of {} must be one of {}", shown(attribute), words.join(", "))))
}

fn words(document: &Value, name: &str) -> Vec<Cow<'static, str>> {
    let found = get(document, name).and_then(Value::as_array);
    found.into_iter().flatten().filter_map(Value::as_str).map(|it| Cow::Owned(it.to_owned())).collect()
}

fn refused(detail: impl Into<String>) -> ScimError {
    Reason::InvalidValue.because(detail)
}

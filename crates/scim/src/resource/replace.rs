//! A PUT against what is there (RFC 7644 §3.5.1).

use serde_json::Value;

use super::complete::complete;
use super::value::{Shape, named};
use crate::Dialect;
use crate::error::{Reason, ScimError};
use crate::resource::Attributes;
use crate::schema::{Attribute, Mutability, ResourceType};

/// What a resource is after a PUT: `incoming` comes from [`read`](super::read), `current` is what is stored.
///
/// Read-only attributes stay, immutable ones must be the same or new, all others are those of `incoming`. What only
/// the client may write (a password) stays when it is not sent.
pub fn replace(
    kind: &ResourceType,
    current: &Attributes,
    mut incoming: Attributes,
    dialect: &Dialect,
) -> Result<Attributes, ScimError> {
    replace_in(kind.attributes(), current, &mut incoming, dialect)?;
    for extension in &kind.extensions {
        let id = &*extension.schema.id;
        let Some(Value::Object(current)) = current.get(id) else { continue };
        // It keeps its place: the order of the extensions is the order of `schemas`.
        let mut inner = match incoming.get_mut(id).map(Value::take) {
            Some(Value::Object(inner)) => inner,
            Some(_) | None => Attributes::new(),
        };
        replace_in(extension.schema.attributes.iter(), current, &mut inner, dialect)?;
        if inner.is_empty() {
            incoming.shift_remove(id);
        } else {
            incoming.insert(id.to_owned(), Value::Object(inner));
        }
    }
    complete(kind, &mut incoming)?;
    Ok(incoming)
}

fn replace_in<'s>(
    attributes: impl Iterator<Item = &'s Attribute>,
    current: &Attributes,
    incoming: &mut Attributes,
    dialect: &Dialect,
) -> Result<(), ScimError> {
    for attribute in attributes {
        let name = &*attribute.name;
        let Some(old) = current.get(name) else { continue };
        let stays = match attribute.mutability {
            Mutability::ReadOnly => true,
            Mutability::WriteOnly => !incoming.contains_key(name),
            Mutability::ReadWrite => dialect.put_keeps_absent && !incoming.contains_key(name),
            Mutability::Immutable => match incoming.get(name) {
                Some(new) if new != old => {
                    let detail = format!("{} cannot be changed", named(Shape::of(attribute)));
                    return Err(Reason::Mutability.because(detail));
                }
                Some(_) | None => true,
            },
        };
        if stays {
            incoming.insert(name.to_owned(), old.clone());
        } else if let (Some(new), false) = (incoming.get_mut(name), attribute.multi_valued) {
            keep_parts(attribute, old, new)?;
        }
    }
    Ok(())
}

/// The parts of a single complex value: `manager.displayName` is the service's word while the manager is the same.
fn keep_parts(attribute: &Attribute, old: &Value, new: &mut Value) -> Result<(), ScimError> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return Ok(()) };
    let is_same = old.get("value") == new.get("value");
    for sub in &attribute.sub_attributes {
        let name = &*sub.name;
        let Some(old) = old.get(name) else { continue };
        match (sub.mutability, new.get(name)) {
            (Mutability::ReadOnly, _) if is_same => {
                new.insert(name.to_owned(), old.clone());
            }
            (Mutability::Immutable, Some(new)) if new != old => {
                let detail = format!("{} cannot be changed", named(Shape::sub(attribute, sub)));
                return Err(Reason::Mutability.because(detail));
            }
            (
                Mutability::ReadOnly | Mutability::ReadWrite | Mutability::Immutable | Mutability::WriteOnly,
                _,
            ) => {}
        }
    }
    Ok(())
}

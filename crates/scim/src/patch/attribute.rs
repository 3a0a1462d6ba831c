//! What an operation does to one attribute.

use std::cell::Cell;
use std::mem;

use serde_json::{Map, Value};

use super::elements;
use super::read::Op;
use crate::Dialect;
use crate::attribute::put;
use crate::error::{Reason, ScimError};
use crate::filter::Filter;
use crate::resource::{Attributes, Shape, bare, named, single, whole, without_json_in_text};
use crate::schema::{Attribute, Mutability, Target};

/// An operation whose path has been understood.
pub(super) struct Change<'a> {
    pub(super) op: Op,
    pub(super) target: Target<'a>,
    pub(super) filter: Option<&'a Filter>,
    pub(super) dialect: &'a Dialect,
    pub(super) budget: &'a Budget,
}

/// What one request may cost: comparisons of elements, and octets that are written more than once.
///
/// A filter of 200 terms on a list of thousands, a thousand times, or a long text put into each of many elements,
/// would be a small request with a large effect.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    const WHOLE: usize = 4_000_000;

    pub(super) fn whole() -> Self {
        Self(Cell::new(Self::WHOLE))
    }

    pub(super) fn spend(&self, cost: usize) -> Result<(), ScimError> {
        let Some(left) = self.0.get().checked_sub(cost) else {
            return Err(Reason::TooLarge.because("the request has too much to compare or to copy"));
        };
        self.0.set(left);
        Ok(())
    }
}

/// Do it to `container`, which holds the attribute or would.
pub(super) fn change(change: &Change<'_>, container: &mut Attributes, value: Value) -> Result<(), ScimError> {
    let Target { attribute, sub, .. } = change.target;
    if change.op == Op::Remove && sub.is_none() && change.filter.is_none() && attribute.required {
        let detail = format!("{} is required and cannot be removed", named(Shape::of(attribute)));
        return Err(Reason::Mutability.because(detail));
    }
    if attribute.multi_valued {
        return elements::change(change, container, value);
    }
    if change.filter.is_some() {
        let detail =
            format!("{} has a single value: there is nothing to select", named(Shape::of(attribute)));
        return Err(Reason::InvalidPath.because(detail));
    }
    match sub {
        Some(sub) => single_sub(change, container, sub, value),
        None if attribute.is_complex() => single_complex(change, container, value),
        None => set(change, container, Shape::of(attribute), value),
    }
}

/// A simple value: set, or taken away by `remove` and by null.
fn set(change: &Change<'_>, parts: &mut Attributes, shape: Shape<'_>, value: Value) -> Result<(), ScimError> {
    let name = &*shape.attribute.name;
    let value = match change.op {
        Op::Remove => None,
        Op::Add | Op::Replace => whole(shape, value, change.dialect)?,
    };
    if shape.attribute.mutability == Mutability::Immutable
        && let Some(old) = parts.get(name)
        && value.as_ref() != Some(old)
    {
        return Err(Reason::Mutability.because(format!("{} cannot be changed", named(shape))));
    }
    match value {
        Some(value) => {
            parts.insert(name.to_owned(), value);
        }
        // To add nothing changes nothing.
        None if change.op == Op::Add => {}
        None => {
            parts.shift_remove(name);
        }
    }
    Ok(())
}

/// A part of an attribute that has one value, such as `name.givenName`.
fn single_sub(
    change: &Change<'_>,
    container: &mut Attributes,
    sub: &Attribute,
    value: Value,
) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    within(container, attribute, |parts| set(change, parts, Shape::sub(attribute, sub), value))
}

/// An attribute with parts: those that are named change, the others stay (RFC 7644 §3.5.2.1, §3.5.2.3).
fn single_complex(change: &Change<'_>, container: &mut Attributes, value: Value) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    let shape = Shape::of(attribute);
    if change.op == Op::Remove || value.is_null() {
        if change.op != Op::Add {
            container.shift_remove(&*attribute.name);
        }
        return Ok(());
    }
    let value = one_of_one(change.dialect, value);
    let parts = match value {
        Value::Object(parts) => parts,
        other => match bare(attribute, other).filter(|_| change.dialect.loose_values) {
            // Entra takes a manager away by an empty text.
            Some(parts) if parts.is_empty() => {
                container.shift_remove(&*attribute.name);
                return Ok(());
            }
            Some(parts) => parts,
            None => return Err(Reason::InvalidValue.because(format!("{} must be an object", named(shape)))),
        },
    };
    merge(change, container, parts)
}

/// A list of one where one is meant: Entra's `manager`.
fn one_of_one(dialect: &Dialect, value: Value) -> Value {
    match value {
        Value::Array(mut elements) if dialect.loose_values && elements.len() == 1 => {
            elements.pop().unwrap_or(Value::Null)
        }
        other => other,
    }
}

fn merge(
    change: &Change<'_>,
    container: &mut Attributes,
    parts: Map<String, Value>,
) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    let (mut unknown, mut known) = (Map::new(), Vec::with_capacity(parts.len()));
    for (name, value) in parts {
        match attribute.sub(&name) {
            Some(sub) if sub.is_read_only() => {}
            Some(sub) => known.push((sub, value)),
            None => {
                unknown.insert(name, value);
            }
        }
    }
    // What no schema knows is kept or refused in the same words as in a whole resource.
    let unknown = if unknown.is_empty() { Value::Null } else { Value::Object(unknown) };
    let unknown = single(Shape::of(attribute), unknown, change.dialect)?;
    within(container, attribute, |inner| {
        for (sub, value) in known {
            set(change, inner, Shape::sub(attribute, sub), value)?;
        }
        if let Some(Value::Object(unknown)) = unknown {
            unknown.into_iter().for_each(|(name, value)| put(inner, name, value));
        }
        Ok(())
    })
}

/// Work on the parts of an attribute, which is there only while it has any.
fn within(
    container: &mut Attributes,
    attribute: &Attribute,
    work: impl FnOnce(&mut Attributes) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let name = &*attribute.name;
    let slot = container.entry(name.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    let Value::Object(parts) = slot else { return Ok(()) };
    let outcome = work(parts);
    if parts.is_empty() {
        container.shift_remove(name);
    }
    outcome
}

/// Set or take away a part of one element of several.
pub(super) fn set_in_element(
    change: &Change<'_>,
    element: &mut Value,
    sub: &Attribute,
    value: Value,
) -> Result<(), ScimError> {
    let shape = Shape::sub(change.target.attribute, sub);
    match element {
        Value::Object(parts) => {
            set(change, parts, shape, value)?;
            *parts = without_json_in_text(change.target.attribute, mem::take(parts), change.dialect);
            Ok(())
        }
        _ => Err(Reason::InvalidPath.because(format!("there is no {} here", named(shape)))),
    }
}

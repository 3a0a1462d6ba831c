//! What an operation does to an attribute with several values.

use std::collections::HashMap;
use std::mem;

use serde_json::{Map, Value};

use super::attribute::{Change, set_in_element};
use super::read::Op;
use crate::AttrPath;
use crate::attribute::put;
use crate::error::{Reason, ScimError, shown};
use crate::filter::{Filter, Literal, Operator};
use crate::resource::{Attributes, Shape, is_primary, is_same, keep_one_primary, key, named, single, whole};
use crate::schema::Attribute;

pub(super) fn change(change: &Change<'_>, container: &mut Attributes, value: Value) -> Result<(), ScimError> {
    let name = &*change.target.attribute.name;
    let mut elements = match container.get_mut(name).map(Value::take) {
        Some(Value::Array(elements)) => elements,
        Some(Value::Null) | None => Vec::new(),
        Some(single) => vec![single],
    };
    let outcome = match (change.filter, change.target.sub) {
        (None, None) => all(change, &mut elements, value),
        (filter, _) => selected(change, &mut elements, filter, value),
    };
    if elements.is_empty() {
        container.shift_remove(name);
    } else {
        container.insert(name.to_owned(), Value::Array(elements));
    }
    outcome
}

/// The path is the attribute.
fn all(change: &Change<'_>, elements: &mut Vec<Value>, value: Value) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    let shape = Shape::of(attribute);
    match change.op {
        Op::Remove if change.dialect.remove_by_value && !value.is_null() => {
            let gone = listed(change, value)?;
            let index = Index::of(attribute, &gone);
            elements.retain(|element| index.find(attribute, &gone, element).is_none());
        }
        Op::Remove => elements.clear(),
        Op::Replace => {
            *elements = match whole(shape, value, change.dialect)? {
                Some(Value::Array(elements)) => elements,
                Some(_) | None => Vec::new(),
            };
        }
        Op::Add => {
            if let Some(Value::Array(new)) = whole(shape, value, change.dialect)? {
                let mut index = Index::of(attribute, elements);
                for element in new {
                    add(attribute, elements, &mut index, element);
                }
            }
        }
    }
    Ok(())
}

/// What `remove` with a value lists. Entra says `[{"$ref": null, "value": "id"}]`, others one object or bare texts.
fn listed(change: &Change<'_>, value: Value) -> Result<Vec<Value>, ScimError> {
    match whole(Shape::of(change.target.attribute), value, change.dialect)? {
        Some(Value::Array(listed)) => Ok(listed),
        Some(_) | None => Ok(Vec::new()),
    }
}

/// Add an element, unless it is there (RFC 7644 §3.5.2.1): then what is new of it is added.
fn add(attribute: &Attribute, elements: &mut Vec<Value>, index: &mut Index, element: Value) {
    let turns_others_off = is_primary(&element);
    let found = index.find(attribute, elements, &element);
    let n = found.unwrap_or(elements.len());
    match (elements.get_mut(n), element) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            new.into_iter().for_each(|(name, value)| put(old, name, value));
        }
        (Some(_), _) => {}
        (None, element) => {
            index.insert(attribute, n, &element);
            elements.push(element);
        }
    }
    if turns_others_off {
        keep_one_primary(elements, n);
    }
}

/// Where elements stand by their `value`, so that long lists are compared in linear time.
struct Index(HashMap<String, Vec<usize>>);

impl Index {
    fn of(attribute: &Attribute, elements: &[Value]) -> Self {
        let mut index = Self(HashMap::with_capacity(elements.len()));
        for (n, element) in elements.iter().enumerate() {
            index.insert(attribute, n, element);
        }
        index
    }

    fn insert(&mut self, attribute: &Attribute, n: usize, element: &Value) {
        self.0.entry(key(attribute, element)).or_default().push(n);
    }

    fn find(&self, attribute: &Attribute, elements: &[Value], wanted: &Value) -> Option<usize> {
        let candidates = self.0.get(&key(attribute, wanted))?;
        let is_it = |n: &usize| elements.get(*n).is_some_and(|it| is_same(attribute, it, wanted));
        candidates.iter().copied().find(is_it)
    }
}

/// The path selects elements by a filter, or a part of all of them.
fn selected(
    change: &Change<'_>,
    elements: &mut Vec<Value>,
    filter: Option<&Filter>,
    value: Value,
) -> Result<(), ScimError> {
    let attribute = change.target.attribute;
    let hits: Vec<usize> = match filter {
        None => (0..elements.len()).collect(),
        Some(filter) => {
            change.budget.spend(filter.n_terms() * elements.len())?;
            let condition = filter.check_element(attribute)?;
            let is_hit = |(n, element): (usize, &Value)| condition.matches_element(element).then_some(n);
            elements.iter().enumerate().filter_map(is_hit).collect()
        }
    };
    if change.op == Op::Remove {
        return remove(change, elements, &hits);
    }
    if hits.is_empty() {
        let element = made(change, filter, value)?;
        if let Some(element) = element {
            let mut index = Index::of(attribute, elements);
            add(attribute, elements, &mut index, element);
        }
        return Ok(());
    }
    if hits.len() > 1 {
        change.budget.spend(hits.len() * value.to_string().len())?;
    }
    for &n in &hits {
        let Some(element) = elements.get_mut(n) else { continue };
        match change.target.sub {
            Some(sub) => set_in_element(change, element, sub, value.clone())?,
            None => set_element(change, element, filter, value.clone())?,
        }
    }
    // The primary one of this operation wins over those from before (RFC 7644 §3.5.2).
    if let Some(&n) = hits.iter().find(|n| elements.get(**n).is_some_and(is_primary)) {
        keep_one_primary(elements, n);
    }
    elements.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
    Ok(())
}

fn remove(change: &Change<'_>, elements: &mut Vec<Value>, hits: &[usize]) -> Result<(), ScimError> {
    if let Some(sub) = change.target.sub {
        for &n in hits {
            if let Some(element) = elements.get_mut(n) {
                set_in_element(change, element, sub, Value::Null)?;
            }
        }
        elements.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
        return Ok(());
    }
    let mut hits = hits.iter().copied().peekable();
    let mut n = 0;
    elements.retain(|_| {
        let is_hit = hits.next_if_eq(&n).is_some();
        n += 1;
        !is_hit
    });
    Ok(())
}

/// The whole of a selected element. `add` merges into it; `replace` puts another in its place (RFC 7644 §3.5.2.3),
/// which is still the one that the filter names.
fn set_element(
    change: &Change<'_>,
    element: &mut Value,
    filter: Option<&Filter>,
    value: Value,
) -> Result<(), ScimError> {
    let Some(new) = single(Shape::of(change.target.attribute), value, change.dialect)? else {
        if change.op == Op::Replace {
            *element = Value::Object(Map::new());
        }
        return Ok(());
    };
    let (Value::Object(new), Value::Object(old)) = (&new, &mut *element) else {
        *element = new;
        return Ok(());
    };
    if change.op == Op::Replace {
        let named = filter.and_then(|filter| terms(change.target.attribute, filter)).unwrap_or_default();
        let before = mem::take(old);
        old.extend(before.into_iter().filter(|(name, _)| named.contains_key(name)));
    }
    new.clone().into_iter().for_each(|(name, value)| put(old, name, value));
    Ok(())
}

/// The element that a filter describes and nobody has: Entra adds `emails[type eq "work"].value` before there is any.
fn made(change: &Change<'_>, filter: Option<&Filter>, value: Value) -> Result<Option<Value>, ScimError> {
    let attribute = change.target.attribute;
    let may_create = change.op == Op::Add || change.dialect.replace_creates || filter.is_none();
    let described = match filter {
        None => Some(Map::new()),
        Some(filter) => terms(attribute, filter),
    };
    let Some(mut parts) = described.filter(|_| may_create) else {
        let what = filter.map(|filter| shown(&filter.to_string())).unwrap_or_default();
        let detail = format!("no element of {} satisfies {what}", named(Shape::of(attribute)));
        return Err(Reason::NoTarget.because(detail));
    };
    match change.target.sub {
        Some(sub) => {
            let value = whole(Shape::sub(attribute, sub), value, change.dialect)?;
            let Some(value) = value else { return Ok(None) };
            parts.insert(sub.name.to_string(), value);
        }
        None => match single(Shape::of(attribute), value, change.dialect)? {
            Some(Value::Object(new)) => parts.extend(new),
            Some(other) => return Ok(Some(other)),
            None => return Ok(None),
        },
    }
    single(Shape::of(attribute), Value::Object(parts), change.dialect)
}

/// The parts that an element must have to satisfy a filter of equalities; `None` for any other filter.
fn terms(attribute: &Attribute, filter: &Filter) -> Option<Map<String, Value>> {
    let mut parts = Map::new();
    let mut take = |filter: &Filter| match filter {
        Filter::Compare(AttrPath { urn: None, name, sub: None }, Operator::Equal, literal)
            if *literal != Literal::Null =>
        {
            parts.insert(attribute.sub(name)?.name.to_string(), literal.to_value());
            Some(())
        }
        Filter::And(_)
        | Filter::Or(_)
        | Filter::Not(_)
        | Filter::Compare(..)
        | Filter::Present(_)
        | Filter::Element(..) => None,
    };
    match filter {
        Filter::And(all) => all.iter().try_for_each(&mut take)?,
        other => take(other)?,
    }
    Some(parts)
}

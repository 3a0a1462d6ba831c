//! Writing one value at one path of a resource (RFC 7644 §3.5.2.1 to §3.5.2.3).

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::filter::Filter;
use super::index::spelling;
use super::patch_path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

pub(super) fn assign(
    body: &mut Map<String, Value>,
    path: &Path,
    verb: Verb,
    value: &Value,
) -> Result<(), Refusal> {
    let Some(schema) = &path.schema else { return assign_in(body, path, verb, value) };
    let schema = spelling(body, schema);
    if verb == Verb::Remove && !body.contains_key(&schema) {
        return Ok(());
    }
    let extension = body.entry(schema.clone()).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(extension) = extension else { return Err(no_target(path)) };
    assign_in(extension, path, verb, value)?;
    if extension.is_empty() {
        body.shift_remove(&schema);
    }
    Ok(())
}

fn assign_in(body: &mut Map<String, Value>, path: &Path, verb: Verb, value: &Value) -> Result<(), Refusal> {
    let name = spelling(body, &path.attribute);
    match (&path.filter, &path.sub) {
        (None, None) => {
            set(body, &name, verb, value);
            Ok(())
        }
        (None, Some(sub)) => set_sub(body, &name, sub, verb, value, path),
        (Some(filter), sub) => set_matching(body, &name, filter, sub.as_deref(), verb, value, path),
    }
}

fn set(body: &mut Map<String, Value>, name: &str, verb: Verb, value: &Value) {
    if verb == Verb::Remove || value.is_null() {
        body.shift_remove(name);
        return;
    }
    match (body.get_mut(name), value) {
        (Some(Value::Array(present)), Value::Array(more)) if verb == Verb::Add => {
            for item in more {
                push_new(present, item);
            }
        }
        (Some(Value::Array(present)), item) if verb == Verb::Add => push_new(present, item),
        // Of a complex attribute the sub-attributes that are named change; the others stay (§3.5.2.3).
        (Some(Value::Object(present)), Value::Object(more)) => {
            for (sub, value) in more {
                let sub = spelling(present, sub);
                set(present, &sub, Verb::Replace, value);
            }
        }
        _ => {
            body.insert(name.to_owned(), value.clone());
        }
    }
}

fn set_sub(
    body: &mut Map<String, Value>,
    name: &str,
    sub: &str,
    verb: Verb,
    value: &Value,
    path: &Path,
) -> Result<(), Refusal> {
    match body.get_mut(name) {
        Some(Value::Object(item)) => {
            let sub = spelling(item, sub);
            set(item, &sub, verb, value);
            if item.is_empty() {
                body.shift_remove(name);
            }
            Ok(())
        }
        Some(Value::Array(items)) => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                let sub = spelling(item, sub);
                set(item, &sub, verb, value);
            }
            Ok(())
        }
        Some(_) => Err(no_target(path)),
        None if verb == Verb::Remove || value.is_null() => Ok(()),
        None => {
            body.insert(name.to_owned(), Value::Object(Map::from_iter([(sub.to_owned(), value.clone())])));
            Ok(())
        }
    }
}

fn set_matching(
    body: &mut Map<String, Value>,
    name: &str,
    filter: &Filter,
    sub: Option<&str>,
    verb: Verb,
    value: &Value,
    path: &Path,
) -> Result<(), Refusal> {
    let mut fresh = Value::Array(Vec::new());
    let Value::Array(items) = body.get_mut(name).unwrap_or(&mut fresh) else { return Err(no_target(path)) };
    let hits = |item: &Value| item.as_object().is_some_and(|item| filter.matches(item));
    if verb == Verb::Remove && sub.is_none() {
        items.retain(|item| !hits(item));
        if items.is_empty() {
            body.shift_remove(name);
        }
        return Ok(());
    }
    let mut n_hits = 0;
    for item in items.iter_mut().filter(|item| hits(item)).filter_map(Value::as_object_mut) {
        n_hits += 1;
        match (sub, value) {
            (Some(sub), value) => {
                let sub = spelling(item, sub);
                set(item, &sub, verb, value);
            }
            (None, Value::Object(more)) => {
                for (sub, value) in more {
                    set(item, sub, Verb::Replace, value);
                }
            }
            (None, _) => return Err(Refusal::typed(400, "invalidValue", "an element is an object")),
        }
    }
    match verb {
        // A filter without a match is 400 `noTarget` (§3.5.2.3).
        Verb::Replace if n_hits == 0 => Err(no_target(path)),
        // Not defined for add; Entra relies on the element being made.
        Verb::Add if n_hits == 0 => {
            items.push(element(filter, sub, value));
            if fresh.as_array().is_some_and(|items| !items.is_empty()) {
                body.insert(name.to_owned(), fresh);
            }
            Ok(())
        }
        Verb::Add | Verb::Replace | Verb::Remove => Ok(()),
    }
}

/// An element that fits the filter and holds the value.
fn element(filter: &Filter, sub: Option<&str>, value: &Value) -> Value {
    let mut element = Map::new();
    for comparison in filter.any.first().into_iter().flatten() {
        element.insert(comparison.attribute.clone(), comparison.value.clone());
    }
    match (sub, value) {
        (Some(sub), value) => {
            element.insert(sub.to_owned(), value.clone());
        }
        (None, Value::Object(more)) => element.extend(more.clone()),
        (None, _) => {}
    }
    Value::Object(element)
}

/// Adding a value that is there changes nothing (§3.5.2.1).
fn push_new(items: &mut Vec<Value>, item: &Value) {
    if !items.contains(item) {
        items.push(item.clone());
    }
}

fn no_target(path: &Path) -> Refusal {
    Refusal::typed(400, "noTarget", format!("nothing at `{}` fits the path", path.attribute))
}

//! Answering a condition from a resource at hand.

use std::slice;

use serde_json::{Map, Value};

use super::compare::satisfies;
use super::condition::{Comparison, Condition};
use super::syntax::Operator;
use crate::attribute::member;
use crate::schema::Target;

impl Condition<'_> {
    /// Whether `resource` satisfies the condition.
    pub fn matches(&self, resource: &Map<String, Value>) -> bool {
        holds(self, Scope::Resource(resource))
    }

    /// Whether one element of a multi-valued attribute satisfies a condition from [`Filter::check_element`].
    ///
    /// [`Filter::check_element`]: super::Filter::check_element
    pub fn matches_element(&self, element: &Value) -> bool {
        holds(self, Scope::Element(element))
    }
}

#[derive(Clone, Copy)]
enum Scope<'r> {
    Resource(&'r Map<String, Value>),
    Element(&'r Value),
}

fn holds(condition: &Condition<'_>, scope: Scope<'_>) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|it| holds(it, scope)),
        Condition::Any(any) => any.iter().any(|it| holds(it, scope)),
        Condition::Not(inner) => !holds(inner, scope),
        Condition::Compare(comparison) => compares(comparison, scope),
        Condition::Present(target) => values(scope, target).any(is_present),
        Condition::Element(target, inner) => {
            values(scope, target).any(|element| holds(inner, Scope::Element(element)))
        }
        Condition::Constant(answer) => *answer,
    }
}

fn compares(comparison: &Comparison<'_>, scope: Scope<'_>) -> bool {
    let mut found = values(scope, &comparison.target).filter(|value| is_present(value)).peekable();
    if found.peek().is_none() {
        return comparison.operator == Operator::NotEqual;
    }
    found.any(|value| satisfies(value, comparison.operator, &comparison.operand))
}

/// The values of an attribute, each element of a multi-valued one by itself.
fn values<'r, 's>(scope: Scope<'r>, target: &Target<'s>) -> impl Iterator<Item = &'r Value> + use<'r, 's> {
    let found = whole(scope, target);
    let elements = match found {
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(single) => slice::from_ref(single),
        None => &[],
    };
    let sub = target.sub;
    elements.iter().filter_map(move |element| match (sub, element) {
        (None, element) => Some(element),
        (Some(sub), Value::Object(parts)) => member(parts, &sub.name),
        // An element that somebody stored bare stands for its value.
        (Some(sub), element) => (sub.name == "value").then_some(element),
    })
}

fn whole<'r>(scope: Scope<'r>, target: &Target<'_>) -> Option<&'r Value> {
    let name = &target.attribute.name;
    match scope {
        Scope::Resource(resource) => match target.extension {
            Some(extension) => member(member(resource, &extension.id)?.as_object()?, name),
            None => member(resource, name),
        },
        Scope::Element(Value::Object(parts)) => member(parts, name),
        Scope::Element(element) => Some(element),
    }
}

/// Whether there is anything: `pr` asks for a value that is not empty (RFC 7644 §3.4.2.2, Table 3).
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_present),
        Value::Object(parts) => parts.values().any(is_present),
    }
}

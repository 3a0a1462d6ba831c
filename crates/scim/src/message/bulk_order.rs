//! References between the operations of a bulk request (RFC 7644 §3.7.2).
//!
//! `bulkId:x` stands for the id of what the POST with the bulkId `x` makes. Operations are done in their order, but
//! one that refers to a later POST waits for it. Two that wait for each other cannot be done.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::BuildHasher;

use serde_json::Value;

use super::bulk::{BulkMethod, BulkOperation};
use crate::error::{Reason, ScimError, shown};

/// In which order to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOrder {
    /// The numbers of the operations that can be tried.
    pub order: Vec<usize>,
    /// Those that cannot, and why.
    pub refused: Vec<(usize, ScimError)>,
}

const PREFIX: &str = "bulkId:";

/// The order that lets every reference be known when it is needed.
pub fn order(operations: &[BulkOperation]) -> BulkOrder {
    let posts: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.method == BulkMethod::Post)
        .filter_map(|(n, operation)| Some((operation.bulk_id.as_deref()?, n)))
        .collect();
    let mut refused = Vec::new();
    let mut waiting = vec![0_usize; operations.len()];
    let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); operations.len()];
    let mut is_refused = vec![false; operations.len()];
    for (n, operation) in operations.iter().enumerate() {
        for name in references(operation) {
            match posts.get(name) {
                Some(&post) => {
                    if let (Some(count), Some(list)) = (waiting.get_mut(n), waiters.get_mut(post)) {
                        *count += 1;
                        list.push(n);
                    }
                }
                None if is_refused.get(n) == Some(&false) => {
                    let detail = format!("no operation has the bulkId {}", shown(name));
                    refused.push((n, Reason::InvalidValue.because(detail)));
                    is_refused.iter_mut().skip(n).take(1).for_each(|it| *it = true);
                }
                None => {}
            }
        }
    }
    let is_ready = |(n, count): (usize, &usize)| (*count == 0).then_some(Reverse(n));
    let mut ready: BinaryHeap<Reverse<usize>> = waiting.iter().enumerate().filter_map(is_ready).collect();
    let mut order = Vec::with_capacity(operations.len());
    while let Some(Reverse(n)) = ready.pop() {
        if is_refused.get(n) == Some(&false) {
            order.push(n);
        }
        for &waiter in waiters.get(n).into_iter().flatten() {
            let Some(count) = waiting.get_mut(waiter) else { continue };
            *count -= 1;
            if *count == 0 {
                ready.push(Reverse(waiter));
            }
        }
    }
    let stuck =
        waiting.iter().enumerate().filter(|(n, count)| **count > 0 && is_refused.get(*n) == Some(&false));
    refused.extend(
        stuck.map(|(n, _)| (n, Reason::Conflict.because("the references of this operation are circular"))),
    );
    refused.sort_by_key(|(n, _)| *n);
    BulkOrder { order, refused }
}

/// Put the ids in the place of the references. One that is not in `ids` belongs to an operation that failed.
pub fn resolve<S: BuildHasher>(
    operation: &mut BulkOperation,
    ids: &HashMap<String, String, S>,
) -> Result<(), ScimError> {
    let find = |name: &str| {
        ids.get(name).cloned().ok_or_else(|| {
            let detail = format!("the operation with the bulkId {} failed", shown(name));
            Reason::Conflict.because(detail)
        })
    };
    let mut segments = Vec::new();
    for segment in operation.path.split('/') {
        segments.push(match segment.strip_prefix(PREFIX) {
            Some(name) => find(name)?,
            None => segment.to_owned(),
        });
    }
    operation.path = segments.join("/");
    resolve_in(&mut operation.data, &find)
}

fn resolve_in(value: &mut Value, find: &dyn Fn(&str) -> Result<String, ScimError>) -> Result<(), ScimError> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix(PREFIX) {
                *text = find(name)?;
            }
            Ok(())
        }
        Value::Array(elements) => elements.iter_mut().try_for_each(|it| resolve_in(it, find)),
        Value::Object(members) => members.values_mut().try_for_each(|it| resolve_in(it, find)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// The bulkIds that an operation refers to, in its path and anywhere in its data.
fn references(operation: &BulkOperation) -> Vec<&str> {
    let mut found: Vec<&str> = operation.path.split('/').filter_map(|it| it.strip_prefix(PREFIX)).collect();
    collect(&operation.data, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(PREFIX)),
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, found)),
        Value::Object(members) => members.values().for_each(|it| collect(it, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

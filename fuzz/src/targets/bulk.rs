//! Bulk requests: every operation has its place, and references are resolved before they are needed.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use scimitar_scim::message::{BulkLimits, BulkRequest, order, resolve};
use scimitar_scim::{Reason, urn};
use serde_json::{Value, json};

use super::World;
use crate::choices::json;

const LIMITS: BulkLimits = BulkLimits { max_operations: 100, max_payload_size: 1 << 20 };

pub(crate) fn run(_: &World, input: &[u8]) -> Result<()> {
    let body = match json(input) {
        operations @ Value::Array(_) => json!({"schemas": [urn::BULK_REQUEST], "Operations": operations}),
        body => body,
    };
    let Ok(request) = BulkRequest::read(body, &LIMITS) else { return Ok(()) };
    let found = order(&request.operations);
    let mut all: Vec<_> = found.order.iter().copied().chain(found.refused.iter().map(|(n, _)| *n)).collect();
    all.sort_unstable();
    ensure!(all.iter().copied().eq(0..request.operations.len()), "an operation has no place, or two");
    let mut ids = HashMap::new();
    for n in found.order {
        let Some(mut operation) = request.operations.get(n).cloned() else { continue };
        match resolve(&mut operation, &ids) {
            Ok(()) => drop(operation.target().is_ok()),
            Err(error) => {
                ensure!(error.reason == Reason::Conflict, "a reference fails as {:?}", error.reason);
                continue;
            }
        }
        if let Some(bulk_id) = operation.bulk_id {
            ids.insert(bulk_id, format!("id-{n}"));
        }
    }
    Ok(())
}

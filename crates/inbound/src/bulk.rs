//! Many operations in one request (RFC 7644 §3.7): each is done or refused by itself.

use std::collections::HashMap;

use scimitar_scim::message::{
    BulkLimits, BulkMethod, BulkOperation, BulkRequest, BulkResult, bulk_response, order, resolve,
};
use scimitar_scim::{Reason, ResourceKind};
use serde_json::Value;

use crate::access::Visit;
use crate::reply::{Reply, Wanted};
use crate::wish::Verb;
use crate::{Inbound, InboundError, sound};

/// Operations in one request.
pub(crate) const MAX_OPERATIONS: usize = 1000;

/// Says an error as a status and a body.
pub type Refusal<'a> = &'a (dyn Fn(InboundError) -> (u16, Value) + Sync);

impl Inbound {
    /// Do the operations in an order in which every reference is known, and answer in the order in which they came.
    ///
    /// `max_payload` is what the caller lets through; it is told to clients by discovery.
    pub async fn bulk(
        &self,
        visit: &Visit,
        body: Value,
        max_payload: usize,
        refusal: Refusal<'_>,
    ) -> Result<Value, InboundError> {
        sound::check(&body)?;
        let limits = BulkLimits { max_operations: MAX_OPERATIONS, max_payload_size: max_payload };
        let request = BulkRequest::read(body, &limits)?;
        let plan = order(&request.operations);
        let mut results: Vec<Option<BulkResult>> = vec![None; request.operations.len()];
        let mut ids: HashMap<String, String> = HashMap::new();
        let mut n_errors = 0;
        let refused = plan.refused.into_iter().map(|(n, error)| (n, Some(error)));
        for (n, error) in plan.order.into_iter().map(|n| (n, None)).chain(refused) {
            if request.ends_after(n_errors) {
                break;
            }
            let Some(operation) = request.operations.get(n) else { continue };
            let outcome = match error {
                Some(error) => Err(error.into()),
                None => self.operation(visit, operation.clone(), &ids).await,
            };
            let result = result(visit, operation, outcome, &mut ids, refusal);
            n_errors += u64::from(result.is_error());
            if let Some(slot) = results.get_mut(n) {
                *slot = Some(result);
            }
        }
        Ok(bulk_response(results.into_iter().flatten().collect()))
    }

    async fn operation(
        &self,
        visit: &Visit,
        mut operation: BulkOperation,
        ids: &HashMap<String, String>,
    ) -> Result<Option<Reply>, InboundError> {
        resolve(&mut operation, ids)?;
        let target = operation.target()?;
        let kind =
            ResourceKind::ALL.into_iter().find(|kind| kind.endpoint().eq_ignore_ascii_case(target.endpoint));
        let kind = kind.ok_or_else(|| Reason::InvalidValue.because("`path` names no kind of resource"))?;
        let (id, version) = (target.id.unwrap_or_default().to_owned(), operation.version.clone());
        let (version, wanted) = (version.as_deref(), Wanted::default());
        let (data, id) = (operation.data, (kind, &*id));
        match operation.method {
            BulkMethod::Post => self.create(visit, kind, data, &wanted).await.map(Some),
            BulkMethod::Put => {
                self.change(visit, id, (Verb::Replace, data), version, &wanted).await.map(Some)
            }
            BulkMethod::Patch => {
                self.change(visit, id, (Verb::Patch, data), version, &wanted).await.map(Some)
            }
            BulkMethod::Delete => self.delete(visit, id, version).await.map(|()| None),
        }
    }
}

/// What became of an operation. A POST that failed has no address.
fn result(
    visit: &Visit,
    operation: &BulkOperation,
    outcome: Result<Option<Reply>, InboundError>,
    ids: &mut HashMap<String, String>,
    refusal: Refusal<'_>,
) -> BulkResult {
    let method = operation.method;
    let bulk_id = operation.bulk_id.clone();
    let address = match method {
        BulkMethod::Post => None,
        BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete => {
            Some(format!("{}/{}", visit.base, operation.path.trim_matches('/')))
        }
    };
    match outcome {
        Ok(Some(reply)) => {
            if let (BulkMethod::Post, Some(bulk_id)) = (method, &bulk_id) {
                ids.insert(bulk_id.clone(), reply.id);
            }
            let status = match method {
                BulkMethod::Post => 201,
                BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete => 200,
            };
            let version = Some(reply.version);
            BulkResult { method, bulk_id, location: Some(reply.location), version, status, response: None }
        }
        Ok(None) => {
            BulkResult { method, bulk_id, location: address, version: None, status: 204, response: None }
        }
        Err(error) => {
            let (status, body) = refusal(error);
            BulkResult { method, bulk_id, location: address, version: None, status, response: Some(body) }
        }
    }
}

//! Many operations in one request (RFC 7644 §3.7): each is done or refused by itself.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use scimitar_scim::attribute;
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
/// Operations that are done at the same time: half of what shares a commit, so that others have their turn.
const WAVE: usize = 64;

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
        let mut work = Work { visit, refusal, results: Vec::new(), ids: HashMap::new(), n_errors: 0 };
        work.results.resize(request.operations.len(), None);
        let mut waiting = plan.order.into_iter().peekable();
        while !request.ends_after(work.n_errors)
            && let Some(first) = waiting.next()
        {
            let mut wave = Wave::of(&request, first);
            while let Some(next) = waiting.next_if(|next| wave.takes(&request, *next)) {
                wave.numbers.push(next);
            }
            let each = |n: &usize| {
                let operation = request.operations.get(*n).cloned();
                let ids = &work.ids;
                async move {
                    match operation {
                        Some(operation) => self.operation(visit, operation, ids).await,
                        None => Ok(None),
                    }
                }
            };
            let outcomes = join_all(wave.numbers.iter().map(each)).await;
            for (n, outcome) in wave.numbers.into_iter().zip(outcomes) {
                work.note(&request, n, outcome);
            }
        }
        for (n, error) in plan.refused {
            if request.ends_after(work.n_errors) {
                break;
            }
            work.note(&request, n, Err(error.into()));
        }
        Ok(bulk_response(work.results.into_iter().flatten().collect()))
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

/// What was done so far.
struct Work<'a> {
    visit: &'a Visit,
    refusal: Refusal<'a>,
    results: Vec<Option<BulkResult>>,
    ids: HashMap<String, String>,
    n_errors: u64,
}

impl Work<'_> {
    fn note(&mut self, request: &BulkRequest, n: usize, outcome: Result<Option<Reply>, InboundError>) {
        let Some(operation) = request.operations.get(n) else { return };
        let result = result(self.visit, operation, outcome, &mut self.ids, self.refusal);
        self.n_errors += u64::from(result.is_error());
        if let Some(slot) = self.results.get_mut(n) {
            *slot = Some(result);
        }
    }
}

/// Operations that are done at the same time, so that they wait for the disk once: new users that have nothing to do
/// with each other. Everything else is done one after the other, and so is all where an error may end the work.
struct Wave {
    numbers: Vec<usize>,
    /// Names that are in it already, without their case: of two that are equal, the first has to be the first.
    taken: HashSet<String>,
    is_open: bool,
}

impl Wave {
    fn of(request: &BulkRequest, first: usize) -> Self {
        let mut wave = Self { numbers: vec![first], taken: HashSet::new(), is_open: true };
        wave.is_open = request.fail_on_errors.is_none() && wave.admits(request, first);
        wave
    }

    fn takes(&mut self, request: &BulkRequest, next: usize) -> bool {
        self.is_open && self.numbers.len() < WAVE && self.admits(request, next)
    }

    fn admits(&mut self, request: &BulkRequest, n: usize) -> bool {
        let Some(operation) = request.operations.get(n) else { return false };
        let is_new_user = operation.method == BulkMethod::Post
            && operation.path.trim_matches('/').eq_ignore_ascii_case(ResourceKind::User.endpoint());
        let name = |name: &str| {
            let text = attribute::get(&operation.data, name).and_then(Value::as_str)?;
            Some(format!("{name} {}", text.to_lowercase()))
        };
        // A user refers to nobody but to its manager, which may be the one before it.
        is_new_user
            && !operation.data.to_string().contains("bulkId:")
            && ["userName", "externalId"].into_iter().filter_map(name).all(|name| self.taken.insert(name))
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

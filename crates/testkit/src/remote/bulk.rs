//! Many requests in one (RFC 7644 §3.7): each is served as though it had come by itself, faults included.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal};
use super::behaviour::Bulk;
use super::call::{Call, Payload};
use super::fault::FaultKind;
use super::fault_effect::Reaction;
use super::shared::State;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// Serve the operations of a request, in their order.
pub(super) fn serve(state: &mut State, base: &str, call: &Call) -> Answer {
    if !call.is_authorized(state.behaviour.token.as_deref()) {
        return Refusal::new(401, "the token is missing or wrong").into();
    }
    let form = match state.behaviour.bulk {
        Bulk::Refused(status) => return Refusal::new(status, "bulk is not supported").into(),
        form @ (Bulk::Served | Bulk::Reversed | Bulk::Unnamed | Bulk::Halved) => form,
    };
    let operations = match operations(state, call) {
        Ok(operations) => operations,
        Err(refusal) => return refusal.into(),
    };
    let mut results: Vec<Value> =
        operations.iter().filter_map(|operation| result(state, base, call, operation)).collect();
    match form {
        Bulk::Served | Bulk::Refused(_) => {}
        Bulk::Reversed => results.reverse(),
        Bulk::Unnamed => results.iter_mut().for_each(unname),
        Bulk::Halved => results.truncate(results.len() / 2),
    }
    Answer::scim(200, &json!({"schemas": [RESPONSE], "Operations": results}))
}

fn operations(state: &State, call: &Call) -> Result<Vec<Value>, Refusal> {
    let (behaviour, claimed) = (&state.behaviour, &state.behaviour.capabilities);
    if behaviour.max_body_bytes.is_some_and(|limit| call.bytes.len() > limit)
        || call.bytes.len() > claimed.bulk_max_payload
    {
        return Err(Refusal::new(413, "the body is too large"));
    }
    let Payload::Json(request) = &call.payload else {
        return Err(Refusal::typed(400, "invalidSyntax", "the body is not JSON"));
    };
    let is_bulk = request["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|it| it == REQUEST));
    let Some(operations) = request["Operations"].as_array().filter(|_| is_bulk) else {
        return Err(Refusal::typed(400, "invalidSyntax", format!("the body is no `{REQUEST}`")));
    };
    let limit = behaviour.max_bulk_operations.unwrap_or(claimed.bulk_max_operations);
    if operations.len() > limit {
        return Err(Refusal::new(413, format!("{} operations, at most {limit} are taken", operations.len())));
    }
    let mut names: Vec<&str> = operations.iter().filter_map(|it| it["bulkId"].as_str()).collect();
    let n_names = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < n_names {
        return Err(Refusal::typed(400, "invalidValue", "a `bulkId` stands there twice"));
    }
    Ok(operations.clone())
}

/// What became of an operation. Nothing where the answer to it was lost.
fn result(state: &mut State, base: &str, whole: &Call, operation: &Value) -> Option<Value> {
    let mut result = Map::new();
    for name in ["method", "bulkId"] {
        if let Some(given) = operation.get(name) {
            result.insert(name.to_owned(), given.clone());
        }
    }
    let method = operation["method"].as_str().and_then(|name| Method::try_from(name).ok());
    let path = operation["path"].as_str().filter(|path| !path.starts_with("/Bulk"));
    let answer = match (method, path) {
        (Some(method), _) if method == Method::POST && !operation["bulkId"].is_string() => {
            Refusal::typed(400, "invalidValue", "a POST needs a `bulkId`").into()
        }
        (Some(method), Some(path)) => {
            if method != Method::POST {
                result.insert("location".to_owned(), json!(format!("{base}{path}")));
            }
            one(state, base, Call::part_of(whole, method, path, operation))?
        }
        (None, _) | (_, None) => {
            Refusal::typed(400, "invalidValue", "an operation has a method and a path").into()
        }
    };
    let of = |name: header::HeaderName| answer.headers.iter().find(|(it, _)| *it == name);
    for (name, from) in [("location", header::LOCATION), ("version", header::ETAG)] {
        if let Some((_, value)) = of(from) {
            result.insert(name.to_owned(), json!(value));
        }
    }
    result.insert("status".to_owned(), json!(answer.status.to_string()));
    if !answer.body.is_empty() {
        // What is no JSON cannot stand there.
        result.insert("response".to_owned(), serde_json::from_slice(&answer.body).ok()?);
    }
    Some(Value::Object(result))
}

/// An operation as a request of its own, with the faults that such a one would meet.
fn one(state: &mut State, base: &str, call: Call) -> Option<Answer> {
    let now = state.directory.now();
    let fault = state.choose_fault_of_part(&call);
    if let Some(instead) = fault.as_ref().and_then(|fault| fault.before_commit(now)) {
        return answer(instead);
    }
    let commit = state.service(base).serve(call);
    answer(match &fault {
        Some(fault) => FaultKind::after_commit(fault, commit),
        None => Reaction::Answer(commit),
    })
}

/// A connection that breaks, for one of many, is an answer that is missing.
fn answer(reaction: Reaction) -> Option<Answer> {
    match reaction {
        Reaction::Answer(answer) => Some(answer),
        Reaction::Cut(_) | Reaction::Huge(..) | Reaction::HangUp { .. } => None,
    }
}

/// RFC 7644 §3.7 requires the name for POST only.
fn unname(result: &mut Value) {
    if result["method"] != "POST"
        && let Some(members) = result.as_object_mut()
    {
        members.shift_remove("bulkId");
    }
}

impl Call {
    fn part_of(whole: &Self, method: Method, path: &str, operation: &Value) -> Self {
        let mut headers: HeaderMap = whole.headers.clone();
        headers.remove(header::IF_MATCH);
        if let Some(Ok(version)) = operation["version"].as_str().map(HeaderValue::from_str) {
            headers.insert(header::IF_MATCH, version);
        }
        let data = operation.get("data");
        let bytes = data.map(|data| Bytes::from(data.to_string())).unwrap_or_default();
        let payload = data.cloned().map_or(Payload::Absent, Payload::Json);
        Self::of(method, path, headers, bytes, payload)
    }
}

//! Routes beside SCIM, for a remote that runs as its own process.

use bytes::Bytes;
use chrono::TimeDelta;
use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::behaviour::Behaviour;
use super::directory::Directory;
use super::kind::Kind;
use super::oracle;
use super::shared::Shared;

/// What is on its way when a client is told to wait.
const GRACE: TimeDelta = TimeDelta::milliseconds(50);

/// `None` if the path is not one of ours. Faults, tokens and records do not touch these.
pub(super) fn serve(shared: &Shared, head: &Parts, body: &Bytes) -> Option<Answer> {
    let path = head.uri.path();
    if !path.starts_with("/_") {
        return None;
    }
    let answer = match (&head.method, path) {
        (&Method::GET, "/_state") => Answer::json(200, &state(&shared.lock().directory)),
        (&Method::GET, "/_stats") => Answer::json(200, &stats(shared)),
        (&Method::GET, "/_requests") => Answer::json(200, &shared.lock().journal.records()),
        (&Method::DELETE, "/_requests") => {
            shared.lock().journal.clear();
            Answer::empty(204)
        }
        (&Method::POST, "/_token") => token(shared, body),
        (&Method::GET, "/_behaviour") => Answer::json(200, shared.lock().behaviour.as_ref()),
        (&Method::POST, "/_behaviour") => match behave(shared, body) {
            Ok(()) => Answer::empty(204),
            Err(error) => Answer::json(400, &json!({ "error": error.to_string() })),
        },
        _ => Answer::json(404, &json!({ "error": "no such route" })),
    };
    Some(answer)
}

/// An authorization server (RFC 6749 §4.4) whose only client has the secret `client-secret`. It issues the token
/// that the remote asks for.
fn token(shared: &Shared, body: &Bytes) -> Answer {
    let asks = String::from_utf8_lossy(body);
    if asks.contains("grant_type=client_credentials") && asks.contains("client_secret=client-secret") {
        let token = shared.lock().behaviour.token.clone();
        Answer::json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
    } else {
        Answer::json(401, &json!({ "error": "invalid_client" }))
    }
}

fn state(directory: &Directory) -> Value {
    let list = |kind: Kind| -> Vec<Value> {
        let rows = directory.shelf(kind).rows();
        rows.map(|(_, row)| {
            let mut resource = Map::new();
            resource.insert("id".to_owned(), row.id.as_str().into());
            resource.extend(row.body.clone());
            if kind == Kind::Group {
                resource.insert("members".to_owned(), row.members.iter().map(String::as_str).collect());
            }
            Value::Object(resource)
        })
        .collect()
    };
    json!({ "users": list(Kind::User), "groups": list(Kind::Group) })
}

fn stats(shared: &Shared) -> Value {
    let state = shared.lock();
    let journal = &state.journal;
    let statuses: Map<String, Value> =
        journal.statuses.iter().map(|(status, n)| (status.to_string(), Value::from(*n))).collect();
    json!({
        "requests": journal.n_requests(),
        "methods": journal.methods,
        "statuses": statuses,
        "faults": journal.faults,
        "max_concurrency": journal.max_in_flight(),
        "users": state.directory.shelf(Kind::User).len(),
        "groups": state.directory.shelf(Kind::Group).len(),
        "users_created": state.directory.shelf(Kind::User).created(),
        "groups_created": state.directory.shelf(Kind::Group).created(),
        "duplicates": oracle::duplicates(&state.directory),
        "early_requests": oracle::early_requests(journal.records(), GRACE).len(),
        "pending_answers": state.script.len(),
    })
}

/// Members that the body does not name keep their value.
fn behave(shared: &Shared, body: &Bytes) -> Result<(), serde_json::Error> {
    let changes: Map<String, Value> = serde_json::from_slice(body)?;
    let mut state = shared.lock();
    let mut merged = serde_json::to_value(state.behaviour.as_ref())?;
    if let Value::Object(merged) = &mut merged {
        merged.extend(changes);
    }
    let behaviour: Behaviour = serde_json::from_value(merged)?;
    state.set_behaviour(behaviour);
    Ok(())
}

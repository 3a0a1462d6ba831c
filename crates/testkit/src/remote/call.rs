//! A request, read once.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{self, HeaderMap};
use hyper::http::request::Parts;
use serde_json::Value;

use super::kind::Kind;
use super::percent;

/// Where SCIM begins on this server.
pub(super) const BASE: &str = "/scim/v2";

#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the base, as it came.
    pub(super) path: String,
    pub(super) target: Target,
    /// Decoded, in order.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
    pub(super) payload: Payload,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A path that might be the configuration: behaviour says which one is.
    Top(String),
    Collection(Kind),
    One(Kind, String),
    Unknown,
}

#[derive(Debug)]
pub(super) enum Payload {
    Absent,
    Json(Value),
    NotJson,
}

impl Call {
    pub(super) fn read(head: Parts, bytes: Bytes) -> Self {
        let whole = head.uri.path();
        let path = whole.strip_prefix(BASE).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let target = path.map_or(Target::Unknown, target);
        let path = path.unwrap_or(whole).to_owned();
        let query = head.uri.query().map(read_query).unwrap_or_default();
        let payload = if bytes.is_empty() {
            Payload::Absent
        } else {
            serde_json::from_slice(&bytes).map_or(Payload::NotJson, Payload::Json)
        };
        Self { method: head.method, path, target, query, headers: head.headers, bytes, payload }
    }

    /// A request that has come in another way; `path` is below the base.
    pub(super) fn of(method: Method, path: &str, headers: HeaderMap, bytes: Bytes, payload: Payload) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: path.to_owned(),
            target: target(path),
            query: read_query(query),
            headers,
            bytes,
            payload,
        }
    }

    pub(super) fn body_contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.bytes).contains(text)
    }

    /// The last one of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn is_authorized(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return true };
        self.header(header::AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && given == token)
    }
}

fn target(path: &str) -> Target {
    let mut segments = path.split('/').skip(1);
    let kind = |name: &str| Kind::ALL.into_iter().find(|kind| kind.endpoint() == name);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(first), None, None) => match kind(first) {
            Some(kind) => Target::Collection(kind),
            None => Target::Top(first.to_owned()),
        },
        (Some(first), Some(id), None) if !id.is_empty() => match kind(first) {
            Some(kind) => Target::One(kind, percent::decode(id, false)),
            None => Target::Unknown,
        },
        _ => Target::Unknown,
    }
}

fn read_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent::decode(name, true), percent::decode(value, true))
        })
        .collect()
}

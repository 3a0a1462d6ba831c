//! One caller, and what it is answered.

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::contract::{self, Seen};

/// Where the API begins.
const PREFIX: &str = "/api/v3";

/// A caller with fixed credentials. Paths are below `/api/v3`, unless said otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    web: reqwest::Client,
    address: String,
    prefix: String,
    authorization: Option<String>,
    headers: HeaderMap,
    seen: Seen,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Client {
    pub(super) fn new(
        web: reqwest::Client,
        address: String,
        authorization: Option<String>,
        seen: Seen,
    ) -> Self {
        let prefix = PREFIX.to_owned();
        Self { web, address, prefix, authorization, headers: HeaderMap::new(), seen }
    }

    /// The same caller with one more header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        let value = HeaderValue::from_str(value).expect("a header's value");
        client.headers.insert(HeaderName::from_static(name), value);
        client
    }

    /// The same caller with paths below `prefix`.
    pub(crate) fn below(&self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        self.send_to(method, &format!("{}{path}", self.prefix), body).await
    }

    /// The same, with a path from the root. An answer of the API that breaks the contract fails the test.
    pub(crate) async fn send_to(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.web.request(method.clone(), format!("{}{path}", self.address));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !self.headers.contains_key(ACCEPT) {
            request = request.header(ACCEPT, "application/json");
        }
        if let Some(body) = body {
            if !self.headers.contains_key(CONTENT_TYPE) {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            request = request.body(body);
        }
        let response = request.headers(self.headers.clone()).send().await.expect("the server answers");
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("the answer is text"),
        };
        if let Some(target) = path.strip_prefix(PREFIX) {
            contract::check(&self.seen, &method, target, &answer);
        }
        answer
    }
}

impl Answer {
    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The status and the body in one line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.status, self.text)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// One field of each result of a list.
    pub(crate) fn column(&self, field: &str) -> Vec<Value> {
        let body = self.expect(200);
        let results = body["results"].as_array().expect("a list has results");
        results.iter().map(|result| result[field].clone()).collect()
    }
}

//! Reading answers: bounded, tolerant of what does no harm, and never taking a web page for a success.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use scimitar_domain::{Clock, Secret, Timestamp};
use scimitar_scim::ScimErrorBody;

use crate::detail;
use crate::error::ClientError;
use crate::refusal::Refusal;
use crate::retry_after;

/// Of a refusal's body, only this much is read: enough for its words.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// An answer with success.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) document: Option<Value>,
    /// What the `ETag` header said, whatever it is.
    pub(crate) etag: Option<String>,
    /// What the `Retry-After` header asked for, although it is a success.
    pub(crate) retry_after: Option<Duration>,
}

/// Why reading an answer did not end in a document.
#[derive(Debug)]
pub(crate) enum Unread {
    Refused(Refusal),
    Broken(reqwest::Error),
    Other(ClientError),
}

/// Reads the answers of one remote.
pub(crate) struct Reader<'a> {
    pub(crate) limit: usize,
    /// What the remote's words are freed of.
    pub(crate) hidden: &'a [Secret<String>],
    pub(crate) clock: &'a dyn Clock,
}

impl Reader<'_> {
    /// Read an answer. `body` is then what came, as far as it was read.
    pub(crate) async fn read(&self, response: Response, body: &mut Vec<u8>) -> Result<Reply, Unread> {
        let status = response.status();
        if !status.is_success() {
            return Err(Unread::Refused(self.refusal(response, body).await));
        }
        let content_type = self.header(response.headers(), &CONTENT_TYPE);
        let etag = text(response.headers(), &ETAG).map(str::to_owned);
        let retry_after = self.retry_after(response.headers());
        *body = self.body(response).await?;
        match document(status, body) {
            Ok(Some(document)) => match ScimErrorBody::disguised(&document) {
                Some(inner) => Err(Unread::Refused(Refusal {
                    status: inner,
                    said: self.said(&document),
                    ..Refusal::default()
                })),
                None => Ok(Reply { document: Some(document), etag, retry_after }),
            },
            Ok(None) => Ok(Reply { document: None, etag, retry_after }),
            Err(NotJson) => {
                let found = content_type.unwrap_or_else(|| "an answer of no stated type".to_owned());
                Err(Unread::Other(ClientError::Malformed { status: status.as_u16(), found }))
            }
        }
    }

    /// The whole body, unless it is longer than allowed: then no more of it is read than the limit.
    pub(crate) async fn body(&self, mut response: Response) -> Result<Vec<u8>, Unread> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
            if body.len() + chunk.len() > self.limit {
                return Err(Unread::Other(ClientError::AnswerTooLarge { limit: self.limit }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The status decides what a refusal is; its words are a gift, and a body that breaks takes nothing away.
    async fn refusal(&self, mut response: Response, body: &mut Vec<u8>) -> Refusal {
        let headers = response.headers();
        let mut refusal = Refusal {
            status: response.status().as_u16(),
            retry_after: self.retry_after(headers),
            location: self.location(headers),
            said: ScimErrorBody::default(),
        };
        let is_text = self.header(headers, &CONTENT_TYPE).is_some_and(|it| it.starts_with("text/plain"));
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > REFUSAL_LIMIT {
                return refusal;
            }
        }
        match document(StatusCode::OK, body) {
            Ok(Some(document)) => refusal.said = self.said(&document),
            Err(NotJson) if is_text => {
                refusal.said.detail = Some(detail::clean(&String::from_utf8_lossy(body), self.hidden));
            }
            Ok(None) | Err(NotJson) => {}
        }
        refusal
    }

    fn said(&self, document: &Value) -> ScimErrorBody {
        said(document, self.hidden)
    }

    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let asked = text(headers, &RETRY_AFTER)?;
        let ours = self.clock.now();
        let now = text(headers, &DATE).and_then(retry_after::moment).filter(|it| is_near(*it, ours));
        retry_after::read(asked, now.unwrap_or(ours))
    }

    /// Where a redirect points, without its query, which may carry session keys.
    fn location(&self, headers: &HeaderMap) -> Option<String> {
        let location = self.header(headers, &LOCATION)?;
        location.split(['?', '#']).next().filter(|it| !it.is_empty()).map(str::to_owned)
    }

    fn header(&self, headers: &HeaderMap, name: &HeaderName) -> Option<String> {
        text(headers, name).map(|text| detail::clean(text, self.hidden))
    }
}

/// An error's words, fit to be shown.
pub(crate) fn said(document: &Value, hidden: &[Secret<String>]) -> ScimErrorBody {
    let ScimErrorBody { status, scim_type, detail } = ScimErrorBody::read(document);
    let clean = |text: String| detail::clean(&text, hidden);
    ScimErrorBody { status, scim_type: scim_type.map(clean), detail: detail.map(clean) }
}

/// A remote whose clock is further off than this does not know what time it is.
fn is_near(theirs: Timestamp, ours: Timestamp) -> bool {
    (theirs - ours).abs() <= TimeDelta::days(1)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

struct NotJson;

/// A body without content is no document, whatever its type says; otherwise it must be JSON, whatever its type
/// says. A byte order mark in front does no harm.
fn document(status: StatusCode, body: &[u8]) -> Result<Option<Value>, NotJson> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if status == StatusCode::NO_CONTENT || body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut document = serde_json::from_slice(body).or(Err(NotJson))?;
    // No database here keeps NUL in text. It can only come in escaped.
    if body.windows(6).any(|it| it == b"\\u0000") {
        replace_nul(&mut document);
    }
    Ok(Some(document))
}

fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(replace_nul),
        Value::Object(members) => {
            let cleaned = std::mem::take(members).into_iter().map(|(name, mut member)| {
                replace_nul(&mut member);
                (name.replace('\0', "\u{fffd}"), member)
            });
            *members = cleaned.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

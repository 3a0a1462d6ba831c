//! What goes back over the wire, and how it may break off.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use thiserror::Error;

/// A whole answer, as a healthy service gives it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(super) fn scim(status: u16, body: &impl Serialize) -> Self {
        let content_type = (header::CONTENT_TYPE, "application/scim+json".to_owned());
        Self { status, headers: vec![content_type], body: to_bytes(body) }
    }

    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        let content_type = (header::CONTENT_TYPE, "application/json".to_owned());
        Self { status, headers: vec![content_type], body: to_bytes(body) }
    }

    pub(super) fn html(status: u16) -> Self {
        const PAGE: &str = "<!doctype html><title>Sign in</title><p>Please <b>sign in</b> to go on.</p>\n";
        let content_type = (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned());
        Self { status, headers: vec![content_type], body: Bytes::from_static(PAGE.as_bytes()) }
    }

    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn to_bytes(body: &impl Serialize) -> Bytes {
    // Maps with text keys and numbers always serialise; an empty body would be noticed by every test.
    serde_json::to_vec(body).map(Bytes::from).unwrap_or_default()
}

/// An error as RFC 7644 §3.12 has it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) scim_type: Option<String>,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    pub(super) fn typed(status: u16, scim_type: &str, detail: impl Into<String>) -> Self {
        Self { status, scim_type: Some(scim_type.to_owned()), detail: detail.into() }
    }

    pub(super) fn not_found(id: &str) -> Self {
        Self::new(404, format!("resource `{id}` not found"))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": refusal.status.to_string(),
            "detail": refusal.detail,
        });
        if let (Some(scim_type), Some(members)) = (refusal.scim_type, body.as_object_mut()) {
            members.insert("scimType".to_owned(), scim_type.into());
        }
        Self::scim(refusal.status, &body)
    }
}

/// Why a connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum HangUp {
    #[error("reset on purpose")]
    Reset,
    #[error("closed on purpose")]
    Close,
}

/// The bytes of an answer, which may be fewer than promised.
#[derive(Debug)]
pub(super) enum Bytestream {
    Whole(Bytes),
    /// These bytes of `promised`, then the end of the connection.
    Cut {
        half: Bytes,
        promised: u64,
        flushed: bool,
    },
    /// So many spaces.
    Huge {
        left: u64,
    },
}

impl Body for Bytestream {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        const CHUNK: &[u8] = &[b' '; 65_536];
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Cut { half, .. } if !half.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(half)))))
            }
            Self::Cut { flushed: true, .. } => Poll::Ready(Some(Err(HangUp::Close))),
            Self::Cut { flushed, .. } => {
                // What was given so far is written before we are asked again.
                *flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Huge { left: 0 } => Poll::Ready(None),
            Self::Huge { left } => {
                let n = usize::try_from(*left).map_or(CHUNK.len(), |left| left.min(CHUNK.len()));
                *left -= u64::try_from(n).unwrap_or(*left);
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(CHUNK).slice(..n)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Cut { .. } => false,
            Self::Huge { left } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Cut { promised, .. } => *promised,
            Self::Huge { left } => *left,
        })
    }
}

/// Frame an answer for the connection.
pub(super) fn respond(
    status: u16,
    headers: Vec<(HeaderName, String)>,
    body: Bytestream,
) -> Response<Bytestream> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

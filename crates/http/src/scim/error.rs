//! Every way in which a request of a source's client can fail, and what it is told (RFC 7644 §3.12).
//!
//! This is the one place where failures of our own are logged.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use scimitar_inbound::InboundError;
use scimitar_scim::{Reason, ScimError as Refusal, error_body};
use scimitar_store::StoreError;

use super::answer::MEDIA_TYPE;
use super::body;
use crate::error::{chain, is_for_later};

/// For how many seconds a client should leave us alone when the database cannot keep up.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// The same where people have to agree first, which takes them longer.
const AFTER_RELEASE_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// What a handler answers instead of a resource. `Display` is what the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScimError {
    #[error(transparent)]
    Inbound(#[from] InboundError),
    #[error("there is nothing at this address")]
    NotFound,
    #[error("{method} is not possible here, only {allow}")]
    MethodNotAllowed { method: String, allow: &'static str },
    #[error("answers are `application/scim+json`, and the request's `Accept` does not take that")]
    NotAcceptable,
    #[error("a body must be `application/scim+json` or `application/json`")]
    UnsupportedMediaType,
    #[error("a body may have {} octets (`maxPayloadSize`) at most", body::LARGEST)]
    TooLarge,
    #[error("the body ended before it was complete")]
    Interrupted,
    #[error("the body is no JSON: {0}")]
    Malformed(#[source] serde_json::Error),
    #[error("what the service says of itself cannot be filtered")]
    Unfiltered,
    #[error("{0}")]
    NotImplemented(&'static str),
    /// The server was put together without its state.
    #[error("the service is not set up")]
    NoState,
}

impl From<Refusal> for ScimError {
    fn from(refusal: Refusal) -> Self {
        Self::Inbound(InboundError::Refused(refusal))
    }
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        Self::Inbound(error.into())
    }
}

impl ScimError {
    /// Status and `scimType`.
    pub(super) fn kind(&self) -> (u16, Option<&'static str>) {
        let of = |reason: Reason| (reason.status(), reason.scim_type());
        match self {
            Self::Inbound(InboundError::Refused(refusal)) => of(refusal.reason),
            Self::Inbound(InboundError::Unauthorized) => (401, None),
            Self::Inbound(InboundError::Disabled { slug: _ } | InboundError::Forbidden(_))
            | Self::Unfiltered => (403, None),
            Self::Inbound(InboundError::Held(_)) => (429, None),
            Self::Inbound(InboundError::NotFound { kind: _ }) | Self::NotFound => (404, None),
            Self::Inbound(InboundError::Contended | InboundError::Unmapped { source: _ }) => (503, None),
            Self::Inbound(InboundError::Mapping { name: _, source: _ }) => of(Reason::InvalidValue),
            Self::Inbound(InboundError::Store(error)) if is_for_later(error) => (503, None),
            Self::Inbound(InboundError::Store(_)) | Self::NoState => (500, None),
            Self::MethodNotAllowed { method: _, allow: _ } => (405, None),
            Self::NotAcceptable => (406, None),
            Self::UnsupportedMediaType => (415, None),
            Self::TooLarge => of(Reason::TooLarge),
            Self::Interrupted | Self::Malformed(_) => of(Reason::InvalidSyntax),
            Self::NotImplemented(_) => (501, None),
        }
    }

    /// The body; causes of our own are logged on the way.
    pub(super) fn body(&self) -> serde_json::Value {
        let (status, scim_type) = self.kind();
        let is_ours = match self {
            Self::Inbound(error) => match error {
                InboundError::Store(_)
                | InboundError::Mapping { name: _, source: _ }
                | InboundError::Unmapped { source: _ } => true,
                InboundError::Refused(_)
                | InboundError::Unauthorized
                | InboundError::Disabled { slug: _ }
                | InboundError::Forbidden(_)
                | InboundError::Held(_)
                | InboundError::NotFound { kind: _ }
                | InboundError::Contended => false,
            },
            Self::NoState => true,
            Self::NotFound
            | Self::MethodNotAllowed { method: _, allow: _ }
            | Self::NotAcceptable
            | Self::UnsupportedMediaType
            | Self::TooLarge
            | Self::Interrupted
            | Self::Malformed(_)
            | Self::Unfiltered
            | Self::NotImplemented(_) => false,
        };
        if is_ours {
            tracing::error!(error = chain(self), http.status = status, "a source's request failed");
        }
        error_body(status, scim_type, &self.to_string())
    }
}

impl ResponseError for ScimError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.content_type(MEDIA_TYPE);
        let header: Option<(HeaderName, HeaderValue)> = match status {
            StatusCode::UNAUTHORIZED => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\"")))
            }
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
            StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, AFTER_RELEASE_SECONDS)),
            _other => None,
        };
        let header = match self {
            // RFC 6750 §3.1.
            Self::Inbound(InboundError::Forbidden(_)) => {
                let value = "Bearer realm=\"scim\", error=\"insufficient_scope\"";
                Some((WWW_AUTHENTICATE, HeaderValue::from_static(value)))
            }
            _other => header,
        };
        response.insert_header(("cache-control", "no-store"));
        if let Some(header) = header {
            response.insert_header(header);
        }
        if let Self::MethodNotAllowed { method: _, allow } = self {
            response.insert_header((ALLOW, *allow));
        }
        response.body(self.body().to_string())
    }
}

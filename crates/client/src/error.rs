//! Why a call to a remote SCIM service did not succeed, and what to do next.
//!
//! The variants are situations. Each decides here, and nowhere else, what the caller does about it, whether the
//! remote may have acted all the same, and under which class people see it.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use scimitar_domain::FailureClass;

use crate::address::AddressClass;
use crate::distrust::{Distrust, Unwelcome};
use crate::exchange::Method;
use crate::plain_http::PlainHttp;
use crate::target::UrlFault;

/// The reason below a situation, for the log.
pub type Cause = Arc<dyn Error + Send + Sync>;

#[derive(Debug, Clone, Error)]
pub enum ClientError {
    #[error(
        "`{host}` is at {address}, a {class} address, where calls are refused; to allow it, add {address} or \
         its network to SCIMITAR_EGRESS__ALLOW"
    )]
    EgressRefused { host: String, address: IpAddr, class: AddressClass },

    /// The URL begins with `http:`, and its host is not where that may go. Nothing was sent.
    #[error("{}", rule.refusal(host, *address))]
    PlainHttpRefused { host: String, address: IpAddr, rule: PlainHttp },

    #[error("the remote's URL cannot be used: {fault}")]
    BadUrl { fault: UrlFault },

    #[error("the remote's token holds characters that no HTTP header can carry")]
    BadToken,

    #[error(
        "the user name and the password cannot be sent: a user name has no colon, and neither has control characters"
    )]
    BadUser,

    #[error("`{name}` is no header that can be set for a remote")]
    BadHeader { name: String },

    /// The remote's certificate. Nothing was sent.
    #[error("the certificate of `{host}` is not accepted: {reason}")]
    Untrusted { host: String, reason: Distrust },

    /// Our certificate, or that we have none. What was sent was not read.
    #[error("`{host}` refuses the connection: {reason}")]
    Unwelcome { host: String, reason: Unwelcome },

    #[error("the URL for access tokens cannot be used: {fault}")]
    BadTokenUrl { fault: UrlFault },

    /// The remote itself was not asked.
    #[error("`{host}` refused to issue an access token with {status}{}", said(None, detail))]
    TokenRefused { host: String, status: u16, detail: String },

    /// The remote itself was not asked.
    #[error("could not get an access token from `{host}`: {reason}")]
    TokenUnavailable { host: String, reason: String },

    #[error("the remote id `{remote_id}` cannot be part of a URL")]
    BadId { remote_id: String },

    #[error("could not prepare TLS")]
    NoTls {
        #[source]
        source: Cause,
    },

    /// The connection was never made, so nothing was sent.
    #[error("could not reach `{host}`")]
    Unreachable {
        host: String,
        #[source]
        source: Cause,
    },

    #[error("`{host}` did not answer in time")]
    TimedOut { host: String },

    /// The connection broke after the request may have been sent.
    #[error("the connection to `{host}` broke before the answer was complete")]
    Interrupted {
        host: String,
        #[source]
        source: Cause,
    },

    #[error("the remote asked for fewer requests")]
    Throttled { status: u16, retry_after: Option<Duration> },

    #[error("the remote is not available: it answered {status}{}", said(None, detail))]
    Unavailable { status: u16, retry_after: Option<Duration>, detail: String },

    #[error("the remote refused our credentials with {status}{}", said(None, detail))]
    Unauthorized { status: u16, detail: String },

    #[error("the remote forbids it{}", said(None, detail))]
    Forbidden { detail: String },

    #[error("the remote has no resource `{remote_id}`")]
    Gone { remote_id: String },

    #[error("the remote has no `{path}`")]
    RouteMissing { path: String },

    #[error("the remote already has such a resource{}", said(scim_type.as_deref(), detail))]
    Taken { scim_type: Option<String>, detail: String },

    #[error("the remote does not support {method} here: it answered {status}")]
    NotSupported { method: Method, status: u16 },

    /// The remote cannot search by what was asked, or shows by its answer that it did not.
    #[error("the remote does not search by this filter{}", said(None, detail))]
    FilterRefused { status: u16, detail: String },

    /// Somebody else has changed it. Nothing was done.
    #[error(
        "the remote has another version of the resource than the one that was to be changed{}",
        said(None, detail)
    )]
    Stale { detail: String },

    #[error("the request is too large for the remote{}", said(None, detail))]
    TooLarge { status: u16, detail: String },

    #[error("the remote rejected the request with {status}{}", said(scim_type.as_deref(), detail))]
    Rejected { status: u16, scim_type: Option<String>, detail: String },

    #[error("the remote redirects with {status}{}; redirects are not followed, set the final URL", to(location.as_deref()))]
    Redirected { status: u16, location: Option<String> },

    #[error("the remote answered {status} with {found}, which is not the SCIM that was asked for")]
    Malformed { status: u16, found: String },

    #[error("the remote made the resource without telling its id")]
    MissingId,

    #[error("the remote's answer is longer than {limit} bytes")]
    AnswerTooLarge { limit: usize },
}

/// What the caller does about a failure. Decided here, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Transient: try this job again, no sooner than the hint.
    Retry { hint: Option<Duration> },
    /// Every job of this provider would fail the same way: pause the provider, until the hint has passed where
    /// there is one.
    PauseProvider { hint: Option<Duration> },
    /// What we know of the remote resource is wrong: look it up, and plan again from what is found.
    Relink,
    /// Final for this job: record it and show it in the sync status.
    GiveUp,
}

impl ClientError {
    pub fn disposition(&self) -> Disposition {
        match self {
            // A wish for patience is about all of our calls, not about the object that happened to be next.
            Self::Throttled { retry_after: hint @ Some(_), .. }
            | Self::Unavailable { retry_after: hint @ Some(_), .. } => Disposition::PauseProvider { hint: *hint },
            Self::Throttled { retry_after: None, .. }
            | Self::Unavailable { retry_after: None, .. }
            | Self::NoTls { .. }
            | Self::TokenUnavailable { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            // A page of some proxy, or a create whose answer was damaged: the next answer may be whole.
            | Self::Malformed { .. }
            | Self::MissingId => Disposition::Retry { hint: None },
            Self::EgressRefused { .. }
            | Self::PlainHttpRefused { .. }
            | Self::BadUrl { .. }
            | Self::BadToken
            | Self::BadUser
            | Self::BadHeader { .. }
            | Self::Untrusted { .. }
            | Self::Unwelcome { .. }
            | Self::BadTokenUrl { .. }
            | Self::TokenRefused { .. }
            | Self::Unauthorized { .. }
            | Self::Redirected { .. } => Disposition::PauseProvider { hint: None },
            Self::Gone { .. } | Self::Taken { .. } | Self::Stale { .. } => Disposition::Relink,
            Self::BadId { .. }
            | Self::Forbidden { .. }
            | Self::RouteMissing { .. }
            | Self::NotSupported { .. }
            | Self::FilterRefused { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. }
            | Self::AnswerTooLarge { .. } => Disposition::GiveUp,
        }
    }

    /// Whether the remote may have done what was asked although we got an error. After such an error a create
    /// is looked for before it is sent again.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Unavailable { .. }
            // `303 See Other` is how a service may answer a create that it has done.
            | Self::Redirected { .. }
            | Self::Malformed { .. }
            | Self::MissingId
            | Self::AnswerTooLarge { .. } => true,
            Self::EgressRefused { .. }
            | Self::PlainHttpRefused { .. }
            | Self::BadUrl { .. }
            | Self::BadToken
            | Self::BadUser
            | Self::BadHeader { .. }
            | Self::Untrusted { .. }
            | Self::Unwelcome { .. }
            | Self::BadTokenUrl { .. }
            | Self::TokenRefused { .. }
            | Self::TokenUnavailable { .. }
            | Self::BadId { .. }
            | Self::NoTls { .. }
            | Self::Unreachable { .. }
            | Self::Throttled { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Gone { .. }
            | Self::RouteMissing { .. }
            | Self::Taken { .. }
            | Self::NotSupported { .. }
            | Self::FilterRefused { .. }
            | Self::Stale { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. } => false,
        }
    }

    /// The class under which the failure is stored and counted.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::EgressRefused { .. }
            | Self::PlainHttpRefused { .. }
            | Self::BadUrl { .. }
            | Self::BadTokenUrl { .. }
            | Self::BadId { .. }
            | Self::Redirected { .. } => FailureClass::Refused,
            Self::NoTls { .. } => FailureClass::Internal,
            Self::Unreachable { .. }
            | Self::TokenUnavailable { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. } => FailureClass::Unreachable,
            Self::Throttled { .. } => FailureClass::Throttled,
            Self::Unavailable { .. } => FailureClass::Unavailable,
            Self::BadToken
            | Self::BadUser
            | Self::BadHeader { .. }
            | Self::TokenRefused { .. }
            | Self::Unauthorized { .. } => FailureClass::Unauthorized,
            Self::Untrusted { .. } | Self::Unwelcome { .. } => FailureClass::Certificate,
            Self::Forbidden { .. } | Self::TooLarge { .. } | Self::Rejected { .. } => FailureClass::Rejected,
            Self::Gone { .. } | Self::Taken { .. } | Self::Stale { .. } => FailureClass::Conflict,
            Self::RouteMissing { .. } | Self::NotSupported { .. } | Self::FilterRefused { .. } => {
                FailureClass::Unsupported
            }
            Self::Malformed { .. } | Self::MissingId | Self::AnswerTooLarge { .. } => FailureClass::Malformed,
        }
    }

    /// The whole chain of reasons in one line, for people.
    pub fn explain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Libraries repeat the text of what they wrap.
            if !line.ends_with(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            next = cause.source();
        }
        line
    }
}

/// What the remote said, as the tail of a sentence.
fn said(scim_type: Option<&str>, detail: &str) -> String {
    match (scim_type, detail) {
        (None, "") => String::new(),
        (None, detail) => format!(": {detail}"),
        (Some(scim_type), "") => format!(" ({scim_type})"),
        (Some(scim_type), detail) => format!(" ({scim_type}): {detail}"),
    }
}

fn to(location: Option<&str>) -> String {
    location.map(|location| format!(" to `{location}`")).unwrap_or_default()
}

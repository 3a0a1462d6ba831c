//! The ways in which a remote misbehaves.

use hyper::Method;
use serde::{Deserialize, Serialize};

use super::call::{Call, Target};

/// One way. *Before the commit* means that nothing was stored; *after* that the write has happened,
/// whatever the client gets to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 before the commit.
    TooManyRequests { retry_after: RetryAfter },
    /// 503 before the commit, with a `Retry-After`.
    Unavailable { retry_after: RetryAfter },
    /// Any status before the commit, with a SCIM error body.
    Status(u16),
    /// As `Status`, with the reason that a client may read.
    Refused { status: u16, scim_type: Option<String>, detail: String },
    /// The healthy answer, but late: after the commit plus this time.
    Delay { ms: u64 },
    /// No answer at all; the connection is closed after this time.
    AcceptThenSilence { ms: u64, commit: bool },
    /// TCP reset before the commit.
    ResetBeforeCommit,
    /// Commit, then TCP reset: the lost answer.
    ResetAfterCommit,
    /// Commit, then an answer that ends in the middle of its JSON, framed as though it were whole.
    TruncatedJson,
    /// Commit, then an answer that promises more bytes than come before the connection closes.
    CutAnswer,
    /// 200 with a login page, nothing stored.
    HtmlBeforeCommit,
    /// Commit, then 200 with a login page.
    HtmlAfterCommit,
    /// A create that is committed and answered with 201, without `id`.
    MissingId,
    /// Committed, and the answer names an id that the resource does not have.
    ChangedId,
    /// A create that is committed and answered with 200.
    OkInsteadOfCreated,
    /// A create that is refused with 409, though no filter finds the rival.
    ConflictWithoutMatch,
    /// 401, though the token is right.
    Unauthorized,
    /// A redirect that a client must not follow with its credentials.
    Redirect { status: u16, location: String },
    /// 404 for a resource that exists.
    NotFoundForLiveId,
    /// Commit, then an answer of this many bytes.
    HugeAnswer { bytes: u64 },
}

/// The header of a 429 or 503 (RFC 9110 §10.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    Seconds(u64),
    /// The moment in so many seconds, as an HTTP date.
    HttpDate(u64),
    None,
    /// Thirty thousand years.
    Absurd,
    /// This text.
    Verbatim(String),
}

impl FaultKind {
    /// What a client has to live through without losing or doubling anything: transient refusals, delays,
    /// lost and mangled answers. Left out is what rightly ends in a parked object or a paused provider.
    pub fn mixture() -> Vec<Self> {
        vec![
            Self::TooManyRequests { retry_after: RetryAfter::Seconds(1) },
            Self::TooManyRequests { retry_after: RetryAfter::None },
            Self::Status(500),
            Self::Status(502),
            Self::Status(503),
            Self::Status(504),
            Self::Delay { ms: 20 },
            Self::AcceptThenSilence { ms: 20, commit: false },
            Self::AcceptThenSilence { ms: 20, commit: true },
            Self::ResetBeforeCommit,
            Self::ResetAfterCommit,
            Self::ResetAfterCommit,
            Self::TruncatedJson,
            Self::CutAnswer,
            Self::HtmlBeforeCommit,
            Self::HtmlAfterCommit,
            Self::MissingId,
        ]
    }

    /// The name, without its numbers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooManyRequests { .. } => "too many requests",
            Self::Unavailable { .. } => "unavailable",
            Self::Status(_) => "status",
            Self::Refused { .. } => "refused",
            Self::Delay { .. } => "delay",
            Self::AcceptThenSilence { commit: false, .. } => "silence before commit",
            Self::AcceptThenSilence { commit: true, .. } => "silence after commit",
            Self::ResetBeforeCommit => "reset before commit",
            Self::ResetAfterCommit => "reset after commit",
            Self::TruncatedJson => "truncated json",
            Self::CutAnswer => "cut answer",
            Self::HtmlBeforeCommit => "html before commit",
            Self::HtmlAfterCommit => "html after commit",
            Self::MissingId => "missing id",
            Self::ChangedId => "changed id",
            Self::OkInsteadOfCreated => "ok instead of created",
            Self::ConflictWithoutMatch => "conflict without match",
            Self::Unauthorized => "unauthorized",
            Self::Redirect { .. } => "redirect",
            Self::NotFoundForLiveId => "not found for live id",
            Self::HugeAnswer { .. } => "huge answer",
        }
    }

    /// Whether it can happen to this request at all.
    pub(super) fn fits(&self, call: &Call) -> bool {
        let creates = call.method == Method::POST && matches!(call.target, Target::Collection(_));
        let names_one = matches!(call.target, Target::One(..));
        match self {
            Self::MissingId | Self::OkInsteadOfCreated | Self::ConflictWithoutMatch => creates,
            Self::ChangedId => {
                creates || (names_one && (call.method == Method::PUT || call.method == Method::PATCH))
            }
            Self::NotFoundForLiveId => names_one,
            Self::TooManyRequests { .. }
            | Self::Unavailable { .. }
            | Self::Status(_)
            | Self::Refused { .. }
            | Self::Delay { .. }
            | Self::AcceptThenSilence { .. }
            | Self::ResetBeforeCommit
            | Self::ResetAfterCommit
            | Self::TruncatedJson
            | Self::CutAnswer
            | Self::HtmlBeforeCommit
            | Self::HtmlAfterCommit
            | Self::Unauthorized
            | Self::Redirect { .. }
            | Self::HugeAnswer { .. } => true,
        }
    }
}

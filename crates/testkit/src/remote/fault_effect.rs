//! What a fault does to a request: instead of the commit, or to its answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::TimeDelta;
use hyper::header;
use serde_json::Value;

use scimitar_domain::Timestamp;

use super::answer::{Answer, HangUp, Refusal};
use super::fault::{FaultKind, RetryAfter};

/// How a request ends.
#[derive(Debug)]
pub(super) enum Reaction {
    Answer(Answer),
    /// The head and half of the body.
    Cut(Answer),
    Huge(Answer, u64),
    HangUp {
        after: Duration,
        how: HangUp,
    },
}

impl FaultKind {
    /// `None`: go on and commit.
    pub(super) fn before_commit(&self, now: Timestamp) -> Option<Reaction> {
        let refuse = |status, detail: &str| Some(Reaction::Answer(Refusal::new(status, detail).into()));
        match self {
            Self::TooManyRequests { retry_after } => {
                Some(Reaction::Answer(retry_after.on(Refusal::new(429, "too many requests").into(), now)))
            }
            Self::Unavailable { retry_after } => {
                Some(Reaction::Answer(retry_after.on(Refusal::new(503, "down for maintenance").into(), now)))
            }
            Self::Status(status) => refuse(*status, "as ordered"),
            Self::Refused { status, scim_type, detail } => {
                let refusal =
                    Refusal { status: *status, scim_type: scim_type.clone(), detail: detail.clone() };
                Some(Reaction::Answer(refusal.into()))
            }
            Self::AcceptThenSilence { ms, commit: false } => {
                Some(Reaction::HangUp { after: Duration::from_millis(*ms), how: HangUp::Close })
            }
            Self::ResetBeforeCommit => Some(Reaction::HangUp { after: Duration::ZERO, how: HangUp::Reset }),
            Self::HtmlBeforeCommit => Some(Reaction::Answer(Answer::html(200))),
            Self::ConflictWithoutMatch => {
                Some(Reaction::Answer(Refusal::typed(409, "uniqueness", "it exists already").into()))
            }
            Self::Unauthorized => refuse(401, "the token has expired"),
            Self::Redirect { status, location } => {
                Some(Reaction::Answer(Answer::empty(*status).with(header::LOCATION, location.as_str())))
            }
            Self::NotFoundForLiveId => refuse(404, "no such resource"),
            Self::Delay { .. }
            | Self::AcceptThenSilence { commit: true, .. }
            | Self::ResetAfterCommit
            | Self::TruncatedJson
            | Self::CutAnswer
            | Self::HtmlAfterCommit
            | Self::MissingId
            | Self::ChangedId
            | Self::OkInsteadOfCreated
            | Self::HugeAnswer { .. } => None,
        }
    }

    pub(super) fn after_commit(&self, answer: Answer) -> Reaction {
        let is_success = answer.is_success();
        match self {
            Self::AcceptThenSilence { ms, .. } => {
                Reaction::HangUp { after: Duration::from_millis(*ms), how: HangUp::Close }
            }
            Self::ResetAfterCommit => Reaction::HangUp { after: Duration::ZERO, how: HangUp::Reset },
            Self::TruncatedJson if is_success => Reaction::Answer(truncated(answer)),
            Self::CutAnswer if is_success => Reaction::Cut(with_body(answer)),
            Self::HtmlAfterCommit if is_success => Reaction::Answer(Answer::html(200)),
            Self::MissingId if is_success => Reaction::Answer(edited(answer, |id| *id = None)),
            Self::ChangedId if is_success => {
                Reaction::Answer(edited(answer, |id| *id = Some(Value::from("no-such-id"))))
            }
            Self::OkInsteadOfCreated if is_success => Reaction::Answer(Answer { status: 200, ..answer }),
            Self::HugeAnswer { bytes } => Reaction::Huge(answer, *bytes),
            // What there is to say of a failed request is said by its status; the others never come this far.
            Self::TruncatedJson
            | Self::CutAnswer
            | Self::HtmlAfterCommit
            | Self::MissingId
            | Self::ChangedId
            | Self::OkInsteadOfCreated
            | Self::Delay { .. }
            | Self::TooManyRequests { .. }
            | Self::Unavailable { .. }
            | Self::Status(_)
            | Self::Refused { .. }
            | Self::ResetBeforeCommit
            | Self::HtmlBeforeCommit
            | Self::ConflictWithoutMatch
            | Self::Unauthorized
            | Self::Redirect { .. }
            | Self::NotFoundForLiveId => Reaction::Answer(answer),
        }
    }

    pub(super) fn delay(&self) -> Duration {
        if let Self::Delay { ms } = self { Duration::from_millis(*ms) } else { Duration::ZERO }
    }

    /// Until when a client has been told to stay away.
    pub(super) fn silence_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after }) = self else {
            return None;
        };
        match retry_after {
            RetryAfter::Seconds(seconds) => Some(later(now, *seconds)),
            RetryAfter::HttpDate(seconds) => Some(whole_second(later(now, *seconds))),
            RetryAfter::None | RetryAfter::Absurd | RetryAfter::Verbatim(_) => None,
        }
    }
}

impl RetryAfter {
    fn on(&self, answer: Answer, now: Timestamp) -> Answer {
        let text = match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::HttpDate(seconds) => {
                httpdate::fmt_http_date(SystemTime::from(whole_second(later(now, *seconds))))
            }
            Self::None => return answer,
            Self::Absurd => "999999999999".to_owned(),
            Self::Verbatim(text) => text.clone(),
        };
        answer.with(header::RETRY_AFTER, text)
    }
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(delta).unwrap_or(Timestamp::MAX_UTC)
}

/// HTTP dates have no fractions; rounded up, nobody comes too early.
fn whole_second(at: Timestamp) -> Timestamp {
    let floor = Timestamp::from_timestamp(at.timestamp(), 0).unwrap_or(at);
    if floor == at { at } else { later(floor, 1) }
}

/// A 204 has nothing to cut; such a service answers 200.
fn with_body(answer: Answer) -> Answer {
    if answer.body.is_empty() { Answer::scim(200, &serde_json::json!({"schemas": []})) } else { answer }
}

fn truncated(answer: Answer) -> Answer {
    let answer = with_body(answer);
    let half = answer.body.slice(..answer.body.len() / 2);
    Answer { body: half, ..answer }
}

/// The answer with another `id`, also in its `meta` and headers.
fn edited(answer: Answer, edit: impl FnOnce(&mut Option<Value>)) -> Answer {
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
    let mut id = body.shift_remove("id");
    edit(&mut id);
    body.shift_remove("meta");
    if let Some(id) = id {
        body.insert("id".to_owned(), id);
    }
    let headers = answer.headers.into_iter().filter(|(name, _)| name != header::LOCATION).collect();
    let body = serde_json::to_vec(&body).map(Bytes::from).unwrap_or_default();
    Answer { headers, body, ..answer }
}

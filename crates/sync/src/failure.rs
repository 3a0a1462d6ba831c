//! What a failed attempt means: for the object, and for its whole provider.

use chrono::TimeDelta;
use uuid::Uuid;

use scimitar_client::{ClientError, Disposition};
use scimitar_domain::{Attempt, FailureClass, Timestamp};
use scimitar_queue::Ladder;
use scimitar_store::StoreError;

use crate::gate::{Load, Rest};

/// How much of a reason is kept, in characters.
const LONGEST_DETAIL: usize = 1_000;

const NOT_SHOWN: &str = "the answer to its creation was lost, and the remote does not show it so far";

/// Why an object could not be brought in step.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// Its provider rests; nothing was sent.
    Resting(Rest),
    Client(ClientError),
    /// A create's answer was lost, and that the remote does not show it proves nothing before this moment.
    TooEarly {
        until: Timestamp,
    },
    /// The object itself cannot be sent, or the remote's state needs a person.
    Object {
        class: FailureClass,
        detail: String,
        retries: bool,
    },
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Object { class: FailureClass::Internal, detail: error.to_string(), retries: true }
    }
}

impl From<Rest> for Trouble {
    fn from(rest: Rest) -> Self {
        Self::Resting(rest)
    }
}

impl Trouble {
    pub(crate) fn object(class: FailureClass, detail: impl Into<String>) -> Self {
        Self::Object { class, detail: detail.into(), retries: false }
    }

    /// For people: what happened.
    pub(crate) fn explain(&self) -> String {
        match self {
            Self::Resting(rest) => rest.reason.clone(),
            Self::Client(error) => error.explain(),
            Self::TooEarly { until } => format!("its creation is in doubt until {until}"),
            Self::Object { detail, .. } => detail.clone(),
        }
    }

    /// The remote does not take the verb here, whatever it said.
    pub(crate) fn is_about_the_verb(&self) -> bool {
        matches!(self, Self::Client(ClientError::NotSupported { .. } | ClientError::RouteMissing { .. }))
    }

    /// The request is larger than the remote takes.
    pub(crate) fn is_too_large(&self) -> bool {
        matches!(self, Self::Client(ClientError::TooLarge { .. }))
    }

    /// The remote does not have the resource.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Client(ClientError::Gone { .. }))
    }

    /// The remote has another version of the resource.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Client(ClientError::Stale { .. }))
    }

    /// Whether a create that met this may have happened at the remote all the same.
    pub(crate) fn may_have_happened(&self) -> bool {
        match self {
            Self::Resting(_) | Self::TooEarly { .. } => false,
            Self::Client(error) => error.may_have_happened(),
            // The remote has something of ours that could not be told apart.
            Self::Object { class, .. } => *class == FailureClass::Ambiguous,
        }
    }

    /// The attempt to record after `before`, or `None` where nothing was attempted. `salt` differs between the
    /// things that may fail together.
    pub(crate) fn attempt(&self, before: Option<&Attempt>, salt: Uuid, now: Timestamp) -> Option<Attempt> {
        if let (Self::TooEarly { until }, Some(before)) = (self, before) {
            return Some(Attempt { next_at: Some(*until), ..before.clone() });
        }
        let count = before.map_or(0, |attempt| attempt.count).saturating_add(1);
        let (high, low) = salt.as_u64_pair();
        let ladder = now + Ladder::OBJECT.wait(count, high ^ low);
        let (class, detail, next_at) = match self {
            Self::Resting(_) => return None,
            Self::Client(error) => (error.class(), error.explain(), next_try(error, now, ladder)),
            Self::TooEarly { until } => (FailureClass::Unavailable, NOT_SHOWN.to_owned(), Some(*until)),
            Self::Object { class, detail, retries } => (*class, detail.clone(), retries.then_some(ladder)),
        };
        let detail = detail.chars().take(LONGEST_DETAIL).collect();
        Some(Attempt { class, detail, count, last_at: now, next_at })
    }
}

fn next_try(error: &ClientError, now: Timestamp, ladder: Timestamp) -> Option<Timestamp> {
    match error.disposition() {
        Disposition::Retry { hint } | Disposition::PauseProvider { hint } => {
            let hinted = hint.and_then(|hint| TimeDelta::from_std(hint).ok()).map(|hint| now + hint);
            Some(hinted.map_or(ladder, |hinted| hinted.max(ladder)))
        }
        // What is known of the remote was wrong even after looking again.
        Disposition::Relink => Some(ladder),
        Disposition::GiveUp => None,
    }
}

/// Whether the whole provider rests because of `error`, and until when. `failures` counts such errors in a row.
pub(crate) fn rest_after(error: &ClientError, failures: i32, now: Timestamp) -> Option<Rest> {
    let step = Ladder::LANE.wait(failures, u64::from(failures.unsigned_abs()));
    let (class, wait) = match error.disposition() {
        // Whatever the status, it is the remote that asks for patience.
        Disposition::PauseProvider { hint: Some(hint) } => {
            (FailureClass::Throttled, TimeDelta::from_std(hint).unwrap_or(step))
        }
        Disposition::PauseProvider { hint: None } => (error.class(), step),
        Disposition::Retry { .. } if is_about_the_remote(error) => (error.class(), step),
        Disposition::Retry { .. } | Disposition::Relink | Disposition::GiveUp => return None,
    };
    Some(Rest { until: now + wait, class, reason: error.explain() })
}

/// What a failure says about how much the remote bears.
pub(crate) fn load(error: &ClientError) -> Load {
    match error {
        ClientError::Throttled { .. }
        | ClientError::TimedOut { .. }
        | ClientError::Unavailable { status: 408 | 503 | 504, .. } => Load::TooMuch,
        ClientError::Unreachable { .. } => Load::Out,
        other => match other.disposition() {
            // A refusal is an answer of a remote that works.
            Disposition::Relink | Disposition::GiveUp => Load::Fine,
            Disposition::Retry { .. } | Disposition::PauseProvider { .. } => Load::Unknown,
        },
    }
}

/// Failures in a row, of whatever transient kind, after which the remote itself is taken to be the reason.
const FAILURES_OF_A_REMOTE: i32 = 10;

/// A rest for a remote that has failed every call for a while: each further object would only wait for its own
/// time-out.
pub(crate) fn rest_after_many(error: &ClientError, in_a_row: i32, now: Timestamp) -> Option<Rest> {
    let rests = in_a_row.checked_div(FAILURES_OF_A_REMOTE).filter(|rests| *rests > 0)?;
    match error.disposition() {
        Disposition::Retry { .. } => {
            let until = now + Ladder::LANE.wait(rests + 4, u64::from(in_a_row.unsigned_abs()));
            Some(Rest { until, class: error.class(), reason: error.explain() })
        }
        Disposition::PauseProvider { .. } | Disposition::Relink | Disposition::GiveUp => None,
    }
}

/// A remote that cannot be reached or wants fewer calls would fail every other object too.
fn is_about_the_remote(error: &ClientError) -> bool {
    matches!(error.class(), FailureClass::Throttled)
        || matches!(
            error,
            ClientError::Unreachable { .. }
                | ClientError::TokenUnavailable { .. }
                | ClientError::NoTls { .. }
        )
}

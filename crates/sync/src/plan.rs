//! Deciding what one object needs at the remote.
//!
//! Invariant: nothing here does IO, reads a clock or draws a random number. A dry run is `plan` without
//! `apply`.

use scimitar_domain::LinkState;

use crate::desired::Desired;

/// What an object needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Both sides agree, or neither has the object.
    Keep,
    /// The remote does not have it.
    Create,
    /// The remote may have it from a create whose answer was lost: search for it first, and create it only if
    /// it is not there.
    Recover,
    /// The remote holds something else.
    Update { remote_id: String },
    /// The remote must not have it any more.
    Delete { remote_id: String },
    /// The remote may have it from a lost create and must not: search for it, and delete what is found.
    RecoverAndDelete,
}

/// Decide the step from what the local side wants, how far the link has come, and the fingerprint of the last
/// acknowledged body.
pub fn plan_object(desired: Option<&Desired>, state: &LinkState, acknowledged: Option<i64>) -> Step {
    match (desired, state) {
        (None, LinkState::New) => Step::Keep,
        (None, LinkState::Creating { .. }) => Step::RecoverAndDelete,
        (None, LinkState::Linked { remote_id }) => Step::Delete { remote_id: remote_id.clone() },
        (Some(_), LinkState::New) => Step::Create,
        (Some(_), LinkState::Creating { .. }) => Step::Recover,
        (Some(desired), LinkState::Linked { .. }) if Some(desired.fingerprint.0) == acknowledged => {
            Step::Keep
        }
        (Some(_), LinkState::Linked { remote_id }) => Step::Update { remote_id: remote_id.clone() },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `want` is `-` or the body's content; `have` is `-`, `?` for a create without an answer, or the content
    /// that the remote acknowledged.
    #[track_caller]
    fn check(want: &str, have: &str, expected: &str) {
        let body = |content: &str| json!({"userName": "ada", "title": content});
        let desired = (want != "-").then(|| Desired::of(body(want)));
        let state = match have {
            "-" => LinkState::New,
            "?" => LinkState::Creating { external_id: "x".into(), natural_key: "ada".into() },
            _ => LinkState::Linked { remote_id: "r1".into() },
        };
        let acknowledged =
            (have.len() == 1 && have != "-" && have != "?").then(|| Desired::of(body(have)).fingerprint.0);
        let got = match plan_object(desired.as_ref(), &state, acknowledged) {
            Step::Keep => "keep",
            Step::Create => "create",
            Step::Recover => "recover",
            Step::Update { .. } => "update",
            Step::Delete { .. } => "delete",
            Step::RecoverAndDelete => "recover and delete",
        };
        assert_eq!(got, expected, "want={want} have={have}");
    }

    #[test]
    fn every_pair_of_local_and_remote_state_has_one_step() {
        check("-", "-", "keep");
        check("-", "?", "recover and delete");
        check("-", "7", "delete");
        check("7", "-", "create");
        check("7", "?", "recover");
        check("7", "7", "keep");
        check("8", "7", "update");
        check("7", "adopted by hand", "update");
    }
}

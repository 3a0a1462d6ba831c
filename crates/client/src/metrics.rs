//! What is counted. Labels are bounded: nothing of the remote's or of a user's stands in them.

use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::error::ClientError;
use crate::exchange::Method;

/// Calls to remotes, by `method` and `answer` (`2xx` to `5xx`, or `none` when there was no answer).
pub const REQUESTS: &str = "scimitar_client_requests_total";
/// How long calls took, by `method`.
pub const REQUEST_SECONDS: &str = "scimitar_client_request_seconds";
/// Calls that the egress guard refused, by `class` of the address, or `plain-http` where only TLS was missing.
pub const EGRESS_REFUSED: &str = "scimitar_client_egress_refused_total";
/// How long calls waited for one of the places that a remote has, before they were sent.
pub const WAIT_SECONDS: &str = "scimitar_client_wait_seconds";

/// Tell the recorder what the names mean. To be called once, after the recorder is installed.
pub fn describe() {
    describe_counter!(
        REQUESTS,
        Unit::Count,
        "Calls to remote SCIM services by method and class of the answer."
    );
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "How long calls to remote SCIM services took.");
    describe_counter!(EGRESS_REFUSED, Unit::Count, "Calls refused because of the address they would reach.");
    describe_histogram!(
        WAIT_SECONDS,
        Unit::Seconds,
        "How long calls waited for a free place at their remote."
    );
}

pub(crate) fn exchanged(method: Method, status: Option<u16>, duration: Duration, waited: Duration) {
    let method = method.as_str();
    counter!(REQUESTS, "method" => method, "answer" => answer_class(status)).increment(1);
    histogram!(REQUEST_SECONDS, "method" => method).record(duration);
    histogram!(WAIT_SECONDS).record(waited);
}

/// Counts what the guard has refused, and nothing else.
pub(crate) fn refused(error: &ClientError) {
    let class = match error {
        ClientError::EgressRefused { class, .. } => class.as_str(),
        ClientError::PlainHttpRefused { .. } => "plain-http",
        _of_the_remote => return,
    };
    counter!(EGRESS_REFUSED, "class" => class).increment(1);
}

fn answer_class(status: Option<u16>) -> &'static str {
    match status {
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(400..=499) => "4xx",
        Some(500..=599) => "5xx",
        Some(_) => "other",
        None => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_label_is_bounded() {
        let labels: std::collections::BTreeSet<_> = (0..=u16::MAX).map(|it| answer_class(Some(it))).collect();
        assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["2xx", "3xx", "4xx", "5xx", "other"]);
        assert_eq!(answer_class(None), "none");
    }
}

//! Which situation an answer other than success is.

use std::time::Duration;

use scimitar_scim::ScimErrorBody;

use crate::error::ClientError;
use crate::exchange::Method;

/// What a call was about: decides what a 404 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// One resource by its id.
    Resource(&'a str),
    /// A route: a collection or a discovery document.
    Route(&'a str),
    /// A search in a collection.
    Search(&'a str),
}

/// An answer that is no success, with texts already fit to be shown.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) said: ScimErrorBody,
}

impl Refusal {
    pub(crate) fn situation(self, method: Method, subject: Subject<'_>) -> ClientError {
        let Self { status, retry_after, location, said } = self;
        let ScimErrorBody { status: _, scim_type, detail } = said;
        let detail = detail.unwrap_or_default();
        match status {
            300..=399 => ClientError::Redirected { status, location },
            401 => ClientError::Unauthorized { status, detail },
            // GitHub and others throttle with 403; `Retry-After` tells it from a real one.
            403 if retry_after.is_some() => ClientError::Throttled { status, retry_after },
            403 => ClientError::Forbidden { detail },
            404 | 410 => missing(subject),
            501 if matches!(subject, Subject::Search(_)) => ClientError::FilterRefused { status, detail },
            405 | 501 => ClientError::NotSupported { method, status },
            409 => ClientError::Taken { scim_type, detail },
            413 => ClientError::TooLarge { status, detail },
            429 => ClientError::Throttled { status, retry_after },
            // Request timeout, locked, too early: the same request may pass later.
            408 | 423 | 425 | 500..=599 => ClientError::Unavailable { status, retry_after, detail },
            _ => judged(status, scim_type, detail, subject),
        }
    }
}

fn missing(subject: Subject<'_>) -> ClientError {
    match subject {
        Subject::Resource(remote_id) => ClientError::Gone { remote_id: remote_id.to_owned() },
        Subject::Route(path) | Subject::Search(path) => ClientError::RouteMissing { path: path.to_owned() },
    }
}

/// The remote has looked at the request and says what is wrong with it (RFC 7644 §3.12, table 9).
fn judged(status: u16, scim_type: Option<String>, detail: String, subject: Subject<'_>) -> ClientError {
    let is = |name: &str| scim_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name));
    if is("uniqueness") {
        return ClientError::Taken { scim_type, detail };
    }
    if is("tooMany") {
        return ClientError::TooLarge { status, detail };
    }
    match subject {
        // A remote that cannot filter says 400 (RFC 7644 §3.4.2.2), and not all of them say `invalidFilter`.
        Subject::Search(_) if status == 400 || is("invalidFilter") => {
            ClientError::FilterRefused { status, detail }
        }
        Subject::Search(_) | Subject::Resource(_) | Subject::Route(_) => {
            ClientError::Rejected { status, scim_type, detail }
        }
    }
}

#[cfg(test)]
mod tests {
    use scimitar_domain::FailureClass;

    use super::*;
    use crate::error::Disposition;

    /// A line as a reader sees it: what to do, whether it may have happened, the class, the message.
    #[track_caller]
    fn check(answer: &str, subject: Subject<'_>, expected: &str) {
        let mut words = answer.split(' ');
        let status = words.next().and_then(|it| it.parse().ok()).expect("a status");
        let mut refusal = Refusal { status, ..Refusal::default() };
        for word in words {
            match word.split_once('=') {
                Some(("retry", seconds)) => {
                    refusal.retry_after = Some(Duration::from_secs(seconds.parse().expect("a number")));
                }
                Some(("type", name)) => refusal.said.scim_type = Some(name.to_owned()),
                Some(("to", url)) => refusal.location = Some(url.to_owned()),
                Some(("detail", text)) => refusal.said.detail = Some(text.to_owned()),
                _ => panic!("unknown word {word}"),
            }
        }
        let error = refusal.situation(Method::Put, subject);
        assert_eq!(line(&error), expected, "{answer} for {subject:?}");
    }

    fn line(error: &ClientError) -> String {
        let next = match error.disposition() {
            Disposition::Retry { hint: None } => "retry".to_owned(),
            Disposition::Retry { hint: Some(hint) } => format!("retry after {}", hint.as_secs()),
            Disposition::PauseProvider { hint: None } => "pause".to_owned(),
            Disposition::PauseProvider { hint: Some(hint) } => format!("pause for {}", hint.as_secs()),
            Disposition::Relink => "relink".to_owned(),
            Disposition::GiveUp => "give up".to_owned(),
        };
        let maybe = if error.may_have_happened() { ", maybe done" } else { "" };
        format!("{next}{maybe} [{}] {error}", FailureClass::as_str(error.class()))
    }

    const ONE: Subject<'_> = Subject::Resource("r1");
    const ROUTE: Subject<'_> = Subject::Route("/Users");
    const SEARCH: Subject<'_> = Subject::Search("/Users");

    #[test]
    fn a_remote_that_wants_patience_gets_it() {
        check("429", ONE, "retry [throttled] the remote asked for fewer requests");
        check("429 retry=7", ONE, "pause for 7 [throttled] the remote asked for fewer requests");
        check("403 retry=60", ROUTE, "pause for 60 [throttled] the remote asked for fewer requests");
        check(
            "503 retry=0",
            ONE,
            "pause for 0, maybe done [unavailable] the remote is not available: it answered 503",
        );
        for status in ["408", "423", "425", "500", "502", "503", "504", "599"] {
            let said = format!("the remote is not available: it answered {status}: busy");
            check(&format!("{status} detail=busy"), ONE, &format!("retry, maybe done [unavailable] {said}"));
        }
    }

    #[test]
    fn what_fails_for_every_object_pauses_the_provider() {
        check(
            "401 detail=expired",
            ONE,
            "pause [unauthorized] the remote refused our credentials with 401: expired",
        );
        for status in ["301", "302", "303", "307", "308", "304"] {
            let tail = "redirects are not followed, set the final URL";
            check(
                &format!("{status} to=https://b.example/v2"),
                ROUTE,
                &format!(
                    "pause, maybe done [refused] the remote redirects with {status} to `https://b.example/v2`; {tail}"
                ),
            );
        }
        check(
            "302",
            ONE,
            "pause, maybe done [refused] the remote redirects with 302; redirects are not followed, set the final URL",
        );
    }

    #[test]
    fn not_found_depends_on_what_was_asked_for() {
        check("404", ONE, "relink [conflict] the remote has no resource `r1`");
        check("410", ONE, "relink [conflict] the remote has no resource `r1`");
        check("404", ROUTE, "give up [unsupported] the remote has no `/Users`");
        check("410", SEARCH, "give up [unsupported] the remote has no `/Users`");
    }

    #[test]
    fn a_resource_that_exists_is_looked_up() {
        check("409", ROUTE, "relink [conflict] the remote already has such a resource");
        check(
            "409 type=uniqueness detail=taken",
            ROUTE,
            "relink [conflict] the remote already has such a resource (uniqueness): taken",
        );
        check(
            "400 type=Uniqueness",
            ROUTE,
            "relink [conflict] the remote already has such a resource (Uniqueness)",
        );
    }

    #[test]
    fn what_the_remote_cannot_do_is_given_up() {
        check("405", ONE, "give up [unsupported] the remote does not support PUT here: it answered 405");
        check("501", ONE, "give up [unsupported] the remote does not support PUT here: it answered 501");
        check("501", SEARCH, "give up [unsupported] the remote does not search by this filter");
        check("400", SEARCH, "give up [unsupported] the remote does not search by this filter");
        check("403 type=invalidFilter", SEARCH, "give up [rejected] the remote forbids it");
        check(
            "422 type=invalidFilter",
            SEARCH,
            "give up [unsupported] the remote does not search by this filter",
        );
        check("413", ONE, "give up [rejected] the request is too large for the remote");
        check("400 type=tooMany", ONE, "give up [rejected] the request is too large for the remote");
        check("400 type=tooMany", SEARCH, "give up [rejected] the request is too large for the remote");
    }

    #[test]
    fn what_the_remote_finds_wrong_is_given_up_with_its_words() {
        check("400", ONE, "give up [rejected] the remote rejected the request with 400");
        check(
            "400 type=invalidValue detail=bad-mail",
            ONE,
            "give up [rejected] the remote rejected the request with 400 (invalidValue): bad-mail",
        );
        check("403 detail=protected", ONE, "give up [rejected] the remote forbids it: protected");
        for status in ["402", "406", "412", "415", "418", "422", "428", "451", "600", "199"] {
            let said = format!("the remote rejected the request with {status}");
            check(status, ONE, &format!("give up [rejected] {said}"));
        }
        check("406", SEARCH, "give up [rejected] the remote rejected the request with 406");
    }
}

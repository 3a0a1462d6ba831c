//! What a sync came to: counts, each object that fails, and the exit code.

use std::process::ExitCode;

use chrono::SecondsFormat;

use scimitar_domain::{Link, ObjectKind, Provider, Run, RunState, Timestamp};
use scimitar_store::links;

use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, Problem};

use super::watch::{End, Rest};

/// It ended, and some objects are not in step because they fail.
pub(super) const WITH_FAILURES: u8 = 4;
/// Failing objects that are listed.
const LISTED: i64 = 1_000;

/// Tell how it ended.
pub(super) async fn tell(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    end: End,
) -> anyhow::Result<ExitCode> {
    let pk = provider.pk;
    let failures = installation.store.read(move |conn| links::failures(conn, pk, LISTED)).await;
    let failures = failures.map_err(|error| database::explain(error, &config.database))?;
    let name = &provider.fields.name;
    match end {
        End::Ended(run) => {
            report::line(summary(name, &run));
            list(&failures);
            match run.state {
                RunState::Error => {
                    let detail = run.detail.unwrap_or_else(|| "it could not go on".to_owned());
                    anyhow::bail!("the sync of provider `{name}` failed: {detail}")
                }
                // An object that failed earlier and is parked takes no part in the run, but is still not in step.
                RunState::Users | RunState::Groups | RunState::Sweep | RunState::Done | RunState::Warning => {
                    let code = if failures.is_empty() && run.counts.failed == 0 { 0 } else { WITH_FAILURES };
                    Ok(ExitCode::from(code))
                }
            }
        }
        End::Resting(rest) => {
            list(&failures);
            Err(resting(name, &rest).into())
        }
    }
}

fn summary(name: &str, run: &Run) -> String {
    let counts = &run.counts;
    let dry = if run.dry_run { " (dry run: nothing was sent)" } else { "" };
    let seconds = run.finished_at.map_or(0, |end| (end - run.started_at).num_milliseconds());
    format!(
        "provider `{name}`: {} in scope, {} created, {} adopted, {} updated, {} deleted, {} skipped, {} failed, {} \
         member changes, in {}.{:03} s{dry}",
        counts.in_scope,
        counts.created,
        counts.adopted,
        counts.updated,
        counts.deleted,
        counts.skipped,
        counts.failed,
        counts.member_changes,
        seconds / 1_000,
        seconds % 1_000,
    )
}

fn list(failures: &[(Link, String)]) {
    for (link, label) in failures {
        if let Some(line) = failure(link, label) {
            report::line(line);
        }
    }
}

/// `  user `ada`: rejected: the remote answered 400; tried 2 times, next at 2026-01-01T00:00:00Z`.
fn failure(link: &Link, label: &str) -> Option<String> {
    let attempt = link.attempt.as_ref()?;
    let kind = match link.object.kind() {
        ObjectKind::User => "user",
        ObjectKind::Group => "group",
    };
    let next = attempt.next_at.map_or_else(
        || "not tried again until it or the provider changes".to_owned(),
        |next| format!("next at {}", moment(next)),
    );
    let times = if attempt.count == 1 { "once".to_owned() } else { format!("{} times", attempt.count) };
    Some(format!("  {kind} `{label}`: {}: {}; tried {times}, {next}", attempt.class.as_str(), attempt.detail))
}

fn resting(name: &str, rest: &Rest) -> Problem {
    let what = format!(
        "the sync of provider `{name}` waits ({}): {}; next attempt at {}",
        rest.class,
        rest.reason,
        moment(rest.until)
    );
    Problem::new(what, "once the cause is gone, saving the provider tries again at once")
}

fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use scimitar_domain::{
        Attempt, FailureClass, JsonObject, LinkId, LinkState, ObjectId, ProviderPk, RunCounts, RunId,
        RunTrigger, UserPk,
    };
    use uuid::Uuid;

    use super::*;

    fn link(count: i32, next_at: Option<Timestamp>) -> Link {
        let attempt = Attempt {
            class: FailureClass::Rejected,
            detail: "the remote answered 400".to_owned(),
            count,
            last_at: Timestamp::default(),
            next_at,
        };
        Link {
            id: LinkId(Uuid::nil()),
            provider: ProviderPk(1),
            object: ObjectId::User(UserPk(7)),
            state: LinkState::New,
            attributes: JsonObject::new(),
            sent: JsonObject::new(),
            fingerprint: None,
            synced_version: 0,
            synced_revision: 0,
            attempt: Some(attempt),
        }
    }

    #[test]
    fn a_failing_object_is_told_with_its_next_attempt() {
        assert_eq!(
            failure(&link(2, Some(Timestamp::default())), "ada").expect("a failure"),
            "  user `ada`: rejected: the remote answered 400; tried 2 times, next at 1970-01-01T00:00:00Z"
        );
        let parked = failure(&link(1, None), "ada").expect("a failure");
        assert!(
            parked.ends_with("; tried once, not tried again until it or the provider changes"),
            "{parked}"
        );
    }

    #[test]
    fn a_run_is_told_in_one_line() {
        let start = Timestamp::default();
        let run = Run {
            id: RunId(Uuid::nil()),
            provider: ProviderPk(1),
            trigger: RunTrigger::Manual,
            dry_run: false,
            state: RunState::Done,
            started_at: start,
            finished_at: Some(start + chrono::TimeDelta::milliseconds(1_050)),
            counts: RunCounts { in_scope: 3, created: 2, member_changes: 5, ..RunCounts::default() },
            detail: None,
        };
        assert_eq!(
            summary("app", &run),
            "provider `app`: 3 in scope, 2 created, 0 adopted, 0 updated, 0 deleted, 0 skipped, 0 failed, 5 member \
             changes, in 1.050 s"
        );
    }
}

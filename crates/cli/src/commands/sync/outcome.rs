//! What a sync came to: counts, each object that fails, and the exit code.

use std::process::ExitCode;

use scimitar_domain::{Attempt, ObjectKind, Provider, ProviderPk, Run, RunState};
use scimitar_store::{StoreError, links, tombstones};

use crate::compose::Installation;
use crate::config::Config;
use crate::database;
use crate::report::{self, Problem, moment};

use super::watch::{End, Rest};

/// It ended, and some objects are not in step because they fail or are held.
pub(in crate::commands) const WITH_FAILURES: u8 = 4;
/// Failing objects that are listed.
const LISTED: i64 = 1_000;

/// Tell how it ended.
pub(super) async fn tell(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    end: End,
) -> anyhow::Result<ExitCode> {
    let failures = failures(config, installation, provider.pk).await?;
    let name = &provider.fields.name;
    match end {
        End::Ended(run) => {
            report::line(summary(name, &run));
            if run.state != RunState::Error {
                run.detail.iter().for_each(|detail| report::line(format!("  {detail}")));
            }
            failures.iter().for_each(report::line);
            match run.state {
                RunState::Error => {
                    let detail = run.detail.unwrap_or_else(|| "it could not go on".to_owned());
                    anyhow::bail!("the sync of provider `{name}` failed: {detail}")
                }
                // An object that failed earlier and is parked takes no part in the run, but is still not in step.
                RunState::Warning => Ok(ExitCode::from(WITH_FAILURES)),
                RunState::Users | RunState::Groups | RunState::Sweep | RunState::Done => {
                    let code = if failures.is_empty() && run.counts.failed == 0 { 0 } else { WITH_FAILURES };
                    Ok(ExitCode::from(code))
                }
            }
        }
        End::Resting(rest) => {
            failures.iter().for_each(report::line);
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

/// What fails at the provider, one line each: objects that are not in step, and deletions that are due.
pub(in crate::commands) async fn failures(
    config: &Config,
    installation: &Installation,
    provider: ProviderPk,
) -> anyhow::Result<Vec<String>> {
    let read = installation.store.read(move |conn| {
        let links = links::failures(conn, provider, 0, LISTED)?;
        Ok::<_, StoreError>((links, tombstones::failures(conn, provider, 0, LISTED)?))
    });
    let (links, stones) = read.await.map_err(|error| database::explain(error, &config.database))?;
    let objects = links.iter().filter_map(|(link, label)| {
        let never = "not tried again until it or the provider changes";
        Some(failure(link.object.kind(), &format!("`{label}`"), link.attempt.as_ref()?, never))
    });
    let deletions = stones.iter().filter_map(|stone| {
        let label = format!("`{}`, deleted here", stone.label);
        Some(failure(stone.object.kind(), &label, stone.attempt.as_ref()?, "next with the next full sync"))
    });
    Ok(objects.chain(deletions).collect())
}

/// `  user `ada`: rejected: the remote answered 400; tried 2 times, next at 2026-01-01T00:00:00Z`.
fn failure(kind: ObjectKind, label: &str, attempt: &Attempt, never: &str) -> String {
    let kind = kind.as_str();
    let next = attempt.next_at.map_or_else(|| never.to_owned(), |next| format!("next at {}", moment(next)));
    let times = if attempt.count == 1 { "once".to_owned() } else { format!("{} times", attempt.count) };
    format!("  {kind} {label}: {}: {}; tried {times}, {next}", attempt.class.as_str(), attempt.detail)
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

#[cfg(test)]
mod tests {
    use scimitar_domain::{FailureClass, RunCounts, RunId, RunTrigger, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn attempt(count: i32, next_at: Option<Timestamp>) -> Attempt {
        Attempt {
            class: FailureClass::Rejected,
            detail: "the remote answered 400".to_owned(),
            count,
            last_at: Timestamp::default(),
            next_at,
        }
    }

    #[test]
    fn a_failing_object_is_told_with_its_next_attempt() {
        assert_eq!(
            failure(ObjectKind::User, "`ada`", &attempt(2, Some(Timestamp::default())), "never"),
            "  user `ada`: rejected: the remote answered 400; tried 2 times, next at 1970-01-01T00:00:00Z"
        );
        assert_eq!(
            failure(ObjectKind::Group, "`team`", &attempt(1, None), "never"),
            "  group `team`: rejected: the remote answered 400; tried once, never"
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

//! `scimitar explain`: why one object is, or is not, at an application as people expect it.

use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Args};

use scimitar_domain::PlanStep;
use scimitar_sync::{Explanation, LinkSeen, MappedAs, Match, StepKind};

use super::named::Named;
use super::plan::differences;
use crate::compose::Installation;
use crate::config::Config;
use crate::report::{self, Problem, moment};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("wanted").required(true).args(["user", "group"])))]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    #[command(flatten)]
    object: Named,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config, None).await?;
    installation.lend(async |installation| tell(config, installation, &arguments, host).await).await?;
    Ok(ExitCode::SUCCESS)
}

async fn tell(
    config: &Config,
    installation: &Installation,
    arguments: &Arguments,
    host: Option<&str>,
) -> anyhow::Result<()> {
    let provider = super::sync::find(config, installation, &arguments.provider).await?;
    let Some(object) = arguments.object.find(config, installation).await? else {
        return Err(Problem::new("nobody is named", "name a user or a group").into());
    };
    let engine = installation.command_engine(config, host)?;
    let found = engine.explain(provider.pk, object).await.context("it could not be explained")?;
    let Some(found) = found else {
        let hint = "it was deleted a moment ago";
        return Err(Problem::new(format!("there is no provider `{}`", arguments.provider), hint).into());
    };
    lines(&found).iter().for_each(report::line);
    Ok(())
}

fn lines(found: &Explanation) -> Vec<String> {
    let kind = found.object.kind().as_str();
    let scope = if found.is_in_scope { "in scope" } else { "out of scope" };
    let mut lines = vec![format!("{kind} `{}` is {scope}: {}", found.label, found.reasons.join("; "))];
    lines.extend(found.stopped.iter().map(|reason| format!("nothing is sent now: {reason}")));
    lines.push(match &found.mapped {
        MappedAs::Nothing => "the mappings are not asked".to_owned(),
        MappedAs::Body(body) => format!("the mappings give {}", serde_json::Value::Object(body.clone())),
        MappedAs::Skipped => "the mappings leave it alone".to_owned(),
        MappedAs::Failed(error) => format!("the mappings fail: {error}"),
    });
    lines.push(link(found.link.as_ref()));
    lines.extend(found.found.as_ref().map(|found| match found {
        Match::Nothing => "a search at the remote finds nothing".to_owned(),
        Match::One { remote_id } => format!("a search at the remote finds `{remote_id}`"),
        Match::Others => "a search at the remote finds only what stands for others".to_owned(),
        Match::Unknown(error) => format!("a search at the remote tells nothing: {error}"),
    }));
    lines.push(step(found.step).to_owned());
    lines.extend(differences(&found.detail));
    lines.extend(found.due.map(|due| format!("its turn is due at {}", moment(due))));
    lines.extend(found.attempt.as_ref().map(|attempt| {
        let next = attempt.next_at.map_or_else(
            || "not tried again until it or the provider changes".to_owned(),
            |next| format!("next at {}", moment(next)),
        );
        let (class, count, last) = (attempt.class.as_str(), attempt.count, moment(attempt.last_at));
        format!("failed {count} times, last at {last} ({class}): {}; {next}", attempt.detail)
    }));
    let known = found.attempt.as_ref().map(|attempt| attempt.count);
    lines.extend(found.history.iter().filter(|it| Some(it.count) != known).map(|earlier| {
        let (class, at) = (earlier.class.as_str(), moment(earlier.last_at));
        format!("  attempt {} failed at {at} ({class}): {}", earlier.count, earlier.detail)
    }));
    if let Some(exchange) = &found.exchange {
        let answer = exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        lines.push(format!(
            "last said at {}: {} {}: {answer} after {} ms",
            moment(exchange.at),
            exchange.method,
            exchange.url,
            exchange.duration_ms
        ));
        lines.extend(exchange.request.as_ref().map(|body| format!("  sent: {body}")));
        lines.extend(exchange.response.as_ref().map(|body| format!("  came: {body}")));
    }
    lines
}

fn link(link: Option<&LinkSeen>) -> String {
    let Some(LinkSeen { state, remote_id, is_acknowledged }) = link else {
        return "nothing was ever sent".to_owned();
    };
    let known = match (state, remote_id) {
        (_, Some(remote_id)) => format!("the remote knows it as `{remote_id}`"),
        (&"creating", None) => "a create was sent whose answer is not known".to_owned(),
        (_, None) => "the remote does not have it".to_owned(),
    };
    let acknowledged = match is_acknowledged.filter(|_| remote_id.is_some()) {
        Some(true) => ", and has acknowledged just that",
        Some(false) => ", and has not acknowledged that",
        None => "",
    };
    format!("{known}{acknowledged}")
}

fn step(step: StepKind) -> &'static str {
    match step {
        StepKind::Keep => "a sync would send nothing of it",
        StepKind::Skip | StepKind::Take(PlanStep::Broken) => "a sync would leave it as it is",
        StepKind::Take(PlanStep::Create) => "a sync would create it",
        StepKind::Take(PlanStep::Adopt) => "a sync would take over what was found",
        StepKind::Take(PlanStep::Update) => "a sync would update it",
        StepKind::Take(PlanStep::Deactivate) => "a sync would deactivate it",
        StepKind::Take(PlanStep::Delete) => "a sync would delete it",
    }
}

#[cfg(test)]
mod tests {
    use scimitar_domain::{Attempt, FailureClass, KeptExchange, ObjectId, Timestamp, UserPk};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_is_told_with_what_was_said_last() {
        let at = Timestamp::default();
        let failed = |count, detail: &str| Attempt {
            class: FailureClass::Rejected,
            detail: detail.to_owned(),
            count,
            last_at: at,
            next_at: None,
        };
        let detail =
            json!({"attributes": [{"attribute": "userName", "from": null, "to": "ada"}], "members": null});
        let found = Explanation {
            object: ObjectId::User(UserPk(7)),
            label: "ada".to_owned(),
            is_in_scope: true,
            reasons: vec!["all users are sent".to_owned()],
            stopped: vec!["the provider only rehearses: `dry_run` is set".to_owned()],
            mapped: MappedAs::Body(json!({"userName": "ada"}).as_object().cloned().unwrap_or_default()),
            link: Some(LinkSeen { state: "new", remote_id: None, is_acknowledged: Some(false) }),
            found: Some(Match::Nothing),
            step: StepKind::Take(PlanStep::Create),
            detail: detail.as_object().cloned().unwrap_or_default(),
            due: Some(at),
            attempt: Some(failed(2, "no such domain")),
            history: vec![failed(2, "no such domain"), failed(1, "too late")],
            exchange: Some(KeptExchange {
                at,
                method: "POST".to_owned(),
                url: "https://wiki.example.com/scim/Users".to_owned(),
                status: Some(400),
                duration_ms: 12,
                request: Some("{}".to_owned()),
                response: None,
            }),
        };
        let expected = [
            "user `ada` is in scope: all users are sent",
            "nothing is sent now: the provider only rehearses: `dry_run` is set",
            r#"the mappings give {"userName":"ada"}"#,
            "the remote does not have it",
            "a search at the remote finds nothing",
            "a sync would create it",
            r#"  userName: "ada""#,
            "its turn is due at 1970-01-01T00:00:00Z",
            "failed 2 times, last at 1970-01-01T00:00:00Z (rejected): no such domain; not tried again until it or \
             the provider changes",
            "  attempt 1 failed at 1970-01-01T00:00:00Z (rejected): too late",
            "last said at 1970-01-01T00:00:00Z: POST https://wiki.example.com/scim/Users: 400 after 12 ms",
            "  sent: {}",
        ];
        assert_eq!(lines(&found), expected);
    }
}

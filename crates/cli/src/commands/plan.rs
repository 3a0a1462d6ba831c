//! `scimitar plan`: what a full sync of one provider would do, and doing exactly that.

mod list;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use scimitar_domain::{JsonObject, Plan, PlanId, PlanItem, PlanState, Provider};
use scimitar_store::sync_plans;
use scimitar_sync::NotApplied;

use super::sync::{can_sync, find, not_resting, note_unverified};
use crate::compose::{self, Installation};
use crate::config::Config;
use crate::database;
use crate::instance::Claim;
use crate::report::{self, Problem};
use crate::shutdown::Signals;

/// Something was left undone: held, failed, or changed since.
pub(super) const LEFT_UNDONE: u8 = 4;
/// Who asks, where there is no user.
pub(super) const COMMAND_LINE: &str = "(command line)";
/// Between two looks at a plan that is being applied.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The provider, by its name or its number
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// Do exactly what the plan with this id says; what has changed since is left alone
    #[arg(long, value_name = "ID")]
    apply: Option<Uuid>,
    /// Write to the remote although the provider only rehearses
    #[arg(long, requires = "apply")]
    override_dry_run: bool,
    /// List the plans that can still be looked at, the newest first; none is made
    #[arg(long, conflicts_with = "apply")]
    list: bool,
}

pub(crate) async fn run(
    config: &Config,
    arguments: Arguments,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let Some(id) = arguments.apply.map(PlanId) else {
        let installation = Installation::open(config, None).await?;
        let make_or_list = async |installation: &Installation| {
            if arguments.list {
                list::list(config, installation, &arguments.provider).await
            } else {
                make(config, installation, &arguments.provider, host).await
            }
        };
        return installation.lend(make_or_list).await;
    };
    let claim = Claim::attempt(&config.database)?;
    let installation = Installation::open(config, Some(&claim)).await?;
    let work = async move |installation: &Installation| {
        apply(config, installation, claim, &arguments, id, host).await
    };
    installation.lend(work).await
}

async fn make(
    config: &Config,
    installation: &Installation,
    wanted: &str,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = find(config, installation, wanted).await?;
    note_unverified(&provider);
    let engine = installation.command_engine(config, host)?;
    let plan = engine.begin_plan(provider.pk, COMMAND_LINE).await.context("the plan could not be begun")?;
    let tell = |item: &PlanItem| lines(item).iter().for_each(report::line);
    engine.build_plan(provider.pk, plan, tell).await.context("the plan could not be made")?;
    let plan = plan_of(config, installation, &provider, plan).await?;
    report::line(summary(&plan));
    if plan.state == PlanState::Failed {
        bail!("the plan failed: {}", plan.detail.unwrap_or_default());
    }
    if let Some(detail) = &plan.detail {
        report::line(format!("  {detail}"));
    }
    if plan.counts.acting() > 0 {
        report::line(format!("to do exactly this: scimitar plan {} --apply {}", provider.pk, plan.id.0));
    }
    Ok(ExitCode::SUCCESS)
}

async fn apply(
    config: &Config,
    installation: &Installation,
    claim: Claim,
    arguments: &Arguments,
    id: PlanId,
    host: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let provider = can_sync(find(config, installation, &arguments.provider).await?)?;
    note_unverified(&provider);
    let worker = installation.command_worker(host);
    let engine = installation.engine(config, &worker)?;
    // A job does it: here, or in the process that serves this installation.
    let begun = engine.apply_plan(provider.pk, id, arguments.override_dry_run, -1).await;
    if let Err(refusal) = begun.context("the plan could not be applied")? {
        return Err(refused(&refusal, &provider).into());
    }
    let watched = until_applied(config, installation, &provider, id);
    tokio::pin!(watched);
    let mut signals = Signals::listen()?;
    let applied = if let Claim::Taken { by } = &claim {
        tokio::select! {
            applied = &mut watched => applied?,
            () = signals.next() => bail!("no longer watched; {by} goes on with it"),
        }
    } else {
        let stop = CancellationToken::new();
        let work = engine.run(compose::queue(config, &worker), stop.clone());
        tokio::pin!(work);
        let applied = tokio::select! {
            applied = &mut watched => Some(applied),
            () = &mut work => bail!("the engine ended by itself"),
            () = signals.next() => None,
        };
        stop.cancel();
        work.await;
        let Some(applied) = applied else { bail!("interrupted; the next `scimitar serve` goes on with it") };
        applied?
    };
    drop(claim);
    tell(config, installation, &applied).await
}

/// Watch a plan until it is applied, or until its provider rests.
async fn until_applied(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    id: PlanId,
) -> anyhow::Result<Plan> {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        let plan = plan_of(config, installation, provider, id).await?;
        if plan.state != PlanState::Applying {
            return Ok(plan);
        }
        not_resting(config, installation, provider, "the plan").await?;
    }
}

async fn plan_of(
    config: &Config,
    installation: &Installation,
    provider: &Provider,
    id: PlanId,
) -> anyhow::Result<Plan> {
    let (pk, now) = (provider.pk, installation.clock.now());
    let found = installation.store.read(move |conn| sync_plans::find(conn, pk, id, now)).await;
    let found = found.map_err(|error| database::explain(error, &config.database))?;
    found.context("the plan is gone: newer ones have taken its place")
}

async fn tell(config: &Config, installation: &Installation, plan: &Plan) -> anyhow::Result<ExitCode> {
    let id = plan.id;
    let outcomes = installation.store.read(move |conn| sync_plans::outcomes(conn, id)).await;
    let outcomes = outcomes.map_err(|error| database::explain(error, &config.database))?;
    let told = if outcomes.is_empty() { "nothing to do".to_owned() } else { self::outcomes(&outcomes) };
    report::line(format!("plan {}: {told}", plan.id.0));
    if let Some(detail) = &plan.detail {
        report::line(format!("  {detail}"));
    }
    let is_undone = |(outcome, _): &(String, i64)| matches!(outcome.as_str(), "held" | "failed" | "outdated");
    let is_whole = plan.detail.is_none() && !outcomes.iter().any(is_undone);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(LEFT_UNDONE) })
}

/// `3 created, 1 outdated`.
fn outcomes(outcomes: &[(String, i64)]) -> String {
    outcomes.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect::<Vec<_>>().join(", ")
}

fn refused(refusal: &NotApplied, provider: &Provider) -> Problem {
    let hint = match refusal {
        NotApplied::NoPlan => format!("`scimitar plan {}` makes one; it lasts for a day", provider.pk),
        NotApplied::NotReady(_) => "wait until it is made, or make another".to_owned(),
        NotApplied::DryRun => "add --override-dry-run to write to the remote all the same".to_owned(),
        NotApplied::NotSynced(_) => "save the provider to let it go on".to_owned(),
    };
    Problem::new(refusal.to_string(), hint)
}

/// `update user ada`, and below it what differs.
fn lines(item: &PlanItem) -> Vec<String> {
    let reason = item.detail.get("reason").and_then(|reason| reason.as_str());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let head = format!("{} {} {}{reason}", item.step.as_str(), item.object.kind().as_str(), item.label);
    let mut lines = vec![head];
    lines.extend(differences(&item.detail));
    lines
}

/// What differs: an attribute or a change of members in each line.
pub(super) fn differences(detail: &JsonObject) -> Vec<String> {
    let mut lines = Vec::new();
    let attributes = detail.get("attributes").and_then(|it| it.as_array());
    for difference in attributes.into_iter().flatten() {
        let name = difference.get("attribute").and_then(|it| it.as_str()).unwrap_or_default();
        let side = |name: &str| difference.get(name).map_or_else(String::new, ToString::to_string);
        lines.push(match side("from").as_str() {
            "null" => format!("  {name}: {}", side("to")),
            from => format!("  {name}: {from} -> {}", side("to")),
        });
    }
    if let Some(members) = detail.get("members") {
        for (sign, names, count) in [("+", "added", "n_added"), ("-", "removed", "n_removed")] {
            let shown: Vec<&str> = members
                .get(names)
                .and_then(|it| it.as_array())
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str())
                .collect();
            let count = members.get(count).and_then(serde_json::Value::as_u64).unwrap_or(0);
            if count > 0 {
                let more = if count > shown.len() as u64 { ", …" } else { "" };
                lines.push(format!("  members: {sign}{count} ({}{more})", shown.join(", ")));
            }
        }
    }
    lines
}

fn summary(plan: &Plan) -> String {
    let counts = &plan.counts;
    format!(
        "{} in scope: {} to create, {} to adopt, {} to update, {} to deactivate, {} to delete; {} in step, {} left \
         alone by their mapping, {} broken",
        counts.in_scope,
        counts.create,
        counts.adopt,
        counts.update,
        counts.deactivate,
        counts.delete,
        counts.keep,
        counts.skip,
        counts.broken,
    )
}

#[cfg(test)]
mod tests {
    use scimitar_domain::{ObjectId, PlanStep, UserPk};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_told_with_what_differs() {
        let detail = json!({
            "attributes": [
                {"attribute": "title", "from": null, "to": "Countess"},
                {"attribute": "active", "from": true, "to": false},
            ],
            "members": {"n_added": 2, "n_removed": 0, "added": ["eve"], "removed": []},
        });
        let item = PlanItem {
            position: 1,
            object: ObjectId::User(UserPk(7)),
            tombstone: None,
            label: "ada".to_owned(),
            step: PlanStep::Deactivate,
            fingerprint: 0,
            detail: detail.as_object().cloned().unwrap(),
            outcome: None,
        };
        assert_eq!(
            lines(&item),
            [
                "deactivate user ada",
                "  title: \"Countess\"",
                "  active: true -> false",
                "  members: +2 (eve, …)"
            ]
        );
    }
}

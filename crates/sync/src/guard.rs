//! The brake: deletions and deactivations beyond a measure wait until somebody approves them.

use serde_json::Value;

use scimitar_domain::{FailureClass, JsonObject, ProviderPk, RunTrigger, Timestamp};
use scimitar_store::guards::{self, Guard, GuardLimits, Verdict};
use scimitar_store::{Conn, StoreError, jobs};

use crate::announce::{Event, Herald};
use crate::context::Context;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::plan::Step;
use crate::work::Work;

/// How long an approval lets everything destructive pass.
pub const APPROVED_FOR: chrono::TimeDelta = chrono::TimeDelta::hours(1);

impl Engine {
    /// Let pass what the guard of this provider holds, and start a full sync that does it.
    pub async fn approve(&self, provider: ProviderPk) -> Result<(), SyncError> {
        let now = self.parts().clock.now();
        let work = Work::Run { provider, trigger: RunTrigger::Manual }.job(now);
        let approve = move |conn: &mut Conn| {
            guards::approve(conn, provider, now + APPROVED_FOR, now)?;
            jobs::enqueue(conn, std::slice::from_ref(&work), now)
        };
        self.parts().store.write(approve).await?;
        tracing::info!(provider.pk = provider.0, "deletions at provider {provider} were approved");
        Ok(())
    }
}

impl EngineParts {
    /// Whether one destructive step may be taken now. It counts when it may.
    pub(crate) async fn may_destroy(&self, context: &Context) -> Result<(), Trouble> {
        let Some(limits) = self.guarded() else { return Ok(()) };
        let (provider, herald, now) = (context.provider.pk, self.herald(), self.clock.now());
        let take = move |conn: &mut Conn| {
            let verdict = guards::take(conn, provider, limits, now)?;
            tell_of_hold(conn, &herald, provider, &verdict, limits, now)?;
            Ok::<_, StoreError>(verdict)
        };
        let verdict = self.store.write(take).await?;
        judge(provider, &verdict, limits).map_err(|detail| Trouble::object(FailureClass::Held, detail))
    }

    /// A step that [`may_destroy`](Self::may_destroy) let pass has failed: unless it may have happened, it does not
    /// count, so that one deletion that is tried again and again is one.
    pub(crate) async fn spared(&self, context: &Context, trouble: &Trouble) -> Result<(), StoreError> {
        if trouble.may_have_happened() || self.guarded().is_none() {
            return Ok(());
        }
        let provider = context.provider.pk;
        self.store.write(move |conn| guards::give_back(conn, provider)).await
    }

    /// Whether `n` destructive steps may be taken one after the other; else why not.
    pub(crate) async fn may_destroy_all(
        &self,
        context: &Context,
        n: i64,
    ) -> Result<Result<(), String>, StoreError> {
        let Some(limits) = self.guarded().filter(|_| n > 0) else { return Ok(Ok(())) };
        let (provider, herald, now) = (context.provider.pk, self.herald(), self.clock.now());
        let look_ahead = move |conn: &mut Conn| {
            let verdict = guards::look_ahead(conn, provider, n, limits, now)?;
            tell_of_hold(conn, &herald, provider, &verdict, limits, now)?;
            Ok::<_, StoreError>(verdict)
        };
        let verdict = self.store.write(look_ahead).await?;
        Ok(judge(provider, &verdict, limits))
    }

    fn guarded(&self) -> Option<GuardLimits> {
        Some(self.settings.guard).filter(|limits| limits.percent < 100)
    }
}

/// Whether a step takes something away at the remote: the resource, or that it is active.
pub(crate) fn is_destructive(step: &Step, acknowledged: &JsonObject, wanted: Option<&JsonObject>) -> bool {
    match step {
        Step::Delete { .. } | Step::RecoverAndDelete => true,
        Step::Update { .. } => {
            let is = |body: &JsonObject, active: bool| body.get("active") == Some(&Value::Bool(active));
            is(acknowledged, true) && wanted.is_some_and(|wanted| is(wanted, false))
        }
        Step::Keep | Step::Create | Step::Recover => false,
    }
}

/// What people are told of a provider whose guard holds, if it does.
pub(crate) fn told(provider: ProviderPk, guard: &Guard, limits: GuardLimits) -> Option<(Timestamp, String)> {
    let since = guard.held_since?;
    let (held, managed, room) = (guard.held, guard.managed, limits.room(guard.managed));
    Some((
        since,
        format!(
            "{held} deletions or deactivations are held: {room} of {managed} managed objects may go in a window \
             without approval, and {taken} have gone. Nothing more is deleted until `scimitar sync {provider} \
             --approve` or POST /api/v3/providers/scim/{provider}/sync/approve/, or until a full sync finds \
             nothing to delete",
            taken = guard.taken,
        ),
    ))
}

/// That a guard begins to hold is news; that it goes on is not.
fn tell_of_hold(
    conn: &mut Conn,
    herald: &Herald,
    provider: ProviderPk,
    verdict: &Verdict,
    limits: GuardLimits,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Verdict::Held(guard) = verdict else { return Ok(()) };
    match told(provider, guard, limits) {
        Some((since, detail)) if since == now => {
            herald.tell(conn, &Event::guard_held(provider, since, &detail), now)
        }
        Some(_) | None => Ok(()),
    }
}

fn judge(provider: ProviderPk, verdict: &Verdict, limits: GuardLimits) -> Result<(), String> {
    match verdict {
        Verdict::Granted => Ok(()),
        Verdict::Held(guard) => {
            Err(told(provider, guard, limits).map_or_else(String::new, |(_, detail)| detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_is_destructive_that_takes_something_away() {
        let body = |value: Value| value.as_object().cloned().unwrap();
        let (on, off, none) =
            (body(json!({"active": true})), body(json!({"active": false})), body(json!({})));
        let update = Step::Update { remote_id: "r".to_owned() };
        let delete = Step::Delete { remote_id: "r".to_owned() };
        assert!(is_destructive(&delete, &on, None));
        assert!(is_destructive(&Step::RecoverAndDelete, &none, None));
        assert!(is_destructive(&update, &on, Some(&off)));
        for (before, after) in [(&off, &on), (&on, &on), (&off, &off), (&none, &off), (&on, &none)] {
            assert!(!is_destructive(&update, before, Some(after)), "{before:?} {after:?}");
        }
        assert!(!is_destructive(&Step::Create, &on, Some(&off)));
    }
}

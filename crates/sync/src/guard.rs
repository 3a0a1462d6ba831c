//! The brake: deletions and deactivations beyond a measure wait until somebody approves them.

use serde_json::Value;

use scimitar_domain::{FailureClass, GuardEvent, JsonObject, ProviderPk, RunTrigger, Timestamp};
use scimitar_store::guards::{self, Approval, Guard, GuardLimits, Verdict};
use scimitar_store::{Conn, StoreError, jobs, links, scope};

use crate::announce::{Event, Herald};
use crate::context::Context;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::plan::Step;
use crate::work::Work;

/// How long an approval lets everything destructive pass.
const APPROVED_FOR: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// Events that people are shown.
const EVENTS_SHOWN: i64 = 100;
/// Fewer objects than these are not suspicious, unless they are all.
const FEW: i64 = 4;

impl Engine {
    /// Let pass what the guard of this provider holds, and start a full sync that does it. `by` is a user's name, or
    /// nobody for the command line; a provider that asks for four eyes may refuse.
    pub async fn approve(&self, provider: ProviderPk, by: Option<&str>) -> Result<Approval, SyncError> {
        let approval = self.parts().store.write(self.approving(provider, by)).await?;
        if approval == Approval::Given {
            let by = by.unwrap_or("the command line");
            tracing::info!(provider.pk = provider.0, "{by} approved deletions at provider {provider}");
        }
        Ok(approval)
    }

    /// The same, for a transaction that does more.
    pub fn approving(
        &self,
        provider: ProviderPk,
        by: Option<&str>,
    ) -> impl Fn(&mut Conn) -> Result<Approval, StoreError> + Send + 'static {
        let (herald, now) = (self.parts().herald(), self.parts().clock.now());
        let work = Work::Run { provider, trigger: RunTrigger::Manual }.job(now);
        let by = by.map(str::to_owned);
        move |conn: &mut Conn| {
            let approval = guards::approve(conn, provider, by.as_deref(), now + APPROVED_FOR, now)?;
            if approval == Approval::Given {
                jobs::enqueue(conn, std::slice::from_ref(&work), now)?;
                herald.tell(conn, &Event::guard_approved(provider, by.as_deref(), now), now)?;
            }
            Ok(approval)
        }
    }
}

impl Engine {
    /// Say of all that the guard of this provider holds that it stays at the remote as it is. `by` is a user's name, or
    /// nobody for the command line. Answers how many objects that are. Keeping needs one person, whoever it is.
    pub async fn reject(
        &self,
        provider: ProviderPk,
        by: Option<&str>,
        reason: &str,
    ) -> Result<i64, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(0) };
        let (view, now) = (context.provider.clone(), self.parts().clock.now());
        let (herald, name, reason) = (self.parts().herald(), by.map(str::to_owned), reason.to_owned());
        let reject = move |conn: &mut Conn| {
            let n = guards::reject(conn, &view, name.as_deref(), &reason, now)?;
            if n > 0 {
                herald.tell(conn, &Event::guard_rejected(provider, name.as_deref(), n, now), now)?;
            }
            Ok::<_, StoreError>(n)
        };
        let n = self.parts().store.write(reject).await?;
        if n > 0 {
            let by = by.unwrap_or("the command line");
            tracing::info!(provider.pk = provider.0, "{by} rejected {n} deletions at provider {provider}");
        }
        Ok(n)
    }
}

/// A guard, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardView {
    pub held: i64,
    pub held_since: Option<Timestamp>,
    pub approved_until: Option<Timestamp>,
    /// Why it holds, and what can be done.
    pub detail: Option<String>,
    /// The latest, the newest first.
    pub events: Vec<GuardEvent>,
}

impl Engine {
    /// What the guard of a provider holds, and what happened to it of late.
    pub async fn guard(&self, provider: ProviderPk) -> Result<GuardView, SyncError> {
        let (limits, now) = (self.parts().settings.guard, self.parts().clock.now());
        let look = move |conn: &mut Conn| {
            let events = guards::events(conn, provider, EVENTS_SHOWN)?;
            let guard = guards::find(conn, provider)?;
            let told = guard.as_ref().and_then(|guard| told(provider, guard, limits));
            Ok::<_, StoreError>(GuardView {
                held: guard.as_ref().map_or(0, |guard| guard.held),
                held_since: guard.as_ref().and_then(|guard| guard.held_since),
                approved_until: guard.and_then(|it| it.approved_until).filter(|until| *until > now),
                detail: told.map(|(_, detail)| detail),
                events,
            })
        };
        Ok(self.parts().store.read(look).await?)
    }
}

impl EngineParts {
    /// Whether one destructive step may be taken now. It counts when it may.
    pub(crate) async fn may_destroy(
        &self,
        context: &Context,
        suspicion: Option<String>,
    ) -> Result<(), Trouble> {
        let Some(limits) = self.guarded() else { return Ok(()) };
        let (provider, herald, now) = (context.provider.pk, self.herald(), self.clock.now());
        let take = move |conn: &mut Conn| {
            let verdict = guards::take(conn, provider, suspicion.as_deref(), limits, now)?;
            tell_of_hold(conn, &herald, provider, &verdict, limits, now)?;
            Ok::<_, StoreError>(verdict)
        };
        let verdict = self.store.write(take).await?;
        judge(provider, &verdict, limits).map_err(|detail| Trouble::object(FailureClass::Held, detail))
    }

    /// What is suspicious about an object that leaves the scope: that nobody is left in it.
    pub(crate) async fn emptied(&self, context: &Context) -> Result<Option<String>, StoreError> {
        let provider = &context.provider;
        if self.guarded().is_none() || provider.draining || provider.fields.filter_group.is_none() {
            return Ok(None);
        }
        let view = context.provider.clone();
        let look = move |conn: &mut Conn| {
            if scope::has_users(conn, &view)? {
                return Ok(None);
            }
            if guards::find(conn, view.pk)?.is_some_and(|guard| guard.held_since.is_some()) {
                return Ok(None);
            }
            let managed = links::counts(conn, view.pk)?.users_linked;
            let detail =
                format!("nobody is left in the group that limits the scope, and {managed} users are managed");
            Ok::<_, StoreError>((managed > 1).then_some(detail))
        };
        self.store.read(look).await
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
        suspicion: Option<String>,
    ) -> Result<Result<(), String>, StoreError> {
        let Some(limits) = self.guarded().filter(|_| n > 0) else { return Ok(Ok(())) };
        let (provider, herald, now) = (context.provider.pk, self.herald(), self.clock.now());
        let look_ahead = move |conn: &mut Conn| {
            let verdict = guards::look_ahead(conn, provider, n, suspicion.as_deref(), limits, now)?;
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
        Step::Update { .. } => wanted.is_some_and(|wanted| deactivates(acknowledged, wanted)),
        Step::Keep | Step::Create | Step::Recover => false,
    }
}

/// Whether one body is active and the next one is not.
pub(crate) fn deactivates(acknowledged: &JsonObject, wanted: &JsonObject) -> bool {
    let is = |body: &JsonObject, active: bool| body.get("active") == Some(&Value::Bool(active));
    is(acknowledged, true) && is(wanted, false)
}

/// What is suspicious about a scope that would take more along than what was rejected.
pub(crate) fn more_than_rejected(n_rejected: i64, n_more: i64) -> Option<String> {
    (n_rejected > 0)
        .then(|| format!("{n_more} more would go besides {n_rejected} whose leaving was rejected"))
}

/// What is suspicious about a scope that so many of the managed users and groups have left: that they are all of their
/// kind, or half of it and more. The `n_new` that came in the same run do not make up for them, of whichever kind they are.
pub(crate) fn shrunk(departed: (i64, i64), managed: (i64, i64), n_new: i64) -> Option<String> {
    [(departed.0, managed.0, "users"), (departed.1, managed.1, "groups")]
        .into_iter()
        .map(|(n, of, kind)| (n, n.max(of - n_new), kind))
        .find(|(n, of, _)| (*n > 1 && n == of) || (*n >= FEW && n * 2 >= *of))
        .map(|(n, of, kind)| format!("the scope has lost {n} of {of} {kind} at once"))
}

/// What people are told of a provider whose guard holds, if it does.
pub(crate) fn told(provider: ProviderPk, guard: &Guard, limits: GuardLimits) -> Option<(Timestamp, String)> {
    let since = guard.held_since?;
    let (held, managed, room) = (guard.held, guard.managed, limits.room_within_half(guard.managed));
    let why = match &guard.reason {
        Some(reason) => reason.clone(),
        None => format!(
            "{room} of {managed} managed objects may go in a window without approval, and {taken} have gone",
            taken = guard.taken,
        ),
    };
    Some((
        since,
        format!(
            "{held} deletions or deactivations are held: {why}. Nothing more is deleted until `scimitar sync \
             {provider} --approve` or POST /api/v3/providers/scim/{provider}/sync/approve/, or until a full sync \
             finds nothing to delete; `scimitar guard {provider} --reject` or POST …/sync/reject/ keeps them as they \
             are"
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
    fn a_scope_has_shrunk_when_half_of_a_kind_have_left() {
        for (departed, managed, n_new, expected) in [
            ((5, 0), (9, 9), 0, Some("the scope has lost 5 of 9 users at once")),
            ((0, 6), (9, 6), 0, Some("the scope has lost 6 of 6 groups at once")),
            ((2, 0), (2, 9), 0, Some("the scope has lost 2 of 2 users at once")),
            ((3, 0), (6, 1), 3, Some("the scope has lost 3 of 3 users at once")),
            ((1, 0), (3, 2), 3, None),
            ((4, 4), (8, 10), 0, Some("the scope has lost 4 of 8 users at once")),
            ((5, 5), (11, 12), 0, None),
            ((3, 3), (4, 4), 0, None),
            ((1, 0), (1, 0), 0, None),
        ] {
            assert_eq!(shrunk(departed, managed, n_new).as_deref(), expected, "{departed:?} of {managed:?}");
        }
    }

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

//! Changes of users that are ready at the same time go in one request, where the remote takes them together (RFC 7644
//! §3.7).
//!
//! Each change waits for its own result, as though it had gone by itself, so that everything that follows from a result
//! is the same. Whoever comes while a request is under way waits for its end, unless as many wait as a request takes;
//! the first of them sends for all, and one that is alone goes by itself.

use tokio::sync::oneshot;

use scimitar_client::{Answer, Client, ClientError, Disposition, Operation};
use scimitar_domain::{Attempt, FailureClass, ObjectKind, Taught};
use scimitar_scim::{Capabilities, ResourceKind};

use crate::context::Context;
use crate::engine::EngineParts;
use crate::failure::Trouble;
use crate::together::{Alone, Coming, Known, Limits, WORTH_ASKING, Waiting};

/// What becomes of a change that waits.
#[derive(Debug)]
pub(crate) enum Sent {
    Result(Result<Answer, Trouble>),
    /// It goes by itself.
    Back(Operation),
}

/// How a change goes.
enum Way<'a> {
    Alone(Option<Alone<'a>>),
    Together { limits: Limits, size: usize },
}

/// What is to be done about a request that was not answered as a whole.
enum Remedy {
    Halve,
    /// Nothing was done, and what is refused as a whole says nothing about its parts.
    Separate,
    /// Each part fares like the whole.
    None,
}

impl Context {
    /// How this change goes, after what became of it `before`. Where it is known that nothing goes together, that is
    /// one look.
    async fn way(&self, operation: &Operation, before: Option<&Attempt>) -> Way<'_> {
        let known = self.together.known();
        if known == Known::No || operation.kind != ResourceKind::User || self.tells_all() {
            return Way::Alone(None);
        }
        // What has failed is looked at by itself, so that one that spoils a request spoils one. Haste is no fault.
        if before.is_some_and(|attempt| attempt.class != FailureClass::Throttled) {
            return Way::Alone(None);
        }
        if known == Known::Nothing {
            let alone = self.together.alone();
            let is_scarce = self.is_paced() && alone.n_others() > 0;
            if alone.n_others() < WORTH_ASKING && !is_scarce {
                return Way::Alone(Some(alone));
            }
        }
        let limits = self.ask_for_limits().await;
        match (limits, operation.size()) {
            (Some(limits), Some(size)) if limits.take(size) => Way::Together { limits, size },
            (Some(_) | None, _) => Way::Alone(None),
        }
    }

    /// So many changes of users are about to come. Where that is worth it, the remote is asked before the first of them
    /// whether it takes them together: by the speed of the remote and of the disk they might never meet.
    pub(crate) async fn expect(&self, n: usize) {
        if n > WORTH_ASKING && self.together.known() == Known::Nothing && !self.tells_all() {
            self.ask_for_limits().await;
        }
    }

    /// What the remote takes together, as it says. `None` also while nothing can be asked; then nothing is sent.
    async fn ask_for_limits(&self) -> Option<Limits> {
        let limits = match self.capabilities().await {
            Ok(can) => self.limits(&can),
            Err(Trouble::Resting(_)) => return None,
            Err(_cannot_be_asked) => None,
        };
        if limits.is_none() || self.together.known() == Known::Nothing {
            self.together.offer(limits.is_some());
        }
        limits
    }

    /// What goes in one request, by what the remote says and what it has refused. `None`: one change.
    pub(crate) fn limits(&self, can: &Capabilities) -> Option<Limits> {
        let offered = can.bulk.filter(|bulk| bulk.supported && !self.lessons.refuses_bulk())?;
        Limits::new(offered, self.lessons.operations_per_request())
    }
}

impl EngineParts {
    /// Make a change, together with others where that saves requests.
    pub(crate) async fn change(
        &self,
        context: &Context,
        operation: Operation,
        before: Option<&Attempt>,
    ) -> Result<Answer, Trouble> {
        match context.way(&operation, before).await {
            Way::Alone(_counted) => by_itself(context, operation).await,
            Way::Together { limits, size } => self.together(context, operation, size, limits, None).await,
        }
    }

    /// The same, with something to do shortly before.
    pub(crate) async fn change_after(
        &self,
        context: &Context,
        prepare: impl Future<Output = Result<(), Trouble>>,
        operation: Operation,
        before: Option<&Attempt>,
    ) -> Result<Answer, Trouble> {
        match context.way(&operation, before).await {
            Way::Alone(_counted) => {
                let send = |client: Client| async move { client.change(&operation).await };
                context.call_after(prepare, send).await
            }
            Way::Together { limits, size } => {
                let _ready = context.make_ready().await?;
                let coming = context.together.coming();
                prepare.await?;
                self.together(context, operation, size, limits, Some(coming)).await
            }
        }
    }

    async fn together(
        &self,
        context: &Context,
        operation: Operation,
        size: usize,
        limits: Limits,
        coming: Option<Coming<'_>>,
    ) -> Result<Answer, Trouble> {
        let together = &context.together;
        let (tell, mut told) = oneshot::channel();
        let waiting = Waiting { part: (operation, context.recorder()), size, tell };
        let mut is_full = together.add(waiting, limits);
        drop(coming);
        let sent = loop {
            let turn = if is_full {
                None
            } else {
                tokio::select! {
                    biased;
                    sent = &mut told => break sent,
                    turn = together.turn.lock() => {
                        together.gather(limits).await;
                        Some(turn)
                    }
                }
            };
            let items = together.take(limits);
            if items.is_empty() {
                // Another took this one along.
                drop(turn);
                break told.await;
            }
            self.send_together(context, items).await;
            drop(turn);
            is_full = false;
        };
        match sent {
            Ok(Sent::Result(result)) => result,
            Ok(Sent::Back(operation)) => by_itself(context, operation).await,
            // Whoever sent it went away, perhaps after it was sent.
            Err(_gone) => Err(context.given_up()),
        }
    }

    async fn send_together(&self, context: &Context, items: Vec<Waiting>) {
        let mut open = vec![items];
        while let Some(mut items) = open.pop() {
            let most = context.lessons.operations_per_request();
            if most < 2 || context.together.known() == Known::No {
                items.into_iter().for_each(Waiting::give_back);
                continue;
            }
            if items.len() > most {
                open.push(items.split_off(most));
            }
            if items.len() < 2 {
                for item in items {
                    item.send_alone(context).await;
                }
                continue;
            }
            let (parts, tellers): (Vec<_>, Vec<_>) = items.into_iter().map(Waiting::split).unzip();
            let answer = context.call_together(&parts).await;
            let n = parts.len();
            let remedy = match &answer {
                Ok(_) => Remedy::None,
                Err(trouble) => remedy(trouble),
            };
            let rejoined = || parts.into_iter().zip(tellers).map(Waiting::join);
            match (answer, remedy) {
                (Ok(results), _) => {
                    context.together.went_well();
                    for (item, result) in rejoined().zip(results) {
                        item.answer(result.map_err(Trouble::Client));
                    }
                }
                (Err(trouble), Remedy::Halve) => {
                    self.learn_limit(context, n / 2, &trouble).await;
                    open.push(rejoined().collect());
                }
                (Err(trouble), Remedy::Separate) => {
                    self.learn(context, ObjectKind::User, Taught::NoBulk, &trouble.explain()).await;
                    context.together.offer(false);
                    rejoined().for_each(Waiting::give_back);
                }
                (Err(trouble), Remedy::None) => {
                    if trouble.may_have_happened() && context.together.went_badly(n) {
                        let provider = context.provider.pk;
                        tracing::warn!(
                            provider.pk = provider.0,
                            "requests with many changes to provider {provider} fail one after the other; each change goes by itself for a while"
                        );
                    }
                    rejoined().for_each(|item| item.answer(Err(trouble.clone())));
                }
            }
        }
    }

    async fn learn_limit(&self, context: &Context, fits: usize, trouble: &Trouble) {
        let fits = fits.min(context.lessons.operations_per_request());
        let taught = Taught::OperationsPerRequest(i64::try_from(fits).unwrap_or(i64::MAX));
        self.learn(context, ObjectKind::User, taught, &trouble.explain()).await;
    }
}

async fn by_itself(context: &Context, operation: Operation) -> Result<Answer, Trouble> {
    context.call(|client| async move { client.change(&operation).await }).await
}

fn remedy(trouble: &Trouble) -> Remedy {
    let Trouble::Client(error) = trouble else { return Remedy::None };
    match error.disposition() {
        _ if error.may_have_happened() => Remedy::None,
        Disposition::GiveUp if matches!(error, ClientError::TooLarge { .. }) => Remedy::Halve,
        Disposition::GiveUp | Disposition::Relink => Remedy::Separate,
        Disposition::Retry { .. } | Disposition::PauseProvider { .. } => Remedy::None,
    }
}

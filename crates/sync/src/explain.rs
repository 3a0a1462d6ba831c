//! Why one object is, or is not, at a remote as people expect it: everything that a sync would look at, and what it
//! would do. Nothing is written; only what a link does not say is asked of the remote.

mod reasons;

use std::sync::Arc;

use uuid::Uuid;

pub(crate) use self::reasons::moment;

use scimitar_domain::{
    Attempt, JsonObject, KeptExchange, LinkId, LinkState, ObjectId, PlanId, PlanStep, ProviderPk, Timestamp,
    Tombstone,
};
use scimitar_store::{Conn, StoreError, exchanges, failed_attempts, jobs, tombstones};

use crate::adopt::{Found, Search};
use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::foresee;
use crate::parting::{self, Parting};
use crate::plan::{Step, plan_object};
use crate::preview::Looked;
use crate::subject::{Source, Subject};
use crate::work::Work;

/// Everything about one object at one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub object: ObjectId,
    /// The object's name, for people.
    pub label: String,
    pub is_in_scope: bool,
    /// Why it is in scope, or is not.
    pub reasons: Vec<String>,
    /// Why nothing is sent to the provider now; empty when it is.
    pub stopped: Vec<String>,
    pub mapped: MappedAs,
    pub link: Option<LinkSeen>,
    /// What the remote has that stands for the object, where no link says so.
    pub found: Option<Match>,
    /// What a sync would do now.
    pub step: StepKind,
    /// `attributes` that differ, and `members` that join and leave, in the form of a plan.
    pub detail: JsonObject,
    /// When its own job is due; none where nothing waits for it.
    pub due: Option<Timestamp>,
    /// The failed attempts since the last success.
    pub attempt: Option<Attempt>,
    /// The last ten of them, the newest first. They stay when it is in step again, until it fails anew.
    pub history: Vec<Attempt>,
    /// What was said last about it, where it failed or was asked for.
    pub exchange: Option<KeptExchange>,
}

/// What the mappings make of the object.
#[derive(Debug, Clone, PartialEq)]
pub enum MappedAs {
    /// They are not asked: the object is out of scope, or the remote has nothing of its kind.
    Nothing,
    /// The body. Secrets are `***`, and long values are told by their length.
    Body(JsonObject),
    /// They leave the object alone.
    Skipped,
    Failed(String),
}

/// The link, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSeen {
    /// `new`, `creating` or `linked`.
    pub state: &'static str,
    pub remote_id: Option<String>,
    /// Whether the remote has last acknowledged what the mappings give now. Unknown where they give nothing.
    pub is_acknowledged: Option<bool>,
}

/// What a search at the remote comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    Nothing,
    One {
        remote_id: String,
    },
    /// Only what stands for others.
    Others,
    /// It cannot be told, and why.
    Unknown(String),
}

/// What a sync would do with the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Both sides agree.
    Keep,
    Take(PlanStep),
    /// Its mapping leaves it alone.
    Skip,
}

impl StepKind {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Take(step) => step.as_str(),
            Self::Skip => "skip",
        }
    }
}

/// What the database knows beside the object and its link.
struct Known {
    due: Option<Timestamp>,
    history: Vec<Attempt>,
    exchange: Option<KeptExchange>,
    stone: Option<Tombstone>,
}

impl Engine {
    /// Explain one object. Nothing where there is no such provider.
    pub async fn explain(
        &self,
        provider: ProviderPk,
        object: ObjectId,
    ) -> Result<Option<Explanation>, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(None) };
        let parts = self.parts();
        let looked = parts.look(&context, vec![object]).await?.pop();
        let looked = looked.ok_or(StoreError::NotFound("object"))?;
        parts.explain(&context, looked).await.map(Some)
    }
}

impl EngineParts {
    async fn explain(&self, context: &Arc<Context>, looked: Looked) -> Result<Explanation, SyncError> {
        let Looked { subject, bare, wanted } = looked;
        let known = self.known(context, &subject).await?;
        if let (Source::Gone, None, Some(stone)) = (&subject.source, &subject.link, &known.stone) {
            return self.buried(context, stone, known.due).await;
        }
        let (state, acknowledged) = (subject.state(), subject.acknowledged());
        let is_left_alone =
            matches!(wanted, Wanted::Left(Parting::Leave(_) | Parting::Forget) | Wanted::Skip);
        let is_offered = context.offers(subject.object.kind());
        let (desired, mapped) = match wanted {
            Wanted::Body(desired) => {
                let shown = foresee::veiled(&desired.body);
                (Some(desired), MappedAs::Body(shown))
            }
            Wanted::Left(Parting::Deactivate(desired, _)) => (Some(desired), MappedAs::Nothing),
            Wanted::Skip if is_offered => (None, MappedAs::Skipped),
            Wanted::Absent | Wanted::Left(Parting::Leave(_) | Parting::Forget) | Wanted::Skip => {
                (None, MappedAs::Nothing)
            }
            Wanted::Broken(trouble) => (None, MappedAs::Failed(trouble.explain())),
        };
        let planned =
            if is_left_alone { Step::Keep } else { plan_object(desired.as_ref(), &state, acknowledged) };
        let nobody = PlanId(Uuid::nil());
        let foreseen = self.foresee(context, nobody, &subject, bare, &planned, desired.as_ref()).await?;
        let found = match &desired {
            Some(desired) if state.remote_id().is_none() => {
                Some(self.search(context, &subject, desired).await)
            }
            Some(_) | None => None,
        };
        let step = step(&mapped, foreseen.step, found.as_ref());
        let nothing = JsonObject::new();
        let sent = subject.link.as_ref().map_or(&nothing, |link| &link.sent);
        let is_acknowledged = desired.as_ref().map(|it| Some(it.fingerprint.0) == acknowledged);
        Ok(Explanation {
            object: subject.object,
            label: subject.label(),
            is_in_scope: subject.is_in_scope,
            reasons: self.reasons(context, &subject).await?,
            stopped: self.stopped(context, subject.object.kind(), step).await?,
            mapped,
            link: subject.link.as_ref().map(|link| seen(&link.state, is_acknowledged)),
            found,
            step,
            detail: match desired {
                Some(desired) => foresee::differences(sent, Some(&desired), &foreseen.members),
                None => JsonObject::new(),
            },
            due: known.due,
            attempt: subject.link.as_ref().and_then(|link| link.attempt.clone()),
            history: known.history,
            exchange: known.exchange,
        })
    }

    /// An object that was deleted here and is not deleted there yet.
    async fn buried(
        &self,
        context: &Arc<Context>,
        stone: &Tombstone,
        due: Option<Timestamp>,
    ) -> Result<Explanation, SyncError> {
        let step = parting::burial(context, stone, self.clock.now());
        let step = step.map_or(StepKind::Keep, StepKind::Take);
        Ok(Explanation {
            object: stone.object,
            label: stone.label.clone(),
            is_in_scope: false,
            reasons: self.reasons_of_stone(context, stone).await?,
            stopped: self.stopped(context, stone.object.kind(), step).await?,
            mapped: MappedAs::Nothing,
            link: Some(seen(&stone.state, None)),
            found: None,
            step,
            detail: JsonObject::new(),
            due,
            attempt: stone.attempt.clone(),
            history: Vec::new(),
            exchange: None,
        })
    }

    async fn known(&self, context: &Context, subject: &Subject) -> Result<Known, SyncError> {
        let (provider, object) = (context.provider.pk, subject.object);
        let link: Option<LinkId> = subject.link.as_ref().map(|link| link.id);
        let now = self.clock.now();
        let read = move |conn: &mut Conn| {
            let stone = tombstones::of_object(conn, object)?.into_iter().find(|it| it.provider == provider);
            let work = match &stone {
                Some(stone) => Work::Tombstone { provider, tombstone: stone.id },
                None => Work::Object { provider, object },
            };
            let job = work.job(now);
            let due = jobs::of_key(conn, &job.lane, &job.key)?.map(|job| job.run_at);
            let exchange = link.map(|link| exchanges::find(conn, link)).transpose()?.flatten();
            let history = link.map(|link| failed_attempts::of_link(conn, link)).transpose()?;
            Ok::<_, StoreError>(Known { due, history: history.unwrap_or_default(), exchange, stone })
        };
        Ok(self.store.read(read).await?)
    }

    /// What a search for the object finds at the remote, as a create that is refused, or whose answer was lost, would
    /// look for it.
    async fn search(&self, context: &Arc<Context>, subject: &Subject, desired: &Desired) -> Match {
        let kind = subject.object.kind();
        let search = Search {
            parts: self,
            context,
            kind,
            link: subject.link.as_ref().map_or(LinkId(Uuid::nil()), |link| link.id),
            external_id: desired.external_id(),
            natural_key: desired.natural_key(kind),
            emails: &[],
        };
        match search.find().await {
            Ok(Found::Nothing) => Match::Nothing,
            Ok(Found::One { remote_id, .. }) => Match::One { remote_id },
            Ok(Found::Others) => Match::Others,
            Err(trouble) => Match::Unknown(trouble.explain()),
        }
    }
}

fn step(mapped: &MappedAs, planned: Option<PlanStep>, found: Option<&Match>) -> StepKind {
    match (mapped, planned, found) {
        (MappedAs::Skipped, ..) => StepKind::Skip,
        (MappedAs::Failed(_), ..) => StepKind::Take(PlanStep::Broken),
        (_, Some(PlanStep::Create), Some(Match::One { .. })) => StepKind::Take(PlanStep::Adopt),
        (_, Some(step), _) => StepKind::Take(step),
        (_, None, _) => StepKind::Keep,
    }
}

fn seen(state: &LinkState, is_acknowledged: Option<bool>) -> LinkSeen {
    LinkSeen {
        state: match state {
            LinkState::New => "new",
            LinkState::Creating { .. } => "creating",
            LinkState::Linked { .. } => "linked",
        },
        remote_id: state.remote_id().map(str::to_owned),
        is_acknowledged,
    }
}

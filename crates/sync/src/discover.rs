//! Walking through a remote once, to know what is there before anything is created.
//!
//! A walk remembers keys and makes no links: only what is in scope is ever taken over, when its turn comes, and what
//! nothing here matches is never touched. Resources that were taken over by name or address are not deleted before
//! somebody confirms them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use scimitar_client::{Walk, emails};
use scimitar_domain::{Candidate, LinkId, LinkState, MatchKeys, ObjectId, ObjectKind, ProviderPk, RunId};
use scimitar_scim::attribute;
use scimitar_store::remote_keys::{self, Seen};
use scimitar_store::{StoreError, adoptions, jobs, links, runs, scope};

use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::resource_kind;
use crate::engine::{Engine, EngineParts};
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::gate::Rest;
use crate::preview::Looked;
use crate::subject::Loaded;
use crate::work::Work;

/// Pages of a walk, so that a remote without an end has one.
const LONGEST_WALK: usize = 100_000;
/// Objects that are matched together.
const AT_ONCE: i64 = 100;

impl Engine {
    /// Walk through the remote, and write down what could stand for the objects that have nothing there. Nothing is
    /// taken over. Answers why the remote cannot be walked through, if so.
    pub async fn discover(&self, provider: ProviderPk) -> Result<Option<String>, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(None) };
        for kind in [ObjectKind::User, ObjectKind::Group].into_iter().filter(|kind| context.offers(*kind)) {
            if let Err(trouble) = self.parts().walk(&context, kind).await {
                return Ok(Some(trouble.explain()));
            }
        }
        self.match_users(&context).await?;
        self.match_groups(&context).await?;
        Ok(None)
    }

    async fn match_users(&self, context: &Arc<Context>) -> Result<(), SyncError> {
        let mut after = None;
        loop {
            let view = context.provider.clone();
            let read = move |conn: &mut scimitar_store::Conn| {
                scope::users_due(conn, &view, after, None, AT_ONCE, false)
            };
            let due = self.parts().store.read(read).await?;
            let Some(last) = due.last().copied() else { return Ok(()) };
            after = Some(last);
            self.parts().note_adoptions(context, due.into_iter().map(ObjectId::User).collect()).await?;
        }
    }

    async fn match_groups(&self, context: &Arc<Context>) -> Result<(), SyncError> {
        let mut after = None;
        loop {
            let view = context.provider.clone();
            let read = move |conn: &mut scimitar_store::Conn| {
                scope::groups_due(conn, &view, after, None, AT_ONCE, false)
            };
            let due = self.parts().store.read(read).await?;
            let Some(last) = due.last().copied() else { return Ok(()) };
            after = Some(last);
            self.parts().note_adoptions(context, due.into_iter().map(ObjectId::Group).collect()).await?;
        }
    }

    /// Somebody says which remote resource is an object's: it is brought in step, and is ours to delete from now on.
    /// Answers false for an object out of scope, whose resource would be deleted at once.
    ///
    /// [`StoreError::Taken`] where the object has another one, or the resource stands for another object.
    pub async fn adopt(
        &self,
        provider: ProviderPk,
        object: ObjectId,
        remote_id: String,
    ) -> Result<bool, SyncError> {
        let Some(context) = self.context(provider).await? else { return Ok(false) };
        let (now, id) = (self.parts().clock.now(), LinkId(self.parts().ids.uuid()));
        let view = context.provider.clone();
        let adopted = self.parts().store.write(move |conn| {
            let is_in_scope = match object {
                ObjectId::User(pk) => !scope::users_in_scope(conn, &view, &[pk])?.is_empty(),
                ObjectId::Group(id) => !scope::groups_in_scope(conn, &view, &[id])?.is_empty(),
            };
            if !is_in_scope {
                return Ok(false);
            }
            let link = links::of_objects(conn, provider, &[object])?.pop();
            let has = link.as_ref().and_then(|link| link.state.remote_id());
            if has != Some(remote_id.as_str()) {
                links::insert(conn, id, provider, object, &remote_id)?;
            }
            adoptions::settle(conn, provider, object, &remote_id)?;
            jobs::enqueue(conn, &[Work::Object { provider, object }.job(now)], now)?;
            Ok::<_, StoreError>(true)
        });
        Ok(adopted.await?)
    }
}

/// A walk through everything that a remote has of a kind, under way. By which keys it can be recognised is remembered
/// page by page; whoever walks looks at the pages besides.
#[derive(Debug)]
pub(crate) struct RemoteWalk {
    kind: ObjectKind,
    number: i64,
    place: Walk,
    n_pages: usize,
}

impl RemoteWalk {
    pub(crate) async fn begin(
        parts: &EngineParts,
        context: &Context,
        kind: ObjectKind,
    ) -> Result<Self, Trouble> {
        let provider = context.provider.pk;
        let number = parts.store.write(move |conn| remote_keys::begin(conn, provider, kind)).await?;
        Ok(Self { kind, number, place: Walk::new(resource_kind(kind)), n_pages: 0 })
    }

    /// The next page, or nothing when the walk is over, which is then noted. After a failure the same page is asked
    /// for again.
    pub(crate) async fn next(
        &mut self,
        parts: &EngineParts,
        context: &Context,
    ) -> Result<Option<Vec<Value>>, Trouble> {
        let (provider, kind, number) = (context.provider.pk, self.kind, self.number);
        let mut page = None;
        if self.n_pages < LONGEST_WALK {
            let place = &mut self.place;
            page = context.call(|client| async move { client.next_page(place).await }).await?;
        }
        let Some(resources) = page else {
            let is_complete = self.place.is_complete();
            let end = move |conn: &mut scimitar_store::Conn| {
                if !is_complete {
                    remote_keys::note_partial(conn, provider, kind, number)?;
                }
                remote_keys::end(conn, provider, kind, number)
            };
            parts.store.write(end).await?;
            if !is_complete {
                tracing::warn!(
                    provider.pk = provider.0,
                    object.kind = kind.as_str(),
                    "the remote of provider {provider} has shown {} {}s and has more: who is not among them is searched \
                     for before he is made",
                    self.place.n_seen(),
                    kind.as_str(),
                );
            }
            return Ok(None);
        };
        self.n_pages += 1;
        let seen: Vec<Seen> = resources.iter().filter_map(|resource| seen(resource, kind)).collect();
        parts.store.write(move |conn| remote_keys::remember(conn, provider, kind, number, &seen)).await?;
        Ok(Some(resources))
    }

    /// Whether the remote has shown all it has.
    pub(crate) fn is_complete(&self) -> bool {
        self.place.is_complete()
    }
}

impl EngineParts {
    /// Walk through everything of a kind, to know what is there.
    async fn walk(&self, context: &Context, kind: ObjectKind) -> Result<(), Trouble> {
        let provider = context.provider.pk;
        self.store.write(move |conn| adoptions::forget_open(conn, provider, kind)).await?;
        let mut walk = RemoteWalk::begin(self, context, kind).await?;
        while walk.next(self, context).await?.is_some() {}
        Ok(())
    }

    /// Before the first create of a kind that a provider ever sends, its remote is walked through, whatever the create
    /// comes from.
    pub(crate) async fn ensure_walked(&self, context: &Context, kind: ObjectKind) -> Result<(), SyncError> {
        let walked = context.walked.of(kind);
        if walked.was_ever.load(Ordering::Relaxed) {
            return Ok(());
        }
        let provider = context.provider.pk;
        if self.store.read(move |conn| remote_keys::is_walked(conn, provider, kind)).await? {
            walked.was_ever.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let mut last = walked.during.lock().await;
        // Who has waited for a walk needs no other one. A rest is met by what comes after this, too.
        if !walked.was_ever.load(Ordering::Relaxed) {
            self.walk_now(context, kind, &mut last).await?;
        }
        Ok(())
    }

    /// The walk of a full sync, unless one has ended since the run began: the first change after a provider was set up
    /// may have asked for it.
    pub(crate) async fn walk_for(
        &self,
        context: &Context,
        kind: ObjectKind,
        run: RunId,
    ) -> Result<Option<Rest>, SyncError> {
        let mut last = context.walked.of(kind).during.lock().await;
        if *last == Some(run) { Ok(None) } else { self.walk_now(context, kind, &mut last).await }
    }

    /// While the last users of a run are under way, walk through the groups, if that is needed: the remote has something
    /// to do meanwhile.
    pub(crate) async fn walk_ahead(&self, context: &Context, run: RunId) -> Result<(), SyncError> {
        // Who is at it already needs no help.
        let Ok(mut last) = context.walked.groups.during.try_lock() else { return Ok(()) };
        let is_off = !context.provider.fields.discovery_enabled || !context.offers(ObjectKind::Group);
        if *last == Some(run) || is_off {
            return Ok(());
        }
        let view = context.provider.clone();
        let read = move |conn: &mut scimitar_store::Conn| scope::any_unlinked(conn, &view, ObjectKind::Group);
        if self.store.read(read).await? {
            // A rest is met by what comes after this, too.
            self.walk_now(context, ObjectKind::Group, &mut last).await?;
        }
        Ok(())
    }

    /// Walk, and note during which run that has ended. What stands in its way stands in nobody else's: a remote that
    /// shows no lists is searched when it refuses a create. Only a rest is waited for.
    async fn walk_now(
        &self,
        context: &Context,
        kind: ObjectKind,
        last: &mut Option<RunId>,
    ) -> Result<Option<Rest>, SyncError> {
        let provider = context.provider.pk;
        match self.walk(context, kind).await {
            Ok(()) => {}
            Err(Trouble::Resting(rest)) => return Ok(Some(rest)),
            Err(trouble) => {
                if let Some(rest) = context.resting() {
                    return Ok(Some(rest));
                }
                let reason = trouble.explain();
                self.store.write(move |conn| remote_keys::give_up(conn, provider, kind)).await?;
                tracing::info!(
                    provider.pk = provider.0,
                    "the remote of provider {provider} was not walked: {reason}"
                );
            }
        }
        context.walked.of(kind).was_ever.store(true, Ordering::Relaxed);
        *last = self.store.read(move |conn| runs::running(conn, provider)).await?.map(|run| run.id);
        Ok(None)
    }

    /// Write down which remote resources could stand for those of the objects that have none yet.
    pub(crate) async fn note_adoptions(
        &self,
        context: &Arc<Context>,
        objects: Vec<ObjectId>,
    ) -> Result<(), SyncError> {
        let links = self.links(context, objects.clone()).await?;
        let is_open = |object: &ObjectId| links.get(object).is_none_or(|it| it.state.remote_id().is_none());
        let open: Vec<ObjectId> = objects.into_iter().filter(is_open).collect();
        let Loaded { subjects, memberships } = self.load(context, open).await?;
        let mut wanted = Vec::new();
        for subject in subjects {
            if let Wanted::Body(desired) = self.want(context, &subject, &memberships).await {
                wanted.push((subject.object, desired.keys(subject.object.kind())));
            }
        }
        let asked: Vec<ObjectId> = wanted.iter().map(|(object, _)| *object).collect();
        let mut found = self.candidates(context, wanted).await?;
        let found: Vec<(ObjectId, Vec<Candidate>)> =
            asked.into_iter().map(|object| (object, found.remove(&object).unwrap_or_default())).collect();
        let provider = context.provider.pk;
        self.store.write(move |conn| adoptions::note(conn, provider, &found)).await?;
        Ok(())
    }

    /// What the last walk has seen that could stand for those that would be made.
    pub(crate) async fn seen_before(
        &self,
        context: &Context,
        page: &[Looked],
    ) -> Result<BTreeMap<ObjectId, Vec<Candidate>>, SyncError> {
        if !context.provider.fields.discovery_enabled {
            return Ok(BTreeMap::new());
        }
        let wanted = page.iter().filter_map(|looked| match (&looked.wanted, looked.subject.state()) {
            (Wanted::Body(desired), LinkState::New) => {
                Some((looked.subject.object, desired.keys(looked.subject.object.kind())))
            }
            (Wanted::Body(_) | Wanted::Absent | Wanted::Skip | Wanted::Broken(_) | Wanted::Left(_), _) => {
                None
            }
        });
        self.candidates(context, wanted.collect()).await
    }

    /// What the last walk has seen that could stand for these objects.
    pub(crate) async fn candidates(
        &self,
        context: &Context,
        wanted: Vec<(ObjectId, MatchKeys)>,
    ) -> Result<BTreeMap<ObjectId, Vec<Candidate>>, SyncError> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let provider = context.provider.pk;
        let (users, groups): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(object, _)| object.kind() == ObjectKind::User);
        let found = self.store.read(move |conn| {
            let mut found = remote_keys::candidates(conn, provider, ObjectKind::User, &users)?;
            found.extend(remote_keys::candidates(conn, provider, ObjectKind::Group, &groups)?);
            Ok::<_, StoreError>(found)
        });
        Ok(found.await?)
    }
}

/// Whether a provider's remote was walked through, kind by kind.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    users: WalkedKind,
    groups: WalkedKind,
}

#[derive(Debug, Default)]
struct WalkedKind {
    was_ever: AtomicBool,
    /// The run during which the last walk has ended. Who waits for a walk waits at this lock.
    during: tokio::sync::Mutex<Option<RunId>>,
}

impl Walked {
    fn of(&self, kind: ObjectKind) -> &WalkedKind {
        match kind {
            ObjectKind::User => &self.users,
            ObjectKind::Group => &self.groups,
        }
    }

    /// Whether that needs not be done any more for this run. Waits for a walk that is under way.
    pub(crate) async fn is_done_for(&self, kind: ObjectKind, run: RunId) -> bool {
        *self.of(kind).during.lock().await == Some(run)
    }
}

/// The keys by which a remote resource can be recognised.
pub(crate) fn keys_of(resource: &Value, kind: ObjectKind) -> MatchKeys {
    let text = |name: &str| attribute::text(resource, name).unwrap_or_default();
    MatchKeys {
        external_id: text("externalId"),
        name: text(resource_kind(kind).natural_key()),
        emails: emails(resource),
    }
}

fn seen(resource: &Value, kind: ObjectKind) -> Option<Seen> {
    let remote_id = attribute::text(resource, "id").filter(|id| scimitar_client::is_usable_id(id))?;
    Some(Seen { remote_id, keys: keys_of(resource, kind) })
}

//! One check of one provider: everything that the remote shows, then what it did not show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use scimitar_client::ClientError;
use scimitar_domain::{Difference, Link, LinkId, ObjectId, ObjectKind, ProviderPk, Timestamp};
use scimitar_scim::attribute;
use scimitar_store::drift::{self, Found};
use scimitar_store::{Conn, StoreError, jobs, links, members};

use super::compare;
use crate::announce::Event;
use crate::context::Context;
use crate::desired::resource_kind;
use crate::discover::RemoteWalk;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::members::links_of;
use crate::work::Work;

/// Links and members that are read at once.
const AT_ONCE: i64 = 100;
const MEMBERS_AT_ONCE: i64 = 1_000;
/// Members that a difference names. The rest is counted by nobody: all of them are repaired.
const MEMBERS_NAMED: usize = 20;

const NOT_ALL_SHOWN: &str = "the remote did not show everything, so what is missing is not known";

/// How far a check has come.
#[derive(Debug)]
pub(crate) struct Progress {
    number: i64,
    repair: bool,
    stage: Stage,
    /// The remote has not shown all that it has.
    is_partial: bool,
    /// Links of which something was found that was not known before.
    n_new: i64,
}

#[derive(Debug)]
enum Stage {
    Begin(ObjectKind),
    /// With the page that has come last and is still to be compared.
    Shown(ObjectKind, RemoteWalk, Option<Arc<Vec<Value>>>),
    /// Links behind this one whose resources were not shown.
    Unseen(ObjectKind, Option<LinkId>),
    End,
}

impl Progress {
    pub(super) fn is_for(&self, repair: bool) -> bool {
        self.repair == repair
    }
}

/// What a comparison came to; of a group, with the members that lack and those that are too many.
#[derive(Debug, Clone)]
struct Compared {
    found: Found,
    members: Members,
}

#[derive(Debug, Clone, Default)]
struct Members {
    lacking: Vec<LinkId>,
    lacking_groups: Vec<LinkId>,
    /// Remote ids, whoever they stand for.
    surplus: Vec<String>,
}

pub(super) struct Check<'a> {
    parts: &'a EngineParts,
    context: &'a Arc<Context>,
    progress: Progress,
}

impl<'a> Check<'a> {
    pub(super) async fn begin(
        parts: &'a EngineParts,
        context: &'a Arc<Context>,
        repair: bool,
    ) -> Result<Self, SyncError> {
        let (provider, now) = (context.provider.pk, parts.clock.now());
        // What is only rehearsed is not repaired.
        let repairs = repair && !context.provider.fields.dry_run;
        let number = parts.store.write(move |conn| drift::begin(conn, provider, repairs, now)).await?;
        let stage = Stage::Begin(ObjectKind::User);
        let progress = Progress { number, repair, stage, is_partial: false, n_new: 0 };
        Ok(Self { parts, context, progress })
    }

    pub(super) fn resume(parts: &'a EngineParts, context: &'a Arc<Context>, progress: Progress) -> Self {
        Self { parts, context, progress }
    }

    pub(super) fn interrupt(self) -> Progress {
        self.progress
    }

    /// Go on to the end, or to what stands in the way.
    pub(super) async fn go_on(&mut self) -> Result<(), Trouble> {
        loop {
            match &self.progress.stage {
                Stage::Begin(kind) if !self.context.offers(*kind) => self.progress.stage = after(*kind),
                Stage::Begin(kind) => {
                    let kind = *kind;
                    let walk = RemoteWalk::begin(self.parts, self.context, kind).await?;
                    self.progress.stage = Stage::Shown(kind, walk, None);
                }
                Stage::Shown(kind, _, Some(page)) => {
                    let (kind, page) = (*kind, Arc::clone(page));
                    self.page(kind, &page).await?;
                    self.shown(None);
                }
                Stage::Shown(..) => self.walk_on().await?,
                Stage::Unseen(kind, last) => {
                    let (kind, last) = (*kind, *last);
                    self.progress.stage = match self.unseen(kind, last).await? {
                        Some(last) => Stage::Unseen(kind, Some(last)),
                        None => after(kind),
                    };
                }
                Stage::End => return Ok(()),
            }
        }
    }

    /// The next page, or what comes after the last one.
    async fn walk_on(&mut self) -> Result<(), Trouble> {
        let Stage::Shown(kind, walk, _) = &mut self.progress.stage else { return Ok(()) };
        let kind = *kind;
        match walk.next(self.parts, self.context).await? {
            Some(resources) => self.shown(Some(Arc::new(resources))),
            None if walk.is_complete() => self.progress.stage = Stage::Unseen(kind, None),
            None => {
                self.progress.is_partial = true;
                self.progress.stage = after(kind);
            }
        }
        Ok(())
    }

    /// What is to be compared next. A page counts as walked once it is.
    fn shown(&mut self, next: Option<Arc<Vec<Value>>>) {
        if let Stage::Shown(_, _, page) = &mut self.progress.stage {
            *page = next;
        }
    }

    /// Write down that it is over; `detail` says what has cut it short.
    pub(super) async fn end(self, detail: Option<String>) -> Result<(), SyncError> {
        let (provider, number) = (self.context.provider.pk, self.progress.number);
        let detail = detail.or_else(|| self.progress.is_partial.then(|| NOT_ALL_SHOWN.to_owned()));
        let (herald, now) = (self.parts.herald(), self.parts.clock.now());
        let (n_new, repairs) = (self.progress.n_new, self.repairs());
        let end = move |conn: &mut Conn| {
            let unmanaged = drift::count_unmanaged(conn, provider)?;
            drift::finish(conn, provider, number, unmanaged, detail.as_deref(), now)?;
            if n_new == 0 {
                return Ok(());
            }
            let known = drift::count(conn, provider)?;
            herald.tell(conn, &Event::drift_found(provider, number, n_new, known, repairs), now)
        };
        Ok(self.parts.store.write(end).await?)
    }

    async fn page(&mut self, kind: ObjectKind, resources: &[Value]) -> Result<(), Trouble> {
        let provider = self.context.provider.pk;
        let there: BTreeMap<String, &Value> =
            resources.iter().filter_map(|it| Some((attribute::text(it, "id")?, it))).collect();
        let ids: Vec<String> = there.keys().cloned().collect();
        let links =
            self.parts.store.read(move |conn| links::of_remote_ids(conn, provider, kind, &ids)).await?;
        let mut found = Vec::new();
        let n_compared = links.len();
        for link in links {
            let Some(resource) = link.state.remote_id().and_then(|id| there.get(id)) else { continue };
            // The page may be older than what was sent meanwhile, or show less than there is.
            if self.compare(&link, resource).await?.is_some() {
                found.extend(self.look_at(kind, link.id).await?);
            }
        }
        self.write(found, n_compared).await
    }

    /// Links whose resource the walk has not seen are asked for one by one: lists may lag behind.
    async fn unseen(&mut self, kind: ObjectKind, after: Option<LinkId>) -> Result<Option<LinkId>, Trouble> {
        let provider = self.context.provider.pk;
        let unseen = move |conn: &mut Conn| drift::unseen(conn, provider, kind, after, AT_ONCE);
        let unseen = self.parts.store.read(unseen).await?;
        let Some(last) = unseen.last().copied() else { return Ok(None) };
        let mut found = Vec::new();
        let n_compared = unseen.len();
        for id in unseen {
            found.extend(self.look_at(kind, id).await?);
        }
        self.write(found, n_compared).await?;
        Ok(Some(last))
    }

    /// Compare one resource by itself.
    async fn look_at(&self, kind: ObjectKind, id: LinkId) -> Result<Option<Compared>, Trouble> {
        let link = self.parts.store.read(move |conn| links::find(conn, id)).await?;
        let Some(link) = link.filter(|link| link.fingerprint.is_some()) else { return Ok(None) };
        let Some(remote_id) = link.state.remote_id() else { return Ok(None) };
        let kind = resource_kind(kind);
        match self.context.call(|client| async move { client.get(kind, remote_id).await }).await {
            Ok(there) => self.compare(&link, &there).await,
            Err(Trouble::Client(ClientError::Gone { .. })) => {
                let found = Found { link: id, is_missing: true, differences: Vec::new(), is_repaired: false };
                Ok(Some(Compared { found, members: Members::default() }))
            }
            Err(trouble) => Err(trouble),
        }
    }

    async fn compare(&self, link: &Link, there: &Value) -> Result<Option<Compared>, Trouble> {
        if link.fingerprint.is_none() {
            // What the remote should hold is in doubt already, and is sent with the next sync.
            return Ok(None);
        }
        let mut differences = compare::attributes(link, there);
        let mut members = Members::default();
        if link.object.kind() == ObjectKind::Group
            && let Some(listed) = attribute::get(there, "members").and_then(Value::as_array)
        {
            let ids = listed.iter().filter_map(|member| attribute::text(member, "value")).collect();
            let lacking;
            (lacking, members) = self.members(link.id, ids).await?;
            if !lacking.is_empty() || !members.surplus.is_empty() {
                differences.push(Difference {
                    attribute: "members".to_owned(),
                    sent: named(&lacking),
                    found: named(&members.surplus),
                });
            }
        }
        if differences.is_empty() {
            return Ok(None);
        }
        let found = Found { link: link.id, is_missing: false, differences, is_repaired: false };
        Ok(Some(Compared { found, members }))
    }

    /// How the members that the remote has acknowledged and those that are `there` differ, and the remote ids of those
    /// that lack.
    async fn members(
        &self,
        group: LinkId,
        there: BTreeSet<String>,
    ) -> Result<(Vec<String>, Members), Trouble> {
        let (mut ids, mut found) = (Vec::new(), Members::default());
        // A service may give users and groups the same ids.
        let mut known = BTreeSet::new();
        let children = self.parts.store.read(move |conn| members::acknowledged_children(conn, group)).await?;
        for child in children {
            if !there.contains(&child.remote_id) {
                ids.push(child.remote_id.clone());
                found.lacking_groups.push(child.link);
            }
            known.insert(child.remote_id);
        }
        let mut after = None;
        loop {
            let read = move |conn: &mut Conn| members::acknowledged(conn, group, after, MEMBERS_AT_ONCE);
            let acknowledged = self.parts.store.read(read).await?;
            let Some(last) = acknowledged.last() else { break };
            after = Some(last.link);
            for member in acknowledged {
                if !there.contains(&member.remote_id) {
                    ids.push(member.remote_id.clone());
                    found.lacking.push(member.link);
                }
                known.insert(member.remote_id);
            }
        }
        found.surplus = there.difference(&known).cloned().collect();
        Ok((ids, found))
    }

    /// Write down what was found, and have it sent again.
    async fn write(&mut self, compared: Vec<Compared>, n_compared: usize) -> Result<(), Trouble> {
        let (provider, now, number) =
            (self.context.provider.pk, self.parts.clock.now(), self.progress.number);
        let repairs = self.repairs();
        let n_compared = i64::try_from(n_compared).unwrap_or(i64::MAX);
        let write = move |conn: &mut Conn| {
            let found = compared.iter().map(|it| it.found.link).collect::<Vec<_>>();
            let before: BTreeMap<LinkId, Found> =
                drift::of_links(conn, &found)?.into_iter().map(|found| (found.link, found)).collect();
            let (mut all, mut again, mut n_new) = (Vec::new(), Vec::new(), 0);
            for mut it in compared.clone() {
                let known = before.get(&it.found.link).filter(|before| {
                    before.is_missing == it.found.is_missing && before.differences == it.found.differences
                });
                n_new += i64::from(known.is_none());
                let was_repaired = known.is_some_and(|before| before.is_repaired);
                it.found.is_repaired = was_repaired || repairs;
                all.push(it.found.clone());
                if repairs && !was_repaired {
                    again.push(it);
                }
            }
            drift::note(conn, provider, number, &all, n_compared, now)?;
            send_again(conn, provider, &again, now)?;
            Ok::<_, StoreError>(n_new)
        };
        self.progress.n_new += self.parts.store.write(write).await?;
        Ok(())
    }

    /// What is only rehearsed is not repaired.
    fn repairs(&self) -> bool {
        self.progress.repair && !self.context.provider.fields.dry_run
    }
}

/// The kind that follows.
fn after(kind: ObjectKind) -> Stage {
    match kind {
        ObjectKind::User => Stage::Begin(ObjectKind::Group),
        ObjectKind::Group => Stage::End,
    }
}

fn named(ids: &[String]) -> Value {
    ids.iter().take(MEMBERS_NAMED).cloned().map(Value::from).collect()
}

/// Let the links be due, and of their members be acknowledged what the remote shows, as far as they are ours.
fn send_again(
    conn: &mut Conn,
    provider: ProviderPk,
    compared: &[Compared],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    let mut work = Vec::new();
    for Compared { found, members } in compared {
        let Some(link) = links::find(conn, found.link)? else { continue };
        let surplus = links_of(&members::known(conn, provider, &members.surplus)?);
        members::acknowledge(conn, link.id, &surplus, &members.lacking, &[])?;
        if let ObjectId::Group(group) = link.object {
            let surplus = links_of(&members::known_children(conn, provider, group, &members.surplus)?);
            members::acknowledge_children(conn, link.id, &surplus, &members.lacking_groups)?;
        }
        ids.push(link.id);
        work.push(Work::Object { provider, object: link.object }.job(now));
    }
    links::doubt(conn, &ids)?;
    jobs::enqueue(conn, &work, now)
}

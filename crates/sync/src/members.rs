//! Bringing a group's membership in step: a set difference against what the remote has acknowledged.

use std::collections::BTreeSet;

use serde_json::Value;

use scimitar_client::ClientError;
use scimitar_domain::{FailureClass, GroupId, LinkId, NestedGroups, ObjectId};
use scimitar_scim::{ResourceKind, attribute, patch};
use scimitar_store::members::{self, Delta, Looked, Member, PendingDelta};
use scimitar_store::{Conn, Store, StoreError, claims};

use crate::context::Context;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::profile::RemovedBy;

/// Pending memberships that are read at once.
const LOOKED_AT_ONCE: usize = 1_000;

/// One group's members, about to be brought in step by PATCH.
pub(crate) struct Membership<'a> {
    pub(crate) context: &'a Context,
    pub(crate) store: &'a Store,
    pub(crate) group: GroupId,
    pub(crate) link: LinkId,
    pub(crate) remote_id: &'a str,
    pub(crate) per_request: usize,
    /// The answer to an earlier request may have been lost.
    pub(crate) in_doubt: bool,
    /// How members leave, by all that is known.
    pub(crate) removed_by: RemovedBy,
    /// Whether the whole group can go instead of what is refused.
    pub(crate) may_put: bool,
}

/// What was done, and what stands in the way of the rest.
#[derive(Debug, Default)]
pub(crate) struct Membered {
    pub(crate) n_changed: i64,
    pub(crate) trouble: Option<Trouble>,
    /// So many members fit in a request, after more did not; and what the remote said about those.
    pub(crate) fits: Option<i64>,
    pub(crate) too_many: String,
    /// Members leave this way, after the usual one was refused; and what the remote said about that.
    pub(crate) removed_by: Option<(RemovedBy, String)>,
    /// Members cannot leave either way, so that the group is to go as a whole. So many were to come or go then.
    pub(crate) to_put: Option<i64>,
    /// How often the other way was tried.
    n_tried: usize,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The memberships that were noted as changed; the cost grows with their number.
    Pending,
    /// The whole group.
    Whole,
    /// The whole group, whose members may have come or gone without being noted: what differs is noted first, so that
    /// whatever is lost on the way is looked at again.
    WholeNoted,
}

impl Membered {
    /// How members leave from here on.
    fn form(&self, known: RemovedBy) -> RemovedBy {
        self.removed_by.as_ref().map_or(known, |(form, _)| *form)
    }
}

impl Membership<'_> {
    /// Send what differs, as many members in a request as the remote takes.
    pub(crate) async fn sync(&self, extent: Extent) -> Result<Membered, SyncError> {
        let mut done = Membered::default();
        let mut refused = BTreeSet::new();
        if extent == Extent::WholeNoted {
            let (provider, group) = (self.context.provider.pk, self.group);
            self.store.write(move |conn| members::mark_difference(conn, provider, group)).await?;
        }
        loop {
            let (delta, looked_at) = self.next(extent, &refused).await?;
            if delta.add.is_empty() && delta.remove.is_empty() && looked_at.is_empty() {
                return Ok(done);
            }
            let found = [delta.add.len(), delta.remove.len(), looked_at.len()];
            let sent = self.send(delta, &mut refused, &mut done).await?;
            if sent && !looked_at.is_empty() {
                let link = self.link;
                self.store.write(move |conn| members::acknowledge(conn, link, &[], &[], &looked_at)).await?;
            }
            // Whoever changes more of them meanwhile makes a job of it, which comes after this one.
            if !sent || found.iter().all(|n| *n < LOOKED_AT_ONCE) {
                return Ok(done);
            }
        }
    }

    /// What the remote holds beyond what we know of is found out once, when a group is taken over.
    pub(crate) async fn learn(&self) -> Result<Membered, SyncError> {
        let mut done = Membered::default();
        let (remote_id, link) = (self.remote_id, self.link);
        if !self.context.profile.members.shown {
            // Whom it has is not to be found out: all of ours are added, and strangers stay.
            self.store.write(move |conn| members::clear_acked(conn, link)).await?;
            return Ok(done);
        }
        let there =
            self.context.call(|client| async move { client.get(ResourceKind::Group, remote_id).await }).await;
        let there = match there {
            Ok(there) => there,
            Err(trouble) => return Ok(Membered { trouble: Some(trouble), ..done }),
        };
        let there = there.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<String> = there.iter().filter_map(|member| attribute::text(member, "value")).collect();
        let (provider, group, asked) = (self.context.provider.pk, self.group, ids.clone());
        let known = self
            .store
            .write(move |conn| {
                let mut known = members::known(conn, provider, &asked)?;
                members::clear_acked(conn, link)?;
                members::forget_former(conn, link)?;
                members::acknowledge(conn, link, &links_of(&known), &[], &[])?;
                let children = members::known_children(conn, provider, group, &asked)?;
                members::acknowledge_children(conn, link, &links_of(&children), &[])?;
                known.extend(children);
                Ok::<_, StoreError>(known)
            })
            .await?;
        let known: BTreeSet<String> = known.into_iter().map(|member| member.remote_id).collect();
        let strangers: Vec<&str> = ids.iter().filter(|id| !known.contains(*id)).map(String::as_str).collect();
        for chunk in strangers.chunks(self.per_request.max(1)) {
            let version = match self.remove(chunk.len(), |form| form.removal(chunk), &mut done).await {
                Ok(version) => version,
                Err(trouble) => return Ok(Membered { trouble: Some(trouble), ..done }),
            };
            self.store.write(move |conn| claims::note_etag(conn, link, version.as_deref())).await?;
        }
        Ok(done)
    }

    async fn next(
        &self,
        extent: Extent,
        refused: &BTreeSet<LinkId>,
    ) -> Result<(Delta, Vec<Looked>), SyncError> {
        let (provider, group, link) = (self.context.provider.pk, self.group, self.link);
        let in_doubt = self.in_doubt;
        let has_children = self.context.provider.fields.nested_groups == NestedGroups::Members;
        // What was refused stays in the difference; ask for enough to see past it.
        let limit = i64::try_from(LOOKED_AT_ONCE + refused.len()).unwrap_or(i64::MAX);
        let read = move |conn: &mut Conn| {
            // Looked at first, so that none is forgotten. The rest of it is in the difference.
            let PendingDelta { mut delta, again, looked_at } =
                members::pending(conn, provider, group, limit)?;
            if extent == Extent::Whole {
                delta = members::difference(conn, provider, group, limit)?;
            }
            if in_doubt {
                delta.extend(again);
            }
            if extent != Extent::Pending || has_children {
                delta.extend(members::difference_of_children(conn, provider, group, limit)?);
            }
            delta.remove.extend(members::departed(conn, link, limit)?);
            Ok::<_, StoreError>((delta, looked_at))
        };
        let (mut delta, looked_at) = self.store.read(read).await?;
        delta.add.retain(|member| !refused.contains(&member.link));
        delta.remove.retain(|member| !refused.contains(&member.link));
        Ok((delta, looked_at))
    }

    /// Send one delta in chunks, halving a chunk that is too large or that one member spoils. Returns whether
    /// to go on.
    async fn send(
        &self,
        delta: Delta,
        refused: &mut BTreeSet<LinkId>,
        done: &mut Membered,
    ) -> Result<bool, SyncError> {
        let removals = delta.remove.into_iter().map(|member| (member, false));
        let mut open: Vec<Vec<(Member, bool)>> = Vec::new();
        let all: Vec<(Member, bool)> =
            removals.chain(delta.add.into_iter().map(|member| (member, true))).collect();
        for chunk in all.chunks(self.per_request.max(1)).rev() {
            open.push(chunk.to_vec());
        }
        self.announce(&all).await?;
        while let Some(mut chunk) = open.pop() {
            let sent = if chunk.iter().any(|(_, is_added)| *is_added) {
                self.patch(self.operations(&chunk, done.form(self.removed_by))).await
            } else {
                self.remove(chunk.len(), |form| self.operations(&chunk, form), done).await
            };
            match sent {
                Ok(version) => {
                    let n_members = i64::try_from(chunk.len()).unwrap_or(0);
                    done.n_changed += n_members;
                    if !done.too_many.is_empty() {
                        done.fits = done.fits.max(Some(n_members));
                    }
                    self.acknowledge(&chunk, version).await?;
                }
                Err(Trouble::Client(
                    error @ (ClientError::TooLarge { .. } | ClientError::Rejected { .. }),
                )) => {
                    if done.to_put.is_some() {
                        let n_left = chunk.len() + open.iter().map(Vec::len).sum::<usize>();
                        done.to_put = i64::try_from(n_left).ok();
                        done.trouble = Some(self.refusal(&chunk, &error));
                        return Ok(false);
                    }
                    if chunk.len() > 1 {
                        if matches!(error, ClientError::TooLarge { .. }) {
                            (done.too_many, done.fits) = (error.explain(), None);
                        }
                        let tail = chunk.split_off(chunk.len() / 2);
                        open.push(tail);
                        open.push(chunk);
                    } else {
                        refused.extend(chunk.iter().map(|(member, _)| member.link));
                        done.trouble = Some(self.refusal(&chunk, &error));
                    }
                }
                Err(trouble) => {
                    done.trouble = Some(trouble);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn refusal(&self, chunk: &[(Member, bool)], error: &ClientError) -> Trouble {
        let who = chunk.first().map(|(member, _)| member.remote_id.clone()).unwrap_or_default();
        let object = ObjectId::Group(self.group);
        Trouble::Object {
            class: FailureClass::Rejected,
            detail: format!("{object}: the remote refuses member `{who}`: {}", error.explain()),
            retries: true,
        }
    }

    fn operations(&self, chunk: &[(Member, bool)], form: RemovedBy) -> Vec<Value> {
        let known = &self.context.profile.members;
        let (added, removed): (Vec<_>, Vec<_>) = chunk.iter().partition(|(_, is_added)| *is_added);
        let removed: Vec<&str> = removed.iter().map(|(member, _)| member.remote_id.as_str()).collect();
        let mut operations = form.removal(&removed);
        let added: Vec<Value> = added.iter().map(|(member, _)| known.member(member)).collect();
        if !added.is_empty() {
            operations.push(patch::add_members(added));
        }
        operations
    }

    /// Remove `n` members by the operations of a form. A 400 may be about the form: then the other one is tried, and only
    /// that it is taken proves it. A few that are refused may hide that, so the first who is alone is asked about again.
    async fn remove(
        &self,
        n: usize,
        operations: impl Fn(RemovedBy) -> Vec<Value> + Send,
        done: &mut Membered,
    ) -> Result<Option<String>, Trouble> {
        let form = done.form(self.removed_by);
        let refusal = match self.patch(operations(form)).await {
            Err(Trouble::Client(refusal @ ClientError::Rejected { status: 400, .. })) => refusal,
            other => return other,
        };
        let is_worth_it = done.n_tried == 0 || (n == 1 && done.n_tried == 1);
        if done.removed_by.is_none() && is_worth_it {
            done.n_tried += 1;
            match self.patch(operations(form.other())).await {
                Ok(version) => {
                    done.removed_by = Some((form.other(), refusal.explain()));
                    return Ok(version);
                }
                Err(Trouble::Client(ClientError::Rejected { .. })) if self.may_put => {
                    done.to_put = i64::try_from(n).ok();
                }
                // The first answer stands.
                Err(_) => {}
            }
        }
        Err(Trouble::Client(refusal))
    }

    /// Not bound to a version: what comes and goes is said, whatever else is there. Answers the version that the group
    /// has now, where the remote says so.
    async fn patch(&self, operations: Vec<Value>) -> Result<Option<String>, Trouble> {
        let (remote_id, request) = (self.remote_id, patch::request(operations));
        self.context
            .call(|client| async move { client.patch(ResourceKind::Group, remote_id, &request).await })
            .await
            .map(|answer| answer.version)
    }

    async fn announce(&self, delta: &[(Member, bool)]) -> Result<(), SyncError> {
        let children: Vec<LinkId> =
            delta.iter().filter(|(member, _)| member.is_group).map(|(member, _)| member.link).collect();
        if !children.is_empty() {
            let link = self.link;
            self.store.write(move |conn| members::announce_children(conn, link, &children)).await?;
        }
        Ok(())
    }

    async fn acknowledge(&self, chunk: &[(Member, bool)], version: Option<String>) -> Result<(), SyncError> {
        let links = |wanted: bool, groups: bool| -> Vec<LinkId> {
            let is_one =
                |(member, is_added): &&(Member, bool)| *is_added == wanted && member.is_group == groups;
            chunk.iter().filter(is_one).map(|(member, _)| member.link).collect()
        };
        let (link, users, groups) =
            (self.link, (links(true, false), links(false, false)), (links(true, true), links(false, true)));
        let write = move |conn: &mut Conn| {
            members::acknowledge(conn, link, &users.0, &users.1, &[])?;
            members::acknowledge_children(conn, link, &groups.0, &groups.1)?;
            claims::note_etag(conn, link, version.as_deref())
        };
        self.store.write(write).await?;
        Ok(())
    }
}

pub(crate) fn links_of(members: &[Member]) -> Vec<LinkId> {
    members.iter().map(|member| member.link).collect()
}

//! Recording what came of claims.

mod written;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use scimitar_domain::{Attempt, GroupId, JsonObject, LinkId, ProviderPk, UserPk};

use self::written::Written;
use super::{LinkOutcome, LinkResult, Recorded};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::links::attempt::LinkAttempt;
use crate::prepared::{Prepared as _, few_lengths};
use crate::schema::{acked_children, acked_members, links};
use crate::sql_types::{At, Json, Key};
use crate::{failed_attempts, members, tombstones};

/// Record a batch of outcomes and give the leases back.
///
/// An outcome whose fence does not hold touches no link: another has claimed it since, or its object was
/// deleted. In the latter case a remote id is not lost, though: the tombstone that took over the link gets it.
pub fn record(conn: &mut Conn, outcomes: &[impl Borrow<LinkOutcome>]) -> Result<Recorded, StoreError> {
    let fences = fences(conn, outcomes.iter().map(|outcome| outcome.borrow().link))?;
    let mut batch = Batch::default();
    let mut held = Vec::with_capacity(outcomes.len());
    for outcome in outcomes.iter().map(Borrow::borrow) {
        match fences.get(&outcome.link) {
            Some(fence) if fence.epoch == outcome.epoch => {
                held.push(outcome.link);
                batch.add(fence, &outcome.result);
            }
            Some(_taken) => {}
            None => {
                if let LinkResult::Written { remote_id, .. } = &outcome.result {
                    tombstones::learn(conn, outcome.link, remote_id)?;
                }
            }
        }
    }
    let conflicts = written::write(conn, &batch.written)?;
    let mut groups = after_linking(conn, &batch.written, &conflicts)?;
    groups.extend(batch.write_rest(conn)?);
    held.retain(|link| !conflicts.contains(link));
    Ok(Recorded { held, groups: groups.into_iter().collect(), conflicts: conflicts.into_iter().collect() })
}

/// A link as it stands before its outcome is written.
#[derive(Debug, Queryable)]
struct Fence {
    id: Key,
    provider: i32,
    user: Option<i32>,
    group: Option<Key>,
    remote_id: Option<String>,
    epoch: i64,
}

fn fences(
    conn: &mut Conn,
    links: impl Iterator<Item = LinkId>,
) -> Result<BTreeMap<LinkId, Fence>, StoreError> {
    let keys = links.map(Key::from);
    let query = links::table.filter(links::id.eq_any(few_lengths(keys))).order(links::id).select((
        links::id,
        links::provider_pk,
        links::user_pk,
        links::group_id,
        links::remote_id,
        links::lease_epoch,
    ));
    // Locked, so that nobody claims the links between this look and the writes.
    let fences: Vec<Fence> = match conn {
        Conn::Postgres(conn) => query.for_update().load(conn)?,
        Conn::Sqlite(conn) => query.prepared().load(conn)?,
    };
    Ok(fences.into_iter().map(|fence| (LinkId::from(fence.id), fence)).collect())
}

/// Outcomes by what they need to be written.
#[derive(Debug, Default)]
struct Batch<'a> {
    written: Vec<Written<'a>>,
    /// By version and revision: few of them occur in a batch.
    kept: BTreeMap<(i64, i64), Vec<Key>>,
    failed: Vec<Failure<'a>>,
    forgotten: Vec<Key>,
    /// Those of them whose resources the remote keeps, if they have any.
    left: Vec<Key>,
    removed: Vec<Key>,
    released: Vec<Key>,
}

#[derive(Debug)]
struct Failure<'a> {
    id: Key,
    attempt: &'a Attempt,
    /// What was evaluated, if the object is left alone until that changes.
    parked_at: Option<(i64, i64)>,
}

impl<'a> Batch<'a> {
    fn add(&mut self, fence: &'a Fence, result: &'a LinkResult) {
        let id = fence.id;
        match result {
            LinkResult::Written {
                remote_id,
                attributes,
                sent,
                fingerprint,
                etag,
                version,
                revision,
                goes_on,
            } => {
                self.written.push(Written {
                    fence,
                    remote_id,
                    attributes,
                    sent,
                    fingerprint: *fingerprint,
                    etag: etag.as_deref(),
                    version: *version,
                    revision: *revision,
                    goes_on: *goes_on,
                });
            }
            LinkResult::Kept { version, revision } => {
                self.kept.entry((*version, *revision)).or_default().push(id);
            }
            LinkResult::Forgotten => {
                self.left.push(id);
                self.forgotten.push(id);
                self.kept.entry((0, 0)).or_default().push(id);
            }
            LinkResult::Removed => self.removed.push(id),
            LinkResult::Failed { attempt, forget_remote, version, revision } => {
                if *forget_remote {
                    self.forgotten.push(id);
                }
                let parked_at = attempt.next_at.is_none().then_some((*version, *revision));
                self.failed.push(Failure { id, attempt, parked_at });
                self.released.push(id);
            }
            LinkResult::Released => self.released.push(id),
        }
    }

    /// Everything but what was written to the remote. Answers the groups for which there is another attempt.
    fn write_rest(self, conn: &mut Conn) -> Result<BTreeSet<GroupId>, StoreError> {
        let gone: Vec<Key> = self.forgotten.iter().chain(&self.removed).copied().collect();
        let groups = if gone.is_empty() { BTreeSet::new() } else { members::parked_groups_of(conn, &gone)? };
        members::leave(conn, &self.left)?;
        forget(conn, self.forgotten)?;
        for ((version, revision), ids) in self.kept {
            diesel::update(links::table.filter(links::id.eq_any(few_lengths(ids))))
                .set((
                    links::synced_version.eq(version),
                    links::synced_revision.eq(revision),
                    LinkAttempt::cleared(),
                    no_lease(),
                ))
                .prepared()
                .execute(conn)?;
        }
        let failed: Vec<(Key, &Attempt)> = self.failed.iter().map(|it| (it.id, it.attempt)).collect();
        failed_attempts::keep(conn, &failed)?;
        for failure in self.failed {
            let link = links::table.find(failure.id);
            diesel::update(link).set(LinkAttempt::new(failure.attempt)).prepared().execute(conn)?;
            if let Some((version, revision)) = failure.parked_at {
                diesel::update(link)
                    .set((links::synced_version.eq(version), links::synced_revision.eq(revision)))
                    .prepared()
                    .execute(conn)?;
            }
        }
        if !self.released.is_empty() {
            diesel::update(links::table.filter(links::id.eq_any(self.released)))
                .set(no_lease())
                .execute(conn)?;
        }
        if !self.removed.is_empty() {
            diesel::delete(links::table.filter(links::id.eq_any(self.removed))).execute(conn)?;
        }
        Ok(groups)
    }
}

type NoLease =
    (diesel::dsl::Eq<links::lease_owner, Option<String>>, diesel::dsl::Eq<links::lease_until, Option<At>>);

fn no_lease() -> NoLease {
    (links::lease_owner.eq(None), links::lease_until.eq(None))
}

/// Drop the remote ids of links, and the memberships that were acknowledged under them.
fn forget(conn: &mut Conn, ids: Vec<Key>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    drop_acked(conn, &ids)?;
    diesel::update(links::table.filter(links::id.eq_any(ids)))
        .set((
            links::creating.eq(false),
            links::remote_id.eq(None::<String>),
            links::external_id.eq(None::<String>),
            links::natural_key.eq(None::<String>),
            links::attributes.eq(Json::from(&JsonObject::new())),
            links::sent.eq(Json::from(&JsonObject::new())),
            links::fingerprint.eq(None::<i64>),
            links::etag.eq(None::<String>),
            links::synced_version.eq(0),
            links::synced_revision.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

fn drop_acked(conn: &mut Conn, ids: &[Key]) -> Result<(), StoreError> {
    diesel::delete(acked_members::table.filter(acked_members::group_link_id.eq_any(ids.to_vec())))
        .execute(conn)?;
    diesel::delete(acked_members::table.filter(acked_members::user_link_id.eq_any(ids.to_vec())))
        .execute(conn)?;
    diesel::delete(acked_children::table.filter(acked_children::group_link_id.eq_any(ids.to_vec())))
        .execute(conn)?;
    diesel::delete(acked_children::table.filter(acked_children::child_link_id.eq_any(ids.to_vec())))
        .execute(conn)?;
    Ok(())
}

/// What follows for memberships from links that have a remote id which they did not have before.
fn after_linking(
    conn: &mut Conn,
    written: &[Written<'_>],
    conflicts: &BTreeSet<LinkId>,
) -> Result<BTreeSet<GroupId>, StoreError> {
    let changed = || {
        written.iter().map(|it| (it.fence, it.remote_id)).filter(|(fence, remote_id)| {
            fence.remote_id.as_deref() != Some(*remote_id) && !conflicts.contains(&fence.id.into())
        })
    };
    // Memberships were acknowledged under the former id; the present one has none yet.
    let replaced: Vec<Key> =
        changed().filter(|(fence, _)| fence.remote_id.is_some()).map(|(fence, _)| fence.id).collect();
    if !replaced.is_empty() {
        drop_acked(conn, &replaced)?;
    }
    let mut linked: BTreeMap<ProviderPk, (Vec<UserPk>, Vec<Key>)> = BTreeMap::new();
    for (fence, _) in changed() {
        let (users, groups) = linked.entry(ProviderPk(fence.provider)).or_default();
        users.extend(fence.user.map(UserPk));
        groups.extend(fence.group);
    }
    let mut groups = BTreeSet::new();
    for (provider, (users, linked)) in linked {
        if !users.is_empty() {
            groups.extend(members::mark_groups_of(conn, provider, &users)?);
        }
        if !linked.is_empty() {
            groups.extend(members::parents_of(conn, provider, &linked)?);
        }
    }
    Ok(groups)
}

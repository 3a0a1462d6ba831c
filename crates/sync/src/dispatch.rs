//! From the outbox to the lanes: each change becomes one job per provider that it concerns.
//!
//! Taking the changes, enqueueing the jobs and removing the changes is one transaction, so nothing is lost and
//! nothing is doubled, however many replicas dispatch.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_domain::{
    Change, ChangeKind, FailureClass, GroupId, NestedGroups, ObjectId, Provider, ProviderPk, RunTrigger,
    Timestamp, UserPk,
};
use scimitar_store::jobs::NewJob;
use scimitar_store::lanes::Lane;
use scimitar_store::{
    Conn, Keyring, StoreError, changes, groups, jobs, lanes, links, members, providers, scope, tombstones,
};

use crate::work::{Work, lane_of};

/// Changes that are taken in one transaction.
const AT_ONCE: i64 = 500;

/// What the changes of one transaction are about.
#[derive(Debug, Default)]
struct Touched {
    users: BTreeSet<UserPk>,
    groups: BTreeSet<GroupId>,
    /// Groups whose name or attributes changed or that are gone, which mappings of users may look at.
    saved_groups: BTreeSet<GroupId>,
    memberships: BTreeSet<(GroupId, UserPk)>,
    /// Groups that have others right below them than before.
    branches: BTreeSet<GroupId>,
    /// What stands above the groups of the two; asked for only where a provider flattens groups.
    above: BTreeMap<GroupId, BTreeSet<GroupId>>,
    deleted: BTreeSet<ObjectId>,
    runs: BTreeSet<ProviderPk>,
    saved: BTreeSet<ProviderPk>,
}

/// A provider that takes changes, and whether its users' mappings look at groups.
#[derive(Debug, Clone)]
pub(crate) struct Recipient {
    pub(crate) provider: Provider,
    pub(crate) depends_on_groups: bool,
}

/// Hand out the oldest changes. Returns how many there were.
pub(crate) fn dispatch(
    conn: &mut Conn,
    keyring: &Keyring,
    depends_on_groups: &dyn Fn(&mut Conn, &Provider) -> Result<bool, StoreError>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let taken = changes::take(conn, AT_ONCE)?;
    if taken.is_empty() {
        return Ok(0);
    }
    let mut touched = Touched::read(conn, &taken)?;
    let mut new_jobs: Vec<NewJob> = Vec::new();
    for object in &touched.deleted {
        for stone in tombstones::of_object(conn, *object)? {
            new_jobs.push(Work::Tombstone { provider: stone.provider, tombstone: stone.id }.job(now));
        }
    }
    for provider in providers::attached(conn)? {
        let Some(provider) = providers::find(conn, keyring, provider)? else { continue };
        if provider.held.is_some() {
            continue;
        }
        if provider.fields.nested_groups == NestedGroups::Flattened {
            touched.look_above(conn)?;
        }
        let depends_on_groups = depends_on_groups(conn, &provider)?;
        let recipient = Recipient { provider, depends_on_groups };
        touched.for_provider(conn, &recipient, now, &mut new_jobs)?;
    }
    for provider in &touched.saved {
        let lane = lane_of(*provider);
        // Whatever made it rest may be mended; but a remote that asked for patience gets it all the same.
        if !lanes::find(conn, &lane)?.is_some_and(|lane| asks_for_patience(&lane)) {
            lanes::open(conn, &lane, now)?;
        }
    }
    jobs::enqueue(conn, &new_jobs, now)?;
    let ids: Vec<i64> = taken.iter().map(|change| change.id).collect();
    changes::remove(conn, &ids)?;
    Ok(taken.len())
}

fn asks_for_patience(lane: &Lane) -> bool {
    lane.class.as_deref() == Some(FailureClass::Throttled.as_str())
}

impl Touched {
    fn read(conn: &mut Conn, taken: &[Change]) -> Result<Self, StoreError> {
        let mut touched = Self::default();
        for change in taken {
            match change.kind {
                ChangeKind::UserSaved { user } => {
                    touched.users.insert(user);
                }
                ChangeKind::GroupSaved { group } => {
                    touched.groups.insert(group);
                    touched.saved_groups.insert(group);
                }
                ChangeKind::MemberAdded { group, user } | ChangeKind::MemberRemoved { group, user } => {
                    touched.memberships.insert((group, user));
                }
                ChangeKind::UserDeleted { user } => {
                    touched.deleted.insert(ObjectId::User(user));
                }
                ChangeKind::GroupDeleted { group } => {
                    touched.saved_groups.insert(group);
                    touched.deleted.insert(ObjectId::Group(group));
                }
                ChangeKind::ChildrenChanged { group } => {
                    touched.branches.insert(group);
                }
                ChangeKind::ProviderSaved { provider } => {
                    touched.saved.insert(provider);
                    touched.runs.insert(provider);
                }
                ChangeKind::MappingSaved { mapping } => {
                    touched.runs.extend(providers::by_mapping(conn, mapping)?);
                }
                ChangeKind::ApplicationSaved { application } => {
                    touched.runs.extend(providers::by_application(conn, application)?);
                }
            }
        }
        Ok(touched)
    }

    /// Find what stands above the groups whose members or children changed, once for all providers that want to know.
    fn look_above(&mut self, conn: &mut Conn) -> Result<(), StoreError> {
        let groups: BTreeSet<GroupId> =
            self.memberships.iter().map(|(group, _)| *group).chain(self.branches.iter().copied()).collect();
        if !self.above.is_empty() || groups.is_empty() {
            return Ok(());
        }
        for (group, above) in groups::all_above(conn, &groups.into_iter().collect::<Vec<_>>())? {
            self.above.entry(group).or_default().insert(above);
        }
        Ok(())
    }

    /// The group, and those whose members its members are for a provider that flattens groups.
    fn upwards(&self, group: GroupId, nesting: NestedGroups) -> impl Iterator<Item = GroupId> {
        let above = self.above.get(&group).filter(|_| nesting == NestedGroups::Flattened);
        std::iter::once(group).chain(above.into_iter().flatten().copied())
    }

    /// The groups that are members of others, or whose users are, and that have others below them than before: the
    /// whole of a flattened group may be another.
    fn branches(&self, conn: &mut Conn, recipient: &Recipient) -> Result<BTreeSet<GroupId>, StoreError> {
        let nesting = recipient.provider.fields.nested_groups;
        if nesting == NestedGroups::Direct {
            return Ok(BTreeSet::new());
        }
        let groups: BTreeSet<GroupId> =
            self.branches.iter().flat_map(|group| self.upwards(*group, nesting)).collect();
        if nesting == NestedGroups::Flattened {
            for group in &groups {
                members::mark_difference(conn, recipient.provider.pk, *group)?;
            }
        }
        Ok(groups)
    }

    fn for_provider(
        &self,
        conn: &mut Conn,
        recipient: &Recipient,
        now: Timestamp,
        new_jobs: &mut Vec<NewJob>,
    ) -> Result<(), StoreError> {
        let provider = recipient.provider.pk;
        let looks_at_changed_group = recipient.depends_on_groups && !self.saved_groups.is_empty();
        if self.runs.contains(&provider) || looks_at_changed_group {
            new_jobs.push(Work::Run { provider, trigger: RunTrigger::Saved }.job(now));
        }
        let mut users = self.users.clone();
        for (group, user) in &self.memberships {
            if recipient.depends_on_groups || recipient.provider.fields.filter_group == Some(*group) {
                users.insert(*user);
            }
        }
        let users: Vec<UserPk> = users.into_iter().collect();
        let in_scope = scope::users_in_scope(conn, &recipient.provider, &users)?;
        let mut concerned: BTreeSet<ObjectId> = in_scope.into_iter().map(ObjectId::User).collect();

        let nesting = recipient.provider.fields.nested_groups;
        let memberships: BTreeSet<(GroupId, UserPk)> = self
            .memberships
            .iter()
            .flat_map(|(group, user)| self.upwards(*group, nesting).map(|group| (group, *user)))
            .collect();
        let mut groups = self.branches(conn, recipient)?;
        groups.extend(self.groups.iter().copied().chain(memberships.iter().map(|(group, _)| *group)));
        let groups: Vec<GroupId> = groups.into_iter().collect();
        let in_scope = scope::groups_in_scope(conn, &recipient.provider, &groups)?;
        for (group, user) in memberships.iter().filter(|(group, _)| in_scope.contains(group)) {
            members::mark_pending(conn, provider, *group, *user)?;
        }
        concerned.extend(in_scope.into_iter().map(ObjectId::Group));

        // What has left the scope is still known to the remote.
        let all: Vec<ObjectId> =
            users.into_iter().map(ObjectId::User).chain(groups.into_iter().map(ObjectId::Group)).collect();
        concerned.extend(links::linked(conn, provider, &all)?);
        new_jobs.extend(concerned.into_iter().map(|object| Work::Object { provider, object }.job(now)));
        Ok(())
    }
}

//! A group's whole membership as part of its body, for remotes that do not take members by PATCH.

use std::collections::BTreeSet;

use scimitar_domain::{FailureClass, GroupId, LinkId, ObjectId, ObjectKind};
use scimitar_store::members::{self, Looked, Member};
use scimitar_store::{Conn, StoreError};

use crate::batch::Wanted;
use crate::context::Context;
use crate::desired::Desired;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::members::links_of;
use crate::subject::Subject;
use crate::verbs::Verb;

/// Members that are read, or written down, at once.
const AT_ONCE: i64 = 1_000;

/// Whom a body names as members: only they are acknowledged with it, whoever joins while it is under way.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    members: Vec<LinkId>,
    /// Groups that stand right below, where the provider sends those as members.
    children: Vec<LinkId>,
    /// The memberships that were noted as changed before the members were read.
    looked_at: Vec<Looked>,
}

impl Context {
    /// Whether a group may go as a whole, as far as is known.
    pub(crate) fn may_put_groups(&self) -> bool {
        let kind = ObjectKind::Group;
        self.profile.kind(kind).may_change_by(Verb::Put) && !self.lessons.refuses(kind, Verb::Put)
    }
}

impl EngineParts {
    /// Whether membership goes by PATCH, a few members at a time. The other way is the whole group by PUT.
    pub(crate) async fn members_by_patch(&self, context: &Context) -> Result<bool, Trouble> {
        Ok(context.verb(ObjectKind::Group).await? == Verb::Patch)
    }

    /// Put the members into a group's body where the remote takes them only so.
    pub(crate) async fn with_members(
        &self,
        context: &Context,
        subject: &Subject,
        wanted: Wanted,
    ) -> Result<(Wanted, Option<Roster>), SyncError> {
        let (desired, group) = match (wanted, subject.object) {
            (Wanted::Body(desired), ObjectId::Group(group)) => (desired, group),
            (wanted, ObjectId::User(_) | ObjectId::Group(_)) => return Ok((wanted, None)),
        };
        match self.members_by_patch(context).await {
            Ok(true) => Ok((Wanted::Body(desired), None)),
            Ok(false) => {
                let (desired, roster) = self.with_all_members(context, group, desired).await?;
                Ok((Wanted::Body(desired), Some(roster)))
            }
            Err(trouble) => Ok((Wanted::Broken(trouble), None)),
        }
    }

    /// Put the members into a group's body.
    pub(crate) async fn with_all_members(
        &self,
        context: &Context,
        group: GroupId,
        desired: Desired,
    ) -> Result<(Desired, Roster), SyncError> {
        let mut roster = Roster::default();
        let provider = context.provider.pk;
        // Looked at first: what changes after that stays noted.
        let pending = move |conn: &mut Conn| members::pending(conn, provider, group, i64::MAX);
        roster.looked_at = self.store.read(pending).await?.looked_at;
        let mut values = Vec::new();
        while let page = self.members_after(context, group, roster.members.last().copied()).await?
            && !page.is_empty()
        {
            values.extend(page.iter().map(|member| context.profile.members.member(member)));
            roster.members.extend(page.iter().map(|member| member.link));
        }
        let children = move |conn: &mut Conn| members::desired_children(conn, provider, group);
        let children = self.store.read(children).await?;
        values.extend(children.iter().map(|child| context.profile.members.member(child)));
        roster.children = links_of(&children);
        Ok((desired.with_members(values), roster))
    }

    /// The remote has acknowledged a body with these members, and no others.
    pub(crate) async fn acknowledge_roster(&self, link: LinkId, roster: &Roster) -> Result<(), SyncError> {
        let read = move |conn: &mut Conn| {
            let mut users = members::acked(conn, link)?;
            users.extend(members::former(conn, link)?);
            Ok::<_, StoreError>((users, links_of(&members::acknowledged_children(conn, link)?)))
        };
        let (known, mut children) = self.store.read(read).await?;
        let named: BTreeSet<LinkId> = roster.members.iter().copied().collect();
        let added: Vec<LinkId> = named.difference(&known).copied().collect();
        let removed: Vec<LinkId> = known.difference(&named).copied().collect();
        let at_once = usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        for added in added.chunks(at_once).map(<[LinkId]>::to_vec) {
            self.store.write(move |conn| members::acknowledge(conn, link, &added, &[], &[])).await?;
        }
        for removed in removed.chunks(at_once).map(<[LinkId]>::to_vec) {
            self.store.write(move |conn| members::acknowledge(conn, link, &[], &removed, &[])).await?;
        }
        children.retain(|child| !roster.children.contains(child));
        if !roster.children.is_empty() || !children.is_empty() {
            let named = roster.children.clone();
            self.store
                .write(move |conn| members::acknowledge_children(conn, link, &named, &children))
                .await?;
        }
        for looked_at in roster.looked_at.chunks(at_once).map(<[Looked]>::to_vec) {
            self.store.write(move |conn| members::acknowledge(conn, link, &[], &[], &looked_at)).await?;
        }
        Ok(())
    }

    /// The members that the remote knows, in the order of their links.
    async fn members_after(
        &self,
        context: &Context,
        group: GroupId,
        after: Option<LinkId>,
    ) -> Result<Vec<Member>, SyncError> {
        let provider = context.provider.pk;
        let read = move |conn: &mut Conn| members::desired(conn, provider, group, after, AT_ONCE);
        Ok(self.store.read(read).await?)
    }
}

/// The remote was taken to accept members by PATCH when the group's body was made, and is not any more.
pub(crate) fn without_roster() -> Trouble {
    Trouble::Object {
        class: FailureClass::Unsupported,
        detail: "the remote does not take members by PATCH; they go with the whole group from now on"
            .to_owned(),
        retries: true,
    }
}

//! A group's whole membership as part of its body, for remotes that do not take members by PATCH.

use scimitar_domain::{GroupId, LinkId, ObjectId, ObjectKind};
use scimitar_store::members;

use crate::batch::Wanted;
use crate::context::Context;
use crate::engine::EngineParts;
use crate::error::SyncError;
use crate::failure::Trouble;
use crate::subject::Subject;
use crate::verbs::Verb;

/// Members that are read at once.
const AT_ONCE: i64 = 1_000;

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
    ) -> Result<Wanted, SyncError> {
        let (desired, group) = match (wanted, subject.object) {
            (Wanted::Body(desired), ObjectId::Group(group)) => (desired, group),
            (wanted, ObjectId::User(_) | ObjectId::Group(_)) => return Ok(wanted),
        };
        match self.members_by_patch(context).await {
            Ok(true) => Ok(Wanted::Body(desired)),
            Ok(false) => {
                let ids = self.remote_members(context, group).await?;
                let members = ids.iter().map(|id| context.profile.members.member(id)).collect();
                Ok(Wanted::Body(desired.with_members(members)))
            }
            Err(trouble) => Ok(Wanted::Broken(trouble)),
        }
    }

    /// The remote acknowledged a body with all members: so are they.
    pub(crate) async fn acknowledge_all(
        &self,
        context: &Context,
        group: GroupId,
        link: LinkId,
    ) -> Result<(), SyncError> {
        let provider = context.provider.pk;
        loop {
            let n_left = self
                .store
                .write(move |conn| {
                    let delta = members::difference(conn, provider, group, AT_ONCE)?;
                    let pending = members::pending(conn, provider, group, AT_ONCE)?;
                    let links = |list: &[members::Member]| -> Vec<LinkId> {
                        list.iter().map(|member| member.user_link).collect()
                    };
                    let (added, removed) = (links(&delta.add), links(&delta.remove));
                    members::acknowledge(conn, link, &added, &removed, &pending.looked_at)?;
                    Ok::<_, scimitar_store::StoreError>(added.len() + removed.len() + pending.looked_at.len())
                })
                .await?;
            if n_left == 0 {
                return Ok(());
            }
        }
    }

    /// Remote ids of the members that the remote knows, in a stable order.
    async fn remote_members(&self, context: &Context, group: GroupId) -> Result<Vec<String>, SyncError> {
        let provider = context.provider.pk;
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let page =
                self.store.read(move |conn| members::desired(conn, provider, group, after, AT_ONCE)).await?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = Some(last.user_link);
            ids.extend(page.into_iter().map(|member| member.remote_id));
        }
    }
}
